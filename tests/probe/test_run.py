"""The loop on loopback: words, talks over the same connection, hostile servers, and bounds of time."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import pytest
from tests.probe.probes import LOOPBACK, QUICK, ask, free_port, probe, server

from cmfw.model.wire import Speaks, Word
from cmfw.net.addr import parse_address
from cmfw.net.flow import ICMP4, UDP
from cmfw.probe import poller, run
from cmfw.probe.run import Limits, words_of


def hold(made: socket.socket) -> None:
    made.recv(1)
    time.sleep(0)
    made.recv(65536)
    made.recv(65536)


def test_open_and_closed():
    with server(hold) as port:
        closed = free_port()
        found = ask(probe(port), probe(closed))
    assert [one.word for one in found] == [Word.OPEN, Word.CLOSED]
    assert [one.port for one in found] == [port, closed]
    assert all(one.by == one.source == parse_address(LOOPBACK) for one in found)
    assert all(one.ms is not None and one.ms < 1000 for one in found)


def test_a_connection_that_is_reset_at_once_was_made():
    def reset(made: socket.socket) -> None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with server(reset) as port:
        assert [one.word for one in ask(*[probe(port)] * 20)] == [Word.OPEN] * 20


def test_udp_answered_refused_and_silent():
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as answering,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf,
    ):
        answering.bind((LOOPBACK, 0))
        deaf.bind((LOOPBACK, 0))
        thread = threading.Thread(target=lambda: answering.sendto(b"", answering.recvfrom(99)[1]))
        thread.start()
        ports = [answering.getsockname()[1], free_port(socket.SOCK_DGRAM), deaf.getsockname()[1]]
        found = ask(*(probe(port, protocol=UDP) for port in ports))
        thread.join()
    assert [one.word for one in found] == [Word.OPEN, Word.CLOSED, Word.FILTERED]
    assert found[2].attempts == 2  # a second one after a second


def test_echo():
    (found,) = ask(probe(None, protocol=ICMP4))
    assert found.word in (Word.OPEN, Word.NOT_PROBED)
    assert found.evidence in (("echo reply",), ("no right to send ICMP",))


@pytest.mark.parametrize(
    ("behave", "speaks"),
    [
        (lambda made: made.recv(9999), Speaks.SILENT),
        (hold, Speaks.SILENT),
        (lambda made: made.sendall(b"SSH-2.0-x\r\n"), Speaks.OTHER),
        (lambda made: [made.sendall(bytes(range(256)) * 64) for _ in range(16384)], Speaks.OTHER),
        (lambda made: made.sendall(b"\0\0\0\x50\xfeSM"), Speaks.OTHER),
    ],
    ids=["closes", "stalls", "speaks something else", "sends a quarter of a GiB", "ends early"],
)
@pytest.mark.parametrize("talk", ["smb", "rpc", "rdp", "ldap", "tls", "mp_http", "mp_https"])
def test_a_hostile_listener_gets_a_verdict_in_time(behave, speaks, talk):
    begun = time.monotonic()
    with server(behave) as port:
        (found,) = ask(probe(port, talk))
    assert found.word is Word.OPEN
    assert found.service.speaks is speaks
    assert found.service.kind == talk
    assert time.monotonic() - begun < QUICK.talk_timeout_s + 3


def test_a_dynamic_port_needs_the_endpoint_mapper():
    closed = free_port()
    found = ask(probe(None, "rpc_bind", mapped=True), probe(closed))
    assert [one.word for one in found] == [Word.NOT_MAPPED, Word.CLOSED]
    assert found[0].evidence == ("nothing asks the endpoint mapper",)


def test_many_at_once_are_all_answered():
    with server(hold) as port:
        found = ask(*[probe(port if at % 3 else 1) for at in range(900)], limits=Limits(timeout_s=5, rate=0, in_flight=200))
    assert words_of(found) == {Word.OPEN: 600, Word.CLOSED: 300}


def test_the_rate_is_kept():
    begun = time.monotonic()
    found = ask(*[probe(1)] * 60, limits=Limits(timeout_s=2, rate=100))
    assert time.monotonic() - begun > 0.5
    assert words_of(found) == {Word.CLOSED: 60}


def test_progress_is_told():
    told = []
    from cmfw.probe.run import run_probes

    run_probes([probe(1)] * 5, QUICK, lambda done, total: told.append((done, total)))
    assert told[-1] == (5, 5)


@pytest.mark.parametrize("limits", [{"timeout_s": 0}, {"timeout_s": 61}, {"rate": -1}, {"talk_timeout_s": 0}], ids=str)
def test_limits_that_are_none_are_refused(limits):
    with pytest.raises(ValueError, match="between"):
        Limits(**limits)


def one_answer_each(counted: list[bytes], statuses: tuple[int, ...]):
    """A server that closes the connection after each answer."""

    def behave(made: socket.socket) -> None:
        asked = made.recv(9999)
        if not asked:
            return  # the connection that wakes the server up for its end
        status = statuses[len(counted) % len(statuses)]
        counted.append(asked.partition(b" HTTP")[0])
        made.sendall(b"HTTP/1.1 %d x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % status)

    return behave


@pytest.mark.parametrize("make", [None, poller._Selector], ids=["quickest", "selectors"])
def test_a_server_that_closes_after_each_answer_is_asked_on(monkeypatch, make):
    if make is not None:
        monkeypatch.setattr(run, "make_poller", make)
    counted: list[bytes] = []
    with server(one_answer_each(counted, (403, 403, 401, 403))) as port:
        (found,) = ask(probe(port, "mp_http"))
    assert (found.word, found.service.speaks) == (Word.OPEN, Speaks.RIGHT)
    assert [line.split(b" ")[0] for line in counted] == [b"GET", b"GET", b"CCM_POST", b"GET"]


def test_a_server_that_takes_one_connection_is_judged_by_it():
    with socket.create_server((LOOPBACK, 0)) as listening:

        def once() -> None:
            made, _ = listening.accept()
            listening.close()
            with made:
                made.recv(9999)
                made.sendall(b"HTTP/1.1 403 x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                with suppress(ConnectionError):
                    made.recv(9999)

        thread = threading.Thread(target=once)
        port = listening.getsockname()[1]
        thread.start()
        (found,) = ask(probe(port, "mp_http"))
        thread.join()
    assert (found.word, found.service.speaks) == (Word.OPEN, Speaks.OTHER)
    assert found.service.facts == (("mplist", "403"), ("heard", "one answer"))
