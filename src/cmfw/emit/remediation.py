"""Target ``remediation``: the script pair of an Intune remediation. ``detect.ps1`` looks, ``remediate.ps1`` puts right.

Intune runs the second where the first ends with exit code 1. ``remediate.ps1`` is the script of target ``powershell``, so it changes only
what differs, and ``undo.ps1`` goes back. Source: Microsoft, "Remediations" (exit codes, output of at most 2,048 characters).
"""

from __future__ import annotations

from dataclasses import replace

from cmfw.emit import Artifact, EmitRequest, Output, powershell
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan
from cmfw.emit.powershell_data import check_rule, data_of, detection, read_script, script
from cmfw.model.rule import HostRule, Store

CAPABILITIES = replace(
    powershell.CAPABILITIES,
    target="remediation",
    title="detection and remediation script for Intune, and an undo",
)


def emit(request: EmitRequest) -> Output:
    """``detect.ps1``, ``remediate.ps1`` and ``undo.ps1``; raises Unsupported."""
    powershell.check_windows(CAPABILITIES, request)
    return write_policy(policy_of_plan(request, CAPABILITIES))


def check(rule: HostRule) -> None:
    """Raise Unsupported where the scripts cannot say the rule."""
    check_rule(CAPABILITIES, rule)


def write_policy(policy: HostPolicy) -> Output:
    """``remediate.ps1``, ``undo.ps1`` and ``detect.ps1``; raises Unsupported."""
    apply, undo = powershell.artifacts_of(policy, CAPABILITIES)
    head = [f"# cmfw: detection for {policy.title}", *(f"# cmfw: {note}" for note in policy.notes)]
    detect = script(head, ["param([string] $PolicyStore = 'PersistentStore')"], data_of(policy), detection("detect_intune"))
    return Output(
        (
            replace(apply, path="remediate.ps1"),
            undo,
            Artifact("detect.ps1", detect, "text/plain; charset=utf-8"),
        ),
        CAPABILITIES.losses_of(policy.rules),
    )


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """What ``remediate.ps1`` makes of a host; raises ValueError where ``detect.ps1`` looks for anything else."""
    found = powershell.read_policy(artifacts)
    looked = read_script(artifacts[2].content, artifacts[2].path, detection("detect_intune"), Store.LOCAL)
    same = tuple(replace(rule, origin="") for rule in looked.part.rules) == tuple(
        replace(rule, origin="") for rule in found.part.rules
    )
    others = (looked.members, looked.off, looked.groups, looked.part.settings)
    if not same or others != (found.members, found.off, found.groups, found.part.settings):
        raise ValueError("detection and remediation are not about the same rules")
    return found
