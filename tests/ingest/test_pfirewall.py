"""``pfirewall.log``: columns by name, directions, kinds of packets, what Windows lost."""

from __future__ import annotations

import io

import pytest

from cmfw.ingest.pfirewall import looks_like_pfirewall, read_pfirewall
from cmfw.model.observation import Seen

FIELDS = "date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path"
HEAD = f"#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Time Format: Local\n#Fields: {FIELDS}\n\n"


def read(body, head=HEAD):
    problems = []
    found = list(read_pfirewall(io.BytesIO((head + body).encode()), "p.log", "h1", problems.append))
    return found, problems


def row(
    action="ALLOW", protocol="TCP", src="10.1.0.2", dst="10.3.0.4", ports="50005 443", flags="-", icmp="- -", path="SEND"
):
    return f"2026-03-02 09:05:06 {action} {protocol} {src} {dst} {ports} 0 {flags} 0 0 0 {icmp} - {path}\n"


@pytest.mark.parametrize(
    ("line", "flow", "seen"),
    [
        (row(), "out tcp 10.1.0.2 > 10.3.0.4:443", "allowed"),
        (row("DROP", path="RECEIVE", flags="S"), "in tcp 10.1.0.2 > 10.3.0.4:443", "dropped"),
        (row("DROP", "UDP", ports="50005 25536", path="RECEIVE"), "in udp 10.1.0.2 > 10.3.0.4:25536", "dropped"),
        (row(protocol="ICMP", ports="- -", icmp="8 0"), "out icmp4 10.1.0.2 > 10.3.0.4 type=8 code=0", "allowed"),
        (row(protocol="ICMPV6", src="fe80::1", dst="fe80::2", ports="- -", icmp="128 0"),
         "out icmp6 fe80::1 > fe80::2 type=128 code=0", "allowed"),
        (row(protocol="TCP", src="2001:db8::1", dst="2001:db8::2"), "out tcp [2001:db8::1] > [2001:db8::2]:443", "allowed"),
        (row("OPEN", path="-"), "out tcp 10.1.0.2 > 10.3.0.4:443", "allowed"),
        (row("OPEN-INBOUND", path="-"), "in tcp 10.1.0.2 > 10.3.0.4:443", "allowed"),
        (row(protocol="47", ports="- -"), "out ip/47 10.1.0.2 > 10.3.0.4", "allowed"),
    ],
    ids=["out", "in dropped", "udp", "icmp", "icmpv6", "ipv6", "xp out", "xp in", "other protocol"],
)  # fmt: skip
def test_a_row(line, flow, seen):
    (found,), problems = read(line)
    text = found.flow.text().replace("fe80::1 >", "fe80::1 >")
    assert (text.replace("2001:db8::1 >", "[2001:db8::1] >") if "[" in flow else text, found.seen.value) == (flow, seen)
    assert problems == []


@pytest.mark.parametrize("flags", ["A", "FA", "AP", "R", "SA"])
def test_a_dropped_packet_in_the_middle_of_a_connection_says_nothing(flags):
    assert read(row("DROP", path="RECEIVE", flags=flags)) == ([], [])


def test_closing_is_no_sight_of_traffic():
    assert read(row("CLOSE", path="-")) == ([], [])


def test_the_same_kind_is_counted_with_first_and_last():
    (found,), _ = read(row() + row(ports="50006 443").replace("09:05:06", "09:07:08") + row(ports="50007 443"))
    assert (found.count, found.first, found.last) == (3, "2026-03-02T09:05:06", "2026-03-02T09:07:08")
    assert [str(place) for place in found.places] == ["p.log:6", "p.log:8"]


def test_columns_are_known_by_name_not_by_place():
    head = "#Software: Microsoft Windows Firewall\n#Fields: path dst-port pid date time action protocol src-ip dst-ip\n"
    (found,), problems = read("SEND 8531 77 2026-03-02 09:05:06 DROP UDP 10.1.0.2 10.3.0.4\n", head)
    assert found.flow.text() == "out udp 10.1.0.2 > 10.3.0.4:8531"
    assert problems == []


def test_lost_events_make_counts_lower_bounds():
    lost = "2026-03-02 09:05:07 INFO-EVENTS-LOST - - - - - - - - - - - - 59 -\n"
    (found,), problems = read(row() + lost + lost)
    assert found.at_least
    assert "118" in problems[0].found


def test_utc_is_said():
    (found,), _ = read(row(), HEAD.replace("Local", "UTC"))
    assert found.first == "2026-03-02T09:05:06Z"


@pytest.mark.parametrize(
    "line",
    [
        row(src="10.1.0.300"),
        row(ports="50005 99999"),
        row(path="SIDEWAYS"),
        row("MAYBE"),
        row(protocol="NONSENSE"),
        "2026-03-02 09:05:06 ALLOW\n",
    ],
    ids=["address", "port", "direction", "action", "protocol", "short"],
)
def test_a_row_that_is_wrong_is_told_with_its_line(line):
    found, problems = read(line + row())
    assert len(found) == 1
    assert [p.line for p in problems] == [6]


def test_rows_without_a_head_are_not_guessed():
    found, problems = read(row(), "#Software: Microsoft Windows Firewall\n")
    assert found == []
    assert "#Fields" in problems[0].expected


def test_a_head_without_a_needed_column_is_told():
    found, problems = read(row(), HEAD.replace(" dst-ip", ""))
    assert found == []
    assert "dst-ip" in problems[0].found


@pytest.mark.parametrize("column", ["dst-port", "tcpflags", "path"])
def test_a_row_without_a_column_that_it_needs_says_nothing(column):
    found, problems = read(row("DROP"), HEAD.replace(f" {column}", " other"))
    assert found == []
    assert problems[0].line == 6


def test_kinds_beyond_the_most_are_told(monkeypatch):
    from cmfw.ingest import seen

    monkeypatch.setattr(seen, "MOST_KINDS", 2)
    found, problems = read("".join(row(ports=f"5000{n} 44{n}") for n in range(5)))
    assert [each.count for each in found] == [1, 1]
    assert all(each.at_least for each in found)
    assert "not kept" in problems[0].found


@pytest.mark.parametrize(("text", "is_one"), [(HEAD, True), (f"#Fields: {FIELDS}", True), ("plain text", False)])
def test_what_looks_like_such_a_log(text, is_one):
    assert looks_like_pfirewall(text) is is_one


@pytest.mark.corpus
def test_a_real_log(corpus):
    problems = []
    with (corpus / "ccm_logs" / "pfirewall_sample.log").open("rb") as file:
        found = list(read_pfirewall(file, "p", "h", problems.append))
    assert [each.flow.text() for each in found if each.seen is Seen.ALLOWED] == [
        "out udp 123.45.78.90 > 123.156.78.90:500",
        "out tcp 123.45.78.90 > 123.156.78.90:445",
    ]
    assert len(found) == 7
    assert all(each.at_least for each in found)
    assert len(problems) == 1
