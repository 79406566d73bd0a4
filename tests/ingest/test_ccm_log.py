"""Records of Configuration Manager logs: both line forms, mixed, torn, in every encoding, with odd clocks."""

from __future__ import annotations

import io

import pytest

from cmfw.ingest.ccm_log import LogRecord, looks_like_ccm_log, moment, read_records
from cmfw.ingest.log_text import LONGEST


def new(message="a", time="10:11:12.013-060", date="3-4-2026", component="CcmExec", kind=1, thread=15):
    return (
        f'<![LOG[{message}]LOG]!><time="{time}" date="{date}" component="{component}" context="" '
        f'type="{kind}" thread="{thread}" file="x.cpp:16">\r\n'
    )


def old(message="b", stamp="03-04-2026 10:11:12.013-60", component="SMS_WSUS", thread=17):
    return f"{message}~  $$<{component}><{stamp}><thread={thread} (0x11)>\r\n"


def read(text, encoding="utf-8"):
    problems = []
    data = text if isinstance(text, bytes) else text.encode(encoding)
    return list(read_records(io.BytesIO(data), "f.log", problems.append)), problems


def test_a_record_of_the_newer_form_has_its_parts():
    (record,), problems = read(new("hello", kind=3, thread=4711))
    assert record == LogRecord(1, "hello", "CcmExec", "10:11:12.013-060", "3-4-2026", 3, "4711")
    assert problems == []


def test_a_record_of_the_older_form_has_its_parts():
    (record,), problems = read(old("hello ~ there"))
    assert record == LogRecord(1, "hello ~ there", "SMS_WSUS", "", "03-04-2026 10:11:12.013-60", None, "17")
    assert problems == []


def test_one_file_may_mix_the_forms_and_messages_may_have_lines():
    records, problems = read(old("one") + new("two\nlines <x> ]LOG] and more") + old("three") + new("four"))
    assert [(r.line, r.message) for r in records] == [
        (1, "one"),
        (2, "two\nlines <x> ]LOG] and more"),
        (4, "three"),
        (5, "four"),
    ]
    assert problems == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_is_found_out(encoding):
    records, problems = read(new("客户端 é") * 3 + old("服务器"), encoding)
    assert [r.message for r in records] == ["客户端 é"] * 3 + ["服务器"]
    assert problems == []


@pytest.mark.parametrize(("encoding", "text"), [("gb18030", "安装失败]"), ("cp1252", "Zugriff verweigert für é")], ids=str)
def test_a_code_page_swallows_no_mark(encoding, text):
    from cmfw.ingest.log_text import readable

    records, problems = read(new(text).encode(encoding) + new("next").encode(encoding))
    assert len(records) == 2
    assert problems == []
    if encoding == "gb18030":
        assert readable(records[0].message) == text


def test_a_torn_beginning_and_a_torn_end_are_told_and_lose_nothing_else():
    whole = new("one") + new("two")
    records, problems = read(whole[30:] + "<![LOG[unfinished")
    assert [r.message for r in records] == ["two"]
    assert [p.line for p in problems] == [1, 3]


def test_a_record_that_was_cut_off_by_the_next_is_told():
    records, problems = read("<![LOG[cut off" + new("whole"))
    assert [r.message for r in records] == ["whole"]
    assert "<![LOG[cut off" in problems[0].found


def test_the_line_of_a_renamed_log_is_no_problem():
    assert read(old("x") + "<MAXIMUM LOG FILE SIZE REACHED - FILE RENAMED>\r\n")[1] == []


def test_zeros_left_by_a_crash_are_no_problem():
    records, problems = read(new("a") + "\0" * 5000 + "\r\n" + new("b"))
    assert [r.message for r in records] == ["a", "b"]
    assert problems == []


def test_many_stray_lines_are_counted():
    problems = read("stray\n" * 100)[1]
    assert len(problems) <= 21


def test_a_record_longer_than_memory_allows_is_cut_and_told():
    records, problems = read("<![LOG[" + "x" * (3 * LONGEST) + "\n" + new("after"))
    assert [r.message for r in records] == ["after"]
    assert any("Mi characters" in p.expected for p in problems)


def test_lines_are_counted_across_pieces():
    from cmfw.ingest.log_text import PIECE

    filler = new("x" * 500) * (2 * PIECE // 600)
    records, _ = read(filler + new("last"))
    assert records[-1].line == len(records)


@pytest.mark.parametrize(
    ("time", "date", "local", "utc"),
    [
        ("19:33:19.766-330", "11-28-2014", "2014-11-28T19:33:19.766", "2014-11-28T14:03:19.766Z"),
        ("01:52:13.827+480", "11-24-2014", "2014-11-24T01:52:13.827", "2014-11-24T09:52:13.827Z"),
        ("10:22:50.8422964", "1-2-2015", "2015-01-02T10:22:50.842", ""),
        ("10:22:50.1+00", "1-2-2015", "2015-01-02T10:22:50.100", "2015-01-02T10:22:50.100Z"),
        ("10:22:50.1+99999", "1-2-2015", "2015-01-02T10:22:50.100", ""),
        ("25:22:50.1+0", "1-2-2015", "", ""),
        ("10:22:50.1+0", "13-32-2015", "", ""),
        ("", "09-25-2026 15:13:55.938-60", "2026-09-25T15:13:55.938", "2026-09-25T14:13:55.938Z"),
        ("", "Thu Sep 17 10:13:21.530 2009 Eastern Daylight Time", "2009-09-17T10:13:21.530", ""),
        ("", "Thu Foo 17 10:13:21.530 2009", "", ""),
        ("nonsense", "nonsense", "", ""),
    ],
    ids=[
        "india",
        "pacific",
        "no zone",
        "zero",
        "no bias",
        "no hour",
        "no day",
        "older form",
        "SMS 2003",
        "no month",
        "none",
    ],
)
def test_a_moment(time, date, local, utc):
    assert moment(LogRecord(1, "", "", time, date, None, "")) == (local, utc)


@pytest.mark.parametrize(("text", "is_one"), [(new(), True), (old(), True), ("<![LOG[open", True), ("plain text", False)])
def test_what_looks_like_such_a_log(text, is_one):
    assert looks_like_ccm_log(text) is is_one


@pytest.mark.corpus
def test_real_records(corpus):
    problems = []
    with (corpus / "ccm_logs" / "sccm_various.log").open("rb") as file:
        records = list(read_records(file, "x", problems.append))
    assert [r.component for r in records] == [
        "AppEnforce", "AppEnforce", "SCClient", "SCClient", "ContentAccess", "ContentAccess", "AppDiscovery", "CcmEval",
        "setuppolicyevaluator", "PeerDPAgent",
    ]  # fmt: skip
    assert [r.line for r in records] == [1, 2, 3, 17, 81, 82, 83, 84, 85, 86]
    assert problems == []
