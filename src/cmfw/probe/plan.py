"""``plan_probes``: which packets show whether a plan holds, from one place of the site. Pure; nothing is sent here.

Only addresses that the site file gives are ever probed: those of its systems, and of a client group those that the caller
names out of its subnets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cmfw.errors import COMMAND_LINE, InputError, Problem
from cmfw.model.plan import Plan, PlanItem
from cmfw.net.addr import AddrSet, format_address, is_v6
from cmfw.net.flow import ICMP4, ICMP6, TCP, UDP
from cmfw.net.intervals import size
from cmfw.values import value
from cmfw.words.phrases import phrase

MOST_PROBES = 20_000
"""So many probes at most in one run; more is a scan, not a proof of a plan."""
MOST_ADDRESSES = 64
"""So many addresses of one system at most."""
MOST_PORTS = 8
"""A wider range of ports is a dynamic one: the endpoint mapper names the port in use."""
EPMAP = 135
_TALKS = {445: "smb", EPMAP: "rpc", 3389: "rdp", 389: "ldap", 3268: "ldap", 636: "ldaps", 3269: "ldaps"}
_ROLE_TALKS = {"management_point": "mp", "distribution_point": "dp", "software_update_point": "wsus"}
_WEB_FLOWS = "http"
NOTIFICATION_FLOW = "notify_tcp"


@value(kw_only=True)
class Probe:
    """One packet to send and how to speak to who answers.

    ``talk`` is a key of ``proto.TALKS``, or empty: the connection alone. ``mapped`` says that the port is the one that the
    endpoint mapper of the target names; ``port`` is None then and for ICMP. ``host`` is the target's name in the site.
    """

    items: tuple[str, ...]
    protocol: int
    address: int
    port: int | None
    host: str
    talk: str = ""
    mapped: bool = False


@value
class Skipped:
    """A plan item that starts here and is not probed: ``no_target`` | ``no_address`` | ``many_addresses`` | ``protocol``."""

    item: str
    reason: str


@value
class ProbePlan:
    """What one run sends from one place (``vantage``; ``host`` where it is a host of the site, else a client group)."""

    vantage: str
    host: bool
    probes: tuple[Probe, ...]
    skipped: tuple[Skipped, ...]


def plan_probes(plan: Plan, vantage: str, *, host: bool, targets: Sequence[int] = ()) -> ProbePlan:
    """The probes of every item that the vantage opens, one for each target, port and protocol, in plan order.

    ``targets`` are addresses inside client groups. Raises InputError for one that is in no group of an item, and where
    there are more than ``MOST_PROBES``.
    """
    found: dict[tuple[int, int, int | None, bool], Probe] = {}
    skipped: list[Skipped] = []
    wanted = AddrSet.from_pairs((one, one) for one in targets)
    used = AddrSet.EMPTY
    for item in plan.items:
        if item.source.name != vantage or (item.source.role == "client") == host:
            continue
        addresses, reason = _addresses(item, wanted)
        if reason:
            skipped.append(Skipped(item.id, reason))
            continue
        used |= addresses & wanted
        for probe in _probes(item, addresses):
            key = (probe.protocol, probe.address, probe.port, probe.mapped)
            known = found.get(key)
            found[key] = probe if known is None else _both(known, probe)
    _refuse(wanted - used, len(found))
    return ProbePlan(vantage, host, tuple(found.values()), tuple(skipped))


def _refuse(strangers: AddrSet, count: int) -> None:
    if not strangers.is_empty:
        raise InputError(
            *(
                Problem(
                    COMMAND_LINE, "an address in the subnets of a client group that is probed", f"`{text}`", key="--target"
                )
                for text in strangers.texts()
            )
        )
    if count > MOST_PROBES:
        raise InputError(
            Problem(
                COMMAND_LINE,
                phrase("at most {most} probes", most=MOST_PROBES),
                str(count),
                "name fewer targets or features",
            )
        )


def _addresses(item: PlanItem, wanted: AddrSet) -> tuple[AddrSet, str]:
    """(addresses to probe, "") or (none, reason)."""
    target = item.target
    if item.protocol not in (TCP, UDP, ICMP4, ICMP6):
        return AddrSet.EMPTY, "protocol"
    if target.role in ("client", "peer"):
        chosen = target.addresses & wanted
        return chosen, "no_target" if chosen.is_empty else ""
    if target.addresses.is_empty:
        return AddrSet.EMPTY, "no_address"
    if size(target.addresses.ranges) > MOST_ADDRESSES:
        chosen = target.addresses & wanted
        return chosen, "many_addresses" if chosen.is_empty else ""
    return target.addresses, ""


def _probes(item: PlanItem, addresses: AddrSet) -> Iterator[Probe]:
    for number in _each(addresses):
        for port, mapped in _ports(item):
            if item.protocol in (ICMP4, ICMP6) and is_v6(number) != (item.protocol == ICMP6):
                continue
            yield Probe(
                items=(item.id,),
                protocol=item.protocol or TCP,
                address=number,
                port=port,
                host=item.target.name if item.target.role not in ("client", "peer") else format_address(number),
                talk=_talk(item, port, mapped=mapped),
                mapped=mapped,
            )


def _each(addresses: AddrSet) -> Iterator[int]:
    for first, last in addresses.ranges:
        yield from range(first, last + 1)


def _ports(item: PlanItem) -> Iterator[tuple[int | None, bool]]:
    """(port, whether the endpoint mapper names it)."""
    if item.protocol in (ICMP4, ICMP6):
        yield None, False
    elif size(item.ports.ranges) > MOST_PORTS or item.ports.is_empty:
        yield None, True
    else:
        for first, last in item.ports.ranges:
            yield from ((port, False) for port in range(first, last + 1))


def _talk(item: PlanItem, port: int | None, *, mapped: bool) -> str:
    if item.protocol != TCP:
        return ""
    if mapped:
        return "rpc_bind"
    if item.flow == NOTIFICATION_FLOW:
        return "tls"
    if _WEB_FLOWS in item.flow:
        return _ROLE_TALKS.get(item.target.role, "web") + ("_https" if "https" in item.flow else "_http")
    return _TALKS.get(port or 0, "")


def _both(one: Probe, other: Probe) -> Probe:
    """One probe for the items of both; what speaks the more telling protocol stays."""
    talk = one.talk if one.talk and not one.talk.startswith("web") else other.talk or one.talk
    return Probe(
        items=tuple(dict.fromkeys((*one.items, *other.items))),
        protocol=one.protocol,
        address=one.address,
        port=one.port,
        host=one.host,
        talk=talk,
        mapped=one.mapped,
    )
