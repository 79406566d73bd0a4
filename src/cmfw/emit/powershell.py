"""Target ``powershell``: ``cmfw.ps1`` makes and enables the rules, ``undo.ps1`` goes back to what was before.

For Windows PowerShell 5.1 and later. Every value is a single-quoted text: nothing in it is expanded, and the characters
that end it are doubled. The part that acts is the same in every script (``scripts/``); only the data differs. How a rule and
a setting are written as data (``emit.powershell_data``) is shared with the other targets that run in PowerShell.
"""

from __future__ import annotations

from cmfw.emit import Artifact, EmitRequest, Output
from cmfw.emit.capability import Capabilities
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan
from cmfw.emit.powershell_data import (
    WILDCARDS,
    check_id,
    check_rule,
    data_of,
    program,
    quote,
    read_script,
    script,
    state_name,
)
from cmfw.ingest.powershell_script import SETTING_WORDS
from cmfw.model.rule import HostRule, Store, changed_rule
from cmfw.resolve.windows import windows_version

LACKS = {
    "bypass": "authenticated bypass needs IPsec settings that this target does not write",
    "any-service": "New-NetFirewallRule has no documented way to say any service and no other process",
    "port-words": "only the port keywords RPC and RPC-EPMap are written",
    "one-family": "Windows refuses a prefix of length 0, and without it the rule would cover both families",
    "address-words": "only the address keyword LocalSubnet is written",
    "mobile": "New-NetFirewallRule has no word for mobile broadband",
    "rare": "conditions on users, machines, IPsec or packages are not written",
    "old-windows": "New-NetFirewallRule came with Windows 8 and Server 2012; use the target `registry-pol`",
    "other-product": "its clients run another firewall product; use the target `list`",
}
"""What the cmdlets cannot say; the other targets that run in PowerShell share it."""
CAPABILITIES = Capabilities(
    target="powershell",
    title="New-NetFirewallRule script with a way back",
    lacks=LACKS,
    losses={},
    predefined="enabled",
    settings=tuple(SETTING_WORDS),
    bad_in_ids=WILDCARDS,
)

_FIRST_BUILD = 9200
"""Windows 8 and Server 2012, the first with the NetSecurity module."""


def emit(request: EmitRequest) -> Output:
    """``cmfw.ps1`` and ``undo.ps1``; raises Unsupported."""
    check_windows(CAPABILITIES, request)
    return write_policy(policy_of_plan(request, CAPABILITIES))


def check(rule: HostRule) -> None:
    """Raise Unsupported where the script cannot say the rule."""
    check_rule(CAPABILITIES, rule)


def check_windows(target: Capabilities, request: EmitRequest) -> None:
    """Raise Unsupported where the place's Windows has no NetSecurity module."""
    version = windows_version(request.place.os)
    if version is not None and version[1] < _FIRST_BUILD:
        target.refuse("old-windows", request.where)


def write_policy(policy: HostPolicy) -> Output:
    """``cmfw.ps1`` and ``undo.ps1``; raises Unsupported."""
    return Output(artifacts_of(policy, CAPABILITIES), CAPABILITIES.losses_of(policy.rules))


def artifacts_of(policy: HostPolicy, target: Capabilities) -> tuple[Artifact, Artifact]:
    """The script that applies the policy and the one that goes back, for every target that runs them; raises Unsupported."""
    for rule in policy.rules:
        check_rule(target, rule)
    for member in policy.members:
        check_id(target, member.id)
    head = [
        f"# cmfw: {line}"
        for line in (
            f"Windows Firewall rules for {policy.title}",
            *policy.notes,
            "run undo.ps1 to go back; running this again changes nothing",
        )
    ]
    state = f"$stateName = {quote(state_name(policy.owner, policy.where))}"
    apply = script(head, ["param([string] $PolicyStore = 'PersistentStore')"], [state, *data_of(policy)], program("apply"))
    undo = script([f"# cmfw: undo of cmfw.ps1 for {policy.title}"], ["param()"], [state], program("undo"))
    # the script carries no version: Windows writes the lowest that the conditions need
    claims = (
        *(rule if rule.version == (2, 10) else changed_rule(rule, version=(2, 10)) for rule in policy.rules),
        *policy.members,
    )
    return (
        Artifact("cmfw.ps1", apply, "text/plain; charset=utf-8", claims),
        Artifact("undo.ps1", undo, "text/plain; charset=utf-8"),
    )


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """What the first script makes of a host; raises ValueError where its acting part is not the one that was reviewed."""
    return read_script(artifacts[0].content, artifacts[0].path, program("apply"), Store.LOCAL)
