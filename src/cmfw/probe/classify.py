"""What an error of a socket means, and who sent it. Pure.

Source: Linux `ip(7)` IP_RECVERR (the error queue names the box that sent an ICMP error), RFC 792, RFC 4443 3.1; measured in
facts, "TCP verdicts without guessing".
"""

from __future__ import annotations

import errno
import os

from cmfw.model.wire import Word
from cmfw.net.flow import TCP
from cmfw.values import value
from cmfw.words.phrases import phrase

LOCAL, ICMP, ICMP6 = 1, 2, 3
_REFUSED = {errno.ECONNREFUSED, 10061}
_RESET = {errno.ECONNRESET, 10054, errno.ECONNABORTED, 10053}
_UNREACHABLE_HOST = {errno.EHOSTUNREACH, 10065, errno.EHOSTDOWN, 10064}
_UNREACHABLE_NET = {errno.ENETUNREACH, 10051, errno.ENETDOWN, 10050}
_FORBIDDEN = {errno.EPERM, errno.EACCES, 10013}
_TIMED_OUT = {errno.ETIMEDOUT, 10060}
PENDING = {0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN, errno.EALREADY, 10035, 10036, 10037}
SCARCE = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL, 10024, 10055, 10048, 10049}
"""This machine has no means left now: try again. (100xx are the numbers of Windows sockets.)"""
_V4_DOWN, _V4_ROUTE, _V4_PORT = (1, 7), (0, 6, 11), 3
_V6_ROUTE, _V6_DOWN, _V6_PORT = 0, 3, 4


_REFUSAL = ("ECONNREFUSED",)


@value
class QueuedError:
    """One record of the error queue: ``origin`` (``LOCAL``, ``ICMP``, ``ICMP6``), ICMP type and code, and the sender's address."""

    origin: int
    kind: int
    code: int
    sender: int | None


def connect_word(number: int, queued: QueuedError | None, target: int) -> tuple[Word, int | None]:
    """(word, box that sent it) for the error of a TCP connect; 0 is a connection.

    A connection that is reset at once was made: who refuses a SYN gives ECONNREFUSED.
    """
    if number in _RESET or not number:
        return Word.OPEN, target
    if number in _REFUSED and (queued is None or queued.origin not in (ICMP, ICMP6)):
        return Word.CLOSED, target
    return error_word(number, queued, target, TCP)


def error_word(number: int, queued: QueuedError | None, target: int, protocol: int) -> tuple[Word, int | None]:
    """(word, box that sent it) for an error that is no answer of the service itself."""
    if queued is not None and queued.origin in (ICMP, ICMP6):
        return _icmp_word(queued, target, protocol), queued.sender
    if number in _REFUSED:
        # without an error queue nobody says who sent it; a port unreachable comes from the target, or from a filter
        return (Word.CLOSED if queued is None and protocol != TCP else Word.REJECTED), None
    if number in _UNREACHABLE_HOST:
        return Word.HOST_DOWN, None
    if number in _UNREACHABLE_NET:
        return Word.NO_ROUTE, None
    if number in _FORBIDDEN:
        return Word.BLOCKED_HERE, None
    if number in _TIMED_OUT:
        return Word.FILTERED, None
    return Word.NOT_PROBED, None


def _icmp_word(queued: QueuedError, target: int, protocol: int) -> Word:
    if queued.origin == ICMP and queued.kind == 3:
        down, route, port = queued.code in _V4_DOWN, queued.code in _V4_ROUTE, queued.code == _V4_PORT
    elif queued.origin == ICMP6 and queued.kind == 1:
        down, route, port = queued.code == _V6_DOWN, queued.code == _V6_ROUTE, queued.code == _V6_PORT
    elif queued.kind in (11, 3):
        # time exceeded (4: 11, 6: 3): a loop of routers
        down, route, port = False, True, False
    else:
        down = route = port = False
    if down:
        return Word.HOST_DOWN
    if route:
        return Word.NO_ROUTE
    if port and protocol != TCP and queued.sender == target:
        return Word.CLOSED
    return Word.REJECTED


def evidence_of(number: int, queued: QueuedError | None) -> tuple[str, ...]:
    """The error as words of the system."""
    if queued is None and number == errno.ECONNREFUSED:
        return _REFUSAL  # by far the commonest
    found = (errno.errorcode.get(number, str(number) if os.name != "nt" else f"WSA{number}"),) if number else ()
    if queued is not None and queued.origin in (ICMP, ICMP6):
        name = "icmp" if queued.origin == ICMP else "icmp6"
        return (*found, phrase("{name} type {type} code {code}", name=name, type=queued.kind, code=queued.code))
    return found
