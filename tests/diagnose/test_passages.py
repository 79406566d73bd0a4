"""Machine and filters together: what is in the way, what repairs it, and which ways are open."""

from __future__ import annotations

from functools import cache

import pytest
from tests.diagnose.machines import SITE, findings, planned, row

from cmfw import catalog
from cmfw.diagnose import Diagnosis, diagnose
from cmfw.engine.exact import Engine
from cmfw.engine.path import PathEngine
from cmfw.ingest.path_state import read_filter
from cmfw.ingest.site import read_site_text
from cmfw.model.path import PathFilter, PathState, ZoneMember
from cmfw.model.site import Site
from cmfw.model.state import HostState

FORTH, BACK = ("branch", "centre"), ("centre", "branch")
ALL = "allow any * > *"


@cache
def site() -> Site:
    text = SITE.replace('roles = ["site', 'zone = "centre"\nroles = ["site').replace(
        'name = "office"', 'name = "office"\nzone = "branch"'
    )
    return read_site_text(text, "site.toml")


def path(**texts: str) -> PathEngine:
    """Filters by direction, ``forth`` and ``back``."""
    filters = tuple(
        PathFilter(from_zone=a, to_zone=z, file=f"{name}.flows", lines=read_filter(texts[name].encode(), f"{name}.flows")[0])
        for name, (a, z) in (("forth", FORTH), ("back", BACK))
        if name in texts
    )
    members = [ZoneMember(name=s.host, zone=s.zone, addresses=s.addresses) for s in site().systems]
    members += [ZoneMember(name=g.name, zone=g.zone, addresses=g.subnets) for g in site().clients]
    return PathEngine(PathState(filters=filters, members=tuple(members)))


def machine() -> HostState:
    """A machine with all that the plan wants."""
    rules = {id(r.rule): r.rule for item in planned(site()).items for r in item.rules if r.where == "office"}
    return HostState(rules=tuple(rules.values()), local_subnets=site().clients[0].subnets)


def ask(engine: PathEngine | None, state: HostState | None = None) -> Diagnosis:
    of = site()
    return diagnose(catalog.load(of.packs), of, planned(of), Engine(state or machine()), "office", path=engine)


ROWS = (
    ("both directions open", {"forth": ALL, "back": ALL}, "works", "works", ""),
    # push asks for the management point too
    ("HTTP closed", {"forth": f"block tcp * > *:80\n{ALL}", "back": ALL}, "broken", "broken", "forth.flows:1"),
    ("nothing let through", {"forth": "allow udp * > *", "back": ALL}, "broken", "broken", "forth.flows"),
    ("SMB closed", {"forth": ALL, "back": f"block tcp * > *:445\n{ALL}"}, "works", "broken", "back.flows:1"),
    ("a line that was lost", {"forth": f"what\n{ALL}", "back": ALL}, "unknown", "unknown", "forth.flows:1"),
    ("one direction missing", {"forth": ALL}, "works", "unknown", "filter:centre>branch"),
)


@pytest.mark.parametrize(("texts", "requests", "push", "box"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_rows(texts, requests, push, box):
    found = ask(path(**texts))
    asked, pushed = row(found, "client_requests"), row(found, "client_push")
    assert (asked.status, pushed.status) == (requests, push)
    assert {b.box for r in (asked, pushed) for b in r.blocking} == ({box} if box else set())


def test_notification_falls_back_where_the_filter_closes_its_port():
    found = row(ask(path(forth=f"block tcp * > *:10123\n{ALL}", back=ALL)), "client_notification")
    assert found.status == "degraded"
    (blocked,) = found.blocking
    assert blocked.as_dict()["box"] == "forth.flows:1"
    assert blocked.verdict.by[0].id == "block tcp * > *:10123"


def test_the_repair_is_the_line_to_add_and_it_works():
    texts = {"forth": f"block tcp * > *:80\n{ALL}", "back": ALL}
    (repair,) = row(ask(path(**texts)), "client_requests").repair
    assert repair.commands == ("forth.flows: allow tcp 10.9.8.0/24 > 10.9.0.5:80",)
    mended = PathEngine(repair.apply_path(path(**texts).state))
    assert row(ask(mended), "client_requests").status == "works"


def test_a_repair_may_need_the_filter_and_the_machine():
    texts = {"forth": ALL, "back": "allow udp * > *"}
    (repair,) = row(ask(path(**texts), HostState()), "client_push").repair
    assert any(step.passage for step in repair.steps)
    assert any(step.passage is None for step in repair.steps)
    found = ask(PathEngine(repair.apply_path(path(**texts).state)), repair.apply(HostState()))
    assert row(found, "client_push").status == "works"


def test_where_the_host_blocks_the_host_is_the_box():
    found = row(ask(path(forth=ALL, back="allow udp * > *"), HostState()), "client_push")
    assert {b.box for b in found.blocking} == {"host"}


def test_open_ways_are_said():
    found = ask(path(forth=ALL, back=ALL))
    assert [(dict(f.args)["source"], dict(f.args)["target"]) for f in findings(found, "path-open")] == [
        ("-", "branch"),
        ("branch", "-"),
    ]
    assert not findings(ask(None), "path-open")
