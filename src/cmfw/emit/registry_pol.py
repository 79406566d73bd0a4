"""Target ``registry-pol``: the ``Registry.pol`` of a Group Policy object, and one that takes the same rules out again.

A Group Policy cannot enable a group: the member rules themselves are written, as the host's Windows ships them
(corrections 38). Source: facts/windows_firewall.md 1.1 (keys), 2.2 (versions), 4.1 (PReg).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cmfw.emit import Artifact, EmitRequest
from cmfw.emit.capability import Capabilities
from cmfw.emit.selection import select
from cmfw.errors import Problem, Unsupported
from cmfw.ingest.preg import MAX_SIZE, read_preg, write_preg
from cmfw.ingest.registry import REG_DWORD, REG_SZ, RegistryValue, decode_text, encode_text
from cmfw.ingest.rulestring import parse_rule, write_rule
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
)

KEY = "SOFTWARE\\Policies\\Microsoft\\WindowsFirewall"
RULES_KEY = f"{KEY}\\FirewallRules"
OLDEST_POLICY = 522
"""0x20A, which goes with rule strings of v2.10. Source: facts/windows_firewall.md 2.2."""


def emit(request: EmitRequest) -> tuple[Artifact, ...]:
    """``Registry.pol`` and ``undo/Registry.pol``; raises Unsupported."""
    selection = select(request, CAPABILITIES)
    for member in selection.members:
        CAPABILITIES.check(member)
    rules = sorted((*selection.made, *selection.members), key=lambda rule: rule.id)
    written = [(rule.id, *_written(rule)) for rule in rules]
    version = max([OLDEST_POLICY, *(rule.version[0] << 8 | rule.version[1] for _, _, rule in written)])
    entries = [RegistryValue(KEY, "PolicyVersion", REG_DWORD, version.to_bytes(4, "little"))]
    entries += [RegistryValue(RULES_KEY, name, REG_SZ, encode_text(value)) for name, value, _ in written]
    undo = [RegistryValue(RULES_KEY, f"**Del.{name}", REG_SZ, encode_text(" ")) for name, _, _ in written]
    claims = tuple(rule for _, _, rule in written)
    return (
        Artifact("Registry.pol", write_preg(entries), "application/octet-stream", claims),
        Artifact("undo/Registry.pol", write_preg(undo), "application/octet-stream"),
    )


def _written(rule: HostRule) -> tuple[str, HostRule]:
    """(rule string, the rule as a reader of it gets it); raises Unsupported where the two are not the same rule."""
    if rule.id.startswith("**") or "\\" in rule.id:
        raise Unsupported(CAPABILITIES.target, rule.id, "the id would be a command or a path in a policy file")
    text = write_rule(replace(rule, store=Store.GPO))
    if len(encode_text(text)) > MAX_SIZE:
        raise Unsupported(CAPABILITIES.target, rule.id, f"its text has more than {MAX_SIZE} bytes")
    back, problems = parse_rule(text, id=rule.id, store=Store.GPO)
    if back is None or problems or back.extras.invalid:
        reasons = "; ".join((*problems, *(back.extras.invalid if back else ())))
        raise Unsupported(CAPABILITIES.target, rule.id, f"Windows would not take it: {reasons}")
    if back != replace(rule, store=Store.GPO, version=back.version):
        raise Unsupported(CAPABILITIES.target, rule.id, "a rule string cannot say all of it")
    return text, back


def read_rules(content: bytes, path: str) -> tuple[tuple[HostRule, ...], tuple[Problem, ...]]:
    """(rules, problems) of a policy file that this target wrote, through the importers; for translation validation."""
    entries, problems = read_preg(content, path)
    rules, wrong = [], list(problems)
    for entry in _of_rules(entries):
        origin = f"{path}!{entry.key}\\{entry.name}"
        rule, faults = parse_rule(decode_text(entry.data), id=entry.name, store=Store.GPO, origin=origin)
        wrong += [Problem(file=path, key=entry.name, expected="a firewall rule", found=fault) for fault in faults]
        if rule is not None:
            rules.append(rule)
    return tuple(rules), tuple(wrong)


def _of_rules(entries: Iterable[RegistryValue]) -> Iterable[RegistryValue]:
    return (entry for entry in entries if entry.key == RULES_KEY)
