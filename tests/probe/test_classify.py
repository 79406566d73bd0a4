"""What an error of a socket means."""

from __future__ import annotations

import errno

import pytest

from cmfw.model.wire import Word
from cmfw.net.flow import TCP, UDP
from cmfw.probe.classify import ICMP, ICMP6, LOCAL, QueuedError, connect_word, error_word, evidence_of

TARGET, ROUTER = 0x0A000002, 0x0A000001


def icmp(kind: int, code: int, sender: int = ROUTER) -> QueuedError:
    return QueuedError(ICMP, kind, code, sender)


def icmp6(kind: int, code: int, sender: int = ROUTER) -> QueuedError:
    return QueuedError(ICMP6, kind, code, sender)


@pytest.mark.parametrize(
    ("number", "queued", "word", "by"),
    [
        (0, None, Word.OPEN, TARGET),
        (errno.ECONNRESET, None, Word.OPEN, TARGET),
        (errno.ECONNREFUSED, None, Word.CLOSED, TARGET),
        (10061, None, Word.CLOSED, TARGET),
        (10054, None, Word.OPEN, TARGET),
        (errno.ECONNREFUSED, icmp(3, 3), Word.REJECTED, ROUTER),
        (errno.ECONNREFUSED, icmp(3, 3, TARGET), Word.REJECTED, TARGET),
        (errno.EHOSTUNREACH, icmp(3, 13), Word.REJECTED, ROUTER),
        (errno.EHOSTUNREACH, icmp(3, 9), Word.REJECTED, ROUTER),
        (errno.EHOSTUNREACH, icmp(3, 10), Word.REJECTED, ROUTER),
        (errno.EACCES, icmp6(1, 1), Word.REJECTED, ROUTER),
        (errno.EACCES, icmp6(1, 5), Word.REJECTED, ROUTER),
        (errno.EHOSTUNREACH, icmp(3, 1), Word.HOST_DOWN, ROUTER),
        (errno.EHOSTUNREACH, icmp6(1, 3), Word.HOST_DOWN, ROUTER),
        (errno.ENETUNREACH, icmp(3, 0), Word.NO_ROUTE, ROUTER),
        (errno.ENETUNREACH, icmp6(1, 0), Word.NO_ROUTE, ROUTER),
        (errno.EHOSTUNREACH, icmp(11, 0), Word.NO_ROUTE, ROUTER),
        (errno.EHOSTUNREACH, icmp6(3, 0), Word.NO_ROUTE, ROUTER),
        (errno.EHOSTUNREACH, QueuedError(LOCAL, 0, 0, None), Word.HOST_DOWN, None),
        (errno.EHOSTUNREACH, None, Word.HOST_DOWN, None),
        (errno.ENETUNREACH, None, Word.NO_ROUTE, None),
        (errno.EPERM, None, Word.BLOCKED_HERE, None),
        (errno.EACCES, None, Word.BLOCKED_HERE, None),
        (10013, None, Word.BLOCKED_HERE, None),
        (errno.ETIMEDOUT, None, Word.FILTERED, None),
        (errno.EINVAL, None, Word.NOT_PROBED, None),
    ],
    ids=str,
)
def test_a_connection(number, queued, word, by):
    assert connect_word(number, queued, TARGET) == (word, by)


@pytest.mark.parametrize(
    ("number", "queued", "word", "by"),
    [
        (errno.ECONNREFUSED, icmp(3, 3, TARGET), Word.CLOSED, TARGET),
        (errno.ECONNREFUSED, icmp6(1, 4, TARGET), Word.CLOSED, TARGET),
        (errno.ECONNREFUSED, icmp(3, 3), Word.REJECTED, ROUTER),
        (errno.ECONNREFUSED, icmp6(1, 4), Word.REJECTED, ROUTER),
        (errno.EHOSTUNREACH, icmp(3, 13, TARGET), Word.REJECTED, TARGET),
        (errno.EPERM, None, Word.BLOCKED_HERE, None),
    ],
    ids=str,
)
def test_a_datagram(number, queued, word, by):
    assert error_word(number, queued, TARGET, UDP) == (word, by)


def test_an_unreachable_port_without_an_error_queue_is_no_rejection_of_a_tcp_connection():
    assert error_word(errno.ECONNREFUSED, None, TARGET, TCP) == (Word.REJECTED, None)
    assert error_word(errno.ECONNREFUSED, None, TARGET, UDP) == (Word.CLOSED, None)


def test_evidence_names_the_message():
    assert evidence_of(errno.EHOSTUNREACH, icmp(3, 13)) == ("EHOSTUNREACH", "icmp type 3 code 13")
    assert evidence_of(errno.EACCES, icmp6(1, 1)) == ("EACCES", "icmp6 type 1 code 1")
    assert evidence_of(0, None) == ()
