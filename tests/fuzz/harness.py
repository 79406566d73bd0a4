"""Mutates seeds and runs a reader on them: for every reader of a vendor file, with nothing but the standard library.

A target brings seeds and a ``check`` that raises ``AssertionError`` where something got lost unsaid. Any other exception is a
crash, more than a second for one input a hang. Runs are repeatable: the same seed number gives the same inputs.
"""

from __future__ import annotations

import faulthandler
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from struct import pack, unpack_from

HANG_S = 1.0
STUCK_S = 120
"""After so long on a few inputs, the process ends with a traceback: a hang that no check can catch from inside."""
MAX_FAILURES = 5
INPUTS = 1_000
"""Of a usual reader at soak factor 1; tools/soak.py runs fifty times as many."""
MORE_INPUTS, FEWER_INPUTS, FEW_INPUTS = 1_500, 600, 400
"""Of a reader that is quick or is the oldest way in, and of those that take milliseconds and tens of them for an input."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A sound input. ``hot`` are ranges (first, behind the last) that half of the changes go to; ``facts`` are the target's."""

    name: str
    content: bytes
    weight: int = 1
    hot: tuple[tuple[int, int], ...] = ()
    facts: object = None


@dataclass(frozen=True, slots=True)
class Mutation:
    """A changed input. ``touched`` are ranges of the seed that changed or are gone; what stood at or behind
    ``moved_from`` (None: nothing) stands elsewhere now, or is gone. ``steps`` say how it was made."""

    content: bytes
    touched: tuple[tuple[int, int], ...]
    moved_from: int | None
    steps: tuple[str, ...]

    def leaves(self, start: int, end: int) -> bool:
        """Whether these bytes of the seed are all there, unchanged, though perhaps elsewhere."""
        return all(end <= low or high <= start for low, high in self.touched)

    def leaves_in_place(self, start: int, end: int) -> bool:
        """Whether these bytes of the seed are all there, unchanged and in their place."""
        return (self.moved_from is None or end <= self.moved_from) and self.leaves(start, end)


@dataclass(frozen=True, slots=True)
class Target:
    """A reader under test: ``check`` reads a mutation and compares it with what is known of its seed.

    ``tokens`` are bytes that mean something to the reader; they are written over and inserted. ``change`` makes a mutation
    of a seed, where the reader's input has a grammar of its own; without it bytes are changed.
    """

    name: str
    seeds: tuple[Seed, ...]
    check: Callable[[Seed, Mutation], None]
    tokens: tuple[bytes, ...] = ()
    change: Callable[[Seed, random.Random], Mutation] | None = None


