"""What ``cmfw explain`` knows, and which of it a word means."""

from __future__ import annotations

from cmfw.catalog.types import Catalog, FlowKind, GroupMember, Text
from cmfw.values import value

KINDS = ("feature", "flow", "group", "erratum", "finding", "note", "format", "port")
PROTOCOLS = ("tcp", "udp")


@value
class Topic:
    """One thing to explain; ``exact`` says that the asked word is its id or title, not a part of one."""

    kind: str
    id: str
    title: Text
    exact: bool = True


def topics_of(catalog: Catalog) -> list[Topic]:
    """Everything that has an id, in catalog order."""
    found = [Topic("feature", f.id, f.title) for f in sorted(catalog.features.values(), key=lambda f: f.order)]
    found += [Topic("flow", f.id, f.title) for f in catalog.flows.values()]
    found += [Topic("group", g.id, g.title) for g in catalog.groups.values()]
    found += [Topic("erratum", e.id, e.title) for e in catalog.errata.values()]
    found += [Topic("finding", t.code, t.title) for t in catalog.findings.values()]
    found += [Topic("note", n.id, n.text) for n in catalog.notes.values()]
    return found + [Topic("format", name, title) for name, title in formats().items()]


def formats() -> dict[str, Text]:
    """The file formats that can be read as machine state, by name."""
    from cmfw.ingest import FORMATS
    from cmfw.words import said_in

    return {name: Text(said_in("en", f"format.{name}"), said_in("zh_CN", f"format.{name}")) for name in FORMATS}


def feature_named(catalog: Catalog, text: str) -> Topic | None:
    """The feature whose id the text is; asked first, because then no other table needs to be built."""
    feature = catalog.features.get(_fold(text).replace("-", "_").replace(" ", "_"))
    return None if feature is None else Topic("feature", feature.id, feature.title)


def find_topics(catalog: Catalog, text: str) -> tuple[list[Topic], list[str]]:
    """(what the text means, near names where it means nothing).

    Ids and titles in either language count first, then ports, then parts of titles. ``KIND:ID`` picks one kind.
    """
    wanted = _fold(text)
    feature = feature_named(catalog, text)
    if feature is not None:
        return [feature], []
    kind, colon, name = wanted.partition(":")
    known = topics_of(catalog)
    if colon and kind in KINDS:
        known = [topic for topic in known if topic.kind == kind]
        wanted = name.strip()
    exact = [t for t in known if wanted in _names(catalog, t)]
    if exact:
        return exact, []
    port = _port_topic(catalog, wanted)
    if port is not None:
        return [port], []
    flow = _flow_text_topics(catalog, text)
    if flow:
        return flow, []
    if len(wanted) > 1:
        partial = [t for t in known if t.kind != "note" and any(wanted in name for name in _names(catalog, t))]
        # features are what people mean; in Chinese most titles begin alike
        partial = [t for t in partial if t.kind in ("feature", "group")] or partial
        if partial:
            return [Topic(t.kind, t.id, t.title, exact=False) for t in partial], []
    from difflib import get_close_matches

    names = {name: topic.id for topic in known for name in _names(catalog, topic) if topic.kind != "note"}
    return [], list(dict.fromkeys(names[n] for n in get_close_matches(wanted, names, 4, 0.55)))


def _fold(text: str) -> str:
    return " ".join(text.strip().lower().split())


def _names(catalog: Catalog, topic: Topic) -> set[str]:
    """Every spelling that means the topic."""
    names = {_fold(topic.id), _fold(topic.id).replace("_", "-"), _fold(topic.id).replace("_", " ")}
    if topic.kind != "note":
        names |= {_fold(topic.title.en), _fold(topic.title.zh_CN)}
    if topic.kind == "group":
        resource = catalog.groups[topic.id].resource.lower()
        number = resource.rpartition(",-")[2]
        names |= {resource, f"-{number}", number}
    return names


