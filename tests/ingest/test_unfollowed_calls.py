"""Which calls of a script change the firewall in a way that is not followed, and what that leaves of its rules."""

from __future__ import annotations

import pytest

from cmfw.errors import InputError
from cmfw.ingest import read_state
from cmfw.ingest.batch_calls import batch_calls
from cmfw.ingest.script_calls import Call, Given
from cmfw.ingest.unfollowed_calls import changes_firewall

RULE = "v2.30|Action=Block|Active=TRUE|Dir=Out|Protocol=6|RPort=8531|Name=z|"
KEY = r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules"


def call(text: str) -> Call:
    name, *words = text.split()
    return Call(name.lower(), name, tuple(Given("", (word,)) for word in words), 1)


CHANGES = [
    f"New-ItemProperty -Path $rules -Value {RULE}",
    r"Set-ItemProperty HKLM:\SOFTWARE\Policies\Microsoft\WindowsFirewall\DomainProfile x 1",
    "Set-ItemProperty $key DefaultOutboundAction 1",
    "Set-NetFirewallApplicationFilter -Program x",
    "New-NetIPsecRule -InboundSecurity Require",
    "Add-FirewallRule 80",
    "Firewall Web",
    "xFirewall Web",
    "powershell New-NetFirewallRule",
    "Stop-Service MpsSvc",
    "Set-Service BFE -StartupType Disabled",
    "sc config mpssvc start= disabled",
    "net stop MpsSvc",
]
LOOKS = [
    "Get-NetFirewallProfile -All",
    "Test-Path " + KEY,
    "Write-Host advfirewall",
    "Import-Module NetFirewall",
    "ConvertTo-FirewallName x",
    "Import-DscResource NetworkingDsc",
    "echo FirewallPolicy",
    "findstr FirewallRules",
    "sc query mpssvc",
    "sc config spooler start= disabled",
    "net start MpsSvc",
    "Stop-Service spooler",
    "reg add HKLM\\SOFTWARE\\x",
]


@pytest.mark.parametrize("text", CHANGES)
def test_it_changes_the_firewall(text):
    assert changes_firewall(call(text))


@pytest.mark.parametrize("text", LOOKS)
def test_it_looks_or_is_about_something_else(text):
    assert not changes_firewall(call(text))


def test_a_word_that_is_not_certain_may_switch_a_service_off():
    assert changes_firewall(call("sc config mpssvc")._replace(given=(Given("", ("mpssvc",)), Given("", None))))


BATCH = {
    "the registry": f'reg add "{KEY}" /v z /d "{RULE}" /f',
    "behind a condition": f'if not exist x reg add "{KEY}" /v z /d "{RULE}"',
    "powershell": 'powershell -Command "New-NetFirewallRule -DisplayName z -Direction Outbound -Action Block"',
    "the service": "if a==b net stop MpsSvc",
}


@pytest.mark.parametrize("case", BATCH)
def test_trap_a_batch_file_changes_the_firewall_without_netsh(case, tmp_path):
    path = tmp_path / "x.cmd"
    path.write_text(BATCH[case], encoding="utf-8")
    gaps = {gap.code: (gap.may_allow, gap.may_block) for gap in read_state([str(path)]).state.gaps}
    assert gaps["unseen_rules"] == (True, True)


@pytest.mark.parametrize("text", ["echo reg add FirewallPolicy", "ping x", "if a==b echo advfirewall"])
def test_a_batch_file_that_prints_changes_nothing(text):
    assert not batch_calls(text, "x.cmd").calls


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.ps1", "Get-Process"),
        ("x.cmd", "ping x"),
        ("y.ps1", ""),
        ("z.cmd", "netsh advfirewall firewall show rule name=all"),
    ],
)
def test_a_script_without_the_firewall_says_nothing_of_a_machine(name, text, tmp_path):
    if name.endswith("ps1"):
        pytest.importorskip("tree_sitter_pwsh", reason="no PowerShell grammar here (extra `lint`)")
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="commands that change the firewall"):
        read_state([str(path)])


@pytest.mark.parametrize("resource", ["Firewall", "xFirewall"])
def test_trap_a_dsc_configuration_makes_rules_that_no_command_shows(resource, tmp_path):
    pytest.importorskip("tree_sitter_pwsh", reason="no PowerShell grammar here (extra `lint`)")
    block = f"{resource} Out {{ Name = 'z'; Direction = 'Outbound'; Action = 'Block'; RemotePort = '8531' }}"
    path = tmp_path / "x.ps1"
    path.write_text(f"Configuration C\n{{\n  Node localhost\n  {{\n    {block}\n  }}\n}}\n", encoding="utf-8")
    gaps = {gap.code: (gap.may_allow, gap.may_block) for gap in read_state([str(path)]).state.gaps}
    assert gaps["unseen_rules"] == (True, True)
