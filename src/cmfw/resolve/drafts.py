"""Plan items while they are made: one draft per flow, pair of ends and variant, shared by all features that want it."""

from __future__ import annotations

from cmfw.catalog.types import Catalog, FlowKind, Necessity, Process
from cmfw.model.need import AnyOf, Leaf, Need
from cmfw.model.plan import Citation, Endpoint, PlanItem, PlannedProcess, PlannedRule
from cmfw.model.site import Install
from cmfw.net.flow import ICMP4, ICMP6, PROTOCOL_NUMBERS
from cmfw.net.ports import PortSet
from cmfw.resolve.ends import BOTH, V4, V6, End
from cmfw.values import value

RANK = {level: at for at, level in enumerate(Necessity)}
"""Strongest first: an item that several features want has the strongest of their levels."""

_BOTH_ENDS, _SENDER = ("from", "to"), ("from",)
_V4_ONLY = frozenset({"settings.wakeup_port", "settings.wol_port"})
"""Wake-up proxy spoofs ARP: IPv4 only. Source: facts/configmgr.md 3.3 (WAKE)."""

_ECHO = {V4: (ICMP4, 8), V6: (ICMP6, 128)}


@value
class Part:
    """A draft in one address family (``BOTH`` where neither end's addresses are known)."""

    id: str
    family: int
    protocol: int | None
    icmp: tuple[int, int | None] | None
    source: Endpoint
    target: Endpoint


class Draft:
    """One item before it is finished. ``need`` is over the ids of its parts; ``features`` maps id to level rank."""

    __slots__ = (
        "any_port",
        "errata",
        "features",
        "kind",
        "need",
        "parts",
        "ports",
        "printed",
        "rules",
        "source",
        "target",
        "variant",
    )

    def __init__(
        self,
        kind: FlowKind,
        source: End,
        target: End,
        variant: str,
        ports: PortSet,
        any_port: bool,
        parts: tuple[Part, ...],
        need: Need,
        printed: tuple[str, ...],
        errata: tuple[str, ...],
    ) -> None:
        self.kind = kind
        self.source = source
        self.target = target
        self.variant = variant
        self.ports = ports
        self.any_port = any_port
        self.parts = parts
        self.need = need
        self.printed = printed
        self.errata = errata
        self.features: dict[str, int] = {}
        self.rules: tuple[PlannedRule, ...] = ()


def deciding_ends(kind: FlowKind) -> tuple[str, ...]:
    """The ends whose host firewall decides over the flow."""
    return _BOTH_ENDS if kind.answered else _SENDER


@value
class Ports:
    """Destination ports of a flow between two ends; ``any_port`` where clients try one after the other."""

    ports: PortSet
    any_port: bool = False
    variant: str = ""


_LISTS: dict[tuple[tuple[int, ...], int | None], Ports] = {}


def _site_list(ports: tuple[int, ...], override: int | None) -> Ports:
    found = _LISTS.get((ports, override))
    if found is None:
        if override is not None and (override,) != ports:
            found = Ports(PortSet.of(override), variant=f"@{override}")
        else:
            found = Ports(PortSet.of(*ports), any_port=len(ports) > 1)
        _LISTS[ports, override] = found
    return found


def flow_ports(kind: FlowKind, source: End, target: End, install: Install | None) -> Ports:
    """The ports that the flow's references mean between these ends. Raises KeyError for a reference that does not exist.

    CCMHTTPPORT and CCMHTTPSPORT of an install replace the site's ports on the way to the systems that serve clients.
    """
    if not kind.ports:
        return Ports(PortSet.EMPTY)
    if len(kind.ports) == 1:
        return _reference(kind.ports[0], source, target, install)
    found = [_reference(text, source, target, install) for text in kind.ports]
    pairs = [pair for one in found for pair in one.ports.ranges]
    return Ports(PortSet.from_pairs(pairs), any(one.any_port for one in found), "".join(one.variant for one in found))