def _port_topic(catalog: Catalog, text: str) -> Topic | None:
    """The port that the text means (``445``, ``tcp/445``, ``tcp 445``), where anything speaks of it."""
    protocol, _, number = text.replace(" ", "/").rpartition("/")
    if protocol not in ("", *PROTOCOLS) or not (number.isascii() and number.isdigit()) or int(number) > 65535:
        return None
    topic = f"{protocol}/{int(number)}" if protocol else str(int(number))
    found = flows_with_port(catalog, topic) or requirements_printing(catalog, topic) or members_with_port(catalog, topic)
    return Topic("port", topic, Text(topic, topic)) if found or usual_of_port(catalog, topic) else None


def _flow_text_topics(catalog: Catalog, text: str) -> list[Topic]:
    """What a flow text (``in tcp 10.0.0.5 > 10.1.0.9:445``) is about: its destination port, or the flows of its ICMP type."""
    if text.strip().lower()[:3].rstrip() not in ("in", "out"):
        return []
    from cmfw.net.flow import ICMP_PROTOCOLS, PROTOCOL_NAMES
    from cmfw.net.flowtext import FlowTextError, parse_parts

    try:
        parts = parse_parts(text)
    except FlowTextError:
        return []
    protocol, ports = PROTOCOL_NAMES.get(parts.protocol or 0, ""), parts.destination_port
    if parts.protocol in ICMP_PROTOCOLS:
        said = f"{parts.icmp_type}:"
        kinds = [f for f in catalog.flows.values() if f.icmp and (parts.icmp_type is None or f"{f.icmp}:".startswith(said))]
        return [Topic("flow", f.id, f.title) for f in kinds]
    if ports is None or len(ports.ranges) != 1 or ports.ranges[0][0] != ports.ranges[0][1]:
        return []
    found = _port_topic(catalog, f"{protocol}/{ports.ranges[0][0]}")
    return [found] if found else []


def _split(port: str) -> tuple[str, int]:
    protocol, _, number = port.rpartition("/")
    return protocol, int(number)


def flows_with_port(catalog: Catalog, port: str) -> list[FlowKind]:
    """The kinds of flow whose port it is by default."""
    protocol, number = _split(port)
    return [f for f in catalog.flows.values() if protocol in ("", f.protocol) and _holds((*f.ports, *f.default), number)]


def _holds(texts: tuple[str, ...], number: int) -> bool:
    for text in texts:
        first, _, last = text.partition("-")
        if first.isdigit() and int(first) <= number <= int(last if last.isdigit() else first):
            return True
    return False


def requirements_printing(catalog: Catalog, port: str) -> list[str]:
    """Ids of the documented rows that print this port where another one is meant."""
    protocol, number = _split(port)
    rows = catalog.requirements.values()
    return [r.id for r in rows if _holds(r.printed, number) and protocol in ("", catalog.flows[r.flow].protocol)]


def usual_of_port(catalog: Catalog, port: str) -> list[tuple[str, str, str, str]]:
    """(direction, protocol, program, service) of the processes that usually have this port."""
    protocol, number = _split(port)
    return [
        (u.direction, u.protocol, u.process.program, u.process.service)
        for u in catalog.usual
        if protocol in ("", u.protocol) and u.protocol in PROTOCOLS and _holds(tuple(u.ports.split(",")), number)
    ]


def members_with_port(catalog: Catalog, port: str) -> list[tuple[str, GroupMember]]:
    """(group id, member rule) of the predefined groups' rules that open this port by number, each rule id once."""
    protocol, number = _split(port)
    wanted = {"tcp": (6,), "udp": (17,)}.get(protocol, (6, 17))
    found: dict[tuple[str, str], GroupMember] = {}
    for group in catalog.groups.values():
        for member in (m for edition in group.editions for m in edition.members):
            ports = member.rule.local_port
            if member.rule.protocol in wanted and not ports.is_any and number in ports.ports:
                found.setdefault((group.id, member.rule.id), member)
    return [(group_id, member) for (group_id, _), member in found.items()]
