"""Reads security rules of a Palo Alto configuration in XML, as far as Aerleon writes them, as the lines of a filter between zones.

A rule for applications is in doubt: which one a packet belongs to shows only later.
Source: Palo Alto Networks, "PAN-OS Administrator's Guide", "Security Policy"; the XML of PAN-OS.
"""

from __future__ import annotations

from cmfw.errors import FormatError
from cmfw.ingest.packet_match import NotUnderstood, address_of, port_of, protocol_of
from cmfw.ingest.xml_tree import Element, read_xml
from cmfw.ingest.zone_rules import ZoneObjects, ZoneRule
from cmfw.model.verdict import Answer
from cmfw.net import intervals

_ANSWERS = {"allow": Answer.ALLOW, "deny": Answer.BLOCK}
_KNOWN = frozenset(
    {"description", "to", "from", "source", "destination", "service", "application", "action", "rule-type", "log-start",
     "log-end", "tag"}
)  # fmt: skip
_SYSTEM = ("devices", "vsys")


def read_rules(text: str, path: str) -> ZoneObjects:
    """The addresses, services and security rules of the only virtual system."""
    found = ZoneObjects(path)
    try:
        root = read_xml(text)
    except FormatError as error:
        found.wrong("XML", str(error))
        return found
    system: Element | None = root
    for name in _SYSTEM:
        holder = system.find(name) if system is not None else None
        entries = list(holder.all("entry")) if holder is not None else []
        system = entries[0] if len(entries) == 1 else None
    if root.name != "config" or system is None:
        found.wrong("a configuration with one virtual system", root.name)
        return found
    for entry in _entries(system, "address"):
        _address(entry, found)
    for entry in _entries(system, "address-group"):
        static = entry.find("static")
        found.groups[_name(entry)] = _members(static) if static is not None else ()
    for entry in _entries(system, "service"):
        _service(entry, found)
    rules = system
    for name in ("rulebase", "security", "rules"):
        rules = rules.find(name) or Element(name, 0)
    for entry in rules.all("entry"):
        _rule(entry, found)
    return found


def _entries(system: Element, kind: str) -> list[Element]:
    return [entry for holder in system.all(kind) for entry in holder.all("entry")]


def _name(entry: Element) -> str:
    return entry.attributes.get("name", "")


def _members(one: Element) -> tuple[str, ...]:
    return tuple(member.text.strip() for member in one.all("member"))


def _address(entry: Element, found: ZoneObjects) -> None:
    text = entry.text_of("ip-netmask")
    others = {child.name for child in entry.children} - {"ip-netmask", "description", "tag"}
    try:
        if others:
            found.wrong("an address by its subnet", _name(entry), entry.line)
        else:
            found.addresses[_name(entry)] = address_of(text, 6 if ":" in text else 4)
    except NotUnderstood as error:
        found.wrong("an address by its subnet", str(error), entry.line)


def _service(entry: Element, found: ZoneObjects) -> None:
    protocol = entry.find("protocol")
    kinds = protocol.children if protocol is not None else []
    if len(kinds) != 1 or {child.name for child in kinds[0].children} != {"port"} or kinds[0].name not in ("tcp", "udp"):
        found.wrong("a service of TCP or UDP by its ports", _name(entry), entry.line)
        return
    try:
        ports = intervals.normalise(port_of(part) for part in kinds[0].text_of("port").split(","))
        found.services[_name(entry)] = ((protocol_of(kinds[0].name), ports, None),)
    except NotUnderstood as error:
        found.wrong("a service of TCP or UDP by its ports", str(error), entry.line)


def _rule(entry: Element, found: ZoneObjects) -> None:
    said = {child.name: _members(child) for child in entry.children}
    zones = (said.get("from", ()), said.get("to", ()))
    action, kind = entry.text_of("action"), entry.text_of("rule-type")
    if (
        not set(said) <= _KNOWN
        or any(len(zone) != 1 for zone in zones)
        or action not in _ANSWERS
        or kind != "interzone"
        or said.get("application") != ("any",)
    ):
        found.wrong("a rule between two zones for any application", _name(entry), entry.line)
        return
    found.rules.append(
        ZoneRule(
            name=_name(entry),
            from_zone=zones[0][0],
            to_zone=zones[1][0],
            sources=said.get("source", ()),
            targets=said.get("destination", ()),
            services=said.get("service", ()),
            answer=_ANSWERS[action],
            origin=f"{found.path}:{entry.line}",
        )
    )
