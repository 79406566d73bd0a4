"""Rule strings in tables, notes and events: found, told apart, and known to be no whole list."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from cmfw.errors import InputError
from cmfw.ingest import FORMATS, read_state
from cmfw.ingest.rule_strings import LONGEST_LINE
from cmfw.model.rule import HostRule, Store
from cmfw.model.state import HostState

ONE = "v2.28|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=2701|Name=one, two|"
TWO = "v2.10|Action=Block|Active=TRUE|Dir=Out|Protocol=17|RPort=53|Name=two|"
GUID = "{16179759-79D2-48F1-A567-B1EF930E13C5}"
LOCAL = "HKLM\\System\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules"
POLICY = "SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\FirewallRules"


def state(tmp_path: Path, text: str, name: str = "rules.txt", encoding: str = "utf-8") -> HostState:
    path = tmp_path / name
    path.write_text(text, encoding=encoding)
    return read_state([str(path)]).state


def event(details: str, key: str, *, details_first: bool = False) -> str:
    message = f"Registry value set:\r\nTargetObject: {key}\r\nDetails: {details}"
    fields = {"Details": details, "TargetObject": key, "Message": message}
    return json.dumps(fields if details_first else dict(reversed(fields.items())))


PLACED = {
    "a bare list": (f"{ONE}\n{TWO}\n", [("rule-1", Store.LOCAL), ("rule-2", Store.LOCAL)]),
    "a table of a policy": (f"Computer,Rules,{GUID},HKLM,{POLICY},{GUID},{ONE},x\n", [(GUID, Store.GPO)]),
    "twice in one row": (f'{POLICY},{GUID},{TWO},"Outbound",{TWO},y\n', [(GUID, Store.GPO)]),
    "two rules in one row": (f"{LOCAL}\\a,{ONE},{LOCAL}\\b,{TWO}\n", [("a", Store.LOCAL), ("b", Store.LOCAL)]),
    "an event": (event(ONE, f"{LOCAL}\\{GUID}"), [(GUID, Store.LOCAL)]),
    "an event, value first": (event(ONE, f"{LOCAL}\\x", details_first=True), [("x", Store.LOCAL)]),
    "an event of device management": (event(ONE, LOCAL.replace("Policy\\", "Policy\\Mdm\\") + "\\m"), [("m", Store.MDM)]),
    "a quoted note": (f'"{ONE}"', [("rule-1", Store.LOCAL)]),
    "a table with tabs": (f"a\t{ONE}\tb", [("rule-1", Store.LOCAL)]),
    "without a bar at the end of the line": (f"{ONE}{ONE}", [("rule-1", Store.LOCAL)]),
}


@pytest.mark.parametrize(("text", "expected"), PLACED.values(), ids=PLACED)
def test_ids_and_stores(tmp_path: Path, text: str, expected: list) -> None:
    found = state(tmp_path, text)
    assert [(rule.id, rule.store) for rule in found.rules] == expected
    assert all(rule.extras.unknown == () for rule in found.rules)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    (rule,) = state(tmp_path, ONE.replace("one", "规则") + "\r\n", encoding=encoding).rules
    assert (rule.name, str(rule.local_port.ports)) == ("规则, two", "2701")


def test_a_list_is_never_known_to_be_whole(tmp_path: Path) -> None:
    gaps = {gap.code: (gap.may_allow, gap.may_block) for gap in state(tmp_path, ONE).gaps}
    assert gaps["listed_rules"] == (True, True)
    assert gaps["unknown_store"] == (False, False)


def test_origin_is_the_line(tmp_path: Path) -> None:
    (rule,) = state(tmp_path, f"# a note\n\n{ONE}\n").rules
    assert rule.origin.endswith("rules.txt:3")


def test_what_is_wrong_with_a_string_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text(f"{ONE}\nv2.10|Action=Maybe|Active=TRUE|Dir=In|Name=n|\n", encoding="utf-8")
    found, problems = read_state([str(path)])
    assert len(found.rules) == 1
    assert [(problem.line, problem.expected) for problem in problems] == [(2, "a firewall rule")]


def test_texts_in_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "events.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/events.json", event(ONE, f"{LOCAL}\\x"))
        archive.writestr("b.txt", TWO)
    found = read_state([str(path)]).state
    assert [(rule.id, rule.origin.rpartition("!")[2]) for rule in found.rules] == [
        ("x", "a/events.json:1"),
        ("rule-2", "b.txt:1"),
    ]


def test_text_without_any_is_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected"):
        state(tmp_path, "Action=Allow, but no rule string |Dir=In|")


def test_a_line_longer_than_any_rule_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lines of at most"):
        state(tmp_path, ONE + "x" * LONGEST_LINE)


def test_any_text_is_asked_last() -> None:
    assert list(FORMATS)[-1] == "rule-strings"


@pytest.mark.corpus
def test_the_real_table(corpus: Path) -> None:
    listed = read_state([str(corpus / "rulestrings/NCSC_GPO.csv")]).state
    real = read_state([str(corpus / "gpo/ncsc/NCSC_Windows_GPO.zip")]).state

    def without_origin(rules: tuple[HostRule, ...]) -> dict[str, tuple]:
        return {rule.id.lower(): (rule.name, rule.action, rule.program, rule.remote_port, rule.profiles) for rule in rules}

    assert len(listed.rules) == 8
    assert {rule.store for rule in listed.rules} == {Store.GPO}
    assert without_origin(listed.rules) == without_origin(real.rules)


EVENTS = {
    "rulestrings/otrf_cmd_netsh_fw_mod_open_ports.zip": [("{F7259D6F-D580-4DF1-8371-60520B42164D}", 6, "450", None)],
    "rulestrings/otrf_psh_python_webserver.zip": [
        ("{A6A35CAD-6E59-4C6C-ABAA-4F169DCF531B}", 6, "0-65535", "python.exe"),
        ("{4A0F32BB-6FBE-44CC-8587-8519925F271A}", 17, "0-65535", "python.exe"),
    ],
}


@pytest.mark.corpus
@pytest.mark.parametrize("name", EVENTS)
def test_the_real_events(corpus: Path, name: str) -> None:
    found, problems = read_state([str(corpus / name)])
    assert problems == ()
    assert [
        (
            rule.id,
            rule.protocol,
            str(rule.local_port.ports).replace("*", "0-65535"),
            rule.program and rule.program.rpartition("\\")[2],
        )
        for rule in found.rules
    ] == EVENTS[name]
    assert {rule.store for rule in found.rules} == {Store.LOCAL}
