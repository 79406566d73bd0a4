"""Repairs as PowerShell: one command each, every value quoted so that nothing in it is run."""

from __future__ import annotations

import pytest
from tests.diagnose.machines import rule

from cmfw.diagnose import commands
from cmfw.model.rule import Store

tree_sitter = pytest.importorskip("tree_sitter", reason="no PowerShell grammar here (extra `test`)")

NASTY = "it's ‘odd’; $(Remove-Item x) \"`n"
RULES = (
    rule("plain", "Dir=In|Protocol=6|LPort=445|RA4=10.9.0.5|App=System|"),
    rule(NASTY.replace("|", ""), "Dir=In|Protocol=17|LPort=25536|RA4=LocalSubnet|RA6=LocalSubnet|"),
    rule("echo", "Dir=In|Protocol=1|ICMP4=8:*|RA4=LocalSubnet|Profile=Private|"),
    rule("rpc", r"Dir=In|Protocol=6|LPort=RPC|App=%SystemRoot%\system32\svchost.exe|Svc=Eventlog|"),
    rule(
        "out", "Dir=Out|Protocol=6|RPort=80|RPort=443|RA4=10.9.0.5-10.9.0.9|Profile=Domain|Profile=Private|", store=Store.GPO
    ),
    rule("every", "Dir=In|"),
    rule("star*[0]", "Dir=In|Protocol=47|"),
)


def parsed(text: str):
    import tree_sitter_pwsh
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_pwsh.language())).parse(text.encode())


@pytest.mark.parametrize("made", RULES, ids=[r.id[:8] for r in RULES])
@pytest.mark.parametrize("command", [commands.add_rule, commands.enable_rule, commands.disable_rule])
def test_commands_parse_and_expand_nothing(made, command):
    tree = parsed(command(made))
    assert not tree.root_node.has_error
    seen, todo = set(), [tree.root_node]
    while todo:
        node = todo.pop()
        seen.add(node.type)
        todo += node.children
    assert "sub_expression" not in seen
    assert "expandable_string_literal" not in seen


def test_a_quote_is_doubled_whatever_its_shape():
    assert commands.quote("a'b‘c’d‚e‛f") == "'a''b‘‘c’’d‚‚e‛‛f'"


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a\x1b[2J", '"a$([char]0x001b)[2J"'),
        ('\u202e$x`"“', '"$([char]0x202e)`$x```"`“"'),
        ("\U000e0041'", '"$([char]0xdb40)$([char]0xdc41)\'"'),
    ],
    ids=["a control character", "what means something in double quotes", "beyond 16 bits"],
)
def test_what_would_steer_a_terminal_is_made_by_number(text, quoted):
    assert commands.quote(text) == quoted
    tree = parsed(f"Enable-NetFirewallRule -Name {quoted}")
    assert not tree.root_node.has_error


def test_an_added_rule_has_every_condition():
    assert commands.add_rule(RULES[0]) == (
        "New-NetFirewallRule -Name 'plain' -DisplayName 'plain' -Direction Inbound -Action Allow -Profile Any"
        " -Protocol TCP -LocalPort '445' -RemoteAddress '10.9.0.5' -Program 'System'"
    )
    assert commands.add_rule(RULES[2]).endswith(
        "-Profile Private -Protocol ICMPv4 -IcmpType '8' -RemoteAddress 'LocalSubnet4'"
    )
    assert "-RemotePort '80','443'" in commands.add_rule(RULES[4])
    assert "-PolicyStore '<domain>\\<policy>'" in commands.add_rule(RULES[4])
    assert "-LocalPort 'RPC'" in commands.add_rule(RULES[3])
    assert "-RemoteAddress 'LocalSubnet'" in commands.add_rule(RULES[1])


def test_wildcards_in_a_rule_id_are_not_expanded():
    assert "Where-Object { $_.InstanceID -eq 'star*[0]' }" in commands.enable_rule(RULES[6])
    assert commands.enable_rules([RULES[0], RULES[6], RULES[5]])[0] == "Enable-NetFirewallRule -Name 'plain','every'"


def test_settings_name_their_store_and_profiles():
    assert (
        commands.leave_shields_up(Store.LOCAL, 6) == "Set-NetFirewallProfile -Profile Private,Public -AllowInboundRules True"
    )
    assert commands.allow_local_rules(Store.MDM, 1).endswith("DomainProfile/AllowLocalPolicyMerge to true")
    assert not parsed(commands.start_service("o'dd")).root_node.has_error
