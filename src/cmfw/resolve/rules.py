"""Windows Firewall rules that the hosts at both ends of the planned flows need, scoped to the peers that need them.

Source: corrections 23, 24, 26, 34-37. A rule belongs to one host or client group and one flow kind, so several items
(one per peer) share it; groups with the same peers share the value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cmfw.catalog.types import Catalog, Process
from cmfw.model.plan import PlannedRule
from cmfw.model.rule import Action, AddressMatch, HostRule, PortKeyword, PortMatch
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ICMP6, Direction
from cmfw.net.intervals import Range
from cmfw.net.ports import PortSet
from cmfw.resolve.drafts import Draft, Part, deciding_ends
from cmfw.resolve.ends import BOTH, V6, End

GROUP = "cmfw"
"""Group field of every rule that we make, so that they can be found and removed together."""

_PROGRAM_ONLY = ("ccmexec.exe", "cmrcservice.exe")
"""Their service SIDs are unverified, so the rules go by program. Source: corrections 23."""

_NEVER_OPENED = frozenset({"settings.express_port"})
"""TCP 8005 is a listener local to the client. Source: corrections 8."""

_RPC_SERVICES = frozenset({"eventlog", "spooler"})
_RPC_PROGRAMS = frozenset({"services.exe"})
"""Listeners that take their port from the RPC run-time and that Windows' own rules open with the keyword ``RPC``. The rest
get the range of numbers. Source: facts/configmgr.md 4.3, 4.5.
"""

_SUBNET = ("LocalSubnet4", "LocalSubnet6")
_EPMAP = PortMatch(PortSet.EMPTY, (PortKeyword.RPC_EPMAP.value,))
_RPC = PortMatch(PortSet.EMPTY, (PortKeyword.RPC.value,))

Key = tuple[str, str, str, str, int]
"""(``from`` or ``to``, end name, flow, ports mark, protocol number where it is ICMPv6 else 0)."""


class Rules:
    """First collects the peers of every end, then makes each rule once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._pairs: dict[Key, list[Range]] = {}
        self._any: set[Key] = set()
        self._families: dict[Key, set[int]] = {}
        self._peers: dict[Key, dict[str, None]] = {}
        self._addresses: dict[tuple[str, ...], AddressMatch] = {}
        self._made: dict[tuple[object, ...], tuple[HostRule, ...]] = {}
        self._conditions: dict[int, int] = {}
        self._numbers: dict[HostRule, int] = {}
        self._first: dict[tuple[str, int], PlannedRule] = {}
        self._planned: dict[Key, tuple[PlannedRule, ...]] = {}

    def attach(self, drafts: Iterable[Draft]) -> None:
        """Gives every draft the rules of both its ends."""
        listed = list(drafts)
        for draft in listed:
            for side, end, peer in _sides(draft):
                for part in draft.parts:
                    self._collect(_key(side, end, draft, part), peer, part, side)
        for draft in listed:
            found: dict[int, PlannedRule] = {}
            for side, end, _ in _sides(draft):
                for part in draft.parts:
                    found.update((id(rule), rule) for rule in self._rules(side, end, draft, part))
            draft.rules = tuple(found.values())

    def _collect(self, key: Key, peer: End, part: Part, side: str) -> None:
        self._families.setdefault(key, set()).add(part.family)
        named = self._peers.setdefault(key, {})
        there = part.target if side == "from" else part.source
        named[f"{peer.role}:{peer.name}/{part.family}"] = None
        if there.addresses.is_empty:
            self._any.add(key)
        else:
            self._pairs.setdefault(key, []).extend(there.addresses.ranges)

    def _rules(self, side: str, end: End, draft: Draft, part: Part) -> tuple[PlannedRule, ...]:
        key = _key(side, end, draft, part)
        found = self._planned.get(key)
        if found is None:
            found = self._planned[key] = tuple(
                self._once(key[1], PlannedRule(side, end.name, rule))
                for rule in self._host_rules(key, side, end, draft, part)
            )
        return found

    def _once(self, name: str, planned: PlannedRule) -> PlannedRule:
        """The first rule of this place with the same conditions: a host needs each condition once, whoever asks."""
        conditions = self._conditions.get(id(planned.rule))
        if conditions is None:
            plain = replace(planned.rule, id="", name="", description="")
            number = self._numbers.setdefault(plain, len(self._numbers))
            conditions = self._conditions[id(planned.rule)] = number
        return self._first.setdefault((name, conditions), planned)

    def _host_rules(self, key: Key, side: str, end: End, draft: Draft, part: Part) -> tuple[HostRule, ...]:
        """Shared between ends that differ in name only."""
        remote = self._remote(key, draft)
        share = (side, draft.kind.id, draft.ports, part.protocol, end.profiles, end.client_dir, id(remote))
        found = self._made.get(share)
        if found is None:
            found = self._made[share] = tuple(_host_rules(side, end, draft, part, remote))
        return found

    def _remote(self, key: Key, draft: Draft) -> AddressMatch:
        """INVARIANT: equal peers give the identical value, which is what the rules are shared by."""
        if draft.kind.scope == "local_subnet":
            families = self._families[key]
            words = tuple(
                w for w in _SUBNET if BOTH in families or (w == _SUBNET[1]) == (V6 in families) or len(families) > 1
            )
            return self._addresses.setdefault(words, AddressMatch(AddrSet.EMPTY, words))
        if key in self._any:
            return AddressMatch.ANY
        peers = tuple(sorted(self._peers[key]))
        found = self._addresses.get(peers)
        if found is None:
            found = self._addresses[peers] = AddressMatch(AddrSet.from_pairs(self._pairs[key]))
        return found


