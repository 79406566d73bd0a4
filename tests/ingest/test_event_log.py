"""Windows events: connections, changed rules, the shapes of JSON they come in, and ``.evtx``."""

from __future__ import annotations

import builtins
import io
import json
import zipfile

import pytest
from tests.ingest.evtx_builder import evtx_file

from cmfw.errors import MissingExtra
from cmfw.ingest.event_log import EventReader, evtx_events, flat, inbound_ends, json_events, looks_like_events
from cmfw.model.observation import Seen

FIREWALL = "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall"
KEY = "HKLM\\System\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules\\{R-1}"
GPO_KEY = "HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\FirewallRules\\{R-2}"
RULE = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=450|Name=mine|"


def connection(**changes):
    return {
        "EventID": 5156, "Channel": "Security", "Hostname": "PC7", "TimeCreated": "2026-03-02 09:05:06.100",
        "Direction": "%%14592", "Protocol": "6", "SourceAddress": "10.9.0.4", "SourcePort": "50123",
        "DestAddress": "10.2.0.9", "DestPort": "445", "Application": "System", **changes,
    }  # fmt: skip


def read(*events):
    problems = []
    text = "".join(json.dumps(event) + "\n" for event in events)
    reader = EventReader("e.json", "arg", problems.append)
    reader.read(json_events(io.BytesIO(text.encode()), "e.json", problems.append))
    return list(reader.observations()), reader.changes, problems


@pytest.mark.parametrize(
    ("event", "flow", "seen"),
    [
        (connection(), "in tcp 10.9.0.4 > 10.2.0.9:445 program=system", Seen.ALLOWED),
        (connection(EventID=5157), "in tcp 10.9.0.4 > 10.2.0.9:445 program=system", Seen.DROPPED),
        (connection(EventID=5152, Protocol="17", DestPort="25536"), "in udp 10.9.0.4 > 10.2.0.9:25536 program=system", Seen.DROPPED),
        (connection(Direction="%%14593"), "out tcp 10.9.0.4 > 10.2.0.9:445 program=system", Seen.ALLOWED),
        (connection(Protocol="1", SourcePort="8", DestPort="0"), "in icmp4 10.9.0.4 > 10.2.0.9 type=8 program=system", Seen.ALLOWED),
        (connection(Application="-"), "in tcp 10.9.0.4 > 10.2.0.9:445", Seen.ALLOWED),
    ],
    ids=["allowed", "blocked", "packet dropped", "outgoing", "icmp", "no program"],
)  # fmt: skip
def test_a_connection(event, flow, seen):
    (found,), _, problems = read(event)
    assert (found.host, found.flow.text(), found.seen, found.first) == ("pc7", flow, seen, "2026-03-02T09:05:06.100")
    assert problems == []


@pytest.mark.parametrize(
    ("first", "second", "own", "opener"),
    [
        (("10.9.0.4", 50123), ("10.2.0.9", 445), set(), "10.9.0.4"),
        (("10.2.0.9", 445), ("10.9.0.4", 50123), set(), "10.9.0.4"),
        (("10.2.0.9", 50001), ("10.9.0.4", 50002), {"10.2.0.9"}, "10.9.0.4"),
        (("10.9.0.4", 50001), ("10.2.0.9", 50002), {"10.2.0.9"}, "10.9.0.4"),
        (("10.9.0.4", 5001), ("10.2.0.9", 5002), set(), "10.9.0.4"),
    ],
    ids=["source opened", "by port", "own is source", "own is dest", "nothing known"],
)
def test_who_opened_an_incoming_connection(first, second, own, opener):
    assert inbound_ends(first, second, own)[0][0] == opener


@pytest.mark.parametrize(
    ("event", "change", "store", "rule_id", "name"),
    [
        ({"EventID": 4946, "Channel": "Security", "RuleId": "{A}", "RuleName": "n"}, "added", "local", "{A}", "n"),
        ({"EventID": 4947, "Channel": "Security", "RuleId": "{A}", "RuleName": "n"}, "modified", "local", "{A}", "n"),
        ({"EventID": 4948, "Channel": "Security", "RuleId": "{A}", "RuleName": "n"}, "deleted", "local", "{A}", "n"),
        ({"EventID": 2004, "Channel": FIREWALL, "RuleId": "{A}", "RuleName": "n"}, "added", "local", "{A}", "n"),
        ({"EventID": 2097, "Channel": FIREWALL, "RuleId": "{A}", "RuleName": "n"}, "added", "local", "{A}", "n"),
        ({"EventID": 2006, "Channel": FIREWALL, "RuleId": "{A}", "RuleName": "n"}, "deleted", "local", "{A}", "n"),
        ({"EventID": 13, "Channel": "Microsoft-Windows-Sysmon/Operational", "EventType": "SetValue", "TargetObject": KEY,
          "Details": RULE, "Image": "C:\\x.exe"}, "set", "local", "{R-1}", "mine"),
        ({"EventID": 13, "Channel": "Microsoft-Windows-Sysmon/Operational", "EventType": "SetValue", "TargetObject": GPO_KEY,
          "Details": RULE}, "set", "gpo", "{R-2}", "mine"),
        ({"EventID": 12, "Channel": "Microsoft-Windows-Sysmon/Operational", "EventType": "DeleteValue", "TargetObject": KEY},
         "deleted", "local", "{R-1}", ""),
    ],
    ids=["4946", "4947", "4948", "2004", "2097", "2006", "sysmon set", "sysmon gpo", "sysmon delete"],
)  # fmt: skip
def test_a_changed_rule(event, change, store, rule_id, name):
    _, (found,), problems = read(event)
    assert (found.change, found.store, found.id, found.name) == (change, store, rule_id, name)
    assert problems == []


