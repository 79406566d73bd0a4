"""Target ``powershell-gpo``: scripts that make the rules in a Group Policy object, all changes in one Open-NetGPO session.

Which object it is, the script is told: `-PolicyStore 'corp.example\\Client firewall'`. A session is read once and saved once, so a
client never sees half of it. Source: the Open-NetGPO and Save-NetGPO pages, facts/windows_firewall.md 4.8.
"""

from __future__ import annotations

from dataclasses import replace

from cmfw.emit import Artifact, EmitRequest, Output
from cmfw.emit.capability import Capabilities
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan
from cmfw.emit.powershell import LACKS
from cmfw.emit.powershell_data import WILDCARDS, check_rule, data_of, program, read_script, script
from cmfw.emit.selection import GROUP
from cmfw.ingest.powershell_script import SETTING_WORDS
from cmfw.model.rule import HostRule, Store

CAPABILITIES = Capabilities(
    target="powershell-gpo",
    title="New-NetFirewallRule script for a Group Policy object, and its undo",
    lacks={
        **{name: reason for name, reason in LACKS.items() if name != "old-windows"},
        "group-unknown": "a Group Policy cannot enable a group, and which rules it has depends on Windows; give an `os` whose rules the catalog has",
    },
    losses={
        "group-members": "copies of the member rules in our group, so they also hold where somebody changed the local ones",
        "settings": "the undo sets them to not configured",
    },
    settings=tuple(SETTING_WORDS),
    store=Store.GPO,
    bad_in_ids=WILDCARDS,
)

_PARAMETERS = ["param([Parameter(Mandatory = $true)] [string] $PolicyStore)"]


def emit(request: EmitRequest) -> Output:
    """``cmfw-gpo.ps1`` and ``undo-gpo.ps1``; raises Unsupported."""
    return write_policy(policy_of_plan(request, CAPABILITIES))


def check(rule: HostRule) -> None:
    """Raise Unsupported where the script cannot say the rule."""
    check_rule(CAPABILITIES, rule)


def write_policy(policy: HostPolicy) -> Output:
    """``cmfw-gpo.ps1`` and ``undo-gpo.ps1``; raises Unsupported."""
    rules = (*policy.rules, *(replace(member, group=GROUP) for member in policy.members))
    for rule in rules:
        check(rule)
    data = data_of(replace(policy, rules=rules, members=()))
    head = [f"# cmfw: {line}" for line in (f"Group Policy rules for {policy.title}", *policy.notes)]
    undo = [f"# cmfw: undo of cmfw-gpo.ps1 for {policy.title}"]
    claims = tuple(replace(rule, store=Store.GPO, version=(2, 10)) for rule in rules)
    used = {"group-members": policy.members, "settings": policy.settings}
    return Output(
        (
            Artifact(
                "cmfw-gpo.ps1", script(head, _PARAMETERS, data, program("gpo_apply")), "text/plain; charset=utf-8", claims
            ),
            Artifact("undo-gpo.ps1", script(undo, _PARAMETERS, data[-1:], program("gpo_undo")), "text/plain; charset=utf-8"),
        ),
        CAPABILITIES.losses_of(rules, [name for name, found in used.items() if found]),
    )


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """What ``cmfw-gpo.ps1`` makes of the object."""
    return read_script(artifacts[0].content, artifacts[0].path, program("gpo_apply"), Store.GPO)
