"""Rules as the commands of a script make and change them, for PowerShell and netsh alike.

Every condition that a command does not name has the tool's default. One whose value is not known before the script runs, and
every one of a command that may not run, leaves the rule in doubt: it then proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from cmfw.ingest.netsec_rule import LOST, rule_from
from cmfw.ingest.netsec_values import CUT, Seen
from cmfw.ingest.netsec_words import FIELD_OF
from cmfw.model.rule import HostRule, Store
from cmfw.model.script import NOT_FOLLOWED, OPEN, REFUSED, Fault
from cmfw.net.flow import PORT_PROTOCOLS

_ANY = ("Any",)
DEFAULTS: Seen = {
    "id": (),
    "name": (),
    "enabled": ("True",),
    "direction": ("Inbound",),
    "action": ("Allow",),
    "profile": _ANY,
    "platform": (),
    "owner": (),
    "protocol": _ANY,
    "local_port": _ANY,
    "remote_port": _ANY,
    "icmp": _ANY,
    "target": _ANY,
    "local_address": _ANY,
    "remote_address": _ANY,
    "program": _ANY,
    "package": (),
    "service": _ANY,
    "alias": _ANY,
    "interface": _ANY,
    "authentication": ("NotRequired",),
    "encryption": ("NotRequired",),
    "override": ("False",),
    "local_user": _ANY,
    "remote_user": _ANY,
    "remote_machine": _ANY,
    "edge": ("Block",),
}
"""What a rule is that names nothing. Source: the page of New-NetFirewallRule (default values); `netsh advfirewall firewall
add rule ?` (the same, but that it asks for direction and action)."""
VALUE_FIELDS = {
    name: FIELD_OF[name.lower()]
    for name in (
        "LocalPort",
        "RemotePort",
        "LocalAddress",
        "RemoteAddress",
        "IcmpType",
        "Protocol",
        "Profile",
        "InterfaceType",
    )
}


class ScriptRule:
    """One rule on its way through a script."""

    __slots__ = ("doubts", "inside", "line", "path", "seen")

    def __init__(self, path: str, line: int, inside: str, seen: Seen) -> None:
        self.path, self.line, self.inside = path, line, inside
        self.seen: Seen = DEFAULTS | seen
        self.doubts: list[tuple[str, str]] = [(inside, NOT_FOLLOWED)] if inside else []

    def change(self, seen: Seen, *, line: int, inside: str) -> None:
        """Take a later command over; one that may not run leaves the rule in doubt."""
        if inside and inside != self.inside:
            self.doubts.append((f"line {line}", NOT_FOLLOWED))
        else:
            self.seen = self.seen | seen

    def refuse(self, faults: Sequence[Fault]) -> None:
        """Take down that the tool refuses the command."""
        self.doubts += [(fault.parameter, REFUSED) for fault in faults]

    def is_called(self, field: str, pattern: str) -> bool:
        """Whether the rule's ``id`` or ``name`` is the one written, which may have the wildcards of PowerShell."""
        name = " ".join(self.seen[field] if self.seen[field] is not CUT else ())
        return fnmatchcase(name.lower(), pattern.lower())

    def rule(self) -> HostRule | None:
        """The rule as it is now."""
        seen = self.seen
        torn = {name for name, texts in seen.items() if texts is CUT and name in ("direction", "action")}
        seen = seen | {name: DEFAULTS[name] for name in torn}
        if not seen["id"] or seen["id"] is CUT:
            # Windows makes one up; without any, a reader of exports must fear that a condition is hidden
            seen["id"] = (f"line {self.line}",)
        found = rule_from(seen, (), store=Store.LOCAL, origin=f"{self.path}:{self.line}")
        if found.rule is None:
            return None
        unknown = [(name, OPEN if value == LOST or CUT[0] in value else value) for name, value in found.rule.extras.unknown]
        unknown += [*((name.capitalize(), OPEN) for name in sorted(torn)), *self.doubts]
        rule = found.rule
        return replace(rule, extras=replace(rule.extras, unknown=tuple(dict.fromkeys(unknown)))) if unknown else rule


def value_faults(rule: HostRule, seen: Seen) -> list[Fault]:
    """Values that mean nothing to Windows, of a rule whose values are known."""
    found = []
    for parameter, field in VALUE_FIELDS.items():
        if field in ("local_port", "remote_port") and rule.protocol not in PORT_PROTOCOLS:
            continue
        texts = seen.get(field, ())
        for name, text in rule.extras.unknown:
            if name == parameter and text not in (OPEN, NOT_FOLLOWED, REFUSED) and text in ", ".join(texts):
                found.append(Fault("value", parameter, text))
    return found


def condition_faults(seen: Seen, names: dict[str, str]) -> list[Fault]:
    """Conditions that do not go together, where all of them are known; ``names`` are the tool's words for the fields.

    Source: MS-FASP 2.2.36: ports only with TCP and UDP, RPC keywords only on inbound TCP, edge traversal only inbound.
    """
    found = []
    protocol = _one(seen, "protocol")
    is_out = _one(seen, "direction") == "outbound"
    for field in ("local_port", "remote_port"):
        texts = seen[field]
        if texts is CUT or texts == _ANY or [text.lower() for text in texts] == ["any"] or protocol == LOST:
            continue
        words = {text.strip().lower() for text in texts}
        if protocol not in ("tcp", "udp", "6", "17"):
            found.append(Fault("ports", names[field], ", ".join(texts)))
        elif words & {"rpc", "rpcepmap", "rpc-epmap"} and (field == "remote_port" or is_out or protocol not in ("tcp", "6")):
            found.append(Fault("keyword", names[field], ", ".join(texts)))
    if is_out and _one(seen, "edge") not in ("block", "0", LOST):
        found.append(Fault("edge", names["edge"], " ".join(seen["edge"])))
    return found


def _one(seen: Seen, field: str) -> str:
    return LOST if seen[field] is CUT else " ".join(seen[field]).lower()
