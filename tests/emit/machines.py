"""States built by hand, and the state that a target's artifacts make, for the tests of ``convert``."""

from __future__ import annotations

from tests.emit.plans import rule

from cmfw.model.rule import HostRule, Store
from cmfw.model.state import HostState, ProfileSettings
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Profile

SUBNETS = AddrSet.parse("10.20.0.0/16", "2001:db8:20::/48")


def machine(*rules: HostRule, store=Store.LOCAL, settings: dict | None = None, **changes) -> HostState:
    """A host with these rules, whose settings (profile -> ``ProfileSettings``) are in ``store``."""
    configured = tuple((store, profile, found) for profile, found in (settings or {}).items())
    fields = {"settings": configured, "rules": rules, "local_subnets": SUBNETS}
    return HostState(**{**fields, **changes})


def everywhere(**fields) -> dict:
    """The same settings in every profile."""
    return dict.fromkeys(Profile, ProfileSettings(**fields))


def smb(**changes) -> HostRule:
    """A rule that lets one server in to SMB."""
    return rule(**changes)
