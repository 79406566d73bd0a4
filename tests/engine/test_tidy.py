"""Tidied boxes hold the same flows in fewer boxes."""

from __future__ import annotations

from random import Random

from cmfw.engine.tidy import is_within, merged, paired, tidied
from cmfw.net.addr import V4_ALL, V6_ALL
from cmfw.net.flow import TCP
from cmfw.net.flowset import FlowSet, boxes
from properties import universe


def tcp(**parts):
    return boxes(direction=1, protocol=((TCP, TCP),), local=V4_ALL, remote=V4_ALL, **parts)


def test_the_flows_stay_the_same(seed):
    rng = Random(seed)
    for _ in range(60):
        pieces = [box for _ in range(4) for box in universe.flow_set(rng)]
        pieces = [box for piece in pieces for box in (piece, *piece.subtract(rng.choice(pieces)))]
        found = tidied(pieces, pieces)
        assert FlowSet.of(found).same_flows(FlowSet.of(pieces))
        assert len(found) <= len(pieces)


def test_boxes_that_differ_in_one_dimension_become_one():
    parts = [*tcp(local_port=((80, 80),)), *tcp(local_port=((443, 443),)), *tcp(local_port=((81, 90),))]
    (found,) = merged(parts)
    assert found.local_port == ((80, 90), (443, 443))


def test_a_box_that_others_hold_together_goes():
    low, high = tcp(local_port=((0, 500),))[0], tcp(local_port=((400, 65535),))[0]
    middle = tcp(local_port=((450, 600),), profile=1)[0]
    assert middle not in tidied([low, high, middle])


def test_a_piece_grows_back_to_what_its_rule_matches():
    """Two rules that overlap leave an L; the piece of the second comes back whole."""
    one = tcp(local_port=((80, 80),))[0]
    other = tcp(profile=1)[0]
    left = other.subtract(one)
    assert set(tidied([one, *left], [one, other])) == {one, other}


def test_families_that_say_the_same_stand_side_by_side():
    four, six = boxes(direction=1, protocol=((TCP, TCP),), local_port=((445, 445),))
    alone = boxes(direction=1, protocol=((TCP, TCP),), local=V6_ALL, remote=V6_ALL, local_port=((135, 135),))[0]
    assert paired([six, alone, four]) == [(four, six), (alone,)]


def test_a_network_is_not_paired_with_every_address_of_the_other_family():
    four = tcp(local_port=((445, 445),))[0]
    near = boxes(
        direction=1,
        protocol=((TCP, TCP),),
        local=V6_ALL,
        remote=((V6_ALL[0][0], V6_ALL[0][0] + 9),),
        local_port=((445, 445),),
    )
    assert len(paired([four, *near])) == 2


def test_containment_gives_up_rather_than_work_forever(monkeypatch):
    from cmfw.engine import tidy

    whole = tcp()[0]
    halves = [tcp(local_port=((0, 9),))[0], tcp(local_port=((10, 65535),))[0]]
    assert is_within(whole, halves)
    monkeypatch.setattr(tidy, "MOST_PIECES", 0)
    assert not is_within(whole, halves)
