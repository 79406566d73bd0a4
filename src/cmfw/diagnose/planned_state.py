"""A machine as the plan wants it: for questions that nobody has a machine for yet."""

from __future__ import annotations

from dataclasses import replace

from cmfw.model.plan import Plan
from cmfw.model.rule import Store
from cmfw.model.site import Product, Site
from cmfw.model.state import HostState, ProfileSettings
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Profile


def planned_state(site: Site, plan: Plan, name: str) -> HostState:
    """The state of a client group or host that has exactly the plan's rules on top of Windows' defaults.

    A client's own subnets are on-link; its default for outbound is the site file's.
    """
    rules = {id(r.rule): replace(r.rule, store=Store.LOCAL) for item in plan.items for r in item.rules if r.where == name}
    group = next((one for one in site.clients if one.name == name), None)
    system = next((one for one in site.systems if one.host == name), None)
    place = group or system
    blocks = place is not None and place.default_outbound_block
    strict = ProfileSettings(default_outbound_allow=False)
    return HostState(
        settings=tuple((Store.LOCAL, profile, strict) for profile in Profile) if blocks else (),
        rules=tuple(rules.values()),
        local_subnets=None if group is None or group.subnets.is_empty else group.subnets,
        addresses=AddrSet.EMPTY if system is None else system.addresses,
    )


def all_windows(site: Site) -> Site:
    """The site with Windows Firewall on every client: whatever product it is, the plan's flows are open on it."""
    return replace(site, clients=tuple(replace(group, product=Product.WINDOWS) for group in site.clients))