def _reference(text: str, source: End, target: End, install: Install | None) -> Ports:
    if text[0].isdigit():
        return _literal(text)
    server = target if target.system is not None else source
    if text == "site.http":
        return _site_list(server.ports.http, install.http_port if install else None)
    if text == "site.https":
        return _site_list(server.ports.https, install.https_port if install else None)
    return Ports(_named(text, source, target, server))


def _named(text: str, source: End, target: End, server: End) -> PortSet:
    match text:
        case "site.notification":
            return _port(server.ports.notification)
        case "site.wol":
            return _port(server.ports.wol)
        case "rpc.dynamic":
            return target.ports.rpc
        case "sup.http" | "sup.https" if server.system is not None:
            sup = server.system.sup
            return _port(sup.http if text == "sup.http" else sup.https)
        case "dp.multicast" if server.system is not None:
            return server.system.multicast_ports
    group = source.group or target.group
    if group is None or not text.startswith("settings."):
        raise KeyError(text)
    return _port(int(getattr(group.settings, text.removeprefix("settings."))))


_LITERALS: dict[str, Ports] = {}
_SINGLE: dict[int, PortSet] = {}


def _literal(text: str) -> Ports:
    found = _LITERALS.get(text)
    if found is None:
        found = _LITERALS[text] = Ports(PortSet.parse(text))
    return found


def _port(number: int) -> PortSet:
    found = _SINGLE.get(number)
    if found is None:
        found = _SINGLE[number] = PortSet.of(number)
    return found


def families(kind: FlowKind, source: End, target: End) -> tuple[int, ...]:
    """The address families in which the flow can run; ``(BOTH,)`` where no address of either end is known."""
    protocol = "v4" if _V4_ONLY & set(kind.ports) else kind.protocol
    key = (source.families, target.families, protocol, bool(kind.icmp))
    found = _COMMON.get(key)
    if found is None:
        found = _COMMON[key] = _common(*key)
    return found


_COMMON: dict[tuple[frozenset[int], frozenset[int], str, bool], tuple[int, ...]] = {}


def _common(ours: frozenset[int], theirs: frozenset[int], protocol: str, is_icmp: bool) -> tuple[int, ...]:
    common = ours & theirs if ours and theirs else ours or theirs
    if not ours and not theirs:
        common = frozenset((V4, V6)) if is_icmp else frozenset((BOTH,))
    if protocol in ("icmp4", "v4"):
        common = frozenset((V4,)) if V4 in common or BOTH in common else frozenset()
    elif protocol == "icmp6":
        common &= {V6}
    return tuple(sorted(common))


def make_parts(kind: FlowKind, source: End, target: End, variant: str, common: tuple[int, ...]) -> tuple[Part, ...]:
    """The draft split by family: the ids end in ``/v6`` for IPv6."""
    base = f"{kind.id}{variant}:{source.slug}>{target.slug}"
    parts = []
    for family in common:
        protocol = PROTOCOL_NUMBERS.get(kind.protocol)
        icmp: tuple[int, int | None] | None = None
        if kind.icmp:
            number, echo = _ECHO[family]
            kind_text, _, code_text = kind.icmp.partition(":")
            given = int(kind_text)
            icmp = (echo if given in (8, 128) else given, None if code_text in ("", "*") else int(code_text))
            protocol = number
        part_id = base + ("/v6" if family == V6 else "")
        parts.append(Part(part_id, family, protocol, icmp, source.endpoint(family), target.endpoint(family)))
    return tuple(parts)


def need_of(parts: tuple[Part, ...]) -> Need:
    """Any family will do."""
    found = tuple(Leaf(part.id) for part in parts)
    return found[0] if len(found) == 1 else AnyOf(found)


