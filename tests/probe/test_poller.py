"""Both pollers tell the same of the same sockets."""

from __future__ import annotations

import select
import socket

import pytest

from cmfw.probe import poller
from cmfw.probe.poller import ERROR, READ, WRITE


@pytest.mark.parametrize("make", [poller.make_poller, poller._Selector], ids=["quickest", "selectors"])
def test_what_is_ready(make):
    watching = make()
    one, other = socket.socketpair()
    with one, other:
        watching.begin(one, WRITE)
        ((number, mask),) = watching.ready(1)
        assert number == one.fileno()
        # one that cannot tell errors says so of every socket that is writable
        assert mask == (WRITE if make is poller.make_poller and hasattr(select, "epoll") else WRITE | ERROR)
        watching.change(one, READ)
        assert watching.ready(0) == []
        other.send(b"x")
        ((number, mask),) = watching.ready(1)
        assert number == one.fileno()
        assert mask & READ
        watching.end(one)
    watching.close()


def test_a_run_with_selectors(monkeypatch):
    from tests.probe.probes import ask, free_port, probe, server

    from cmfw.model.wire import Word
    from cmfw.probe import run

    monkeypatch.setattr(run, "make_poller", poller._Selector)
    with server(lambda made: made.recv(1)) as port:
        assert [one.word for one in ask(probe(port), probe(free_port()), probe(port, "smb"))] == [
            Word.OPEN,
            Word.CLOSED,
            Word.OPEN,
        ]
