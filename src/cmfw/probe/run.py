"""``run_probes``: send the packets of a plan and wait for what comes back; one loop, thousands in flight, no target beyond the plan."""

from __future__ import annotations

import gc
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from types import MappingProxyType

from cmfw.model.wire import ProbeResult, Word
from cmfw.probe.attempt import Attempt, TcpAttempt, make_attempt
from cmfw.probe.classify import SCARCE
from cmfw.probe.plan import EPMAP, Probe
from cmfw.probe.poller import make_poller
from cmfw.probe.proto.rpc import Interface, MapperTalk
from cmfw.probe.results import made_result
from cmfw.probe.sockets import most_open
from cmfw.values import value
from cmfw.words.phrases import phrase
from cmfw.words.system_errors import of_system

TIMEOUT_S = 3.5
"""Covers what a SYN is sent again after (1 s and 3 s), and the 3 s after which a missing neighbour is known.

Source: facts, "TCP verdicts without guessing".
"""
TALK_TIMEOUT_S = 5.0
RATE = 500
LEAST_DIVIDED = 8192
"""Fewer are done before another process has begun to pay for itself."""
_BATCH = 256
_REPEAT_S = 1.0
_MOST_DATAGRAMS = 3
_BURST_S = 0.02
_LEAST_WAIT_S = 0.001
_LONGEST_WAIT_S = 0.25

Told = Callable[[int, int], None]


@value
class Limits:
    """How long to wait for the wire and for a listener, how many probes a second (0: as many as go), how many at once."""

    timeout_s: float = TIMEOUT_S
    talk_timeout_s: float = TALK_TIMEOUT_S
    rate: int = RATE
    in_flight: int = 0

    def __post_init__(self) -> None:
        if not (0 < self.timeout_s <= 60 and 0 < self.talk_timeout_s <= 60 and self.rate >= 0 and self.in_flight >= 0):
            raise ValueError("times are between 0 and 60 s, and rates are not negative")


def run_probes(
    probes: Sequence[Probe],
    limits: Limits = Limits(),  # noqa: B008 - frozen value
    told: Told | None = None,
    tags: Mapping[int, bytes] = MappingProxyType({}),
) -> tuple[ProbeResult, ...]:
    """One result for each probe, in their order.

    ``told`` hears (done, all) now and then. ``tags`` are what a responder at the other end waits for, by the probe's place.
    Thousands that are to be sent as fast as may be are divided among processes.
    """
    if len(probes) >= LEAST_DIVIDED:
        from cmfw.probe.processes import processes_for, run_divided

        processes = processes_for(limits)
        if processes > 1:
            return run_divided(probes, limits, told, tags, processes)
    return run_here(probes, limits, told, tags)


def run_here(
    probes: Sequence[Probe], limits: Limits, told: Told | None, tags: Mapping[int, bytes]
) -> tuple[ProbeResult, ...]:
    """The same in this process alone."""
    return _Runner(probes, limits, told, tags).run()


