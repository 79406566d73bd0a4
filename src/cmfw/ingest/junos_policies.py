"""Reads security policies and firewall filters of Junos, as far as Aerleon writes them, as the lines of a filter between zones.

Source: Juniper, "Security Policies User Guide", "Routing Policies, Firewall Filters, and Traffic Policers User Guide".
"""

from __future__ import annotations

from cmfw.errors import FormatError, Problem
from cmfw.ingest.junos_text import Statement, read_junos
from cmfw.ingest.packet_match import NotUnderstood, PacketMatch, address_of, icmp_type_of, port_of, protocol_of
from cmfw.ingest.zone_rules import Service, ZoneObjects, ZoneRule
from cmfw.model.path import PathLine
from cmfw.model.verdict import Answer
from cmfw.net import intervals
from cmfw.net.addr import AddrSet
from cmfw.net.box import ALL_PORTS, ALL_PROTOCOLS
from cmfw.net.intervals import Ranges
from cmfw.words.phrases import phrase

_ANSWERS = {"permit": Answer.ALLOW, "deny": Answer.BLOCK}
_TERM_ANSWERS = {"accept": Answer.ALLOW, "discard": Answer.BLOCK}
_NO_CONDITION = frozenset({"inactivity-timeout"})


def read_policies(text: str, path: str) -> ZoneObjects:
    """The address book, the applications and the policies of a device; whatever else stands there is a problem."""
    found = ZoneObjects(path)
    try:
        root = read_junos(text, path)
    except FormatError as error:
        found.wrong("a Junos configuration", str(error))
        return found
    for top in root.inside:
        for one in top.inside if top.words in (["security"], ["applications"]) else [top]:
            _part(one, found)
    return found


def _part(one: Statement, found: ZoneObjects) -> None:
    match one.words:
        case ["address-book"]:
            book = one.find("global")
            for entry in book.inside if book is not None else [one]:
                _address(entry, found)
        case ["policies"]:
            for pair in one.inside:
                _pair(pair, found)
        case ["application", name]:
            _application(name, one, found)
        case ["application-set", name]:
            members = [inner.words[1:] for inner in one.inside]
            known = [found.services.get(words[0]) if len(words) == 1 else None for words in members]
            if None in known or not known:
                found.wrong("applications that are known", name, one.line)
            found.services[name] = tuple(service for services in known for service in services or ())
        case _:
            found.wrong("an address book, policies or applications", " ".join(one.words), one.line)


def _address(entry: Statement, found: ZoneObjects) -> None:
    match entry.words:
        case ["address", name, subnet] if not entry.inside:
            try:
                found.addresses[name] = address_of(subnet, 6 if ":" in subnet else 4)
            except NotUnderstood as error:
                found.wrong("a subnet", str(error), entry.line)
        case ["address-set", name] if all(len(i.words) == 2 and i.words[0] == "address" for i in entry.inside):
            found.groups[name] = tuple(inner.words[1] for inner in entry.inside)
        case _:
            found.wrong("an address or a set of them", " ".join(entry.words), entry.line)


def _application(name: str, one: Statement, found: ZoneObjects) -> None:
    services: list[Service] = []
    for term in one.inside:
        words = term.words[2:] if term.words[:1] == ["term"] else []
        said = dict(zip(words[::2], words[1::2], strict=False))
        known = {"protocol", "destination-port", "icmp-type"} | _NO_CONDITION
        try:
            if len(words) % 2 or not words or not set(said) <= known or "protocol" not in said or term.inside:
                found.wrong("a term of an application", " ".join(term.words), term.line)
                continue
            types = (icmp_type_of(said["icmp-type"], 4),) if "icmp-type" in said else None
            ports = (port_of(said["destination-port"]),) if "destination-port" in said else ALL_PORTS
            services.append((protocol_of(said["protocol"]), ports, types))
        except NotUnderstood as error:
            found.wrong("a term of an application", str(error), term.line)
    found.services[name] = tuple(services)


