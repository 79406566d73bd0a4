from __future__ import annotations

from random import Random

import pytest

from cmfw.net.addr import AddrSet, parse_address
from cmfw.net.atoms import Atoms
from cmfw.net.flow import ICMP4, TCP, Profile
from cmfw.net.flowset import FlowSet, Preferences, boxes, flow_box
from properties import universe


def some_set(rng: Random) -> FlowSet:
    found = FlowSet.of(box for _ in range(rng.randint(0, 3)) for box in universe.flow_set(rng).boxes)
    return FlowSet.ANY - found if rng.random() < 0.2 else found


def test_operations_agree_with_membership_of_many_flows(seed):
    rng = Random(seed)
    for _ in range(150):
        a, b = some_set(rng), some_set(rng)
        union, both, left = a | b, a & b, a - b
        for flow in (universe.flow(rng) for _ in range(25)):
            in_a, in_b = flow in a, flow in b
            assert (flow in union) == (in_a or in_b)
            assert (flow in both) == (in_a and in_b)
            assert (flow in left) == (in_a and not in_b)
        assert left <= a <= union
        assert (left | both).same_flows(a)
        assert (left & b).is_empty
        assert not both or both.is_empty or both.witness() in a


def test_boxes_of_a_set_are_disjoint(seed):
    rng = Random(seed + 1)
    for _ in range(60):
        found = some_set(rng).boxes
        assert all(x.intersect(y) is None for i, x in enumerate(found) for y in found[i + 1 :])


def test_a_witness_is_a_member_and_always_the_same(seed):
    rng = Random(seed + 2)
    for _ in range(200):
        found = universe.flow_set(rng)
        assert found.witness() in found
        assert found.witness() == found.witness()


def test_a_set_of_one_flow_holds_just_that_flow(seed):
    rng = Random(seed + 3)
    for _ in range(200):
        flow, other = universe.flow(rng), universe.flow(rng)
        assert flow in flow_box(flow)
        assert (other in flow_box(flow)) == (other == flow)
        assert flow_box(flow).witness() == flow


def test_a_port_condition_excludes_protocols_without_ports():
    found = FlowSet(boxes(local_port=((445, 445),)))
    assert {protocol for box in found for first, last in box.protocol for protocol in range(first, last + 1)} == {6, 17}


def test_icmp_lives_in_its_own_family():
    found = boxes(protocol=((ICMP4, ICMP4),))
    assert [AddrSet(box.local).v6.is_empty for box in found] == [True]


def test_preferences_choose_real_addresses_and_documented_ports():
    asked = FlowSet(
        boxes(direction=1, protocol=((TCP, TCP),), local_port=((1, 65535),), remote=AddrSet.parse("10.0.0.0/8").ranges)
    )
    wanted = Preferences(addresses=tuple(map(parse_address, ("10.9.8.7", "10.1.0.9"))), ports=(445,))
    text = asked.witness(wanted).text()
    assert text.startswith("in tcp 10.1.0.9:50000 > 10.9.8.7:445 profile=domain")


def test_empty_and_any_are_written_out():
    assert FlowSet.EMPTY.is_empty
    assert FlowSet.EMPTY <= FlowSet.ANY
    assert (FlowSet.ANY - FlowSet.ANY).is_empty
    with pytest.raises(ValueError, match="empty set"):
        FlowSet.EMPTY.witness()


def test_covers_is_subset(seed):
    rng = Random(seed + 4)
    for _ in range(200):
        a, b = universe.flow_set(rng).boxes[0], universe.flow_set(rng).boxes[0]
        assert a.covers(b) == (FlowSet((b,)) <= FlowSet((a,)))
        cut = a.intersect(b)
        assert cut is None or (a.covers(cut) and b.covers(cut))


def test_names_and_profiles_split_off_by_subtraction():
    everything = FlowSet(boxes(protocol=((TCP, TCP),), program=Atoms.ANY))
    rest = everything - FlowSet(boxes(protocol=((TCP, TCP),), profile=int(Profile.DOMAIN), program=Atoms.of("system")))
    assert rest.witness().profile is not Profile.DOMAIN or rest.witness().program != "system"
    assert not rest.same_flows(everything)
