"""What filters between zones do with flows: rows read as rules."""

from __future__ import annotations

import pytest

from cmfw.engine.path import PathEngine
from cmfw.ingest.path_state import read_filter
from cmfw.model.path import PathFilter, PathState, ZoneMember
from cmfw.net.addr import AddrSet
from cmfw.net.flowtext import parse_parts

MEMBERS = (
    ZoneMember(name="branch-pcs", zone="branch", addresses=AddrSet.parse("10.4.0.0/24", "fd00:4::/64")),
    ZoneMember(name="mp1", zone="centre", addresses=AddrSet.parse("10.1.0.7", "fd00:1::7")),
    ZoneMember(name="guest", zone="", addresses=AddrSet.parse("10.9.0.3")),
)


def lines(text: str, path: str = "f.flows"):
    return read_filter(text.encode(), path)[0]


def between(*texts: str, here: str = "branch", there: str = "centre") -> PathEngine:
    """Filters one behind the other from ``here`` to ``there``."""
    filters = tuple(
        PathFilter(from_zone=here, to_zone=there, file=f"{n}.flows", lines=lines(text, f"{n}.flows"))
        for n, text in enumerate(texts, 1)
    )
    return PathEngine(PathState(filters=filters, members=MEMBERS))


def flow(text: str):
    return parse_parts(text).flows().witness()


OUT, IN = "out tcp 10.4.0.9:50001 > 10.1.0.7:443", "in tcp 10.4.0.9:50001 > 10.1.0.7:443"
BACK = "out tcp 10.1.0.7:50002 > 10.4.0.9:445"
ROWS = (
    ("a line lets it pass", ("allow tcp 10.4.0.0/24 > 10.1.0.7:443",), OUT, "allow", "1.flows:1"),
    ("the responder sees the same", ("allow tcp 10.4.0.0/24 > 10.1.0.7:443",), IN, "allow", "1.flows:1"),
    ("no line holds it", ("allow tcp 10.4.0.0/24 > 10.1.0.7:444",), OUT, "block", "1.flows"),
    ("the first line decides", ("block tcp 10.4.0.9 > *\nallow any * > *",), OUT, "block", "1.flows:1"),
    ("a comment is no line", ("# block any * > *\n\nallow any * > *  # all",), OUT, "allow", "1.flows:3"),
    ("the port of the opener counts", ("allow tcp *:50001 > *:443",), OUT, "allow", "1.flows:1"),
    ("every filter has to let it pass", ("allow any * > *", "allow udp * > *"), OUT, "block", "2.flows"),
    ("a lost allow leaves a block open", ("allow tcp nonsense\nallow udp * > *",), OUT, "unknown", "1.flows:1"),
    ("a lost allow changes no allow", ("allow tcp nonsense\nallow tcp * > *:443",), OUT, "allow", "1.flows:2"),
    ("a lost block leaves an allow open", ("block tcp nonsense\nallow tcp * > *",), OUT, "unknown", "1.flows:1"),
    ("a lost line after the deciding one", ("allow tcp * > *\nwhat is this",), OUT, "allow", "1.flows:1"),
    ("a lost line before", ("what is this\nallow tcp * > *",), OUT, "unknown", "1.flows:1"),
    ("a block behind an open question decides", ("what is this", "block any * > *"), OUT, "block", "2.flows:1"),
    ("the other direction alone is a question", ("allow any * > *",), BACK, "unknown", ""),
    ("inside a zone nothing stands", ("block any * > *",), "out tcp 10.4.0.9 > 10.4.0.12:445", "allow", ""),
    ("without a zone nothing stands", ("block any * > *",), "out tcp 10.4.0.9 > 10.9.0.3:445", "allow", ""),
)


@pytest.mark.parametrize(("texts", "asked", "answer", "origin"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_verdicts(texts, asked, answer, origin):
    engine = between(*texts)
    verdict = engine.judge(flow(asked))
    assert verdict.answer == answer
    assert [ref.origin for ref in verdict.by if origin] in ([], [origin])
    assert bool(verdict.by) == bool(origin)
    assert all(ref.store == "filter" for ref in verdict.by)
    part = engine.partition(parse_parts(asked).flows())
    found = {"allow": part.allowed, "block": part.blocked, "unknown": part.unknown}
    assert [name for name, flows in found.items() if flow(asked) in flows] == [answer]


def test_sees_what_a_filter_meets():
    engine = between("allow any * > *")
    assert engine.name == "path"
    assert [engine.sees(flow(text)) for text in (OUT, IN, BACK, "out tcp 10.4.0.9 > 10.9.0.3:445")] == [
        True,
        True,
        True,
        False,
    ]


def test_missing_names_the_direction_that_nobody_gave():
    assert between("allow any * > *").judge(flow(BACK)).missing == ("filter:centre>branch",)
