"""Whether a predefined firewall group, switched on as documented, lets a client's peers in at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cmfw.catalog.types import Catalog, ExceptionRow, GroupEdition
from cmfw.model.rule import group_id
from cmfw.model.site import ClientGroup, System
from cmfw.net.flow import Direction
from cmfw.resolve.conditions import Situation, holds
from cmfw.resolve.ends import CLIENT_ROLES
from cmfw.resolve.topology import Topology
from cmfw.resolve.windows import SERVER, group_edition, windows_version

_LOCAL = "localsubnet"


def unreached_groups(
    catalog: Catalog, topology: Topology, group: ClientGroup, features: set[str]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(feature, firewall group, peers) where the group's rules of the client's profile reach the local subnet only.

    Outside the Domain profile the rules of client Windows are LocalSubnet twins, so a peer on another subnet stays blocked
    although the exception is on. Peers whose addresses are unknown count as being elsewhere.
    Source: facts/configmgr.md 4.3.
    """
    by_id = {group_id(g.resource): g for g in catalog.groups.values()}
    situation = Situation(topology=topology, group=group)
    for row in catalog.exceptions.values():
        feature = catalog.features.get(row.feature)
        found = by_id.get(group_id(row.value)) if row.kind == "group" else None
        if feature is None or found is None or row.feature not in features or not _is_inbound(row):
            continue
        if not feature.peer_role or not holds(row.when, situation) or not holds(feature.when, situation):
            continue
        edition = _edition(found.editions, group.os)
        if edition is None or not _is_local_only(edition, int(group.profile)):
            continue
        peers = tuple(s.host for s in topology.for_group(group, feature.peer_role) if not _is_on_link(s, group))
        if peers:
            yield row.feature, found.id, peers


def _is_inbound(row: ExceptionRow) -> bool:
    return row.on in CLIENT_ROLES and "in" in (row.effective_directions or row.directions)


def _edition(editions: Sequence[GroupEdition], windows: str) -> GroupEdition | None:
    """The rules of that Windows; those of the newest client Windows where the site does not say which it is."""
    version = windows_version(windows)
    if version is not None:
        return group_edition(editions, *version)
    clients = [e for e in editions if e.sku != SERVER]
    return max(clients, key=lambda e: e.first_build or 0, default=None)


def _is_local_only(edition: GroupEdition, profile: int) -> bool:
    """Whether the profile has inbound rules in the group and every one of them is limited to the local subnet."""
    rules = [m.rule for m in edition.members if m.rule.direction is Direction.IN and m.rule.profiles & profile]
    return bool(rules) and all(
        rule.remote_address.addresses.is_empty
        and all(word.lower().startswith(_LOCAL) for word in rule.remote_address.keywords)
        for rule in rules
    )


def _is_on_link(system: System, group: ClientGroup) -> bool:
    """Whether the peer surely shares the clients' one subnet."""
    is_one_subnet = len(group.subnets.ranges) == 1
    return is_one_subnet and not system.addresses.is_empty and system.addresses <= group.subnets
