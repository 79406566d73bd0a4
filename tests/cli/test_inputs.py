"""Lists of flow texts, and who usually answers according to the real catalog."""

from __future__ import annotations

import pytest

from cmfw.catalog import load
from cmfw.cli.inputs import check_subnets, flow_file, read_queries
from cmfw.errors import InputError
from cmfw.ingest.flow_lines import without_comment
from cmfw.net.flowquery import parse_flow
from cmfw.report.flow_names import names_of


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("in tcp * > *  # why", "in tcp * > *  "),
        ("# all of it", ""),
        ("in tcp * > * program=c:\\a#b.exe", "in tcp * > * program=c:\\a#b.exe"),
        ('in tcp * > * program="c:\\a # b.exe" # end', 'in tcp * > * program="c:\\a # b.exe" '),
        ("in tcp * > *", "in tcp * > *"),
    ],
    ids=["behind a flow", "whole line", "inside a word", "inside quotes", "none"],
)
def test_where_a_comment_begins(line, kept):
    assert without_comment(line) == kept


def test_a_file_gives_its_flows_in_order_with_their_lines(tmp_path):
    path = tmp_path / "flows.txt"
    path.write_text("\ufeff# list\n\nin tcp * > *:445\r\n  out udp * > *:53 # dns\n", encoding="utf-8")
    assert flow_file(str(path)) == [("in tcp * > *:445", str(path), 3), ("out udp * > *:53", str(path), 4)]


def test_every_wrong_flow_is_told_with_its_place():
    asked = [("in tcp * > *:445", "f.txt", 1), ("in sctp * > *", "f.txt", 2), ("up", "command line", None)]
    with pytest.raises(InputError) as caught:
        read_queries(asked, names_of(load()))
    first, second = (problem.text() for problem in caught.value.problems)
    assert first.startswith("f.txt:2: expected a protocol")
    assert first.endswith("found `sctp` at character 4 of `in sctp * > *`")
    assert second.startswith("command line: --flow: expected `in` or `out`, found `up` at character 1")


def test_every_wrong_subnet_is_told():
    with pytest.raises(InputError) as caught:
        check_subnets(["10.0.0.0/8", "10.0.0.0/40", "lan"])
    assert len(caught.value.problems) == 2


SVCHOST = "c:\\windows\\system32\\svchost.exe"


@pytest.mark.parametrize(
    ("text", "program", "service"),
    [
        ("in tcp * > *:445", "system", ""),
        ("in tcp * > *:139", "system", ""),
        ("in tcp * > *:135", SVCHOST, "rpcss"),
        ("in tcp * > *:3389", SVCHOST, "termservice"),
        ("in tcp * > *:50000", SVCHOST, "winmgmt"),
        ("in tcp * > *:2701", "c:\\windows\\ccm\\remctrl\\cmrcservice.exe", "cmrcservice"),
        ("in icmp4 * > * type=8", "system", ""),
        ("out tcp * > *:80", "c:\\windows\\ccm\\ccmexec.exe", "ccmexec"),
        ("out tcp * > *:443", "c:\\windows\\ccm\\ccmexec.exe", "ccmexec"),
        ("out tcp * > *:10123", "c:\\windows\\ccm\\ccmexec.exe", "ccmexec"),
        ("out tcp * > *:8530", SVCHOST, "wuauserv"),
        ("out tcp * > *:445", "system", ""),
        ("out tcp * > *:9999 program=CcmExec.exe", "c:\\windows\\ccm\\ccmexec.exe", "ccmexec"),
        ("in tcp * > *:9999 program=CmRcService.exe", "c:\\windows\\ccm\\remctrl\\cmrcservice.exe", "cmrcservice"),
    ],
    ids=lambda value: value.replace(" > ", " ") if " > " in value else "",
)
def test_who_usually_answers(text, program, service):
    """Source: corrections 32 and the oracle flows of the issue."""
    parts = parse_flow(text, names_of(load())).parts
    assert (parts.program, parts.service) == (program, service)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_as_editors_and_shells_write_it(tmp_path, encoding):
    path = tmp_path / "flows.txt"
    path.write_text("in tcp * > *:445 # 共享\r\n", encoding=encoding)
    assert flow_file(str(path)) == [("in tcp * > *:445", str(path), 1)]


@pytest.mark.parametrize(
    ("data", "place"), [(b"in tcp \xe9", "@0x7: "), (b"\xff\xfe\x00", "@0x2: ")], ids=["one byte", "cut UTF-16"]
)
def test_a_file_that_is_no_text_is_told_with_its_place(tmp_path, data, place):
    path = tmp_path / "flows.bin"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        flow_file(str(path))
    assert f"flows.bin{place}expected UTF-8 or UTF-16 text" in caught.value.problems[0].text()
