"""The collector's script: printed as it is, sound PowerShell of the oldest kind, and its output as published."""

from __future__ import annotations

import re

import pytest
from tests.emit import powershell_grammar as grammar
from tests.ingest.collector_writer import collected, line

from cmfw.cli.collect_script import SCRIPT
from cmfw.ingest.collector import PARTS, SCHEMA
from cmfw.ingest.collector_facts import _KEYWORDS
from cmfw.ingest.host_keys import FIREWALL_SERVICES, LISTENERS
from cmfw.ingest.policy_keys import FIREWALL_POLICY, GROUP_POLICY

CONTENT = SCRIPT.read_bytes()
TEXT = CONTENT.decode("ascii")
COMMANDS = {
    "New-Object": {"TypeName", "ArgumentList"},
    "Set-StrictMode": {"Version"},
    "Write-Output": set(),
    "ForEach-Object": set(),
    "Where-Object": set(),
    "Sort-Object": set(),
    "Get-Service": {"Name"},
    "Get-WmiObject": {"Namespace", "Class"},
    "Get-NetConnectionProfile": {"ErrorAction"},
}
"""What the script may call, with the parameters that it may use: all of it ships with Windows."""
NEWER = (
    r"\[ordered\]", r"\[pscustomobject\]", r"::new\(", r"-shl\b", r"-shr\b", r"\$PSItem", r"\.Where\(\{", r"\.ForEach\(\{", r"-in\b",
    r"-notin\b", r"\busing\b", r"(?m)^\s*class\b", r"\benum\b",
)  # fmt: skip
"""Syntax that Windows PowerShell 2 does not have."""
WRITING = re.compile(
    r"\b(Set|New|Remove|Clear|Add|Rename|Move|Copy|Enable|Disable|Stop|Start|Restart|Invoke)-"
    r"(Item|ItemProperty|NetFirewall\w+|Content|Service|Process|CimInstance|WmiMethod|Expression|Command|WebRequest|RestMethod)\b"
)


def inner_scripts() -> list[bytes]:
    """The single-quoted scripts that run aside."""
    found = re.findall(r"Invoke-Bounded '((?:[^']|'')*)'", TEXT)
    assert len(found) == 3
    return [text.replace("''", "'").encode() for text in found]


@pytest.mark.parametrize(
    "content", [CONTENT, *inner_scripts()], ids=["script", "profiles", "network list", "security center"]
)
class TestGrammar:
    def test_it_is_powershell(self, content):
        assert grammar.broken(grammar.parse(content)) == []

    def test_it_calls_nothing_unknown(self, content):
        assert grammar.strangers(grammar.parse(content), COMMANDS) == []

    def test_it_changes_nothing(self, content):
        code = re.sub(rb"(?s)<#.*?#>", b"", content).decode()
        assert WRITING.findall(code) == []
        assert re.findall(r"\.(SetValue|CreateSubKey|DeleteSubKey|DeleteValue)\b", code) == []

    def test_it_is_old_enough(self, content):
        code = re.sub(r"(?m)#.*$", "", re.sub(rb"(?s)<#.*?#>", b"", content).decode())
        assert [pattern for pattern in NEWER if re.search(pattern, code, re.IGNORECASE)] == []


def quoted(name: str) -> list[str]:
    """The single-quoted texts of a list assigned to a variable."""
    (found,) = re.findall(rf"(?m)^\${name} = @\((.*)\)$", TEXT)
    return re.findall(r"'([^']*)'", found)


def test_it_reads_what_the_reader_reads():
    assert f"$firewall = 'SYSTEM\\CurrentControlSet\\{FIREWALL_POLICY}'".lower() in TEXT.lower()
    assert f"$policy = 'SOFTWARE\\{GROUP_POLICY}'" in TEXT
    assert set(quoted("listed")) == {*LISTENERS, *FIREWALL_SERVICES}
    assert tuple(re.findall(r"(?m)^Invoke-Part '(\w+)'", TEXT)) == PARTS
    assert f"$result['schema'] = '{SCHEMA}'" in TEXT
    for name in _KEYWORDS:
        assert f"$row['{name}']" in TEXT


def test_it_leaves_authentication_sets_alone():
    from tests.ingest.collector_writer import SECRET

    assert set(quoted("secret")) == SECRET


def test_what_it_writes_is_as_published(valid):
    from tests.ingest.test_collector import system_hive

    valid("collector", line(collected(system_hive(), "ControlSet001")))


def test_it_is_printed_as_it_is(run):
    assert run("collect-script").stdout == TEXT


def test_it_is_written_with_the_line_ends_of_windows(run, tmp_path):
    path = tmp_path / "collect.ps1"
    done = run("collect-script", "--out", path)
    assert (done.exit_code, done.stdout) == (0, f"wrote {path}\n")
    assert path.read_bytes() == CONTENT.replace(b"\n", b"\r\n")


def test_trace_assumes_the_one_profile_that_is_in_use(run, tmp_path):
    import json

    from tests.ingest.test_collector import system_hive

    content = collected(system_hive(), "ControlSet001")
    path = tmp_path / "cmfw-PC0017.json"
    flow = "in tcp 10.1.2.9 > 10.1.2.3:445 service=spooler program=system"
    path.write_text(line(content), encoding="ascii")
    (verdict,) = json.loads(run("trace", path, "--flow", flow, "--format", "json").stdout)["verdicts"]
    assert (verdict["action"], verdict["assumed"]["profile"]) == ("allow", "domain")
    assert verdict["normal"].count("profile=domain") == 1
    (asked,) = json.loads(run("trace", path, "--flow", f"{flow} profile=public", "--format", "json").stdout)["verdicts"]
    assert (asked["action"], "profile" in asked["assumed"]) == ("block", False)
    content["networks"].append({"interface": "{E}", "category": 0})
    path.write_text(line(content), encoding="ascii")
    (both,) = json.loads(run("trace", path, "--flow", flow, "--format", "json").stdout)["verdicts"]
    assert (both["action"], "profile" in both["assumed"]) == ("unknown", False)


def test_audit_shows_what_was_seen(run, site_file, tmp_path, valid):
    from tests.ingest.test_collector import system_hive

    path = tmp_path / "cmfw-PC0017.json"
    path.write_text(line(collected(system_hive(), "ControlSet001")), encoding="ascii")
    (state,) = valid("audit", run("audit", site_file, path, "--format", "json").stdout)["states"]
    assert state["live_profiles"] == ["domain"]
    assert {"protocol": "tcp", "port": 445, "program": "System"} in state["listeners"]
