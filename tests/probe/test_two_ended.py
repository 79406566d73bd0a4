"""The verdict table of both ends, row by row."""

from __future__ import annotations

import pytest

from cmfw import words
from cmfw.model.wire import ProbeResult, Service, Speaks, Word
from cmfw.net.flow import TCP, UDP
from cmfw.probe.desk import BUSY, LISTENING, NOT_ALLOWED, Count
from cmfw.probe.two_ended import settle
from cmfw.words.phrases import told

TARGET, ROUTER = 0x0A000002, 0x0A000001
ECHOED = Service("tag", Speaks.RIGHT)
PROXIED = Service("tag", Speaks.SILENT)


def seen(word: Word, protocol: int = TCP, *, by: int | None = None, service: Service | None = None) -> ProbeResult:
    return ProbeResult(items=("i",), protocol=protocol, address=TARGET, port=445, word=word, by=by, service=service)


@pytest.mark.parametrize(
    ("result", "state", "count", "left", "word", "by"),
    [
        (seen(Word.OPEN, service=ECHOED), LISTENING, Count(1, 1), True, Word.OPEN, TARGET),
        (seen(Word.FILTERED), LISTENING, Count(0, 0), True, Word.NETWORK_DROPS, None),
        (seen(Word.CLOSED, by=TARGET), LISTENING, Count(0, 0), True, Word.FORGED_RESET, None),
        (seen(Word.FILTERED), LISTENING, Count(3, 0), True, Word.HOST_DROPS, None),
        (seen(Word.FILTERED), LISTENING, Count(3, 1), True, Word.RETURN_LOST, None),
        (seen(Word.FILTERED), LISTENING, Count(3, 0, answered=True), True, Word.RETURN_LOST, None),
        (seen(Word.FILTERED), LISTENING, Count(None, 0), None, Word.NOT_SEEN, None),
        (seen(Word.FILTERED), LISTENING, Count(0, 0), False, Word.BLOCKED_HERE, None),
        (seen(Word.CLOSED, by=TARGET), LISTENING, Count(1, 0), True, Word.REJECTED, TARGET),
        (seen(Word.CLOSED, by=TARGET), LISTENING, Count(None, 0), True, Word.REJECTED, None),
        (seen(Word.REJECTED, by=ROUTER), LISTENING, Count(0, 0), True, Word.REJECTED, ROUTER),
        (seen(Word.OPEN, service=PROXIED), LISTENING, Count(0, 0), True, Word.NOT_SEEN, None),
        (seen(Word.OPEN, service=PROXIED), LISTENING, Count(1, 1), True, Word.RETURN_LOST, None),
        (seen(Word.OPEN), BUSY, Count(1, 0), True, Word.OPEN, TARGET),
        (seen(Word.FILTERED), BUSY, Count(0, 0), True, Word.NETWORK_DROPS, None),
        (seen(Word.FILTERED), BUSY, Count(2, 0), True, Word.HOST_DROPS, None),
        (seen(Word.FILTERED), BUSY, Count(2, 1), True, Word.RETURN_LOST, None),
        (seen(Word.FILTERED, UDP), BUSY, Count(2, 0), True, Word.FILTERED, None),
        (seen(Word.FILTERED), BUSY, Count(None, 0), None, Word.FILTERED, None),
        (seen(Word.CLOSED, by=TARGET), BUSY, Count(1, 0), True, Word.CLOSED, TARGET),
        (seen(Word.CLOSED, by=TARGET), BUSY, Count(0, 0), True, Word.FORGED_RESET, None),
        (seen(Word.FILTERED), NOT_ALLOWED, Count(0, 0), True, Word.FILTERED, None),
        (seen(Word.BLOCKED_HERE), LISTENING, Count(0, 0), False, Word.BLOCKED_HERE, None),
        (seen(Word.OPEN, UDP), LISTENING, Count(1, 1), True, Word.OPEN, TARGET),
        (seen(Word.FILTERED, UDP), LISTENING, Count(3, 3, refused=True), True, Word.RETURN_LOST, None),
    ],
    ids=[
        "echoed", "silent, not on the wire", "refused, not on the wire", "silent, on the wire, not heard", "heard, no answer back",
        "half open, no answer back", "silent, nobody could look", "silent, nothing left here", "refused, on the wire, not heard",
        "refused, nobody could look", "a router says so", "accepted by somebody else", "heard, and the tag did not come back",
        "the real service", "the real service, not on the wire", "the real service, on the wire", "the real service, half open",
        "a real UDP service may keep silent", "the real service, nobody could look", "the real service has gone",
        "refused instead of the real service", "a port that is not allowed", "blocked here", "UDP echoed", "UDP answer refused there",
    ],
)  # fmt: skip
def test_the_table(result, state, count, left, word, by):
    found = settle(result, state, count, left=left)
    assert (found.word, found.by) == (word, by)


def test_the_evidence_says_what_the_other_end_counted():
    found = settle(seen(Word.FILTERED), LISTENING, Count(3, 1, refused=True))
    assert found.evidence == ("wire 3", "heard 1", "reply refused by its own machine")
    assert settle(seen(Word.FILTERED), LISTENING, Count(None, 0)).evidence == ("wire unseen", "heard 0")


def test_what_the_other_end_counted_is_told_in_chinese():
    found = settle(seen(Word.FILTERED), LISTENING, Count(3, 0), left=True)
    assert found.evidence == ("wire 3", "heard 0")
    words.choose("zh_CN")
    try:
        assert [told(one) for one in found.evidence] == ["线路上 3 个", "收到 0 个"]
    finally:
        words.choose("en")
