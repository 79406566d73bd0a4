"""A small site and machines for it, from rule strings as Windows stores them. Every number is different."""

from __future__ import annotations

from functools import cache

from cmfw import catalog
from cmfw.diagnose import Diagnosis, RowResult, diagnose
from cmfw.engine.exact import Engine
from cmfw.ingest.rulestring import parse_rule
from cmfw.ingest.site import read_site_text
from cmfw.model.finding import Finding
from cmfw.model.rule import HostRule, Store
from cmfw.model.site import Site
from cmfw.model.state import HostState, ProfileSettings
from cmfw.net.flow import Profile
from cmfw.resolve import resolve

SITE = """
code = "P01"
[[system]]
host = "cm1.example.test"
addresses = ["10.9.0.5"]
roles = ["site_server", "management_point", "distribution_point"]
[[system]]
host = "sup1.example.test"
addresses = ["10.9.0.6"]
roles = ["software_update_point"]
sup = { http = 8530, https = 8531 }
[[system]]
host = "desk1.example.test"
addresses = ["10.9.0.7"]
roles = ["console"]
[[clients]]
name = "office"
subnets = ["10.9.8.0/24"]
profile = "domain"
"""

SVCHOST = r"%SystemRoot%\system32\svchost.exe"
NEAR = "RA4=LocalSubnet|RA6=LocalSubnet|"
FPS, WMI, RDP = "@FirewallAPI.dll,-28502", "@FirewallAPI.dll,-34251", "@FirewallAPI.dll,-28752"


def rule(id: str, text: str, *, on: bool = True, store: Store = Store.LOCAL) -> HostRule:  # noqa: A002
    """``text`` without version, action allow and activity unless it says so."""
    action = "" if "Action=" in text else "Action=Allow|"
    text += "" if "Name=" in text else f"Name={id}|"
    found, problems = parse_rule(
        f"v2.30|{action}Active={'TRUE' if on else 'FALSE'}|{text}", id=id, store=store, origin=f"hive!{id}"
    )
    assert found is not None, problems
    assert not problems, problems
    return found


def member(id: str, text: str, group: str, *, on: bool = True, store: Store = Store.LOCAL) -> HostRule:  # noqa: A002
    return rule(id, f"{text}Name={group}|EmbedCtxt={group}|", on=on, store=store)


def twin(id: str, conditions: str, group: str, *, domain: bool, private: bool) -> tuple[HostRule, HostRule]:  # noqa: A002
    """A predefined rule and its twin: Domain from anywhere, Private and Public from the local subnet."""
    return (
        member(f"{id}-NoScope", f"{conditions}Profile=Domain|", group, on=domain),
        member(id, f"{conditions}Profile=Private|Profile=Public|{NEAR}", group, on=private),
    )


def shipped(*, domain: bool = False, private: bool = False) -> tuple[HostRule, ...]:
    """The rules for client push that Windows ships, on or off."""
    how = {"domain": domain, "private": private}
    return (
        *twin("FPS-SMB-In-TCP", "Dir=In|Protocol=6|LPort=445|App=System|", FPS, **how),
        *twin("FPS-RPCSS-In-TCP", f"Dir=In|Protocol=6|LPort=RPC-EPMap|App={SVCHOST}|Svc=Rpcss|", FPS, **how),
        *twin("WMI-RPCSS-In-TCP", f"Dir=In|Protocol=6|LPort=135|App={SVCHOST}|Svc=rpcss|", WMI, **how),
        *twin("WMI-WINMGMT-In-TCP", f"Dir=In|Protocol=6|App={SVCHOST}|Svc=winmgmt|", WMI, **how),
    )


SMB = rule("smb", "Dir=In|Protocol=6|LPort=445|App=System|")
EPM = rule("epm", f"Dir=In|Protocol=6|LPort=RPC-EPMap|App={SVCHOST}|Svc=RpcSs|")
WINMGMT = rule("wmi", f"Dir=In|Protocol=6|App={SVCHOST}|Svc=Winmgmt|")
NOTIFY_BLOCK = rule("no-notify", "Action=Block|Dir=Out|Protocol=6|RPort=10123|")


def state(*rules: HostRule, **changes: object) -> HostState:
    return HostState(rules=tuple(rules), **changes)


def configured(store: Store, **values: bool) -> tuple[tuple[Store, Profile, ProfileSettings], ...]:
    """The same settings in every profile of a store."""
    return tuple((store, profile, ProfileSettings(**values)) for profile in Profile)


@cache
def site(profile: str = "domain", more: str = "") -> Site:
    return read_site_text(SITE.replace('profile = "domain"', f'profile = "{profile}"\n{more}'), "site.toml")


@cache
def planned(of: Site, *, advisory: bool = False):
    return resolve(catalog.load(of.packs), of, advisory=advisory)


def ask(machine: HostState, *, of: Site | None = None, who: str = "office", host: bool = False) -> Diagnosis:
    of = of or site()
    return diagnose(catalog.load(of.packs), of, planned(of), Engine(machine), who, host=host)


def row(found: Diagnosis, feature: str, peer: str | None = None) -> RowResult:
    rows = [r for r in found.rows if r.feature == feature and peer in (None, r.peer)]
    assert len(rows) == 1, [r.peer for r in rows]
    return rows[0]


def findings(found: Diagnosis, code: str, **args: str) -> list[Finding]:
    """The findings of a code whose arguments hold the given texts."""
    return [f for f in found.findings if f.code == code and all(text in dict(f.args).get(k, "") for k, text in args.items())]