@dataclass(slots=True)
class Report:
    """What a run did. ``failures`` are at most five, each enough to repeat it."""

    target: str
    inputs: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    failures: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Inputs per second, mutation and check included."""
        return self.inputs / self.seconds if self.seconds else 0.0


def run(target: Target, count: int, seed: int) -> Report:
    """Run ``count`` inputs; stops early after five failures."""
    report = Report(target.name)
    started = time.perf_counter()
    try:
        for number, (origin, mutation) in enumerate(inputs(target, count, seed)):
            if number % 32 == 0:
                faulthandler.dump_traceback_later(STUCK_S, exit=True, file=sys.__stderr__)
            failure, took = judge(target, origin, mutation)
            report.inputs += 1
            report.slowest_s = max(report.slowest_s, took)
            if failure:
                steps = "; ".join(mutation.steps)
                report.failures.append(f"{target.name} seed {seed} input {number} of `{origin.name}` ({steps}): {failure}")
                if len(report.failures) == MAX_FAILURES:
                    break
    finally:
        faulthandler.cancel_dump_traceback_later()
    report.seconds = time.perf_counter() - started
    return report


def inputs(target: Target, count: int, seed: int) -> Iterator[tuple[Seed, Mutation]]:
    """The inputs of a run, in order."""
    rng = random.Random(f"{target.name} {seed}")
    weights = [s.weight for s in target.seeds]
    for _ in range(count):
        (origin,) = rng.choices(target.seeds, weights)
        yield origin, target.change(origin, rng) if target.change else mutate(origin, rng, target.tokens)


def judge(target: Target, origin: Seed, mutation: Mutation) -> tuple[str, float]:
    """What is wrong with the reader on that input, empty if nothing, and the seconds of processor time it took."""
    failure, took = "", HANG_S
    for _ in range(2):  # again where it was slow: another process may have had the cache
        started = time.thread_time()
        try:
            target.check(origin, mutation)
        except AssertionError as error:
            failure = f"lost: {error}"
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what we look for
            failure = f"crashed: {error!r}"
        took = min(took, time.thread_time() - started) if took < HANG_S else time.thread_time() - started
        if failure or took <= HANG_S:
            return failure, took
    return f"took {took:.1f} s", took


# --- mutation --------------------------------------------------------------------------------------------------------

NUMBERS = (0, 1, 2, 3, 4, 5, 7, 8, 16, 32, 64, 127, 128, 255, 256, 1000, 4096, 16344, 16345, 32767, 32768, 65535, 65536,
           0x7FFFFFFF, 0x80000000, 0x80000004, 0x80000005, 0xFFFFFFF8, 0xFFFFFFFF)  # fmt: skip
"""Lengths and offsets at which readers of such formats change their mind."""
Step = Callable[[bytearray, int, random.Random, Sequence[bytes]], int]
"""Changes the content at a place, without moving anything; returns how many bytes it touched."""


def mutate(origin: Seed, rng: random.Random, tokens: Sequence[bytes] = ()) -> Mutation:
    """The seed with one to four changes in place, or with one thing cut, put in or left out, or both."""
    content = bytearray(origin.content)
    touched: list[tuple[int, int]] = []
    steps: list[str] = []
    moves = rng.random() < 0.35 or not content
    for _ in range(rng.choice((0, 1) if moves else (1, 1, 1, 2, 3, 4)) if content else 0):
        step = rng.choice(IN_PLACE)
        at = place(origin, rng)
        length = step(content, at, rng, tokens)
        touched.append((at, at + length))
        steps.append(f"{step.__name__} {at}+{length}")
    moved_from = None
    if moves:
        # last, so that all ranges count in the seed
        moved_from = place(origin, rng)
        gone, new, what = rng.choice(MOVING)(content, moved_from, rng, tokens)
        content[moved_from : moved_from + gone] = new
        touched.append((max(moved_from - 1, 0), moved_from + max(gone, 1)))
        steps.append(f"{what} {moved_from}-{gone}+{len(new)}")
    return Mutation(bytes(content), tuple(touched), moved_from, tuple(steps))


def place(origin: Seed, rng: random.Random) -> int:
    """Where to change the seed."""
    if origin.hot and rng.random() < 0.5:
        low, high = rng.choice(origin.hot)
        return rng.randrange(low, high)
    return rng.randrange(max(len(origin.content), 1))


def flip_bit(content: bytearray, at: int, rng: random.Random, _: Sequence[bytes]) -> int:
    content[at] ^= 1 << rng.randrange(8)
    return 1


def set_byte(content: bytearray, at: int, rng: random.Random, _: Sequence[bytes]) -> int:
    content[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    return 1


def set_number(content: bytearray, at: int, rng: random.Random, _: Sequence[bytes]) -> int:
    size, form = rng.choice(((2, "<H"), (4, "<I")))
    if at + size > len(content):
        return 0
    (old,) = unpack_from(form, content, at)
    new = rng.choice(
        (old + rng.choice((-8, -4, -2, -1, 1, 2, 4, 8)), rng.choice(NUMBERS), old ^ (1 << rng.randrange(8 * size)))
    )
    content[at : at + size] = pack(form, new & ((1 << (8 * size)) - 1))
    return size


def overwrite(content: bytearray, at: int, rng: random.Random, _: Sequence[bytes]) -> int:
    new = rng.randbytes(min(rng.choice((2, 4, 8, 64)), len(content) - at))
    content[at : at + len(new)] = new
    return len(new)


def copy_over(content: bytearray, at: int, rng: random.Random, _: Sequence[bytes]) -> int:
    length = min(rng.choice((1, 2, 4, 4, 8, 8, 24, 80, 300)), len(content) - at)
    start = rng.randrange(len(content) - length + 1)
    if rng.random() < 0.5:
        start = min(start - start % 8 + at % 8, len(content) - length)
    content[at : at + length] = content[start : start + length]
    return length


def write_token(content: bytearray, at: int, rng: random.Random, tokens: Sequence[bytes]) -> int:
    token = rng.choice(tokens)[: len(content) - at] if tokens else b"\0"
    content[at : at + len(token)] = token
    return len(token)


IN_PLACE: tuple[Step, ...] = (flip_bit, flip_bit, set_byte, set_number, set_number, overwrite, copy_over, write_token)


def cut(content: bytearray, at: int, _: random.Random, __: Sequence[bytes]) -> tuple[int, bytes, str]:
    return len(content) - at, b"", "cut"


def leave_out(content: bytearray, at: int, rng: random.Random, _: Sequence[bytes]) -> tuple[int, bytes, str]:
    return min(rng.choice((1, 2, 3, 4, 8, 40, 500)), len(content) - at), b"", "leave out"


def put_in(content: bytearray, _: int, rng: random.Random, tokens: Sequence[bytes]) -> tuple[int, bytes, str]:
    if tokens and rng.random() < 0.4:
        return 0, rng.choice(tokens), "put in"
    if rng.random() < 0.3:
        return 0, rng.randbytes(rng.choice((1, 2, 3, 4, 8, 40))), "put in"
    start = rng.randrange(max(len(content), 1))
    return 0, bytes(content[start : start + rng.choice((1, 2, 4, 8, 40, 500))]), "put in"


MOVING = (cut, leave_out, put_in)
