"""One rule as nodes of the Firewall CSP: what the targets ``syncml`` and ``intune`` share. Source: facts/windows_firewall.md 4.7."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from cmfw.emit.capability import Capabilities
from cmfw.emit.ordinary import is_ordinary
from cmfw.emit.plain_subnet import plain_texts, remembered, with_plain_subnet
from cmfw.emit.resolved_ports import LOSSES as PORT_LOSSES
from cmfw.emit.resolved_ports import with_numbers
from cmfw.errors import Unsupported
from cmfw.ingest.csp_rule import EVERY_PROFILE, INTERFACE_WORDS
from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch, Store, changed_rule, rule_of_store
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, Direction
from cmfw.net.ports import PortSet
from cmfw.words.phrases import phrase

_ANY_PORT, _ANY_ADDRESS = PortMatch.ANY, AddressMatch.ANY
Node = tuple[str, str, str]
"""(path below the rule, format of the DDF, value)."""
LACKS = {
    "bypass": "MDM has no authenticated bypass",
    "any-service": "MDM has no way to say any service and no other process",
    "port-words": "MDM has no port keywords, and what this one means is not certain",
    "address-words": "only the address keyword LocalSubnet is written",
    "rare": "conditions on users, machines, IPsec or packages are not written",
    "old-windows": "MDM manages Windows 10 and later; use the target `registry-pol`",
    "group-unknown": "MDM cannot enable a group, and which rules it has depends on Windows; give an `os` whose rules the catalog has, or use the target `remediation`",
    "other-product": "its clients run another firewall product; use the target `list`",
}
LOSSES = {
    **PORT_LOSSES,
    "defer": "edge traversal that the program or the user decides on is written as off",
    "icmp": "ICMP types need Windows build 20348 or later",
    "group-members": "copies of the member rules, which are in no group",
    "rule-group": "rules of MDM are in no group",
}


def as_written(rule: HostRule, rpc_ports: PortSet, target: Capabilities, *, name: str = "") -> HostRule:
    """The rule as a device gets it, with that name if it is one; raises Unsupported where the CSP cannot say it."""
    ordinary = is_ordinary(rule)
    target.check(rule, ordinary=ordinary)
    if "/" in rule.id or rule.id != rule.id.strip():
        raise Unsupported(target.target, rule.id, "the id would be a path, or lose blanks, as the name of a node")
    for field, text in (("name", name or rule.name), ("description", rule.description), ("program", rule.program or "x")):
        if text != text.strip() or (not text and field == "name"):
            raise Unsupported(
                target.target, rule.id, phrase("the {field} is empty or begins or ends with a blank", field=field)
            )
    # an ordinary rule has no keyword and no rarer condition
    plain = rule if ordinary else with_plain_subnet(with_numbers(rule, rpc_ports, target.target), target.target)
    if plain.extras.defer:
        plain = changed_rule(plain, edge=False, extras=replace(plain.extras, defer=""))
    return rule_of_store(plain, Store.MDM, name or plain.name, plain.description, "")


def address_texts() -> Callable[[AddressMatch], str]:
    """The text of an address condition, for the rules of one policy: each is put together once."""
    return remembered(lambda match: ",".join(plain_texts(match, "LocalSubnet")))


def nodes_of(rule: HostRule, text_of: Callable[[AddressMatch], str]) -> list[Node]:
    """The nodes of a rule that is ``as_written``; those that the CSP has a default for are always there.

    ``text_of`` is ``address_texts`` of the policy.
    """
    shared = circumstances(rule.active, rule.direction, rule.action, rule.profiles, rule.protocol)
    return [("Name", "chr", rule.name), *shared, *conditions_of(rule, text_of)]


def conditions_of(rule: HostRule, text_of: Callable[[AddressMatch], str]) -> list[Node]:
    """The nodes behind the name and the circumstances."""
    out: list[Node] = []
    near, far, here, there = rule.local_port, rule.remote_port, rule.local_address, rule.remote_address
    if near is not _ANY_PORT and not near.is_any:
        out.append(("LocalPortRanges", "chr", ",".join(near.ports.texts())))
    if far is not _ANY_PORT and not far.is_any:
        out.append(("RemotePortRanges", "chr", ",".join(far.ports.texts())))
    if rule.icmp is not None:
        texts = (f"{kind}:{'*' if code is None else code}" for kind, code in rule.icmp)
        out.append(("IcmpTypesAndCodes", "chr", ",".join(texts)))
    if here is not _ANY_ADDRESS and not here.is_any:
        out.append(("LocalAddressRanges", "chr", text_of(here)))
    if there is not _ANY_ADDRESS and not there.is_any:
        out.append(("RemoteAddressRanges", "chr", text_of(there)))
    if rule.program is not None:
        out.append(("App/FilePath", "chr", rule.program))
    if rule.service is not None:
        out.append(("App/ServiceName", "chr", rule.service))
    if rule.interfaces != ALL_INTERFACES:
        words = (word for bit, word in INTERFACE_WORDS.items() if bit & rule.interfaces)
        out.append(("InterfaceTypes", "chr", ",".join(words)))
    if rule.edge:
        out.append(("EdgeTraversal", "bool", "true"))
    if rule.description:
        out.append(("Description", "chr", rule.description))
    return out


@lru_cache(maxsize=1024)
def circumstances(
    active: bool, direction: Direction, action: Action, profiles: int, protocol: int | None
) -> tuple[Node, ...]:
    """The nodes that nearly all rules share: there are few of them, whatever the policy."""
    out: list[Node] = [
        ("Enabled", "bool", _flag(active)),
        ("Direction", "chr", "IN" if direction is Direction.IN else "OUT"),
        ("Action/Type", "int", "1" if action is Action.ALLOW else "0"),
        ("Profiles", "int", str(EVERY_PROFILE if profiles == ALL_PROFILES else profiles)),
    ]
    if protocol is not None:
        out.append(("Protocol", "int", str(protocol)))
    return tuple(out)


def _flag(on: bool) -> str:
    return "true" if on else "false"
