"""Probing in several processes, for rates that one does not reach: each has a part of the targets, and a loop of its own.

Values come back by `marshal`, which writes and reads a result in a fraction of the time of a probe; both ends are one program.
"""

from __future__ import annotations

import marshal
import os
import selectors
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cmfw.model.wire import ProbeResult, Service, Speaks, Word
from cmfw.probe.plan import Probe
from cmfw.probe.results import made_result
from cmfw.probe.run import Limits, Told, run_here
from cmfw.probe.sockets import most_open
from cmfw.words.phrases import Phrase

LEAST_RATE = 10_000
"""One process keeps any rate below."""
_MOST_PROCESSES = 4
_CHUNK = 1 << 20
_HEAD = 5
_PROGRESS, _RESULTS, _FAILURE = b"p", b"r", b"f"


def processes_for(limits: Limits) -> int:
    """How many processes are worth while on this machine; 1 where the work cannot be divided."""
    # a fork has only the thread that made it, and whatever another one held stays locked
    if sys.platform != "linux" or 0 < limits.rate < LEAST_RATE or threading.active_count() > 1:
        return 1
    return max(1, min(_MOST_PROCESSES, len(os.sched_getaffinity(0))))


def run_divided(
    probes: Sequence[Probe], limits: Limits, told: Told | None, tags: Mapping[int, bytes], processes: int
) -> tuple[ProbeResult, ...]:
    """The results in the order of the probes, rate and number in flight divided among so many processes.

    Probes of one address stay together, because its endpoint mapper names ports to the others. Raises ChildProcessError where
    a process ends without its results.
    """
    parts = [
        [index for index, probe in enumerate(probes) if probe.address % processes == number] for number in range(processes)
    ]
    each = replace(
        limits,
        rate=max(1, limits.rate // processes) if limits.rate else 0,
        in_flight=max(1, (limits.in_flight or most_open()) // processes),
    )
    workers = [_Worker(probes, part, each, tags) for part in parts if part]
    found: list[ProbeResult | None] = [None] * len(probes)
    try:
        _gather(workers, lambda: told and told(sum(one.done for one in workers), len(probes)))
    finally:
        for one in workers:
            one.end()
    for one in workers:
        for index, row in zip(one.part, one.rows, strict=True):
            found[index] = _result(probes[index], row)
    return tuple(one for one in found if one is not None)


class _Worker:
    """One process and what came from it; ``rows`` are its results once it is through."""

    def __init__(self, probes: Sequence[Probe], part: list[int], limits: Limits, tags: Mapping[int, bytes]) -> None:
        self.part = part
        self.done = 0
        self.rows: list[Any] = []
        self.is_through = False
        self._buffer = bytearray()
        parent = os.getpid()
        self.reader, writer = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self.reader)
            _work(
                [probes[index] for index in part],
                limits,
                {at: tags[i] for at, i in enumerate(part) if i in tags},
                writer,
                parent,
            )
        os.close(writer)

    def receive(self) -> None:
        """Take what waits in the pipe. Raises ChildProcessError where it ends too soon."""
        chunk = os.read(self.reader, _CHUNK)
        if not chunk:
            raise ChildProcessError("a process that probes is gone")
        self._buffer += chunk
        while len(self._buffer) >= _HEAD:
            size = int.from_bytes(self._buffer[1:_HEAD], "big")
            if len(self._buffer) < _HEAD + size:
                return
            value = marshal.loads(bytes(self._buffer[_HEAD : _HEAD + size]))  # noqa: S302 - from our own fork
            kind = bytes(self._buffer[:1])
            if kind == _FAILURE:
                raise ChildProcessError(value)
            if kind == _PROGRESS:
                self.done = value
            else:
                self.rows, self.done, self.is_through = value, len(value), True
            del self._buffer[: _HEAD + size]

    def end(self) -> None:
        """End the process and wait for its end."""
        os.close(self.reader)
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _gather(workers: Sequence[_Worker], told: Callable[[], object]) -> None:
    """Listen to all until each is through."""
    with selectors.DefaultSelector() as selector:
        for one in workers:
            selector.register(one.reader, selectors.EVENT_READ, one)
        while selector.get_map():
            for key, _ in selector.select():
                key.data.receive()
                if key.data.is_through:
                    selector.unregister(key.fd)
            told()


def _work(probes: list[Probe], limits: Limits, tags: Mapping[int, bytes], writer: int, parent: int) -> None:
    """The life of a worker; it never returns."""
    try:
        # the terminal sends Ctrl-C to all; the parent decides
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        last = -1

        def told(done: int, total: int) -> None:
            nonlocal last
            if os.getppid() != parent:
                os._exit(1)
            if (done - last) * 100 >= total:
                last = done
                _send(writer, _PROGRESS, done)

        _send(writer, _RESULTS, [_row(one) for one in run_here(probes, limits, told, tags)])
    except Exception as error:  # noqa: BLE001 - told to the parent, which raises it
        _send(writer, _FAILURE, f"{type(error).__name__}: {error}")
    finally:
        os._exit(0)


def _send(writer: int, kind: bytes, value: Any) -> None:
    content = marshal.dumps(value)
    content = kind + len(content).to_bytes(_HEAD - 1, "big") + content
    while content:
        content = content[os.write(writer, content) :]


def _row(result: ProbeResult) -> tuple[Any, ...]:
    service = result.service
    told = None if service is None else (service.kind, service.speaks.value, _facts(_packed, service.facts))
    evidence = tuple(map(_packed, result.evidence))
    return (result.port, result.source, result.word.value, result.by, result.attempts, result.ms, evidence, told)


def _result(probe: Probe, row: tuple[Any, ...]) -> ProbeResult:
    port, source, word, by, attempts, ms, evidence, told = row
    service = None if told is None else Service(told[0], Speaks(told[1]), _facts(_unpacked, told[2]))
    evidence = tuple(map(_unpacked, evidence))
    return made_result(
        probe, Word(word), by=by, port=port, source=source, attempts=attempts, ms=ms, evidence=evidence, service=service
    )


def _facts(change: Callable[[Any], Any], facts: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, change(text)) for name, text in facts)


def _packed(part: Any) -> Any:
    """A phrase as a tuple, for ``marshal`` takes no kinds of ``str``; anything else as it is."""
    if not isinstance(part, Phrase):
        return part
    return "".join(part), part.template, tuple((name, _packed(one)) for name, one in part.parts.items())


def _unpacked(part: Any) -> Any:
    if not isinstance(part, tuple):
        return part
    text, template, parts = part
    return Phrase(text, template, {name: _unpacked(one) for name, one in parts})
