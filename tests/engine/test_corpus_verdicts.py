"""Twelve flows on every real machine state of the corpus, in every profile, by both engines.

Letters: ``A`` allowed by a rule, ``a`` allowed by default, ``B`` blocked by a rule, ``b`` blocked by default, ``?`` unknown.
"""

from __future__ import annotations

import pytest

from cmfw.engine.exact import Engine
from cmfw.engine.reference import judge
from cmfw.net.addr import parse_address
from cmfw.net.flow import ICMP4, KERNEL, TCP, UDP, Direction, Flow, Profile
from cmfw.net.flowset import flow_box

pytestmark = pytest.mark.corpus

SVCHOST = "c:\\windows\\system32\\svchost.exe"
CCM = "c:\\windows\\ccm\\"
SUBNET, HERE, FAR, NEAR = "10.9.8.0/24", "10.9.8.7", "10.77.0.5", "10.9.8.66"
FLOWS = (
    ("in", TCP, 445, KERNEL, ""),
    ("in", TCP, 135, SVCHOST, "rpcss"),
    ("in", TCP, 50000, SVCHOST, "winmgmt"),
    ("in", ICMP4, None, KERNEL, ""),
    ("in", TCP, 2701, f"{CCM}remctrl\\cmrcservice.exe", "cmrcservice"),
    ("in", TCP, 3389, SVCHOST, "termservice"),
    ("out", TCP, 80, f"{CCM}ccmexec.exe", "ccmexec"),
    ("out", TCP, 443, f"{CCM}ccmexec.exe", "ccmexec"),
    ("out", TCP, 10123, f"{CCM}ccmexec.exe", "ccmexec"),
    ("out", TCP, 8530, SVCHOST, "wuauserv"),
    ("out", TCP, 445, KERNEL, ""),
    ("out", UDP, 25536, f"{CCM}sleepagentservice.exe", ""),
)
WIN7, WIN10 = "hives/win7_SYSTEM.xz", "hives/win10_SYSTEM.xz"
LUTHFINA, PUPPET = "hives/luthfina16_v2.30.wfw", "hives/puppet_fwpolicy_full_v2.28.wfw"
NCSC = "gpo/ncsc/NCSC_Windows_GPO.zip#{9F720BED-11C3-442A-AAE6-25A93938FCE2}"
OFF_LINK = (
    (WIN7, Profile.DOMAIN, "A A b A b b a a a A A a"),
    (WIN7, Profile.PRIVATE, "b b b b b b a a a a a a"),
    (WIN7, Profile.PUBLIC, "b b b b b b a a a a a a"),
    (WIN10, Profile.DOMAIN, "b A b b b b a a a a A a"),
    (WIN10, Profile.PRIVATE, "b b b b b b a a a a a a"),
    (WIN10, Profile.PUBLIC, "b b b b b b a a a a a a"),
    (LUTHFINA, Profile.DOMAIN, "b A b b b A a a a a A a"),
    # The rule `m` allows outbound on Private only for members of Access Control Assistance Operators (LUAuth AA), and
    # demands authentication. SYSTEM is no member, so for the kernel's own SMB the rule matches nothing and the default
    # allows; the token of every other process is unknown, and an unauthenticated flow that such a rule matches would be
    # dropped (MS-FASP 2.2.35), so those are unknown.
    (LUTHFINA, Profile.PRIVATE, "b b b b b A ? ? ? ? a ?"),
    (LUTHFINA, Profile.PUBLIC, "b b b b b A a a a a a a"),
    (PUPPET, Profile.DOMAIN, "b A b b b A a a a A A a"),
    (PUPPET, Profile.PRIVATE, "b b b b b A a a a a a a"),
    (PUPPET, Profile.PUBLIC, "b b b b b A a a a a a a"),
    (NCSC, Profile.DOMAIN, "b b b b b b a a a a a a"),
    (NCSC, Profile.PRIVATE, "b b b b b b b b b b b b"),
    (NCSC, Profile.PUBLIC, "b b b b b b b b b b b b"),
)
ON_LINK = ((WIN7, "A"), (WIN10, "A"))


def made(row, profile: Profile, peer: str) -> Flow:
    direction, protocol, port, program, service = row
    inbound = direction == "in"
    ported = port is not None
    return Flow(
        direction=Direction.IN if inbound else Direction.OUT,
        protocol=protocol,
        local=parse_address(HERE),
        remote=parse_address(peer),
        local_port=(port if inbound else 50123) if ported else None,
        remote_port=(50123 if inbound else port) if ported else None,
        icmp_type=None if ported else 8,
        icmp_code=None if ported else 0,
        profile=profile,
        program=program,
        service=service,
    )


def letter(verdict) -> str:
    if verdict.answer == "unknown":
        return "?"
    word = "A" if verdict.answer == "allow" else "B"
    return word if verdict.why == "rule" else word.lower()


@pytest.fixture(scope="module")
def states(corpus):
    from cmfw.ingest import read_state

    kept = {}

    def read(name: str):
        if name not in kept:
            file, mark, choice = name.partition("#")
            kept[name] = read_state([f"{corpus / file}{mark}{choice}"], local_subnets=[SUBNET]).state
        return kept[name]

    return read


@pytest.mark.parametrize(("name", "profile", "wanted"), OFF_LINK)
def test_twelve_flows_from_and_to_a_peer_in_another_subnet(states, name, profile, wanted):
    state = states(name)
    flows = [made(row, profile, FAR) for row in FLOWS]
    assert " ".join(letter(judge(flow, state)) for flow in flows) == wanted
    engine = Engine(state)
    assert " ".join(letter(engine.verdict(flow_box(flow))) for flow in flows) == wanted


@pytest.mark.parametrize(("name", "wanted"), ON_LINK)
def test_file_sharing_reaches_a_neighbour_on_private(states, name, wanted):
    flow = made(FLOWS[10], Profile.PRIVATE, NEAR)
    assert letter(judge(flow, states(name))) == wanted


def test_exact_equals_reference_on_real_states(states, seed, record_count):
    """Random flows from the ports, programs and services that the rules of a real machine name."""
    from random import Random

    from cmfw.model.rule import canonical_program

    rng = Random(seed)
    count = 0
    for name in (WIN7, WIN10, LUTHFINA, PUPPET):
        state = states(name)
        engine = Engine(state)
        programs = sorted({canonical_program(r.program) for r in state.rules if r.program}) + [KERNEL] * 9
        services = sorted({r.service.lower() for r in state.rules if r.service and r.service != "*"}) + [""] * 9
        ports = sorted(
            {p for r in state.rules for pair in r.local_port.ports.ranges + r.remote_port.ports.ranges for p in pair}
        )
        for _ in range(150):
            row = (
                rng.choice(("in", "out")),
                rng.choice((TCP, UDP)),
                rng.choice(ports),
                rng.choice(programs),
                rng.choice(services),
            )
            flow = made(row, rng.choice(tuple(Profile)), rng.choice((FAR, NEAR)))
            assert engine.verdict(flow_box(flow)) == judge(flow, state), flow.text()
            count += 1
    record_count("exact = reference, flows on real states", count)
