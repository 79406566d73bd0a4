"""A few rules that overlap in every way that matters, for tests of questions about machines."""

from __future__ import annotations

from dataclasses import replace

from cmfw.ingest.rulestring import parse_rule
from cmfw.model.rule import Store
from cmfw.model.state import ProfileSettings
from cmfw.net.flow import Profile


def rule(name, text, **changes):
    found, problems = parse_rule(f"v2.10|Active=TRUE|{text}|Name={name}|", id=name)
    assert not problems
    return replace(found, **changes)


SMB = rule("smb", "Action=Allow|Dir=In|Protocol=6|LPort=445|App=System")
WIDE = rule("wide", "Action=Allow|Dir=In|Protocol=6|LPort2_10=400-500|App=System")
LOW = rule("low", "Action=Allow|Dir=In|Protocol=6|LPort2_10=300-445|App=System|RA4=10.0.0.0-10.127.255.255")
HIGH = rule("high", "Action=Allow|Dir=In|Protocol=6|LPort2_10=445-600|App=System|RA4=10.128.0.0-10.255.255.255")
INSIDE = rule("inside", "Action=Allow|Dir=In|Protocol=6|LPort=445|App=System|RA4=10.0.0.0/255.0.0.0")
BLOCK = rule("block", "Action=Block|Dir=In|Protocol=6|LPort2_10=440-450")
OUT = rule("out", "Action=Allow|Dir=Out|Protocol=6|RPort=10123")
ODD = replace(WIDE, id="odd", extras=replace(WIDE.extras, unknown=(("Novel", "1"),)))
GONE = ProfileSettings(allow_local_policy_merge=False)
OFF = ProfileSettings(enable_firewall=False)
SHIELDS = ProfileSettings(do_not_allow_exceptions=True)


def everywhere(configured, store=Store.GPO):
    return tuple((store, profile, configured) for profile in Profile)
