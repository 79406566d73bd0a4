"""The kernel agrees: rules that network targets write let exactly the planned packets pass, replies included."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import need
from tests.emit.network_cases import CASES, crossings, emitted
from tests.lab.gateway_packets import opening, reply

from cmfw.emit import write
from cmfw.net.addr import AddrSet, parse_address
from cmfw.net.flow import ICMP4, ICMP6, TCP, UDP, Direction, Flow
from cmfw.net.flowset import FlowSet

KERNEL = Path(__file__).with_name("gateway_kernel.py")
OUTSIDE = [Flow(direction=Direction.OUT, protocol=UDP, local=parse_address(f"198.51.100.{a}"), remote=parse_address(f"198.51.100.{z}"), local_port=7, remote_port=9) for a, z in ((1, 129), (129, 1))]  # fmt: skip
"""Packets between addresses of no zone, one into each side: a gateway has no opinion of them."""
LOADS = {
    "cmfw.nft": ["nft", "-f"],
    "cmfw.iptables": ["iptables-restore", "--noflush"],
    "cmfw.ip6tables": ["ip6tables-restore", "--noflush"],
}
TARGETS = {"nftables": ("nft",), "iptables": ("iptables-restore", "ip6tables-restore")}


def asked_of(crossing) -> list[Flow]:
    """Flows to try: a member of each planned one, and its nearest wrong neighbours in port, address, protocol and ICMP type."""
    found = []
    for flow in crossing.flows:
        one = FlowSet((flow.box,)).witness()
        if flow.protocol in (TCP, UDP):
            ports = {first - 1 for first, _ in flow.ports.ranges} | {last + 1 for _, last in flow.ports.ranges}
            ports |= {end for pair in flow.ports.ranges for end in pair}
            tries = [
                replace(one, local_port=50000 + n, remote_port=port)
                for n, port in enumerate(sorted(ports & set(range(1, 65536))))
            ]
            found += tries
            right = replace(one, local_port=51000, remote_port=flow.ports.ranges[0][0])
            found.append(replace(right, protocol=UDP if flow.protocol == TCP else TCP))
        else:
            right = one
            found += [one, replace(one, icmp_type=one.icmp_type + 5)] if one.protocol in (ICMP4, ICMP6) else [one]
        for end in ("local", "remote"):
            addresses = crossing.source if end == "local" else crossing.target
            near = [number + step for number in (getattr(one, end),) for step in (-1, 1)]
            others = [last for _, last in (addresses & family_of(one)).ranges]
            found += [replace(right, **{end: number}) for number in (*near, *others) if number in addresses]
    return list(dict.fromkeys(found))


def family_of(flow: Flow) -> AddrSet:
    return AddrSet.V4 if flow.local < 1 << 32 else AddrSet.V6


def kernel(target: str, name: str, tmp_path, flows: list[tuple[int, Flow]]) -> list[list[bool]]:
    """For each flow: whether its reply passes before it was opened, whether the opening packet passes, and the reply after it."""
    paths = write(emitted(target, name), tmp_path)
    side0, side1 = AddrSet.EMPTY, AddrSet.EMPTY
    for side, flow in flows:
        ends = (AddrSet.from_pairs([(flow.local, flow.local)]), AddrSet.from_pairs([(flow.remote, flow.remote)]))
        side0, side1 = side0 | ends[side], side1 | ends[1 - side]
    assert (side0 & side1).is_empty
    asked = {
        "nets": [[*side0.cidrs(), "198.51.100.0/25"], [*side1.cidrs(), "198.51.100.128/25"]],
        "load": [[*LOADS[path.name], str(path)] for path in paths if path.name in LOADS],
        "markers": [opening(flow).hex() for flow in OUTSIDE],
        "packets": [
            [
                {"side": 1 - side, "hex": reply(flow).hex()},
                {"side": side, "hex": opening(flow).hex()},
                {"side": 1 - side, "hex": reply(flow).hex()},
            ]
            for side, flow in flows
        ],
    }
    run = ["unshare", "--net", sys.executable, str(KERNEL)]
    done = subprocess.run(run, input=json.dumps(asked), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def pairs_of(name: str) -> list[tuple]:
    """(crossing, crossing of the other way) of each pair of zones."""
    found = crossings(name)
    return list(zip(found[::2], found[1::2], strict=True))


@pytest.mark.lab
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", CASES)
def test_the_kernel_agrees(target, name, tmp_path):
    for program in (*TARGETS[target], "ip", "unshare"):
        need(shutil.which(program) is not None, f"no {program} (Debian packages nftables, iptables, iproute2)")
    need(Path("/dev/net/tun").exists(), "no tunnel device")
    passed = 0
    for number, (there, back) in enumerate(pairs_of(name)):
        flows = [(0, flow) for flow in asked_of(there)] + [(1, flow) for flow in asked_of(back)]
        planned = [FlowSet.of(flow.box for flow in one.flows) for one in (there, back)]
        said = kernel(target, name, tmp_path / str(number), flows)
        for (side, flow), (before, opened, after) in zip(flows, said, strict=True):
            wanted = flow in planned[side]
            # a packet that looks like a reply may itself open a planned flow of the other way, but a SYN-ACK or an ICMP reply never does
            answerable = flow.protocol == TCP or (flow.protocol in (ICMP4, ICMP6) and flow.icmp_type in (8, 128))
            assert opened == wanted, flow.text()
            if answerable:
                assert (before, after) == (False, wanted), flow.text()
            passed += opened
    assert passed
