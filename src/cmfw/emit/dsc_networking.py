"""Target ``dsc-networking``: a configuration script for the DSC module NetworkingDsc, and one that takes the rules out again.

Run it to compile the configuration (`-OutputPath`), then apply it with Start-DscConfiguration. The rules are the data part of every
PowerShell target; the configuration itself is the same in every script. Source: NetworkingDsc, DSC_Firewall and
DSC_FirewallProfile schemas, facts/windows_firewall.md 4.8.
"""

from __future__ import annotations

from dataclasses import replace

from cmfw.emit import Artifact, EmitRequest, Output
from cmfw.emit.capability import Capabilities
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan
from cmfw.emit.powershell import LACKS
from cmfw.emit.powershell_data import WILDCARDS, check_id, check_rule, data_of, program, read_script, script
from cmfw.ingest.powershell_script import SETTING_WORDS
from cmfw.model.rule import HostRule, Store

CAPABILITIES = Capabilities(
    target="dsc-networking",
    title="configuration script for NetworkingDsc, and its undo",
    lacks={
        **LACKS,
        "old-windows": "NetworkingDsc needs Windows 8 or Server 2012; use the target `registry-pol`",
        "interface-lists": "the resource takes one interface type and no list",
        "group-unknown": "NetworkingDsc cannot enable a group, and which rules it has depends on Windows; give an `os` whose rules the catalog has",
    },
    losses={
        "group-members": "the undo switches them off, whatever they were before",
        "settings": "the undo leaves them as they are",
    },
    predefined="enabled",
    settings=tuple(SETTING_WORDS),
    bad_in_ids=WILDCARDS,
)

_PARAMETERS = ["param([string] $OutputPath = (Join-Path -Path $PSScriptRoot -ChildPath 'CmfwFirewall'))"]


def emit(request: EmitRequest) -> Output:
    """``cmfw-dsc.ps1`` and ``undo-dsc.ps1``; raises Unsupported."""
    from cmfw.emit.powershell import check_windows

    check_windows(CAPABILITIES, request)
    return write_policy(policy_of_plan(request, CAPABILITIES))


def check(rule: HostRule) -> None:
    """Raise Unsupported where the resource cannot say the rule."""
    check_rule(CAPABILITIES, rule)


def write_policy(policy: HostPolicy) -> Output:
    """``cmfw-dsc.ps1`` and ``undo-dsc.ps1``; raises Unsupported."""
    for rule in policy.rules:
        check(rule)
    for member in policy.members:
        check_id(CAPABILITIES, member.id)
    off = replace(policy, members=tuple(replace(m, active=False) for m in policy.members if m.active), settings=())
    head = [f"# cmfw: Windows Firewall rules for {policy.title}", *(f"# cmfw: {note}" for note in policy.notes)]
    undo = [f"# cmfw: undo of cmfw-dsc.ps1 for {policy.title}"]
    body = program("dsc") + program("dsc_present")
    claims = (*(replace(rule, version=(2, 10)) for rule in policy.rules), *policy.members)
    used = {"group-members": policy.members, "settings": policy.settings}
    ensured = [[f"$ensure = '{word}'", *data_of(each)] for word, each in (("Present", policy), ("Absent", off))]
    media = "text/plain; charset=utf-8"
    return Output(
        (
            Artifact("cmfw-dsc.ps1", script(head, _PARAMETERS, ensured[0], body), media, claims),
            Artifact("undo-dsc.ps1", script(undo, _PARAMETERS, ensured[1], body), media),
        ),
        CAPABILITIES.losses_of(policy.rules, [name for name, found in used.items() if found]),
    )


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """What the configuration makes of a host."""
    body = program("dsc") + program("dsc_present")
    return read_script(artifacts[0].content, artifacts[0].path, body.rstrip("\n") + "\n", Store.LOCAL)
