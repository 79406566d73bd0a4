"""Target ``registry-pol``: the ``Registry.pol`` of a Group Policy object, and one that takes the same values out again.

A Group Policy cannot enable a group: the member rules themselves are written, as the host's Windows ships them
(corrections 38). Source: facts/windows_firewall.md 1.1 (keys), 4.1 (PReg).
"""

from __future__ import annotations

from cmfw.emit import Artifact, EmitRequest, Output
from cmfw.emit.capability import Capabilities
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan
from cmfw.emit.policy_values import SETTINGS, PolicyValues, policy_values, rule_text
from cmfw.ingest.policy_keys import read_policy as read_policy_key
from cmfw.ingest.preg import apply_preg, read_preg, write_preg
from cmfw.ingest.registry import REG_SZ, RegistryTree, RegistryValue, encode_text
from cmfw.model.rule import HostRule, Store

CAPABILITIES = Capabilities(
    target="registry-pol",
    title="Registry.pol of a Group Policy object, and its undo",
    lacks={
        "one-family": "Windows refuses a prefix of length 0, and without it the rule would cover both families",
        "group-unknown": "a Group Policy cannot enable a group, and which rules it has depends on Windows; give an `os` whose rules the catalog has, or use the target `powershell`",
        "other-product": "its clients run another firewall product; use the target `list`",
    },
    losses={
        "group-members": "copies of the member rules, so they also hold where somebody changed the local ones",
    },
    predefined="kept",
    settings=SETTINGS,
    store=Store.GPO,
    bad_in_ids="\\",
)

KEY = "SOFTWARE\\Policies\\Microsoft\\WindowsFirewall"
RULES_KEY = f"{KEY}\\FirewallRules"
_BLANK = encode_text(" ")


def emit(request: EmitRequest) -> Output:
    """``Registry.pol`` and ``undo/Registry.pol``; raises Unsupported."""
    return write_policy(policy_of_plan(request, CAPABILITIES))


def check(rule: HostRule) -> None:
    """Raise Unsupported where a rule string cannot say the rule."""
    rule_text(rule, CAPABILITIES)


def write_policy(policy: HostPolicy) -> Output:
    """``Registry.pol`` and ``undo/Registry.pol``; raises Unsupported."""
    values = policy_values(policy, CAPABILITIES, KEY)
    undo = [_deleted(entry) for entry in (*values.settings, *values.rules)]
    losses = CAPABILITIES.losses_of(policy.rules, ("group-members",) if policy.members else ())
    return Output(
        (
            policy_file(values),
            Artifact("undo/Registry.pol", write_preg(undo), "application/octet-stream"),
        ),
        losses,
    )


def policy_file(values: PolicyValues, path: str = "Registry.pol") -> Artifact:
    """The file of these values."""
    content = write_preg((values.version, *values.settings, *values.rules))
    return Artifact(path, content, "application/octet-stream", values.claims)


def _deleted(entry: RegistryValue) -> RegistryValue:
    return RegistryValue(entry.key, f"**Del.{entry.name}", REG_SZ, _BLANK)


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """The policy in ``Registry.pol``, through the importers."""
    path = artifacts[0].path
    reading = read_preg(artifacts[0].content, path)
    tree = RegistryTree(path, tuple(reading.problems))
    apply_preg(reading.entries, tree)
    part = read_policy_key(tree, KEY, Store.GPO, since=0)
    return PolicyReading(part=part)
