"""What the commands of a script make: rules, doubts and refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("tree_sitter_pwsh", reason="no PowerShell grammar here (extra `lint`)")

from tests.conftest import ROOT

from cmfw.engine.exact import Engine
from cmfw.ingest import read_state
from cmfw.ingest.firewall_script import BATCH, POWERSHELL, is_batch, is_powershell, read_script
from cmfw.ingest.input_file import open_input
from cmfw.ingest.rulewrite import write_rule
from cmfw.model.rule import Action
from cmfw.model.script import NOT_FOLLOWED, OPEN, REFUSED, Script, Tool, Verb
from cmfw.net.flow import Direction, Profile
from cmfw.net.flowquery import Names, parse_flow

NEW = "New-NetFirewallRule -DisplayName n"
ADD = "netsh advfirewall firewall add rule name=n dir=in action=allow"


def script(tmp_path: Path, text: str, name: str = "x.ps1") -> Script:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_script(open_input(str(path)), POWERSHELL if name.endswith("ps1") else BATCH)


RULES = {
    f"{NEW} -Protocol TCP -LocalPort 80,443": "Dir=In|Protocol=6|LPort=80|LPort=443|Name=n|",
    f"{NEW} -Direction Outbound -Action Block -Enabled False -Protocol UDP -RemotePort 25536": "Dir=Out|Protocol=17|RPort=25536",
    f"{NEW} -Profile Domain,Private -RemoteAddress LocalSubnet,10.0.0.0/8": "Profile=Domain|Profile=Private|RA4=10.0.0.0/8|RA4=LocalSubnet|RA6=LocalSubnet|",
    f"{NEW} -Protocol ICMPv4 -IcmpType 8": "Protocol=1|ICMP4=8:*|",
    f"{NEW} -Program '%SystemRoot%\\x.exe' -Service s -InterfaceType Wired": "App=%SystemRoot%\\x.exe|Svc=s|",
    f"{NEW} -Prot TCP -LocalP RPC": "Protocol=6|LPort=RPC|",
    f"{NEW} -Name id -Group g": "EmbedCtxt=g|",
    "netsh advfirewall firewall add rule name=n dir=in action=allow protocol=TCP localport=80,443": "Dir=In|Protocol=6|LPort=80|LPort=443|Name=n|",
    f"{ADD} protocol=icmpv4:8,any profile=domain,private": "Protocol=1|Profile=Domain|Profile=Private|ICMP4=8:*|",
    f"{ADD} protocol=tcp localport=RPC-EPMap remoteip=localsubnet interfacetype=lan edge=yes": "LPort=RPC-EPMap|RA4=LocalSubnet|RA6=LocalSubnet|IFType=Lan|Name=n|Edge=TRUE|",
    "netsh firewall add portopening TCP 2701 RC ENABLE SUBNET": "Protocol=6|LPort=2701|RA4=LocalSubnet|RA6=LocalSubnet|Name=RC|",
    "netsh firewall add allowedprogram program=c:\\x.exe name=n profile=domain": "Profile=Domain|App=c:\\x.exe|Name=n|",
}  # fmt: skip


@pytest.mark.parametrize("text", RULES)
def test_a_command_makes_a_rule(text, tmp_path):
    found = script(tmp_path, text)
    (rule,) = found.rules
    assert not rule.extras.unknown, rule.extras.unknown
    assert RULES[text] in write_rule(rule)
    assert rule.origin == f"{found.path}:1"


def test_a_rule_says_whether_it_is_on(tmp_path):
    found = script(tmp_path, f"{NEW}a -Enabled False\n{NEW}b\n{NEW}c\nDisable-NetFirewallRule -DisplayName nc")
    assert [rule.active for rule in found.rules] == [False, True, False]


def test_trap_powershell_takes_the_beginning_of_a_word_for_the_word(tmp_path):
    (rule,) = script(tmp_path, f"{NEW}a -Direction Out -Action Bl -Profile Dom,Pu -Protocol TCP -RemotePort 8531").rules
    assert (rule.direction, rule.action) == (Direction.OUT, Action.BLOCK)
    assert rule.profiles == Profile.DOMAIN | Profile.PUBLIC
    assert not rule.extras.unknown


FAULTS = {
    f"{NEW} -Enabled $true": ("boolean", "Enabled", "$true"),
    f"{NEW} -LocalPort 445": ("ports", "LocalPort", "445"),
    f"{NEW} -Protocol ICMPv4 -LocalPort 445": ("ports", "LocalPort", "445"),
    f"{NEW} -Protocol UDP -LocalPort RPC": ("keyword", "LocalPort", "RPC"),
    f"{NEW} -Direction Outbound -Protocol TCP -LocalPort RPC": ("keyword", "LocalPort", "RPC"),
    f"{NEW} -Direction Outbound -EdgeTraversalPolicy Allow": ("edge", "EdgeTraversalPolicy", "Allow"),
    f"{NEW} -Protocol TCP -LocalPort 80000": ("value", "LocalPort", "80000"),
    f"{NEW} -RemoteAddress nowhere": ("value", "RemoteAddress", "nowhere"),
    f"{NEW} -Direction Incoming": ("value", "Direction", "Incoming"),
    f"{NEW} -Profile P": ("value", "Profile", "P"),
    f"{NEW} -Profile Work": ("value", "Profile", "Work"),
    f"{NEW} -Port 80": ("unknown", "-Port", "80"),
    f"{NEW} -Protocol TCP -Protocol UDP": ("twice", "Protocol", ""),
    "New-NetFirewallRule -Name n": ("missing", "DisplayName", ""),
    f"{ADD} enable=true": ("value", "enable", "true"),
    f"{ADD} localport=80": ("ports", "localport", "80"),
    f"{ADD} Rule": ("unknown", "Rule", ""),
    f"{ADD} dir=in": ("twice", "dir", ""),
    f"{ADD} protocol=tcp localport=80000": ("value", "localport", "80000"),
    "netsh advfirewall firewall add rule name=n dir=in": ("missing", "action", ""),
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_command_is_refused(text, tmp_path):
    found = script(tmp_path, text)
    assert [(f.kind, f.parameter, f.value) for f in found.commands[0].faults] == [FAULTS[text]]
    assert all(REFUSED in dict(rule.extras.unknown).values() for rule in found.rules)


@pytest.mark.parametrize(
    "text",
    [
        f"{NEW} -Protocol TCP -LocalPort 80 -ErrorAction SilentlyContinue -ea 0 | Out-Null",
        "Set-NetFirewallRule n -Enabled True",
        f"{NEW} -Direction In -Profile Dom,Priv -Enabled t",
        "Get-NetFirewallRule -DisplayGroup g | Enable-NetFirewallRule -PassThru",
        f"{ADD} protocol=any remoteip=any",
        'netsh advfirewall firewall set rule group="x" new enable=yes',
        "netsh advfirewall firewall set rule name=n dir=in new dir=in localport=80 protocol=tcp",
        "netsh advfirewall firewall delete rule name=n protocol=tcp localport=80",
    ],
)  # fmt: skip
def test_a_command_is_taken(text, tmp_path):
    assert [one.faults for one in script(tmp_path, text).commands if one.faults] == []


def test_what_is_not_known_leaves_the_rule_in_doubt(tmp_path):
    rules = script(tmp_path, f"{NEW} -Protocol TCP -LocalPort $p\nNew-NetFirewallRule @t\n{NEW} -Direction $d").rules
    assert ("LocalPort", OPEN) in rules[0].extras.unknown
    assert ("RemoteAddress", OPEN) in rules[1].extras.unknown
    assert ("Direction", OPEN) in rules[2].extras.unknown


def test_what_may_not_run_leaves_the_rule_in_doubt(tmp_path):
    text = f"if ($x) {{ {NEW}a }}\n{NEW}b\nif ($y) {{ Set-NetFirewallRule -DisplayName nb -Profile Domain }}"
    rules = script(tmp_path, text).rules
    assert [dict(rule.extras.unknown) for rule in rules] == [{"if@1": NOT_FOLLOWED}, {"line 3": NOT_FOLLOWED}]


def test_later_commands_change_the_rules_of_the_script(tmp_path):
    text = f"{NEW}a -Protocol TCP -LocalPort 80\n{NEW}b\nSet-NetFirewallRule -DisplayName na -LocalPort 8080\nRemove-NetFirewallRule -DisplayName nb"
    (rule,) = script(tmp_path, text).rules
    assert "LPort=8080|" in write_rule(rule)
    text = f"{ADD} protocol=tcp localport=80\nnetsh advfirewall firewall set rule name=n new localport=8080 enable=no"
    (rule,) = script(tmp_path, text, "x.cmd").rules
    assert "LPort=8080|" in write_rule(rule)
    assert not rule.active
    assert script(tmp_path, f"{ADD}\nnetsh advfirewall firewall delete rule name=all", "x.cmd").rules == ()


def test_calls_inside_calls_are_found(tmp_path):
    text = f"cmd /c '{ADD}'\nStart-Process netsh -ArgumentList 'advfirewall firewall add rule name=m dir=out action=block'"
    assert [(rule.name, rule.action.value) for rule in script(tmp_path, text).rules] == [("n", "allow"), ("m", "block")]


def test_other_tools_are_named(tmp_path):
    text = "$r = New-Object -ComObject HNetCfg.FwRule\nnetsh advfirewall set allprofiles state off\nSet-NetFirewallProfile -All\nnetsh int ip show"
    assert [(one.tool, one.verb) for one in script(tmp_path, text).commands] == [
        (Tool.COM, Verb.OTHER),
        (Tool.NETSH, Verb.OTHER),
        (Tool.POWERSHELL, Verb.OTHER),
    ]


SNIFFED = {
    "x.ps1": ("", True, False),
    "x.cmd": ("", False, True),
    "x.txt": ("New-NetFirewallRule -DisplayName n", True, False),
    "y.txt": ("@netsh advfirewall firewall add rule name=n", False, True),
    "z.txt": ("advfirewall firewall add rule name=n", False, True),
    "a.json": ('{"x": "New-NetFirewallRule"}', False, False),
    "b.txt": ("Rule Name: n\n------\nEnabled: Yes\n", False, False),
}


@pytest.mark.parametrize("name", SNIFFED)
def test_a_script_is_known(name, tmp_path):
    text, powershell, batch = SNIFFED[name]
    (tmp_path / name).write_text(text)
    file = open_input(str(tmp_path / name))
    assert is_powershell(file) is powershell
    assert powershell or is_batch(file) is batch


@pytest.mark.parametrize(
    ("name", "text"),
    [("x.ps1", NEW.replace("-D", "-Protocol TCP -LocalPort 80 -D")), ("x.cmd", f"{ADD} protocol=tcp localport=80")],
)
def test_a_state_is_read_of_it(name, text, tmp_path):
    (tmp_path / name).write_text(text)
    state = read_state([str(tmp_path / name)]).state
    asked = "in tcp 10.0.0.1:51000 > 10.0.0.2:{} profile=domain program=system service=none"
    answers = [Engine(state).verdict(parse_flow(asked.format(port), Names()).flows).answer.value for port in (80, 81)]
    assert answers == ["allow", "block"]


@pytest.mark.parametrize("target", ["netsh", "powershell"])
def test_what_emit_writes_is_read_as_its_own_reader_reads_it(target, tmp_path):
    """Two readers of one file: this one knows the language, the strict one the dialect of ``emit`` alone."""
    from click.testing import CliRunner

    from cmfw.cli.emit import command

    demo = ROOT / "src" / "cmfw" / "demo" / "site.toml"
    from cmfw.ingest.site import read_site

    group = read_site(str(demo)).clients[0].name
    CliRunner().invoke(command, [target, str(demo), "--for", group, "-o", str(tmp_path)], standalone_mode=False)
    (path,) = [one for one in tmp_path.iterdir() if one.stem == "cmfw"]
    rules = read_script(open_input(str(path)), POWERSHELL if target == "powershell" else BATCH).rules
    assert len(rules) > 5
    assert not any(rule.extras.unknown for rule in rules)
    if target == "netsh":
        from cmfw.ingest.netsh_script import read_netsh_script

        wanted = read_netsh_script(path.read_bytes(), str(path)).rules
        assert [conditions(rule) for rule in rules] == [conditions(rule) for rule in wanted]


def conditions(rule) -> str:
    """The rule string without name, and without the local subnet of IPv6 for ICMPv4, where it means nothing."""
    text = write_rule(rule).partition("|Name=")[0]
    return text.replace("|RA6=LocalSubnet", "") if "Protocol=1|" in text else text


OPEN_445 = f"{NEW} -Name n -Protocol TCP -LocalPort 445"
ADD_445 = f"{ADD} protocol=tcp localport=445"
NOT_PROVEN = {
    "removed with all others": f"{OPEN_445}\nRemove-NetFirewallRule -All",
    "removed by a name that is not known": f"{OPEN_445}\nRemove-NetFirewallRule -Name $x",
    "switched off through a pipe": f"{OPEN_445} | Disable-NetFirewallRule",
    "all switched off through a pipe": f"{OPEN_445}\nGet-NetFirewallRule | Disable-NetFirewallRule",
    "reset": f"{OPEN_445}\nnetsh advfirewall reset",
    "made behind the end": f"return\n{OPEN_445}",
    "not made at all": f"{OPEN_445} -WhatIf",
    "made on another machine": f"{OPEN_445} -CimSession srv",
    "in a script with an error": f"{OPEN_445}\n}}{{",
    "behind another default": f"Set-NetFirewallProfile -All -AllowInboundRules False\n{OPEN_445}",
    "by a text that is run": f"{OPEN_445}\nInvoke-Expression $text",
    "by a file of commands": f"{OPEN_445}\nnetsh -f more.txt",
    "netsh: reset": f"{ADD_445}\nnetsh advfirewall reset",
    "netsh: replaced": f"{ADD_445}\nnetsh advfirewall import x.wfw",
    "netsh: behind the end": f"exit /b\n{ADD_445}",
    "netsh: jumped over": f"goto :end\n{ADD_445}\n:end",
    "netsh: a file of commands": f"{ADD_445}\nnetsh exec more.txt",
    "netsh: on another machine": ADD_445.replace("netsh", "netsh -r srv"),
}


@pytest.mark.parametrize("case", NOT_PROVEN)
def test_a_rule_that_may_be_gone_opens_nothing(case, tmp_path):
    path = tmp_path / ("x.cmd" if case.startswith("netsh") else "x.ps1")
    for text, wanted in ((ADD_445 if path.suffix == ".cmd" else OPEN_445, "allow"), (NOT_PROVEN[case], "unknown")):
        path.write_text(text, encoding="utf-8")
        flow = parse_flow("in tcp 10.1.0.5:50000 > 10.2.0.9:445 profile=domain program=system service=none", Names())
        assert Engine(read_state([str(path)]).state).verdict(flow.flows).answer.value == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("netsh advfirewall set allprofiles firewallpolicy blockinbound,blockoutbound", "unknown"),
        ('netsh advfirewall firewall set rule group="x" new enable=yes', "allow"),
        ("netsh advfirewall firewall delete rule name=other", "allow"),
    ],
    ids=["the default is set", "a group is switched on", "a rule of another name is deleted"],
)
def test_a_default_that_a_script_may_change_is_not_taken_for_granted(text, wanted, tmp_path):
    path = tmp_path / "x.cmd"
    path.write_text(f"{ADD_445}\n{text}\n", encoding="utf-8")
    flow = parse_flow("out tcp 10.2.0.9:50000 > 10.1.0.5:80 profile=domain program=system service=none", Names())
    assert Engine(read_state([str(path)]).state).verdict(flow.flows).answer.value == wanted