def test_what_is_wrong_with_a_rule_string_is_said():
    event = {
        "EventID": 13,
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "TargetObject": KEY,
        "Details": "v2.30|Nonsense=1|",
    }
    _, (found,), _ = read(event)
    assert found.problems


@pytest.mark.parametrize(
    "event",
    [connection(SourceAddress="nobody"), connection(Direction="up"), connection(DestPort="x"), {"EventID": 5156, "Channel": "Security"}],
    ids=["address", "direction", "port", "no fields"],
)  # fmt: skip
def test_an_event_without_its_fields_is_told(event):
    seen, changes, problems = read(event)
    assert (seen, changes) == ([], [])
    assert problems[0].line == 1


def test_lines_that_are_no_json_are_told():
    problems = []
    data = b'{"EventID": 5156, broken\n{"EventID": 1}\n'
    assert list(json_events(io.BytesIO(data), "e", problems.append)) == []
    assert [p.line for p in problems] == [1]


def test_nested_events_are_laid_flat():
    nested = {
        "Event": {
            "System": {
                "EventID": {"#text": 5157},
                "Channel": "Security",
                "TimeCreated": {"#attributes": {"SystemTime": "T"}},
            },
            "EventData": {"Direction": "%%14592", "#attributes": {}},
        }
    }
    assert flat(nested) == {"EventID": 5157, "Channel": "Security", "TimeCreated": "T", "Direction": "%%14592"}


def test_an_evtx_file_is_read(tmp_path):
    path = tmp_path / "Security.evtx"
    changed = {"EventID": 4946, "Channel": "Security", "Computer": "PC7", "RuleId": "{A}", "RuleName": "x"}
    path.write_bytes(evtx_file([{k: v for k, v in connection(Computer="PC7").items() if k != "TimeCreated"}, changed]))
    problems = []
    reader = EventReader(str(path), "arg", problems.append)
    reader.read(evtx_events(str(path), problems.append))
    (seen,) = reader.observations()
    assert seen.flow.text() == "in tcp 10.9.0.4 > 10.2.0.9:445 program=system"
    assert seen.first.startswith("2026-03-01T12:00:00")
    assert [change.name for change in reader.changes] == ["x"]
    assert problems == []


def test_a_damaged_evtx_file_is_told(tmp_path):
    path = tmp_path / "x.evtx"
    whole = evtx_file([connection(Computer="PC7")])
    path.write_bytes(whole[:5000] + b"\xff" * 200 + whole[5200:])
    problems = []
    list(evtx_events(str(path), problems.append))
    assert problems


def test_without_the_package_the_error_names_the_extra(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "evtx":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingExtra, match=r"cmfw\[evtx\]"):
        list(evtx_events("x.evtx", print))


@pytest.mark.parametrize(("text", "is_one"), [('{"EventID": 1}\n', True), ('{"a": 1}', False), ("plain", False)])
def test_what_looks_like_events(text, is_one):
    assert looks_like_events(text) is is_one


@pytest.mark.corpus
def test_real_events(corpus):
    def of(name):
        problems = []
        with zipfile.ZipFile(corpus / "rulestrings" / name) as archive, archive.open(archive.namelist()[0]) as file:
            reader = EventReader(name, "arg", problems.append)
            reader.read(json_events(file, name, problems.append))
        assert problems == []
        return list(reader.observations()), [change.change for change in reader.changes]

    seen, changes = of("otrf_cmd_netsh_fw_mod_open_ports.zip")
    assert (seen, changes) == ([], ["added", "deleted", "set", "deleted"])
    seen, changes = of("otrf_psh_python_webserver.zip")
    assert changes == ["added", "added", "set", "set"]
    assert [(each.flow.direction.name, each.count) for each in seen] == [("OUT", 2), ("IN", 2)]
    assert str(seen[1].flow.destination_port) == "3389"
