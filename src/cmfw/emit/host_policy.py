"""``HostPolicy``: what a host target writes, whoever asked: a plan (``emit``) or the state of a machine (``convert``).

Which rules go out is decided before a target sees them (``emit.selection``, ``emit.carried``); how they are written is the
target's own. See docs/adr/0009-host-policies.md.
"""

from __future__ import annotations

from uuid import UUID, uuid5

from cmfw.emit import EmitRequest
from cmfw.emit.capability import Capabilities, unprintable
from cmfw.emit.selection import GroupUse, select
from cmfw.errors import Unsupported
from cmfw.ingest.evidence import StorePart
from cmfw.model.rule import HostRule
from cmfw.model.state import DEFAULT_RPC_PORTS, ProfileSettings
from cmfw.net.flow import Profile
from cmfw.net.ports import PortSet
from cmfw.values import value
from cmfw.words.phrases import phrase

_NAMESPACE = UUID("6f1c1b1e-9b0e-5f43-8c3d-2a5c7d1f4e60")
"""Of the GUIDs that are derived from names (RFC 9562, version 5); chosen once."""
Settings = tuple[tuple[Profile, ProfileSettings], ...]


@value(kw_only=True)
class HostPolicy:
    """The rules and settings of one host, in the words of no target.

    ``owner`` and ``where`` name it (site code and client group or host; the machine and its store): from them come file
    names and GUIDs, so that the same policy gets the same ones. ``notes`` are lines for people. ``rules`` are to be made.
    ``members`` are rules of predefined groups as the host has them, to be switched on or off; ``groups`` are groups whose members are
    not known, ``uses`` all groups for a target that can only switch on a whole one. ``settings`` have at most one entry a
    profile. ``rpc_ports`` are the dynamic ports, ``os`` the text of the site file or empty.
    """

    owner: str
    where: str
    notes: tuple[str, ...] = ()
    rules: tuple[HostRule, ...] = ()
    members: tuple[HostRule, ...] = ()
    groups: tuple[GroupUse, ...] = ()
    uses: tuple[GroupUse, ...] = ()
    settings: Settings = ()
    rpc_ports: PortSet = DEFAULT_RPC_PORTS
    os: str = ""

    @property
    def title(self) -> str:
        """What the policy is called in front of people."""
        return f"{self.where} of site {self.owner}" if self.owner else self.where


@value(kw_only=True)
class PolicyReading:
    """What a target's own reader gives back: rules and settings, ids of rules switched on and off, groups switched on."""

    part: StorePart
    members: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    groups: tuple[GroupUse, ...] = ()


def policy_uuid(policy: HostPolicy, part: str) -> UUID:
    """The GUID of one part of the policy: always the same for the same policy, another one for any other."""
    return uuid5(_NAMESPACE, f"{policy.owner}\0{policy.where}\0{part}")


def policy_of_plan(request: EmitRequest, target: Capabilities) -> HostPolicy:
    """What the plan gives the place of the request; raises Unsupported where the target cannot say it."""
    selection = select(request, target)
    plan = request.plan
    for item, text in (("site", plan.site), ("place", request.where)):
        if reason := unprintable(text):
            raise Unsupported(target.target, item, phrase("its name has {reason}", reason=reason))
    return HostPolicy(
        owner=plan.site,
        where=request.where,
        notes=(
            f"edition {plan.edition}, scope {plan.scope}",
            "each rule's description names the places of the documentation that ask for it",
        ),
        rules=selection.made,
        members=selection.members,
        groups=selection.groups,
        uses=selection.uses,
        rpc_ports=_rpc_ports(request),
        os=request.place.os,
    )


def _rpc_ports(request: EmitRequest) -> PortSet:
    """The dynamic ports of the site that the place belongs to."""
    return request.site.ports(request.place.site).rpc
