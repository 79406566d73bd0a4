"""Fuzz targets for the readers of logs: Configuration Manager records and ``pfirewall.log``.

A record or row whose own bytes, and those of its neighbours up to their ends, no change touched is in the output as it was,
or there is a problem. Nothing that is read is longer than the file.
"""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

from tests.fuzz.harness import Mutation, Seed, Target

from cmfw.catalog.log_facts import load_log_facts
from cmfw.ingest.ccm_log import LogRecord, moment, read_records
from cmfw.ingest.log_marks import Marker
from cmfw.ingest.pfirewall import read_pfirewall

MARKED = (
    "[CCMHTTP] ERROR: URL=http://dp.example.com:80/SMS_DP_SMSPKG$/1, Port=80, Options=480, Code=12029, Text=ERROR_WINHTTP_CANNOT_CONNECT",
    "[CCMHTTP] ERROR INFO: StatusCode=403 StatusText=Forbidden",
    "ccmsetup: Host=mp.example.com, Path=/CCM_Client, Port=80, Protocol=http, Flags=0x4100",
    "Failed to get DP locations as the expected version from MP 'http://mp.example.com'. Error 0x80072f78",
    "OnSearchComplete - Failed to end search job. Error = 0x80244022.",
    "two\r\nlines",
)  # fmt: skip
PUSHED = (
    '======>Begin Processing request: "7", machine name: "PC1"',
    "---> Connected to administrative share on machine PC1 using account 'a'~",
    '---> Unable to connect to WMI on remote machine "PC1", error = 0x800706BA.',
    "Execute query exec [sp_CP_SetLastErrorCode] 7, -2147024891~",
)
COMPONENTS = ("DataTransferService", "LocationServices", "ccmsetup", "ccmsetup", "WUAHandler", "CcmExec")


def newer(message: str, component: str, number: int) -> str:
    attributes = f'component="{component}" context="" type="{number % 4}" thread="{number}" file="x.cpp:{number}"'
    return f'<![LOG[{message}]LOG]!><time="10:11:{number:02}.013-060" date="3-{number + 1}-2026" {attributes}>\r\n'


def older(message: str, number: int) -> str:
    return (
        f"{message}  $$<SMS_CLIENT_CONFIG_MANAGER><03-02-2026 14:07:{number:02}.100-480><thread={number} (0x{number:X})>\r\n"
    )


def fuzz_ccm(corpus: Path | None) -> Target:
    """Built logs in both forms and three encodings, and with a corpus the real one."""
    new = "".join(newer(message, COMPONENTS[n], n + 1) for n, message in enumerate(MARKED))
    old = "".join(older(message, n + 1) for n, message in enumerate(PUSHED))
    contents = {
        "newer": new.encode(),
        "older": old.encode(),
        "mixed": (old + new + old).encode(),
        "utf-16": b"\xff\xfe" + (new + old).encode("utf-16-le"),
        "code page": new.replace("lines", "安装失败").encode("gb18030"),
    }
    if corpus:
        contents["real"] = (corpus / "ccm_logs" / "sccm_various.log").read_bytes()
    seeds = tuple(ccm_seed(name, content) for name, content in contents.items())
    words = (
        "<![LOG[",
        "]LOG]!>",
        "$$<",
        "><thread=",
        '"',
        ">",
        "<",
        "~",
        "\r\n",
        "\n",
        '><time="',
        '" date="',
        "0x80070005",
    )
    tokens = tuple(w.encode() for w in words) + tuple(w.encode("utf-16-le") for w in words)
    return Target("ccm log", seeds, check_ccm, tokens)


def ccm_seed(name: str, content: bytes) -> Seed:
    records, problems = records_of(content)
    assert records
    assert problems == []
    return Seed(name, content, 1, (), tuple(records))


def records_of(content: bytes) -> tuple[list[LogRecord], list[object]]:
    problems: list[object] = []
    return list(read_records(io.BytesIO(content), "f.log", problems.append)), problems


def check_ccm(seed: Seed, mutation: Mutation) -> None:
    records, problems = records_of(mutation.content)
    marker = Marker(load_log_facts(), "h", "f.log")
    for event in marker.events(records):
        assert event.text.isprintable(), "a text with control characters"
        assert event.port is None or 0 < event.port < 65536, "a port that is none"
    for record in records:
        moment(record)
        assert 1 <= record.line <= mutation.content.count(b"\n") + 1, "a line that is not in the file"
    # a change reaches at most the record that it is in and the one before: every other is there, or something was told
    lost = Counter(r.message for r in seed.facts) - Counter(r.message for r in records)
    touched = len(mutation.touched) + 1
    if mutation.moved_from is None and not problems:
        assert sum(lost.values()) <= 2 * touched, f"lost {lost}"


def fuzz_pfirewall(corpus: Path | None) -> Target:
    """Built logs with every kind of row, and with a corpus the real one."""
    fields = "date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path"
    rows = [
        "2026-03-02 09:05:00 DROP TCP 10.3.0.17 10.2.1.10 50123 10123 0 S 0 0 0 - - - SEND",
        "2026-03-02 09:05:01 ALLOW UDP 10.3.0.17 10.2.1.11 50124 53 0 - - - - - - - SEND",
        "2026-03-02 09:05:02 ALLOW ICMP 10.3.0.17 10.2.1.12 - - 0 - - - - 8 0 - RECEIVE",
        "2026-03-02 09:05:03 DROP TCP 2001:db8::1 2001:db8::2 50125 445 0 S 0 0 0 - - - RECEIVE",
        "2026-03-02 09:05:04 INFO-EVENTS-LOST - - - - - - - - - - - - 59 -",
        "2026-03-02 09:05:05 DROP TCP 10.3.0.18 10.2.1.13 80 50126 40 A 1 2 3 - - - RECEIVE",
    ]
    head = f"#Version: 1.5\r\n#Software: Microsoft Windows Firewall\r\n#Time Format: Local\r\n#Fields: {fields}\r\n\r\n"
    contents = {"built": (head + "".join(row + "\r\n" for row in rows)).encode()}
    if corpus:
        contents["real"] = (corpus / "ccm_logs" / "pfirewall_sample.log").read_bytes()
    seeds = tuple(Seed(name, content, 1, (), flows_of(content)) for name, content in contents.items())
    words = (" ", "-", "\r\n", "#Fields:", "#", "SEND", "RECEIVE", "DROP", "ALLOW", "S", "::", ".", "65536", "\0")
    return Target("pfirewall", seeds, check_pfirewall, tuple(w.encode() for w in words))


def flows_of(content: bytes, problems: list[object] | None = None) -> tuple[str, ...]:
    told: list[object] = [] if problems is None else problems
    found = read_pfirewall(io.BytesIO(content), "p.log", "h", told.append)
    return tuple(each.flow.text() for each in found)


def check_pfirewall(seed: Seed, mutation: Mutation) -> None:
    from cmfw.net.flowtext import parse_parts

    problems: list[object] = []
    found = flows_of(mutation.content, problems)
    for text in found:
        parse_parts(text)
    lost = set(seed.facts) - set(found)
    # the line about lost events is always told; anything beside it is about what went wrong
    named = len(problems) > 1 or b"INFO-EVENTS-LOST" not in mutation.content
    if lost and not named:
        changed = len(mutation.touched) + (mutation.moved_from is not None)
        assert len(lost) <= changed + 1 or mutation.moved_from is not None, f"lost {min(lost)}"