class _Runner:
    """The loop. INVARIANT: a probe is waiting, in flight, held back for the endpoint mapper, or has its result."""

    def __init__(self, probes: Sequence[Probe], limits: Limits, told: Told | None, tags: Mapping[int, bytes]) -> None:
        self._probes = probes
        self._limits = limits
        self._told = told
        self._tags = tags
        self._poller = make_poller()
        self._results: list[ProbeResult | None] = [None] * len(probes)
        self._held: dict[int, list[int]] = {}
        mappers = {p.address for p in probes if p.port == EPMAP and p.talk == "rpc"}
        self._waiting: deque[tuple[int, Probe]] = deque()
        for index, probe in enumerate(probes):
            if not probe.mapped:
                self._waiting.append((index, probe))
            elif probe.address in mappers:
                self._held.setdefault(probe.address, []).append(index)
            else:
                self._results[index] = _unmapped(probe, "nothing asks the endpoint mapper")
        self._live: dict[int, Attempt] = {}
        self._most = limits.in_flight or most_open()
        # connects wait equally long, so they end in the order in which they began
        self._connects: deque[tuple[float, Attempt]] = deque()
        self._timers: list[tuple[float, int, Attempt, bool]] = []
        self._launched = 0
        self._done = sum(one is not None for one in self._results)
        self._serial = 0
        self._interfaces: dict[int, Interface] = {}
        self._sources: dict[int, int] = {}

    def run(self) -> tuple[ProbeResult, ...]:
        """Run until every probe has its result."""
        begun = time.monotonic()
        # nothing here makes cycles, and looking for some takes a twentieth of the time where thousands of results stay
        collects = gc.isenabled()
        gc.disable()
        try:
            while self._waiting or self._live:
                events = self._poller.ready(self._launch(begun))
                now = time.monotonic()
                for number, mask in events:
                    attempt = self._live.get(number)
                    if attempt is not None:
                        self._event(attempt, mask, now)
                self._expire(now)
                if self._told is not None:
                    self._told(self._done, len(self._probes))
        finally:
            if collects:
                gc.enable()
            for attempt in self._live.values():
                attempt.made.close()
            self._poller.close()
        return tuple(one for one in self._results if one is not None)

    def _launch(self, begun: float) -> float:
        """Begin as many probes as may be begun now; returns how long to wait for events."""
        now = time.monotonic()
        count = min(_BATCH, len(self._waiting), self._most - len(self._live))
        if self._limits.rate:
            count = min(count, int((now - begun + _BURST_S) * self._limits.rate) + 1 - self._launched)
        for _ in range(count):
            if not self._begin(*self._waiting.popleft(), now):
                break
        if self._waiting and len(self._live) < self._most:
            return max(_LEAST_WAIT_S, 1 / self._limits.rate) if self._limits.rate else 0.0
        return self._next_deadline(now)

    def _next_deadline(self, now: float) -> float:
        first = min(self._connects[0][0] if self._connects else now + 1, self._timers[0][0] if self._timers else now + 1)
        return min(_LONGEST_WAIT_S, max(_LEAST_WAIT_S, first - now))

    def _begin(self, index: int, probe: Probe, now: float) -> bool:
        """Whether the probe is on its way; else it waits again for means that others give back."""
        attempt = make_attempt(index, probe, now)
        attempt.source = self._sources.get(probe.address)
        attempt.tag = self._tags.get(index, b"")
        if probe.mapped and isinstance(attempt, TcpAttempt):
            attempt.interface = self._interfaces.get(probe.address)
        try:
            attempt.begin()
        except OSError as error:
            if error.errno in SCARCE and self._live:
                self._waiting.appendleft((index, probe))
                return False
            self._results[index] = _not_probed(probe, error)
            self._done += 1
            return True
        self._launched += 1
        if attempt.source is not None:
            self._sources[probe.address] = attempt.source
        if attempt.result is not None:
            self._finish(attempt)
            return True
        self._live[attempt.made.fileno()] = attempt
        self._poller.begin(attempt.made, attempt.wants)
        if isinstance(attempt, TcpAttempt):
            self._connects.append((now + self._limits.timeout_s, attempt))
        else:
            self._timer(now + self._limits.timeout_s, attempt, last=True)
            for turn in range(1, _MOST_DATAGRAMS):
                if turn * _REPEAT_S < self._limits.timeout_s:
                    self._timer(now + turn * _REPEAT_S, attempt, last=False)
        return True

    def _timer(self, at: float, attempt: Attempt, *, last: bool) -> None:
        self._serial += 1
        heappush(self._timers, (at, self._serial, attempt, last))

    def _event(self, attempt: Attempt, mask: int, now: float) -> None:
        wanted, was_connected, made = attempt.wants, attempt.connected, attempt.made
        attempt.event(mask, now)
        if attempt.made is not made:
            self._replace(made, attempt)
            return
        if attempt.result is not None:
            self._finish(attempt)
            return
        if attempt.connected and not was_connected:
            self._timer(now + self._limits.talk_timeout_s, attempt, last=True)
        if attempt.wants != wanted:
            self._poller.change(attempt.made, attempt.wants)

    def _replace(self, made: socket.socket, attempt: Attempt) -> None:
        """Watch the new connection of an attempt instead of the one that it had. INVARIANT: it has no result yet."""
        del self._live[made.fileno()]
        self._poller.end(made)
        made.close()
        self._live[attempt.made.fileno()] = attempt
        self._poller.begin(attempt.made, attempt.wants)

    def _expire(self, now: float) -> None:
        """End what waited long enough, and repeat what gets lost."""
        while self._connects and self._connects[0][0] <= now:
            attempt = self._connects.popleft()[1]
            if attempt.result is None and not attempt.connected:
                attempt.over()
                self._finish(attempt)
        while self._timers and self._timers[0][0] <= now:
            _, _, attempt, last = heappop(self._timers)
            if attempt.result is not None:
                continue
            if last:
                attempt.over()
            else:
                attempt.again()
            if attempt.result is not None:
                self._finish(attempt)

    def _finish(self, attempt: Attempt) -> None:
        if self._live.pop(attempt.made.fileno(), None) is not None:
            self._poller.end(attempt.made)
        attempt.made.close()
        self._results[attempt.index] = attempt.result
        self._done += 1
        if attempt.probe.port == EPMAP and attempt.probe.talk == "rpc":
            self._mapped(attempt)

    def _mapped(self, attempt: Attempt) -> None:
        """Send on what waited for the endpoint mapper of that target."""
        held = self._held.pop(attempt.probe.address, [])
        talk = attempt.talk if isinstance(attempt, TcpAttempt) else None
        port = talk.ports[0] if isinstance(talk, MapperTalk) and talk.ports else None
        if isinstance(talk, MapperTalk) and talk.interface is not None:
            self._interfaces[attempt.probe.address] = talk.interface
        for index in held:
            probe = self._probes[index]
            if port is None:
                word = attempt.result.word if attempt.result is not None else Word.NOT_PROBED
                self._results[index] = _unmapped(
                    probe, phrase("endpoint mapper: {word}", word=_MAPPER_WORDS.get(word, word.value))
                )
                self._done += 1
            else:
                self._waiting.append((index, replace(probe, port=port)))


_MAPPER_WORDS = {
    Word.OPEN: phrase("open"),
    Word.CLOSED: phrase("closed"),
    Word.REJECTED: phrase("rejected"),
    Word.BLOCKED_HERE: phrase("blocked_here"),
    Word.FILTERED: phrase("filtered"),
    Word.HOST_DOWN: phrase("host_down"),
    Word.NO_ROUTE: phrase("no_route"),
    Word.NOT_PROBED: phrase("not_probed"),
}
"""What became of the probe of an endpoint mapper, as a part of a text."""


def _unmapped(probe: Probe, said: str) -> ProbeResult:
    return made_result(probe, Word.NOT_MAPPED, evidence=(said,))


def _not_probed(probe: Probe, error: OSError) -> ProbeResult:
    text = of_system(error)
    return made_result(probe, Word.NOT_PROBED, port=probe.port, evidence=(text,))


def words_of(results: Iterable[ProbeResult]) -> dict[Word, int]:
    """How often each word came, in the order of the words."""
    found = dict.fromkeys(Word, 0)
    for one in results:
        found[one.word] += 1
    return {word: count for word, count in found.items() if count}
