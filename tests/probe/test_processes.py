"""Several processes find what one finds, leave nothing behind, and say so where one of them ends too soon."""

from __future__ import annotations

import marshal
import os
import socket
import sys
import threading
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from tests.probe.probes import QUICK, free_port, probe

from cmfw.model.wire import ProbeResult, Service, Speaks, Word
from cmfw.net.flow import ICMP4, TCP, UDP
from cmfw.probe import processes, run
from cmfw.probe.processes import processes_for, run_divided
from cmfw.probe.run import Limits, run_here, run_probes, words_of
from cmfw.words.phrases import Phrase, phrase

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux divides the work"),
    # what runs the tests may have threads; the workers here use none of what they hold
    pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning"),
]

HOSTS = [f"127.0.0.{last}" for last in range(2, 9)]


@pytest.fixture
def listening():
    """Sockets at every address of loopback that take connections and never answer: two for TCP, one for UDP."""
    with ExitStack() as stack:
        made = [stack.enter_context(socket.create_server(("0.0.0.0", 0), backlog=512)) for _ in range(2)]
        deaf = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        deaf.bind(("0.0.0.0", 0))
        yield (*made, deaf)


def port_of(made: socket.socket) -> int:
    return made.getsockname()[1]


def children() -> list[int]:
    """The processes that we started and did not see end."""
    path = Path(f"/proc/{os.getpid()}/task/{threading.get_native_id()}/children")
    return [int(word) for word in path.read_text(encoding="ascii").split()]


@pytest.mark.parametrize("count", [2, 3, 16])
def test_they_find_what_one_finds(listening, count):
    before = children()
    open_, talking, deaf = listening
    asked = [
        one
        for host in HOSTS
        for one in (
            probe(port_of(open_), address=host),
            probe(free_port(), address=host),
            probe(port_of(talking), "smb", address=host),
            probe(port_of(deaf), protocol=UDP, address=host),
            probe(None, protocol=ICMP4, address=host),
            probe(None, "rpc_bind", address=host, mapped=True),
        )
    ]
    told: list[tuple[int, int]] = []
    found = run_divided(asked, QUICK, lambda *how_far: told.append(how_far), {}, count)
    alone = run_here(asked, QUICK, None, {})
    assert [replace(one, ms=None, attempts=0) for one in found] == [replace(one, ms=None, attempts=0) for one in alone]
    assert [(one.ms is None, one.attempts) for one in found] == [(one.ms is None, one.attempts) for one in alone]
    assert found[2].service.speaks is Speaks.SILENT
    assert words_of(found)[Word.FILTERED] == words_of(found)[Word.NOT_MAPPED] == len(HOSTS)
    assert told[-1] == (len(asked), len(asked))
    assert all(one[0] <= other[0] for one, other in pairwise(told))
    assert children() == before


def test_tags_reach_their_own_probes(listening):
    open_, other, _ = listening
    asked = [probe(port_of(made), address=host) for host in HOSTS for made in (open_, other)]
    tags = {at: b"tag of probe %03d" % at for at in range(0, len(asked), 3)}
    found = run_divided(asked, QUICK, None, tags, 3)
    assert [at for at, one in enumerate(found) if one.service is not None] == list(tags)
    heard = set()
    for made in (open_, other):
        for _ in HOSTS:
            with made.accept()[0] as caller:
                caller.settimeout(2)
                try:
                    heard.add((caller.getsockname(), caller.recv(64)))
                except ConnectionResetError:
                    continue
    assert heard <= {((HOSTS[at // 2], asked[at].port), tag) for at, tag in tags.items()}


def test_a_process_that_ends_too_soon_is_no_result(listening):
    before = children()
    deaf = port_of(listening[2])
    killed = []

    def kill_one(*_: int) -> None:
        if not killed:
            killed.append((set(children()) - set(before)).pop())
            os.kill(killed[0], 9)

    asked = [one for host in HOSTS for one in (probe(free_port(), address=host), probe(deaf, protocol=UDP, address=host))]
    with pytest.raises(ChildProcessError, match="gone"):
        run_divided(asked, QUICK, kill_one, {}, 3)
    assert killed
    assert children() == before


def test_what_goes_wrong_in_one_is_told_and_rate_and_number_are_shared(monkeypatch):
    def fail(probes, limits, *_):
        raise RuntimeError(f"{len(probes)} probes, {limits.rate} a second, {limits.in_flight} at once")

    monkeypatch.setattr(processes, "run_here", fail)
    asked = [probe(1, address=host) for host in HOSTS[:6]]
    with pytest.raises(ChildProcessError, match="RuntimeError: 2 probes, 10000 a second, 50 at once"):
        run_divided(asked, Limits(rate=30_001, in_flight=150), None, {}, 3)


@pytest.mark.parametrize(("rate", "divided"), [(0, True), (10_000, True), (9_999, False), (500, False)])
def test_only_what_one_process_does_not_reach_is_divided(monkeypatch, rate, divided):
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    assert processes_for(Limits(rate=rate)) == (3 if divided else 1)


def test_threads_and_other_systems_are_left_alone(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(9)))
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    assert processes_for(Limits(rate=0)) == 4
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert processes_for(Limits(rate=0)) == 1
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(sys, "platform", "win32")
    assert processes_for(Limits(rate=0)) == 1


def test_many_probes_are_divided_by_themselves(monkeypatch, listening):
    monkeypatch.setattr(run, "LEAST_DIVIDED", 14)
    monkeypatch.setattr(processes, "processes_for", lambda _: 2)
    seen = []
    divided = run_divided
    monkeypatch.setattr(processes, "run_divided", lambda *given: seen.append(given[-1]) or divided(*given))
    asked = [probe(port_of(made), address=host) for host in HOSTS for made in listening[:2]]
    assert words_of(run_probes(asked, QUICK)) == {Word.OPEN: 14}
    assert words_of(run_probes(asked[:13], QUICK)) == {Word.OPEN: 13}
    assert seen == [2]


def test_a_text_comes_out_of_another_process_as_what_it_was_made_of():
    asked = probe(445)
    heard = phrase("no TLS: {reason}", reason=phrase("broken"))
    result = ProbeResult(
        items=asked.items,
        protocol=TCP,
        address=asked.address,
        port=445,
        word=Word.OPEN,
        evidence=("ECONNREFUSED", phrase("wire {count}", count=3)),
        service=Service("tls", Speaks.OTHER, (("tls", "TLSv1.3"), ("heard", heard))),
    )
    found = processes._result(asked, marshal.loads(marshal.dumps(processes._row(result))))
    assert found == result
    assert found.service is not None
    assert [type(one) for one in found.evidence] == [str, Phrase]
    assert (found.evidence[1].template, found.evidence[1].parts) == ("wire {count}", {"count": 3})
    assert type(found.service.facts[0][1]) is str
    assert found.service.facts[1][1].parts["reason"].template == "broken"
