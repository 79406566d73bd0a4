"""The reader of our own flow list."""

from __future__ import annotations

import pytest

from cmfw.ingest.flow_list import COLUMNS, protocol_number, protocol_text, read_list

ROW = {
    "id": "push/in",
    "direction": "in",
    "protocol": "tcp",
    "ports": "445 8000-8010",
    "ports_needed": "all",
    "icmp": "",
    "local_addresses": "any",
    "peer_role": "site_server",
    "peer": "ss1",
    "peer_addresses": "10.1.0.5",
    "program": "System",
    "service": "",
    "profiles": "domain",
    "flow": "push_smb",
    "features": "client_push",
    "necessity": "required",
    "places": "line 116",
}


def content(**changes) -> bytes:
    cells = {**ROW, **changes}
    return ("\ufeff" + ",".join(COLUMNS) + "\r\n" + ",".join(f'"{c}"' for c in cells.values()) + "\r\n").encode()


def test_a_row_is_a_rule():
    rules, problems = read_list(content(), "l.csv")
    assert problems == ()
    assert [(r.id, str(r.local_port.ports), str(r.remote_address.addresses), r.program, r.service) for r in rules] == [
        ("push/in", "445,8000-8010", "10.1.0.5", "System", None)
    ]
    assert rules[0].origin == "l.csv:2"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"direction": "both"}, "'both'"),
        ({"protocol": "sctp"}, "`sctp` is no protocol"),
        ({"protocol": "ip/256"}, "`ip/256` is no protocol"),
        ({"ports": "x"}, "`x` is not a port or port range"),
        ({"peer_addresses": "internal"}, "`internal` is not an IP address"),
        ({"profiles": "work"}, "'work'"),
    ],
    ids=str,
)
def test_a_row_that_is_not_ours_is_a_problem(changes, found):
    rules, problems = read_list(content(**changes), "l.csv")
    assert rules == ()
    assert [(p.line, p.found) for p in problems] == [(2, found)]


@pytest.mark.parametrize("bad", [b"", b"\xff", b"a,b\r\n", content().replace(b'"445', b'4"45')])
def test_another_file_is_a_problem(bad):
    rules, problems = read_list(bad, "l.csv")
    assert rules == ()
    assert problems


@pytest.mark.parametrize("number", [None, 1, 6, 17, 58, 47, 0, 255])
def test_protocols_come_back(number):
    assert protocol_number(protocol_text(number)) == number
