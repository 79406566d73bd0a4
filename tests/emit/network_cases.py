"""The shared cases of network targets: one site file each, with scope and edition in its first line."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from cmfw.emit import Artifact
from cmfw.emit.crossings import Crossing, gateway
from cmfw.emit.network import emit_between
from cmfw.model.plan import Plan
from cmfw.model.site import ClientGroup, Site, SubSite, System
from cmfw.net.addr import AddrSet

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "network"
CASES = sorted(path.stem for path in (GOLDEN / "cases").glob("*.toml"))
_HEAD = re.compile(r"# network: scope=(least|documented) edition=(2016|current)\n")


@cache
def case(name: str) -> tuple[Site, Plan]:
    """The site and plan of one case."""
    from cmfw.catalog import load
    from cmfw.catalog.types import Edition
    from cmfw.ingest.site import read_site
    from cmfw.resolve import resolve

    path = GOLDEN / "cases" / f"{name}.toml"
    head = _HEAD.match(path.read_text(encoding="utf-8"))
    assert head, f"{path.name} does not say scope and edition in its first line"
    site = read_site(str(path))
    return site, resolve(load(site.packs), site, scope=head[1], edition=Edition(head[2]))


def emitted(target: str, name: str) -> tuple[Artifact, ...]:
    """The artifacts of a case."""
    return emit_between(target, *case(name)).artifacts


def crossings(name: str) -> tuple[Crossing, ...]:
    """The crossings of a case."""
    return gateway(*case(name), (), "test").crossings


def two_zones(*items, zone="a", host="ss1", group="desktops") -> tuple[Site, Plan]:
    """A site of one host in zone ``a`` and one group in ``b``, with a plan of just the items."""
    site = Site(
        code="P01",
        sites=(SubSite(code="P01"),),
        systems=(System(host=host, site="P01", roles=("site_server",), addresses=SERVER, zone=zone),),
        clients=(ClientGroup(name=group, site="P01", subnets=CLIENTS, zone="b"),),
    )
    return site, Plan(site="P01", edition="current", scope="least", items=tuple(items))


CLIENTS = AddrSet.parse("10.20.0.0/16", "2001:db8:20::/48")
SERVER = AddrSet.parse("10.1.0.5")
