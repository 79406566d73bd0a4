"""Every finding about a script, on the smallest script that has it, and on the one beside it that has not."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("tree_sitter_pwsh", reason="no PowerShell grammar here (extra `lint`)")

from tests.conftest import ROOT

from cmfw.catalog import PACKS, load
from cmfw.diagnose.script_lint import is_failing, lint_script, port_users
from cmfw.ingest.firewall_script import BATCH, POWERSHELL, read_script
from cmfw.ingest.input_file import open_input
from cmfw.ingest.site import read_site
from cmfw.model.finding import Finding, Severity
from cmfw.resolve import resolve

CATALOG = load(PACKS)
SITE = read_site(str(ROOT / "src" / "cmfw" / "demo" / "site.toml"))
PLAN = resolve(CATALOG, SITE)
NEW = "New-NetFirewallRule -DisplayName n -Profile Domain"
ADD = "netsh advfirewall firewall add rule name=n dir=in action=allow profile=domain"


def lint(tmp_path: Path, text: str, plan=None) -> tuple[Finding, ...]:
    is_batch = "netsh" in text
    path = tmp_path / ("x.cmd" if is_batch else "x.ps1")
    path.write_text(text, encoding="utf-8")
    return lint_script(read_script(open_input(str(path)), BATCH if is_batch else POWERSHELL), CATALOG, plan)


def codes(tmp_path: Path, text: str, plan=None) -> list[str]:
    return [one.code for one in lint(tmp_path, text, plan)]


SMELLS = {
    f"{NEW} -Protocol TCP -LocalPort 80 -Enabled $true": "rejected-parameter",
    f"{ADD} localport=80": "rejected-parameter",
    f"{NEW} -Protocol TCP -LocalPort 433": "port-433",
    f"{ADD} protocol=tcp localport=80,433": "port-433",
    f"{NEW} -Direction Outbound -Protocol TCP -LocalPort 10123": "local-port-only",
    f"{NEW} -Protocol TCP -RemotePort 80": "remote-port-only",
    f"{NEW} -Protocol UDP -LocalPort 445": "wrong-protocol",
    f"{ADD} protocol=tcp localport=67": "wrong-protocol",
    f"{NEW} -Protocol TCP -LocalPort 63000-64000": "wrong-protocol",
    f"{NEW} -Protocol TCP -LocalPort @(67.68)": "rejected-parameter",
    f"{NEW} -Protocol TCP": "open-to-all",
    f"{NEW} -Action Allow": "open-to-all",
    "New-NetFirewallRule -DisplayName n -Protocol TCP -LocalPort 80": "open-to-all",
    f"{ADD} protocol=tcp localport=80\n{ADD.replace('=n', '=m')} protocol=tcp localport=80": "duplicate-rule",
    "netsh firewall set opmode disable": "deprecated-command",
    "netsh firewall add portopening TCP 2701 RC ENABLE SUBNET": "deprecated-command",
    "Enable-NetFirewallRule -DisplayGroup 'File and Printer Sharing'": "localised-name",
    "Get-NetFirewallRule -DisplayGroup '远程桌面' | Enable-NetFirewallRule": "localised-name",
    "Enable-NetFirewallRule -DisplayName 'File and Printer Sharing (Echo Request - ICMPv4-In)'": "localised-name",
    "Enable-NetFirewallRule -DisplayGroup 'Some Product'": "localised-name",
    'netsh advfirewall firewall set rule group="Remote Desktop" new enable=yes': "localised-name",
    f"{NEW} -Protocol TCP -LocalPort $port": "not-followed",
    "New-NetFirewallRule @table": "not-followed",
    "$r = New-Object -ComObject HNetCfg.FwRule": "not-followed",
    "netsh advfirewall reset": "not-followed",
}


@pytest.mark.parametrize("text", SMELLS)
def test_a_script_smells(text, tmp_path):
    found = codes(tmp_path, text)
    assert SMELLS[text] in found
    extra = set(found) - {SMELLS[text]}
    assert extra <= {"not-followed", "open-to-all"}, "one smell to a script"


CLEAN = [
    f"{NEW} -Protocol TCP -LocalPort 80,443,135",
    f"{NEW} -Protocol UDP -LocalPort 135",
    f"{NEW} -Direction Outbound -Protocol TCP -RemotePort 10123",
    f"{NEW} -Direction Outbound -Protocol TCP -LocalPort 10123 -RemotePort 80",
    f"{NEW} -Protocol UDP -LocalPort 68 -RemotePort 67",
    f"{NEW} -Protocol TCP -LocalPort 400-500",
    f"{NEW} -Program c:\\x.exe",
    "New-NetFirewallRule -DisplayName n -Protocol TCP -LocalPort 80 -RemoteAddress LocalSubnet",
    "New-NetFirewallRule -DisplayName n -Protocol UDP -LocalPort 445 -Action Block",
    f"{NEW} -Enabled False -Protocol TCP",
    f"if ($x) {{ {NEW} -Protocol TCP -LocalPort 80 }} else {{ {NEW} -Protocol TCP -LocalPort 80 }}",
    "Enable-NetFirewallRule -Group x -Confirm:$false",
    "Enable-NetFirewallRule -Group '@FirewallAPI.dll,-28502'",
    f"{NEW} -Group 'My group' -Protocol TCP -LocalPort 80\nEnable-NetFirewallRule -DisplayGroup 'My group'",
    'netsh advfirewall firewall set rule group="@FirewallAPI.dll,-28752" new enable=yes',
    f"{ADD} protocol=tcp localport=80\nnetsh advfirewall firewall set rule name=n new enable=no",
    "netsh advfirewall firewall show rule name=all",
    "netsh advfirewall firewall show rule name=all dir=in verbose",
    "netsh advfirewall firewall show rule all verbose",
    "netsh interface ip show config",
]  # fmt: skip


@pytest.mark.parametrize("text", CLEAN)
def test_a_script_is_clean(text, tmp_path):
    assert codes(tmp_path, text) == []


@pytest.mark.parametrize("word", ["-Direction $way -RemotePort 443", "-Action $what -LocalPort 445"])
def test_what_is_not_known_before_the_script_runs_is_not_held_against_it(word, tmp_path):
    assert codes(tmp_path, f"New-NetFirewallRule -DisplayName n -Protocol TCP {word}") == ["not-followed"]


def test_a_translated_group_has_its_repair(tmp_path):
    (found,) = lint(tmp_path, "Enable-NetFirewallRule -DisplayGroup 'Remote Desktop'")
    assert found.repair == ("Enable-NetFirewallRule -Group '@FirewallAPI.dll,-28752'",)
    assert found.severity is Severity.WARNING
    (found,) = lint(tmp_path, "Enable-NetFirewallRule -DisplayGroup 'Some Product'")
    assert found.severity is Severity.NOTE


def test_a_finding_names_file_and_line(tmp_path):
    (found,) = lint(tmp_path, f"\n\n{NEW} -Protocol TCP -LocalPort 433")
    assert found.subject == f"{tmp_path / 'x.ps1'}:3"
    assert found.evidence[0] == found.subject


ROLES = {
    f"{NEW} -Protocol TCP -LocalPort 80": [("management_point", "TCP 10123", Severity.WARNING)],
    f"{NEW} -Protocol TCP -LocalPort 80,10123": [],
    f"{NEW} -Protocol TCP -LocalPort 10123": [("management_point", "TCP 80", Severity.WARNING)],
    f"{NEW} -Protocol TCP -LocalPort 80-11000": [("client", "TCP 49152-65535, UDP 25536", Severity.WARNING)],
    f"{NEW} -Protocol TCP -LocalPort 9999": [],
    f"{NEW} -Direction Outbound -Protocol TCP -RemotePort 80": [],
    f"{NEW} -Protocol TCP -LocalPort $p": [],
    f"{NEW} -Protocol TCP -LocalPort RPC": [("client", "TCP 135, TCP 2701, TCP 3389, TCP 445, UDP 25536", Severity.NOTE)],
    "Enable-NetFirewallRule -Group '@FirewallAPI.dll,-28752'": [
        ("client", "TCP 135, TCP 2701, TCP 445, TCP 49152-65535, UDP 25536", Severity.NOTE)
    ],
}  # fmt: skip


@pytest.mark.parametrize("text", ROLES)
def test_ports_of_roles(text, tmp_path):
    found = [one for one in lint(tmp_path, text, PLAN) if one.code == "role-ports-missing"]
    assert [(dict(one.args)["role"], dict(one.args)["ports"], one.severity) for one in found] == ROLES[text]


def test_port_users_are_those_of_the_catalog():
    users = port_users(CATALOG)
    assert set(users["135"]) == {6, 17}
    assert set(users["445"]) == {6}
    assert set(users["63000-64000"]) == {17}


@pytest.mark.parametrize(("level", "fails"), [("note", True), ("warning", True), ("error", False)])
def test_levels(level, fails, tmp_path):
    assert is_failing(lint(tmp_path, f"{NEW} -Protocol TCP -LocalPort 433"), level) is fails
    assert not is_failing((), level)


def test_every_finding_of_scripts_has_a_test():
    from cmfw.catalog.layout import __file__ as layout

    text = (Path(layout).parent / "data" / "findings" / "script.toml").read_text(encoding="utf-8")
    known = {line[9:-1] for line in text.splitlines() if line.startswith("[finding.")}
    assert known - {"role-ports-missing"} <= set(SMELLS.values())
