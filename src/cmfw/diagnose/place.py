"""``Place``: which hosts of the plan a machine stands for, and the plan's items as that machine sees them."""

from __future__ import annotations

from dataclasses import replace

from cmfw.model.plan import Endpoint, PlanItem
from cmfw.model.site import Product, Site
from cmfw.model.state import HostState
from cmfw.net.addr import AddrSet
from cmfw.values import value

CLIENT_ROLES = frozenset({"client", "peer"})


@value
class Place:
    """A client group or (``host``) a site system. ``addresses`` are those of the site file, ``profiles`` a mask."""

    name: str
    host: bool
    addresses: AddrSet
    profiles: int
    is_other_product: bool = False

    def is_end(self, endpoint: Endpoint) -> bool:
        """Whether the machine is this end of an item."""
        return endpoint.name == self.name and (endpoint.role in CLIENT_ROLES) != self.host

    def ends(self, item: PlanItem) -> tuple[str, ...]:
        """The ends of the item at which this machine's firewall decides: ``from``, ``to``, both (peers) or neither."""
        found = (("from", item.source), ("to", item.target))
        return tuple(end for end, endpoint in found if end in item.decides and self.is_end(endpoint))


def find_place(site: Site, who: str, *, host: bool) -> Place:
    """The place of that name. Raises ValueError where the site has none."""
    if host:
        for system in site.systems:
            if system.host == who:
                return Place(who, host=True, addresses=system.addresses, profiles=int(system.profile))
    else:
        for group in site.clients:
            if group.name == who:
                other = group.product is Product.OTHER
                return Place(who, host=False, addresses=group.subnets, profiles=int(group.profile), is_other_product=other)
    raise ValueError(f"the site has no {'host' if host else 'client group'} `{who}`")


def on_link(place: Place, state: HostState) -> AddrSet | None:
    """The addresses that a neighbour of the machine may have; None where neither state nor site knows."""
    if state.local_subnets is not None:
        return state.local_subnets
    return None if place.host or place.addresses.is_empty else place.addresses


def localised(item: PlanItem, end: str, place: Place, state: HostState) -> PlanItem:
    """The item as this one machine meets it: its own addresses where they are known, neighbours where the item is for peers.

    Addresses of the state that do not lie in the group's subnets say nothing about the group and are left out.
    """
    here, there = (item.source, item.target) if end == "from" else (item.target, item.source)
    if item.same_subnet:
        near = on_link(place, state)
        if near is not None:
            part = _family_of(near, here.addresses)
            here, there = replace(here, addresses=part), replace(there, addresses=part)
    own = here.addresses & state.addresses
    if not own.is_empty:
        here = replace(here, addresses=own)
    source, target = (here, there) if end == "from" else (there, here)
    if source is item.source and target is item.target:
        return item
    return replace(item, source=source, target=target)


def _family_of(addresses: AddrSet, like: AddrSet) -> AddrSet:
    """The addresses in the families of ``like``; ``like`` itself where that leaves none."""
    part = AddrSet.EMPTY
    if like.is_empty or not like.v4.is_empty:
        part |= addresses.v4
    if like.is_empty or not like.v6.is_empty:
        part |= addresses.v6
    return like if part.is_empty else part
