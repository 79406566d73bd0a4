"""Files of filters: what is read, what is refused with its line, and that nothing that is lost counts as closed or open."""

from __future__ import annotations

import pytest

from cmfw.ingest.path_state import read_filter, read_paths
from cmfw.ingest.site import read_site_text
from cmfw.model.verdict import Answer
from cmfw.net.flowtext import parse_parts

SITE = """
code = "P01"
system = [{ host = "mp1", addresses = ["10.1.0.7"], zone = "centre" }]
clients = [{ name = "office", subnets = ["10.4.0.0/24"], zone = "branch" }]
filter = [{ from = "branch", to = "centre", file = "edge.flows" }]
"""


@pytest.mark.parametrize(
    ("line", "expected", "found"),
    [
        ("permit tcp * > *", "`allow` or `block` and a flow", "`permit` at character 1"),
        ("allow in tcp * > *", "a flow without `in` or `out`", "`in` at character 7"),
        ("allow tcp 10.0.0.300 > *", "`*`, an address, CIDR or `[IPv6]`", "`10.0.0.300` at character 11"),
        ("block  tcp * > *:99999", "a port", "`*:99999` at character 16"),
        ("allow tcp * > * program=System", "what a filter sees", "`program=` at character 17"),
        ("allow tcp * > * profile=domain", "what a filter sees", "`profile=` at character 17"),
        ("allow", "a protocol", "the end of the text at character 6"),
    ],
    ids=lambda text: text,
)
def test_a_wrong_line_is_a_problem_with_its_place(line, expected, found):
    lines, (problem,) = read_filter(f"allow udp * > *:53\n{line}\n".encode(), "edge.flows")
    assert (problem.file, problem.line) == ("edge.flows", 2)
    assert expected in problem.expected
    assert found in problem.found
    assert [each.answer for each in lines] == [Answer.ALLOW, Answer.UNKNOWN]
    assert lines[1].may == {"allow": (Answer.ALLOW,), "block": (Answer.BLOCK,)}.get(
        line.split()[0], (Answer.ALLOW, Answer.BLOCK)
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding):
    (line,), problems = read_filter(
        "allow tcp 10.4.0.0/24 > [fd00::7]:443 # 注\r\n".replace("10.4.0.0/24", "*").encode(encoding), "f"
    )
    assert problems == []
    assert (line.text, line.origin) == ("allow tcp * > [fd00::7]:443", "f:1")


@pytest.mark.parametrize(
    "content", [b"", b"# nothing\n", b"\xff\xfe\xff", b"allow \x81"], ids=["empty", "comments", "half", "bytes"]
)
def test_a_file_that_says_nothing_is_a_problem_and_leaves_all_open(content):
    lines, problems = read_filter(content, "f")
    assert problems
    assert [each.may for each in lines] == [(Answer.ALLOW, Answer.BLOCK)]


def test_a_file_that_is_not_there_leaves_all_open(tmp_path):
    state, (problem,) = read_paths(read_site_text(SITE, str(tmp_path / "site.toml")))
    assert problem.file == "edge.flows"
    assert [each.answer for each in state.filters[0].lines] == [Answer.UNKNOWN]


def test_zones_and_files_of_the_site(tmp_path):
    (tmp_path / "edge.flows").write_text("block any * > *\n", encoding="utf-8")
    state, problems = read_paths(read_site_text(SITE, str(tmp_path / "site.toml")))
    assert problems == ()
    assert state.zones == ("branch", "centre")
    assert (state.zone_of("mp1"), state.zone_of("office"), state.zone_of("nobody")) == ("centre", "branch", "")
    assert state.filters[0].lines[0].origin == "edge.flows:1"


def flow_list() -> bytes:
    from cmfw import catalog
    from cmfw.emit import EmitRequest
    from cmfw.emit.flow_list import emit
    from cmfw.resolve import resolve

    site = read_site_text(SITE, "site.toml")
    facts = catalog.load()
    request = EmitRequest(facts, site, resolve(facts, site), "office")
    return next(a.content for a in emit(request).artifacts if a.path.endswith(".csv"))


def test_a_flow_list_lets_its_flows_pass_and_loses_nothing_silently():
    content = flow_list()
    lines, problems = read_filter(content, "office.csv")
    assert problems == []
    assert {each.answer for each in lines} == {Answer.ALLOW}
    asked = parse_parts("out tcp 10.4.0.9:50000 > 10.1.0.7:10123").flows().witness()
    assert any(asked in each.flows for each in lines)
    broken = content.replace(b'"out","tcp"', b'"out","tpc"', 1)
    assert broken != content
    lines, problems = read_filter(broken, "office.csv")
    assert len(problems) == 1
    assert lines[-1].may == (Answer.ALLOW,)