class Processes:
    """Programs and services of a flow's ends, each resolved once per client folder."""

    def __init__(self) -> None:
        self._openers: dict[tuple[str, str], tuple[PlannedProcess, ...]] = {}
        self._listeners: dict[tuple[str, str], PlannedProcess] = {}

    def openers(self, kind: FlowKind, client_dir: str) -> tuple[PlannedProcess, ...]:
        """The processes that open the flow."""
        key = (kind.id, client_dir)
        found = self._openers.get(key)
        if found is None:
            found = self._openers[key] = tuple(_planned(p, client_dir) for p in kind.initiators)
        return found

    def listener(self, kind: FlowKind, client_dir: str) -> PlannedProcess | None:
        """The process that answers the flow, None where any may."""
        if kind.listener is None:
            return None
        key = (kind.id, client_dir)
        found = self._listeners.get(key)
        if found is None:
            found = self._listeners[key] = _planned(kind.listener, client_dir)
        return found


def _planned(process: Process, client_dir: str) -> PlannedProcess:
    return PlannedProcess(process.program.replace("{client_dir}", client_dir), process.service)


class Citations:
    """Where an item is documented: the places of every feature that wants it, shared by all items of one kind."""

    def __init__(self, catalog: Catalog, edition: str) -> None:
        self._catalog = catalog
        self._rows: dict[tuple[str, str], list[Citation]] = {}
        self._whens: dict[tuple[str, str], list[str]] = {}
        self._errata: dict[tuple[str, str], list[str]] = {}
        self._done: dict[tuple[str, tuple[str, ...]], tuple[tuple[Citation, ...], tuple[str, ...], tuple[str, ...]]] = {}
        for row in catalog.requirements.values():
            if edition in row.level:
                key = (row.flow, row.feature)
                place = Citation(row.cite.source, row.cite.at, row.cite.as_of)
                self._rows.setdefault(key, []).append(place)
                if row.when:
                    self._whens.setdefault(key, []).append(row.when)
                if not row.printed:
                    self._errata.setdefault(key, []).extend(row.errata)

    def of(self, flow: str, features: tuple[str, ...]) -> tuple[tuple[Citation, ...], tuple[str, ...], tuple[str, ...]]:
        """(citations, errata, conditions) of a flow for these features."""
        key = (flow, features)
        found = self._done.get(key)
        if found is None:
            kind = self._catalog.flows[flow]
            own = Citation(kind.cite.source, kind.cite.at, kind.cite.as_of)
            rows = dict.fromkeys(c for f in features for c in self._rows.get((flow, f), ()))
            whens = dict.fromkeys([kind.when] if kind.when else [])
            whens.update(dict.fromkeys(w for f in features for w in self._whens.get((flow, f), ())))
            errata = dict.fromkeys(e for f in features for e in self._errata.get((flow, f), ()))
            found = self._done[key] = (tuple(rows) or (own,), tuple(errata), tuple(whens))
        return found


def finish(draft: Draft, processes: Processes, citations: Citations) -> list[PlanItem]:
    """The finished items of a draft, one per family."""
    kind = draft.kind
    features = tuple(draft.features)
    places, errata, conditions = citations.of(kind.id, features)
    answers = processes.listener(kind, draft.target.client_dir)
    decides = deciding_ends(kind)
    level = _LEVELS[min(draft.features.values())]
    opens = processes.openers(kind, draft.source.client_dir)
    marks = (*draft.errata, *(e for e in errata if e not in draft.errata)) if errata else draft.errata
    return [
        PlanItem(
            id=part.id,
            flow=kind.id,
            features=features,
            necessity=level,
            source=part.source,
            target=part.target,
            protocol=part.protocol,
            ports=draft.ports,
            any_port=draft.any_port,
            icmp=part.icmp,
            initiators=opens,
            listener=answers,
            same_subnet=kind.scope == "local_subnet",
            decides=decides,
            printed=draft.printed,
            errata=marks,
            conditions=conditions,
            citations=places,
            rules=_rules_of(part, draft),
        )
        for part in draft.parts
    ]


def _rules_of(part: Part, draft: Draft) -> tuple[PlannedRule, ...]:
    """The draft's rules that are about the part; of all other protocols than ICMP a rule is about both families."""
    if len({each.protocol for each in draft.parts}) == 1:
        return draft.rules
    return tuple(planned for planned in draft.rules if planned.rule.protocol in (None, part.protocol))


_LEVELS = tuple(level.value for level in Necessity)
