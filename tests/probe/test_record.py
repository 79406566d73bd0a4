"""Results as rows and back; a row that is not one is refused."""

from __future__ import annotations

import json

import pytest

from cmfw.errors import InputError
from cmfw.model.wire import ProbeResult, Service, Speaks, Word
from cmfw.net.addr import parse_address
from cmfw.probe.record import SCHEMA, read_results, result_row

RESULT = ProbeResult(
    items=("push_smb:cm1>office",),
    protocol=6,
    address=parse_address("10.2.0.17"),
    port=445,
    source=parse_address("10.1.0.5"),
    word=Word.REJECTED,
    by=parse_address("10.9.0.1"),
    attempts=2,
    ms=12.5,
    evidence=("EHOSTUNREACH", "icmp type 3 code 13"),
    service=Service("smb", Speaks.RIGHT, (("dialect", "0x0311"),)),
)
PLAIN = ProbeResult(items=("i",), protocol=58, address=parse_address("2001:db8::7"), port=None, word=Word.HOST_DOWN)


def document(*rows) -> str:
    return json.dumps({"schema": SCHEMA, "results": list(rows)})


def test_what_is_written_is_read_back():
    assert read_results(document(result_row(RESULT), result_row(PLAIN)), "r.json") == (RESULT, PLAIN)


@pytest.mark.parametrize(
    "change",
    [
        {"word": "maybe"}, {"answer": "allow"}, {"port": 65536}, {"port": True}, {"port": "445"}, {"target": "nowhere"}, {"stranger": 1},
        {"protocol": "gre"}, {"items": "push"}, {"items": [1]}, {"attempts": -1}, {"service": {"kind": "smb"}},
        {"service": {"kind": "smb", "speaks": "well", "facts": {}}}, {"ms": "fast"}, {"ms": "7"}, {"ms": True}, {"ms": -1}, {"ms": float("inf")}, {"ms": float("nan")}, {"ms": 1e300},
        {"evidence": None}, {"service": {"kind": "gopher", "speaks": "right", "facts": {}}},
    ],
    ids=str,
)  # fmt: skip
def test_a_row_that_is_none_is_refused(change):
    with pytest.raises(InputError, match=r"results\[1\]"):
        read_results(document(result_row(PLAIN), result_row(RESULT) | change), "r.json")


def test_a_missing_key_is_refused():
    row = result_row(RESULT)
    del row["word"]
    with pytest.raises(InputError, match="word"):
        read_results(document(row), "r.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "cmfw/plan/1", "results": []}', "[" * 100_000], ids=range(5))
def test_another_document_is_refused(text):
    with pytest.raises(InputError):
        read_results(text, "r.json")