def _sides(draft: Draft) -> list[tuple[str, End, End]]:
    """(side, its end, the other end) for the ends that need rules: answering always, opening under default block only."""
    if _NEVER_OPENED & set(draft.kind.ports):
        return []
    out = []
    if draft.target.takes_rules and "to" in deciding_ends(draft.kind):
        out.append(("to", draft.target, draft.source))
    if draft.source.takes_rules and draft.source.blocks_outbound:
        out.append(("from", draft.source, draft.target))
    return out


def _key(side: str, end: End, draft: Draft, part: Part) -> Key:
    name = end.name if end.group is None else f"clients {end.name}"
    return side, name, draft.kind.id, _ports_mark(draft), ICMP6 if part.protocol == ICMP6 else 0


def _ports_mark(draft: Draft) -> str:
    """The part of the variant that changes ports; what a document printed makes no other rule."""
    return draft.variant.partition(".")[0]


def _host_rules(side: str, end: End, draft: Draft, part: Part, remote: AddressMatch) -> Iterable[HostRule]:
    kind = draft.kind
    inbound = side == "to"
    listeners = (kind.listener,) if kind.listener else ()
    processes: tuple[Process, ...] = listeners if inbound else kind.initiators
    if kind.scope == "local_subnet":
        processes = ()  # corrections 36: peers' rules name no program
    marks = _ports_mark(draft).replace("@", "-") + ("-v6" if part.protocol == ICMP6 else "")
    base = f"cmfw-{kind.id.replace('_', '-').replace('.', '-')}{marks}-{'in' if inbound else 'out'}"
    programs: dict[tuple[str | None, str | None], None] = {}
    for process in processes:
        programs[_who(process, end.client_dir, inbound=inbound)] = None
    several = len(programs) > 1
    ports = _ports(draft, inbound=inbound)
    for program, service in programs or {(None, None): None}:
        stem = "" if program is None else program.rpartition("\\")[2].lower().removesuffix(".exe")
        yield HostRule(
            id=f"{base}-{stem}" if several and stem else base,
            action=Action.ALLOW,
            direction=Direction.IN if inbound else Direction.OUT,
            profiles=end.profiles,
            protocol=part.protocol,
            local_port=ports if inbound else PortMatch.ANY,
            remote_port=PortMatch.ANY if inbound else ports,
            icmp=None if part.icmp is None else (part.icmp,),
            remote_address=remote,
            program=program,
            service=service,
            name=f"Configuration Manager: {kind.title.en}",
            description=f"{kind.title.en}. Source: {kind.cite.source}, {kind.cite.at}",
            group=GROUP,
        )


def _who(process: Process, client_dir: str, *, inbound: bool) -> tuple[str | None, str | None]:
    """(program, service) conditions: outbound never a service, because BITS and its like carry other tokens (24)."""
    program = process.program.replace("{client_dir}", client_dir) or None
    name = (program or "").rpartition("\\")[2].lower()
    if not inbound or not process.service or name in _PROGRAM_ONLY:
        return program, None
    return program, process.service


def _ports(draft: Draft, *, inbound: bool) -> PortMatch:
    """The port condition; the RPC keywords where the listener takes its port from the run-time, as Windows' rules do."""
    if draft.ports.is_empty:
        return PortMatch.ANY
    kind = draft.kind
    if inbound and kind.protocol == "tcp" and kind.listener is not None:
        service = kind.listener.service.lower()
        if kind.ports == ("135",) and service == "rpcss":
            return _EPMAP
        if kind.ports == ("rpc.dynamic",):
            program = kind.listener.program.rpartition("\\")[2].lower()
            if service == "winmgmt":
                # corrections 26: WMI can be pinned to a port that the keyword does not hold; Windows' own rule has no port
                return PortMatch.ANY
            if service in _RPC_SERVICES or program in _RPC_PROGRAMS:
                return _RPC
    return PortMatch(draft.ports)
