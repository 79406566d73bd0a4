"""Lab = engine: random machines and flows, and random machines in sites, get the same answer from packets as from the specification."""

from __future__ import annotations

import dataclasses
from collections import Counter
from random import Random

import pytest
from tests.diagnose.machines import planned
from tests.properties.test_diagnose import SITES, machine

from cmfw.engine.reference import judge
from cmfw.lab.firewall_rules import Marks, firewall_text
from cmfw.lab.layout import make_layout
from cmfw.lab.prove import Bench
from cmfw.lab.run import Runner
from cmfw.lab.shots import Fate, Shot
from cmfw.lab.supervisor import Supervised
from cmfw.lab.trial_packets import required_packets, wrong_packets
from cmfw.lab.wire import Wire
from cmfw.model.verdict import Answer
from cmfw.net.addr import parse_address
from cmfw.net.flow import ICMP_PROTOCOLS, KERNEL, PORT_PROTOCOLS, Direction, Interface, Principal, Profile
from properties import universe

pytestmark = pytest.mark.lab

MARKS = Marks(tuple(dict.fromkeys((p, s) for p in universe.PROGRAMS for s in (("",) if p == KERNEL else universe.SERVICES))))
MINE = [parse_address(text) for text in (*universe.LOCALS4, *universe.LOCALS6)]
THEIRS = [
    parse_address(text) for text in (*universe.REMOTES4, *universe.REMOTES6) if text not in ("224.0.0.252", "ff02::fb")
]
ECHO = (8, 128)


def playable(flow) -> bool:
    """Whether sockets can be the flow: unicast, TCP, UDP or echo requests, and ICMP is answered by the kernel alone."""
    if flow.remote not in THEIRS:
        return False
    if flow.protocol in ICMP_PROTOCOLS:
        return flow.icmp_type in ECHO and (flow.direction is Direction.OUT or flow.program == KERNEL)
    return flow.protocol in PORT_PROTOCOLS


def flows_of(rng: Random, state, profile, count: int):
    for _ in range(count):
        flow = universe.flow_near(rng, state) if rng.random() < 0.8 else universe.flow(rng)
        flow = dataclasses.replace(flow, profile=profile, interface=Interface.LAN, principal=Principal.ORDINARY)
        if playable(flow) and judge(flow, state).answer is not Answer.UNKNOWN:
            yield flow


def shot_of(flow) -> Shot:
    mark = MARKS.of((flow.program, flow.service))
    source, source_port, target, target_port = flow.endpoints()
    incoming = flow.direction is Direction.IN
    return Shot(
        source=1 if incoming else 0,
        target=0 if incoming else 1,
        protocol=flow.protocol,
        source_address=source,
        target_address=target,
        source_port=source_port or 0,
        target_port=target_port or 0,
        icmp=None if flow.icmp_type is None else (flow.icmp_type, flow.icmp_code),
        sender=0 if incoming else mark,
        listener=mark if incoming else 0,
    )


def test_random_machines(soak, seed, record_count):
    rng = Random(seed)
    seen: Counter[str] = Counter()
    lab = Supervised(lambda: Wire([MINE, THEIRS]))
    for _ in range(60 * soak):
        state, profile = universe.state(rng), rng.choice(tuple(Profile))
        text = firewall_text(state, profile, MARKS)
        lab.call("load", [(0, f"flush ruleset\n{text.text}")])
        asked = {shot_of(flow): flow for flow in flows_of(rng, state, profile, 16)}
        for flow, found in zip(asked.values(), lab.call("send", list(asked)), strict=True):
            wanted = judge(flow, state)
            got = Answer.ALLOW if found.fate is Fate.RECEIVED else Answer.BLOCK
            assert got is wanted.answer, f"{flow.text()}: {wanted}, but {found.logs}\n{text.text}"
            said = [dict(text.labels)[prefix] for number, prefix in found.logs if number == 0]
            assert [label.answer for label in said] == [wanted.answer]
            seen[f"{wanted.answer.value} by {wanted.why.value}"] += 1
    lab.close()
    total = seen.total()
    record_count("lab = engine, random (machine, flow) pairs on the wire", total)
    assert total >= 100
    # the shares that make agreement worth something
    assert seen["allow by rule"] >= total * 0.2, seen
    assert seen["block by rule"] >= total * 0.03, seen
    assert seen["allow by default"], seen
    assert seen["block by default"], seen


def test_random_machines_in_sites(soak, seed, record_count):
    rng = Random(seed + 5)
    packets = pairs = blocked = 0
    for _ in range(12 * soak):
        site = rng.choice(SITES)
        plan = planned(site)
        state = machine(rng, site)
        layout = make_layout(site, plan, {(True, "office"): state})
        asked = (*required_packets(plan, layout)[0], *wrong_packets(plan, layout))
        below = frozenset(packet.target for packet in asked if "to" not in packet.decides)
        with Runner(layout) as lab:
            bench = Bench(layout, lab, below)
            bench.load()
            trials = bench.trials(asked)
        assert [t for t in trials if not t.agrees] == []
        sent = [t for t in trials if t.evidence is not None]
        pairs += bool(sent)
        packets += len(sent)
        blocked += sum(t.seen.verdict.answer is Answer.BLOCK for t in sent)
    assert pairs >= 5
    assert 0.2 <= blocked / packets <= 0.95
    record_count("lab = engine, random (site, host state) pairs", pairs)
    record_count("lab = engine, packets of random (site, host state) pairs", packets)
