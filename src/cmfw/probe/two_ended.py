"""What initiator and responder know together: the verdict table. Pure.

Source: facts, "Initiator + responder design", the five rows (echoed; neither wire nor listener; refused and not on the wire; on the
wire and not heard; heard and no answer back). Without a capture at the target the weaker `not_seen` is said.
"""

from __future__ import annotations

from dataclasses import replace

from cmfw.model.wire import ProbeResult, Speaks, Word
from cmfw.net.flow import TCP
from cmfw.probe.desk import BUSY, LISTENING, Count
from cmfw.words.phrases import phrase

_SILENT = (Word.FILTERED, Word.HOST_DOWN, Word.NO_ROUTE)


def settle(result: ProbeResult, state: str, count: Count, *, left: bool | None = None) -> ProbeResult:
    """The result with what the other end knows.

    Args:
        result: what this end saw.
        state: ``listening``, ``busy`` (the real service has the port) or ``not_allowed``.
        count: what the other end counted.
        left: whether a packet was seen to leave this machine, None where nobody could look.
    """
    if state not in (LISTENING, BUSY) or result.word in (Word.BLOCKED_HERE, Word.NOT_PROBED, Word.NOT_MAPPED):
        return result
    word, by = _word(result, state, count, left=left)
    seen = phrase("wire unseen") if count.wire is None else phrase("wire {count}", count=count.wire)
    told = [seen, phrase("heard {count}", count=count.heard)]
    told += [phrase("reply refused by its own machine")] if count.refused else []
    told += [phrase("accepted by another box")] if word is Word.NOT_SEEN and result.word is Word.OPEN else []
    return replace(result, word=word, by=by, evidence=(*result.evidence, *told))


def _word(result: ProbeResult, state: str, count: Count, *, left: bool | None) -> tuple[Word, int | None]:
    arrived = count.wire is None or count.wire > 0
    if result.word is Word.OPEN:
        if state == BUSY or _echoed(result):
            return Word.OPEN, result.address
        return (Word.RETURN_LOST, None) if count.heard else (Word.NOT_SEEN, None)
    if count.heard or count.answered:
        return Word.RETURN_LOST, None
    if result.word in _SILENT:
        return _silent(result, state, count, left=left)
    if result.word is Word.CLOSED:
        return _refused(result, state, count, arrived=arrived)
    return result.word, result.by


def _echoed(result: ProbeResult) -> bool:
    """Whether our tag came back; a connection alone may be somebody else's."""
    return result.protocol != TCP or (result.service is not None and result.service.speaks is Speaks.RIGHT)


def _silent(result: ProbeResult, state: str, count: Count, *, left: bool | None) -> tuple[Word, int | None]:
    if left is False:
        return Word.BLOCKED_HERE, None
    if count.wire == 0:
        return Word.NETWORK_DROPS, None
    if count.wire is not None:
        # a real UDP service may have heard us and kept silent
        return (Word.FILTERED if state == BUSY and result.protocol != TCP else Word.HOST_DROPS), None
    return (Word.NOT_SEEN if state == LISTENING else result.word), None


def _refused(result: ProbeResult, state: str, count: Count, *, arrived: bool) -> tuple[Word, int | None]:
    """Refused in the name of the target, where something listens."""
    if not arrived:
        return Word.FORGED_RESET, None
    if state == BUSY:
        return Word.CLOSED, result.by
    # it arrived, or nobody could look: a listener that is there does not refuse
    return Word.REJECTED, result.address if count.wire else None
