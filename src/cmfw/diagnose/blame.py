"""Which layer is to blame for what became of packets that a configuration lets pass or stops: tables of words. Pure."""

from __future__ import annotations

from cmfw.model.verdict import Answer
from cmfw.model.wire import ProbeResult, Speaks, Word

NETWORK, HOST, PATH, SERVICE, UNCLEAR = "wire-network", "wire-host", "wire-path", "wire-service", "wire-unclear"
_ARRIVED = (Word.OPEN, Word.CLOSED, Word.RETURN_LOST)
_LEFT = (*_ARRIVED, Word.HOST_DROPS, Word.FORGED_RESET)
_PASSED = (Word.OPEN, Word.RETURN_LOST, Word.HOST_DROPS)
"""Beyond every filter. A refusal is not among them: a filter resets in the name of the target."""
_VARIANTS = {
    Word.REJECTED: "rejected",
    Word.NETWORK_DROPS: "dropped",
    Word.FORGED_RESET: "reset",
    Word.RETURN_LOST: "return_lost",
}

Blame = tuple[str, str]
"""(code, variant)."""


def blame_receiver(answer: Answer, path: Answer, result: ProbeResult) -> Blame | None:
    """Who is to blame at the machine that the packets were meant for; None where both agree or nothing follows.

    Args:
        answer: what the policy of the machine says of them, for certain.
        path: what the filters of the site say, unknown where none stands on the way.
        result: what became of them.
    """
    word = result.word
    if answer is Answer.BLOCK:
        return (HOST, "allows") if word in _ARRIVED else None
    if _on_the_way(result):
        return _network(path, word)
    if word is Word.RETURN_LOST:
        return NETWORK, _VARIANTS[word]
    if word is Word.HOST_DROPS or (word is Word.REJECTED and result.by == result.address):
        return HOST, "blocks"
    if word is Word.OPEN:
        is_right = result.service is None or result.service.speaks is Speaks.RIGHT
        return None if is_right or result.service is None else (SERVICE, result.service.speaks.value)
    if word in (Word.CLOSED, Word.FILTERED, Word.NOT_SEEN, Word.REJECTED):
        if path is Answer.BLOCK:
            # the site's own filter explains what packets alone leave open, a refusal as well
            return NETWORK, "filter"
        return (SERVICE, "closed") if word is Word.CLOSED else (UNCLEAR, "silent" if word is Word.FILTERED else "refused")
    return None


def blame_sender(answer: Answer, path: Answer, result: ProbeResult) -> Blame | None:
    """Who is to blame at the machine that sent the packets."""
    word = result.word
    came_through = word in _LEFT or (word is Word.REJECTED and result.by is not None)
    if answer is Answer.BLOCK:
        return (HOST, "lets_out") if came_through else None
    if word is Word.BLOCKED_HERE:
        return HOST, "keeps_in"
    if _on_the_way(result):
        return _network(path, word)
    return (NETWORK, "filter") if path is Answer.BLOCK and word in (Word.CLOSED, Word.FILTERED, Word.NOT_SEEN) else None


def blame_path(path: Answer, result: ProbeResult) -> Blame | None:
    """Whether the filters of the site do something else than their configuration says."""
    if path is Answer.BLOCK:
        is_past = result.word in _PASSED or (result.word is Word.REJECTED and result.by == result.address)
        return (PATH, "passes") if is_past else None
    return (PATH, "rejects" if result.by is not None else "stops") if path is Answer.ALLOW and _on_the_way(result) else None


def _on_the_way(result: ProbeResult) -> bool:
    """Whether it is certain that neither end stopped the packets."""
    if result.word is Word.REJECTED:
        return result.by not in (None, result.address)
    return result.word in (Word.NETWORK_DROPS, Word.FORGED_RESET)


def _network(path: Answer, word: Word) -> Blame | None:
    """The filter that the site names; the box that packets name; nothing where ``blame_path`` tells of both."""
    if path is Answer.BLOCK:
        return NETWORK, "filter"
    return None if path is Answer.ALLOW else (NETWORK, _VARIANTS[word])
