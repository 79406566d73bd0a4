"""Target ``reg``: ``cmfw.reg`` writes the rules and settings into the local policy key, ``undo.reg`` takes them out again.

Windows reads the key when the firewall service starts or is told of a change: a restart, or `netsh advfirewall` in any
form that changes something. Source: facts/windows_firewall.md 1.1, 4.4; Microsoft, "How to add, modify, or delete registry
subkeys and values by using a .reg file".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from operator import itemgetter

from cmfw.emit import Artifact, EmitRequest, Output
from cmfw.emit.capability import Capabilities
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan
from cmfw.emit.policy_values import SETTINGS, PolicyValues, Written, policy_values, rule_text, values_of
from cmfw.errors import Unsupported
from cmfw.ingest.policy_keys import FIREWALL_POLICY
from cmfw.ingest.policy_keys import read_policy as read_policy_key
from cmfw.ingest.reg_text import apply_reg, read_reg
from cmfw.ingest.registry import REG_DWORD, RegistryTree, RegistryValue, decode_number, decode_text
from cmfw.model.rule import HostRule, Store

CAPABILITIES = Capabilities(
    target="reg",
    title="registry file for the local policy, and its undo",
    lacks={
        "one-family": "Windows refuses a prefix of length 0, and without it the rule would cover both families",
        "group-unknown": "a registry file cannot enable a group, and which rules it has depends on Windows; give an `os` whose rules the catalog has, or use the target `powershell`",
        "other-product": "its clients run another firewall product; use the target `list`",
    },
    losses={
        "group-members": "the member rules are written whole, as this Windows ships them, and the undo switches them off",
        "settings": "the undo takes the settings out, so that Windows' defaults hold",
    },
    predefined="kept",
    settings=SETTINGS,
)

KEY = f"HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\{FIREWALL_POLICY}"
HEADER = "Windows Registry Editor Version 5.00"


def emit(request: EmitRequest) -> Output:
    """``cmfw.reg`` and ``undo.reg``; raises Unsupported."""
    return write_policy(policy_of_plan(request, CAPABILITIES))


def check(rule: HostRule) -> None:
    """Raise Unsupported where a rule string in a registry file cannot say the rule."""
    _written(rule)


def _written(rule: HostRule) -> Written:
    text, claim = rule_text(rule, CAPABILITIES)
    if not (text.isprintable() and rule.id.isprintable()) and any(ord(c) < 32 for c in (*text, *rule.id)):
        raise Unsupported(CAPABILITIES.target, rule.id, "a registry file cannot hold a control character as text")
    return rule.id, text, claim


def write_policy(policy: HostPolicy) -> Output:
    """``cmfw.reg`` and ``undo.reg``; raises Unsupported."""
    written = [_written(rule) for rule in (*policy.rules, *policy.members)]
    written.sort(key=itemgetter(0))
    values = values_of(policy, CAPABILITIES, KEY, written)
    # the version of the store belongs to Windows: lowering it would hide newer rules
    lines = [*_lines(values.settings, _assigned), *_rule_lines(values)]
    own = {rule.id for rule in policy.rules}
    off = policy_values(
        replace(policy, rules=tuple(replace(m, active=False) for m in policy.members), members=()), CAPABILITIES, KEY
    )
    taken = [entry for entry in (*values.settings, *values.rules) if entry in values.settings or entry.name in own]
    undo = [*_lines(taken, _removed), *_rule_lines(off)]
    whole = [name for name, used in (("group-members", policy.members), ("settings", policy.settings)) if used]
    head = f"; cmfw: Windows Firewall rules for {policy.title}"
    notes = [f"; cmfw: {note}" for note in policy.notes]
    return Output(
        (
            Artifact("cmfw.reg", _encoded([head, *notes, *lines]), "text/plain; charset=utf-16le", values.claims),
            Artifact(
                "undo.reg", _encoded([f"; cmfw: undo of cmfw.reg for {policy.title}", *undo]), "text/plain; charset=utf-16le"
            ),
        ),
        CAPABILITIES.losses_of(policy.rules, whole),
    )


def _encoded(lines: Iterable[str]) -> bytes:
    return "\r\n".join(("\ufeff" + HEADER, "", *lines, "")).encode("utf-16-le")


def _lines(entries: Iterable[RegistryValue], line: object) -> list[str]:
    out: list[str] = []
    key = ""
    for entry in entries:
        if entry.key != key:
            key = entry.key
            out += ["", f"[{key}]"]
        out.append(line(entry))  # type: ignore[operator]
    return out


def _rule_lines(values: PolicyValues) -> list[str]:
    if not values.rules:
        return []
    lines = [f"{_quoted(entry.name)}={_quoted(text)}" for entry, text in zip(values.rules, values.texts, strict=True)]
    return ["", f"[{values.rules[0].key}]", *lines]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _assigned(entry: RegistryValue) -> str:
    if entry.type == REG_DWORD:
        return f"{_quoted(entry.name)}=dword:{decode_number(entry):08x}"
    return f"{_quoted(entry.name)}={_quoted(decode_text(entry.data))}"


def _removed(entry: RegistryValue) -> str:
    return f"{_quoted(entry.name)}=-"


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """The policy in ``cmfw.reg``, through the importers."""
    path = artifacts[0].path
    reading = read_reg(artifacts[0].content, path)
    tree = RegistryTree(path, reading.problems)
    apply_reg(reading.entries, tree)
    return PolicyReading(part=read_policy_key(tree, KEY, Store.LOCAL, since=0))
