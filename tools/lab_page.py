"""Write ``docs/lab-page.md``: every row of the source page, the scenario that plays it, and what the packets showed.

    python -m tools.lab_page

Needs Linux and network namespaces. The table is the record of one run, and the same on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cmfw import catalog
from cmfw.catalog.types import Catalog, Edition
from cmfw.diagnose.planned_state import all_windows
from cmfw.engine.exact import Engine
from cmfw.ingest.site import read_site_text
from cmfw.lab.layout import ASSUMED, Layout, make_layout
from cmfw.lab.oracle import LabOracle
from cmfw.lab.outcome import Removed
from cmfw.lab.prove import Bench, Trial
from cmfw.lab.run import Runner
from cmfw.lab.trial_packets import TrialPacket, required_packets
from cmfw.model.plan import Plan, PlanItem, PlannedException
from cmfw.model.rule import HostRule, Store
from cmfw.model.site import Site
from cmfw.model.state import HostState, ProfileSettings
from cmfw.model.verdict import Answer, Verdict
from cmfw.net.addr import AddrSet, format_address, parse_address
from cmfw.net.flow import KERNEL, NO_SERVICE, PROTOCOL_NAMES, TCP, Direction, Flow, Profile
from cmfw.net.flowset import FlowSet, Preferences
from cmfw.resolve import resolve

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "lab-page.md"
SOURCE = "page-2016"
SYSTEMS = """
code = "P01"

[[system]]
host = "cm1"
addresses = ["10.9.0.5"]
roles = ["site_server"]

[[system]]
host = "mp1"
addresses = ["10.9.0.6"]
roles = ["management_point", "distribution_point", "fallback_status_point"]
MODE

[[system]]
host = "sup1"
addresses = ["10.9.0.7"]
roles = ["software_update_point"]
sup = { ssl = SSL }

[[system]]
host = "desk1"
addresses = ["10.9.0.8"]
roles = ["console"]

[[clients]]
name = "office"
subnets = ["10.9.64.0/24"]
os = "10.0.19045"
default_outbound = "block"
INSTALL
"""
SOURCE_SHARE = 'source = "\\\\\\\\cm1\\\\client"'
WITH_SOURCE = f"""
install = [
  {{ method = "push" }},
  {{ method = "software_update_point", {SOURCE_SHARE} }},
  {{ method = "group_policy", {SOURCE_SHARE} }},
  {{ method = "manual", {SOURCE_SHARE} }},
  {{ method = "logon_script", {SOURCE_SHARE} }},
]
"""
SCENARIOS = {
    "HTTP": SYSTEMS.replace("MODE", "").replace("SSL", "false").replace("INSTALL", ""),
    "HTTPS": SYSTEMS.replace("MODE", 'mp = { mode = "https" }\ndp = { mode = "https" }')
    .replace("SSL", "true")
    .replace("INSTALL", ""),
    "/source": SYSTEMS.replace("MODE", "").replace("SSL", "false").replace("INSTALL", WITH_SOURCE),
}
SMB = 445
CLIENT, PEER = parse_address("10.9.64.11"), parse_address("10.9.0.5")
HEAD = """# The source page, row by row, in packets

Written by `python -m tools.lab_page`, which plays every row of the page that the catalog is made from (edition 2016) in the
[lab](lab.md). A row is a line of the page; its packet is sent twice: with the rule that the row asks for, and without it. The evidence is what
the firewall that decides reported of that very packet, and the listener's receipt where it arrived.

Scenarios: a site over HTTP, one over HTTPS (client certificates), and one whose install methods name a `/source` share. `exception` rows
are the Windows Firewall exceptions of the page: the machine has nothing but that exception. Clients block outbound traffic by
default, so that outbound rules are tried too.

| line | asks for | scenario | packet | with it | without it |
| --- | --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True, order=True)
class Row:
    """One row of the table."""

    line: int
    asks: str
    scenario: str
    packet: str
    with_it: str
    without_it: str

    def text(self) -> str:
        """The row in Markdown."""
        cells = (str(self.line), self.asks, self.scenario, f"`{self.packet}`", self.with_it, self.without_it)
        return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Play everything and write the page."""
    PAGE.write_text(page_text(), encoding="utf-8", newline="\n")


def page_text() -> str:
    """The page of one run."""
    return HEAD + "".join(f"{row.text()}\n" for row in sorted(set(rows())))


def rows() -> Iterator[Row]:
    """Every row that cites the page: flows in their scenarios, then exceptions."""
    done: set[tuple[int, str]] = set()
    for name, text in SCENARIOS.items():
        site = all_windows(read_site_text(text, "site.toml"))
        facts = catalog.load(site.packs)
        plan = resolve(facts, site, edition=Edition("2016"), advisory=True)
        for row in _flow_rows(name, site, facts, plan):
            if (row.line, row.asks) not in done:
                done.add((row.line, row.asks))
                yield row
        if name == "HTTP":
            yield from _exception_rows(site, facts)


def _flow_rows(name: str, site: Site, facts: Catalog, plan: Plan) -> Iterator[Row]:
    layout = make_layout(site, plan)
    packets, _ = required_packets(plan, layout)
    first: dict[str, TrialPacket] = {}
    for packet in packets:
        first.setdefault(packet.item, packet)
    below = frozenset(packet.target for packet in packets if "to" not in packet.decides)
    with Runner(layout) as lab:
        bench = Bench(layout, lab, below)
        bench.load()
        for item in plan.items:
            lines = _lines(item)
            if lines and item.id in first:
                yield from (_flow_row(line, name, facts, bench, item, first[item.id]) for line in lines)


def _lines(item: PlanItem) -> list[int]:
    return sorted({int(found[1]) for c in item.citations if c.source == SOURCE and (found := re.match(r"line (\d+)", c.at))})


def _flow_row(line: int, name: str, facts: Catalog, bench: Bench, item: PlanItem, packet: TrialPacket) -> Row:
    (before,) = bench.trials([packet])
    removed = _removed(bench.layout, before)
    if removed is None:
        raise SystemExit(f"line {line}: no rule lets `{item.id}` pass")
    bench.take_out(removed)
    (after,) = bench.trials([packet], removed)
    bench.put_back(removed)
    if not (before.agrees and after.agrees) or after.seen.verdict.answer is not Answer.BLOCK:
        raise SystemExit(f"line {line}: `{item.id}` is not played as predicted")
    return Row(
        line,
        facts.flows[item.flow].title.en,
        name,
        _packet_text(packet),
        _evidence(bench.layout, before),
        _evidence(bench.layout, after),
    )


def _removed(layout: Layout, trial: Trial) -> Removed | None:
    """The rule to take out: the last on the packet's way that let it pass."""
    wanted = trial.predicted.verdict.by[-1:]
    for number in (trial.packet.target, trial.packet.source):
        for at, rule in enumerate(layout.hosts[number].state.rules):
            removed = Removed(layout.hosts[number].key, at, rule)
            if removed.ref in wanted:
                return removed
    return None


