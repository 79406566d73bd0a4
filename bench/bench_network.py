"""The nftables target with its proof against Aerleon's nftables generator, which proves nothing: policies per second in one run.

One policy is the flows between the branches and the datacentre of a site of its own: the same sources, destinations, protocols
and ports for both, with other addresses for each site. Ours goes from the plan to the text, reads the text back and compares it
with the plan. The two take turns at each policy, and the best round of each counts. The rate is that of sites with four branches;
sites with one and with sixteen show what a policy costs by its number of flows.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

from bench.protocol import Absent, Result, best_of

ROUNDS = 7
WANTED = 10.0
BRANCHES = 4
BY_FLOWS = (1, 4, 16)
CASE = """
code = "P01"
[[system]]
host = "mp{n}"
addresses = ["10.{n}.1.5", "10.{n}.1.6"]
roles = ["site_server", "management_point", "distribution_point", "software_update_point"]
zone = "datacentre"
[[system]]
host = "fsp{n}"
addresses = ["10.{n}.1.9"]
roles = ["fallback_status_point", "state_migration_point"]
zone = "datacentre"
[[clients]]
name = "branch{n}"
subnets = ["10.{n}.32.0/22", "10.{n}.64.0/24", "10.{n}.80.0/24", "10.{n}.96.0/20"]
zone = "branch"
"""
MORE = """
[[clients]]
name = "branch{n}x{at}"
subnets = ["10.{n}.{net}.0/25", "10.{n}.{net}.192/26"]
zone = "branch"
"""


def sites(count: int, branches: int) -> list:
    """(site, plan) of each policy, for so many branches each."""
    from cmfw.catalog import load
    from cmfw.ingest.site import read_site_text
    from cmfw.resolve import resolve

    facts = load()
    more = [MORE.format(n="{n}", at=at, net=160 + at) for at in range(branches - 1)]
    text = "".join([CASE, *more])
    found = [read_site_text(text.format(n=number + 1), f"{number}.toml") for number in range(count)]
    return [(site, resolve(facts, site)) for site in found]


def terms_of(site, plan) -> tuple[dict, dict, list[list[dict]]]:
    """Aerleon's networks, services and terms, one list of terms for each way between the zones."""
    from cmfw.emit.crossings import gateway

    networks: dict[str, dict] = {}
    services: dict[str, list] = {}
    ways = []
    for crossing in gateway(site, plan, (), "bench").crossings:
        terms = []
        for number, flow in enumerate(crossing.flows):
            for name, addresses in ((flow.source_name, flow.source), (flow.target_name, flow.target)):
                values = [{"address": text if "/" in text else f"{text}/32"} for text in addresses.cidrs()]
                networks[name.upper()] = {"values": values}
            ports = "P" + "_".join(flow.ports.texts()).replace("-", "TO")
            services[ports] = [{"protocol": "tcp", "port": text} for text in flow.ports.texts()]
            terms.append(
                {
                    "name": f"flow-{number}",
                    "comment": flow.id,
                    "source-address": flow.source_name.upper(),
                    "destination-address": flow.target_name.upper(),
                    "protocol": "tcp",
                    "destination-port": ports,
                    "action": "accept",
                }
            )
        ways.append(terms)
    return networks, services, ways


def aerleon(asked: tuple[dict, dict, list[list[dict]]]) -> str:
    """The rules that Aerleon makes of a policy."""
    from aerleon import api
    from aerleon.lib import naming

    networks, services, ways = asked
    definitions = naming.Naming()
    definitions.ParseDefinitionsObject({"networks": networks, "services": services}, "bench")
    filters = [{"header": {"targets": {"nftables": "inet forward"}}, "terms": terms} for terms in ways]
    made = api.Generate([{"filename": "bench", "filters": filters}], definitions, shade_check=False, optimize=False)
    return "".join(str(text) for text in made.values())


def seconds(works: list[tuple[Callable[[], object], Callable[[], object]]], rounds: int) -> tuple[float, float]:
    """Seconds of each side for all policies: the two take turns at each policy, and its best round counts."""
    # what stays in memory between rounds is the bench's own, and no collection should walk through it
    gc.collect()
    gc.freeze()
    best = [[float("inf"), float("inf")] for _ in works]
    for _round in range(rounds):
        for at, pair in enumerate(works):
            for side, work in enumerate(pair):
                best[at][side] = min(best[at][side], best_of(1, work))
    ours, theirs = (sum(one[side] for one in best) for side in (0, 1))
    return ours, theirs


def by_flows() -> dict[str, float]:
    """Milliseconds of one policy of each size, and the ratio."""
    from cmfw.emit.network import emit_between

    found = {}
    for branches in BY_FLOWS:
        plans = sites(5, branches)
        asked = [terms_of(site, plan) for site, plan in plans]
        works = [
            (lambda one=one: emit_between("nftables", *one), lambda one=given: aerleon(one))
            for one, given in zip(plans, asked, strict=True)
        ]
        ours, theirs = seconds(works, ROUNDS)
        flows = sum(len(terms) for terms in asked[0][2])
        found[f"of_{flows}_flows_ms"] = round(1000 * ours / len(plans), 2)
        found[f"of_{flows}_flows_ratio"] = round(theirs / ours, 1)
    return found


def run(*, quick: bool) -> Result:
    """Policies per second of both, their ratio, and what a policy of many more flows costs."""
    try:
        from importlib import import_module

        import_module("aerleon")
    except ImportError as error:
        raise Absent("Aerleon is not installed (extra `aerleon`)") from error
    from cmfw.emit.network import emit_between

    count, rounds = (4, 1) if quick else (50, ROUNDS)
    plans = sites(count, BRANCHES)
    asked = [terms_of(site, plan) for site, plan in plans]
    ours = [lambda one=one: emit_between("nftables", *one) for one in plans]
    theirs = [lambda one=one: aerleon(one) for one in asked]
    right = all(
        f"tcp dport {port}" in emit_between("nftables", *one).artifacts[0].content.decode()
        for one in plans
        for port in (445, 8530)
    )
    texts = [work() for work in theirs[:2]]
    right_theirs = all("tcp dport 445" in text and "tcp dport 8530" in text for text in texts)
    best_ours, best_theirs = seconds(list(zip(ours, theirs, strict=True)), rounds)
    ratio = best_theirs / best_ours
    flows = sum(len(terms) for terms in asked[0][2])
    figures: dict[str, float | int | str] = {
        "policies": count,
        "flows_per_policy": flows,
        "ours_per_s": round(count / best_ours),
        "aerleon_per_s": round(count / best_theirs),
        "ratio": round(ratio, 1),
    }
    figures |= {} if quick else by_flows()
    return Result(
        figures=figures,
        answers={"every policy is written and proved": right, "aerleon writes the same ports": right_theirs},
        claims={"10x Aerleon's policies per second, proof included": ratio >= WANTED},
    )