def _pair(pair: Statement, found: ZoneObjects) -> None:
    if len(pair.words) != 4 or pair.words[::2] != ["from-zone", "to-zone"]:
        found.wrong("`from-zone A to-zone B`", " ".join(pair.words), pair.line)
        return
    for policy in pair.inside:
        match, then = policy.find("match"), policy.find("then")
        conditions = {one.words[0]: tuple(one.words[1:]) for one in match.inside} if match is not None else {}
        actions = [one.words for one in then.inside] if then is not None else []
        parts = [one for part in (match, then) if part is not None for one in part.inside]
        is_plain = not any(one.inside for one in parts) and len(conditions) + 1 == len(parts)
        is_ours = (
            is_plain
            and set(conditions) == {"source-address", "destination-address", "application"}
            and len(policy.inside) == 2
        )
        if not is_ours or len(actions) != 1 or len(actions[0]) != 1 or actions[0][0] not in _ANSWERS:
            found.wrong("a policy with addresses, application and permit or deny", " ".join(policy.words), policy.line)
            continue
        found.rules.append(
            ZoneRule(
                name=policy.words[-1],
                from_zone=pair.words[1],
                to_zone=pair.words[3],
                sources=conditions["source-address"],
                targets=conditions["destination-address"],
                services=conditions["application"],
                answer=_ANSWERS[actions[0][0]],
                origin=f"{found.path}:{policy.line}",
            )
        )


def read_filter(text: str, path: str, name: str) -> tuple[tuple[PathLine, ...], list[Problem]]:
    """(lines, problems) of the IPv4 filter of that name."""
    found = ZoneObjects(path)
    lines: list[PathLine] = []
    try:
        root = read_junos(text, path)
        filters = [one for top in root.all("firewall") for family in top.all("family", "inet") for one in family.inside]
    except FormatError as error:
        found.wrong("a Junos configuration", str(error))
        filters = []
    chosen = [one for one in filters if one.words == ["filter", name]]
    if len(chosen) != 1:
        found.wrong(phrase("one filter `{name}`", name=name), str(len(chosen)))
    for term in (term for one in chosen for term in one.inside if term.words != ["interface-specific"]):
        try:
            lines.append(_term(term, path))
        except NotUnderstood as error:
            found.wrong("a term of a filter", str(error), term.line)
    return found.lines("", "")[0] + tuple(lines), found.problems


def _term(term: Statement, path: str) -> PathLine:
    then = term.all("then")
    words = then[0].words[1:] or [word for one in then[0].inside for word in one.words] if len(then) == 1 else []
    others = {one.words[0] for one in term.inside} - {"from", "then"}
    deeper = any(one.inside for part in then for one in part.inside)
    if term.words[:1] != ["term"] or others or deeper or len(words) != 1 or words[0] not in _TERM_ANSWERS:
        raise NotUnderstood(" ".join(term.words))
    match = PacketMatch()
    for condition in (one for part in term.all("from") for one in part.inside):
        _condition(condition, match)
    return PathLine(answer=_TERM_ANSWERS[words[0]], flows=match.flows(), text=term.words[-1], origin=f"{path}:{term.line}")


def _condition(one: Statement, match: PacketMatch) -> None:
    field, values = one.words[0], one.words[1:]
    if field in ("source-address", "destination-address"):
        inner = [inner.words for inner in one.inside]
        if values or not inner or any(len(words) != 1 for words in inner):
            raise NotUnderstood(" ".join(one.words))
        ranges: Ranges = intervals.normalise(address_of(words[0], 4) for words in inner)
        match.narrow("source" if field[0] == "s" else "target", ranges, AddrSet.ANY.ranges)
    elif one.inside:
        raise NotUnderstood(" ".join(one.words))
    elif field == "protocol" and len(values) == 1:
        match.narrow("protocol", (protocol_of(values[0]),), ALL_PROTOCOLS)
    elif field in ("source-port", "destination-port") and values:
        ports = intervals.normalise(port_of(text) for text in values)
        match.narrow("source_port" if field[0] == "s" else "target_port", ports, ALL_PORTS)
    elif field == "icmp-type" and len(values) == 1:
        match.narrow("types", (icmp_type_of(values[0], 4),), ())
    elif one.words == ["tcp-established"]:
        # holds for no packet that opens a connection
        match.nothing()
    else:
        raise NotUnderstood(" ".join(one.words))