def _packet_text(packet: TrialPacket) -> str:
    target = format_address(packet.target_address) + (f":{packet.port}" if packet.port else "")
    kind = "" if packet.icmp is None else f" type={packet.icmp[0]}"
    return f"{PROTOCOL_NAMES[packet.protocol]} {format_address(packet.source_address)} > {target}{kind}"


def _evidence(layout: Layout, trial: Trial) -> str:
    outcome = trial.seen
    if outcome.place is not None:
        return f"dropped at {layout.hosts[outcome.place].name} by {_decided(outcome.verdict)}"
    got = "reached" if "to" not in trial.packet.decides else "received by"
    return f"{got} {layout.hosts[trial.packet.target].name}; let through by {_decided(outcome.verdict)}"


def _decided(verdict: Verdict) -> str:
    told = dict.fromkeys(f"`{ref.id}`" + (" (assumed)" if ref.origin == ASSUMED else "") for ref in verdict.by)
    return ", ".join(told) or "the default"


def _exception_rows(site: Site, facts: Catalog) -> Iterator[Row]:
    plan = resolve(facts, site, edition=Edition("2016"), scope="documented")
    for exception in plan.exceptions:
        found = re.match(r"line (\d+)", exception.citation.at)
        if exception.citation.source == SOURCE and found is not None:
            for direction in Direction:
                rules = tuple(rule for rule in exception.rules if rule.direction is direction)
                if rules:
                    yield _exception_row(int(found[1]), exception, rules)


def _exception_row(line: int, exception: PlannedException, rules: tuple[HostRule, ...]) -> Row:
    """One direction of an exception, on a machine that has nothing else."""
    profile = next(one for one in Profile if one & exception.profiles)
    own = tuple(replace(rule, store=Store.LOCAL, active=True) for rule in rules if rule.profiles & profile)
    strict = ProfileSettings(default_outbound_allow=False)
    bare = HostState(
        settings=tuple((Store.LOCAL, each, strict) for each in Profile),
        local_subnets=AddrSet.parse("10.9.64.0/24"),
        platform=(10, 0),
        policy_version=(2, 30),
    )
    with LabOracle(replace(bare, rules=own)) as with_it, LabOracle(bare) as without_it:
        flow, before = _witness(with_it, own, profile)
        after = without_it.judge(flow)
    if before.answer is not Answer.ALLOW or after.answer is not Answer.BLOCK:
        raise SystemExit(f"line {line}: `{exception.id}` is not played as predicted")
    way = "in" if flow.direction is Direction.IN else "out"
    shown = re.sub(r":5\d{4}(?= >)", "", flow.text().split(" profile=")[0])
    return Row(
        line,
        f"`{exception.id.partition(':')[0]}` ({exception.kind}), {way}",
        "exception",
        shown,
        f"passed; let through by {_decided(before)}",
        f"dropped by {_decided(after)}",
    )


def _rank(rule: HostRule) -> tuple[bool, bool, bool]:
    """SMB before other ports, ports before any, TCP before the rest."""
    ports = rule.local_port if rule.direction is Direction.IN else rule.remote_port
    return rule.protocol != TCP, ports.is_any, SMB not in ports.ports


def _witness(oracle: LabOracle, rules: tuple[HostRule, ...], profile: Profile) -> tuple[Flow, Verdict]:
    """(a packet that the rules are for, what became of it): the first that sockets can be and that passes."""
    engine = Engine(oracle.state)
    wanted = Preferences(addresses=(CLIENT, PEER), ports=(445, 135, 80), profiles=(profile,))
    # of a group the rule that means most to people: TCP, and a port of its own
    for rule in sorted(rules, key=_rank):
        for box in engine.boxes_of(rule).lower:
            flow = FlowSet((box,)).witness(wanted)
            if flow.icmp_type is not None:
                # the kernel sends and answers echo requests
                flow = replace(flow, program=KERNEL, service=NO_SERVICE)
            if oracle.sees(flow) and (verdict := oracle.judge(flow)).answer is Answer.ALLOW:
                return flow, verdict
    raise SystemExit(f"no packet can be `{rules[0].id}`")


if __name__ == "__main__":
    main()
