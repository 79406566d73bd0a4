"""Audits for tests: the example, and a machine whose every name is an attack."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from cmfw.catalog import load
from cmfw.cli.demo import CLIENT, FOLDER, SITE
from cmfw.ingest import read_state
from cmfw.ingest.site import read_site
from cmfw.model.rule import Action, HostRule, PortMatch
from cmfw.model.site import Site
from cmfw.model.state import Gap
from cmfw.net.flow import TCP, Direction
from cmfw.net.ports import PortSet
from cmfw.report.audit_view import Audit, make_audit


@cache
def demo() -> Audit:
    """The audit of `cmfw demo`."""
    site = read_site(str(FOLDER / SITE))
    read = read_state([str(FOLDER / CLIENT)])
    return make_audit(load(site.packs), site, read.state, None, problems=tuple(read.problems))


def named(text: str) -> Audit:
    """The example with the text as the name of everything that somebody else names: group, host, rule, group of rules, file, gap."""
    base = demo()
    (group,) = base.site.clients
    systems = tuple(
        replace(system, host=text + system.host if system.host == base.site.systems[0].host else system.host)
        for system in base.site.systems
    )
    site: Site = replace(base.site, clients=(replace(group, name=text, uses=()),), systems=systems, path=text)
    # a name or group that begins with @ would be one of Windows, and those are told otherwise
    rule = HostRule(
        id=text,
        name="x" + text,
        group="x" + text,
        action=Action.BLOCK,
        direction=Direction.OUT,
        protocol=TCP,
        remote_port=PortMatch(PortSet.of(80)),
        origin=f"{text}!KEY\\{text}",
    )
    state = replace(
        base.state,
        rules=(
            *base.state.rules,
            rule,
            replace(rule, action=Action.ALLOW, direction=Direction.IN, remote_port=PortMatch.ANY),
        ),
        gaps=(*base.state.gaps, Gap(f"token:{text}", text, source=text)),
        sources=tuple(replace(source, path=text, format=text) for source in base.state.sources),
    )
    return make_audit(base.catalog, site, state, text, problems=base.problems)
