"""Comparing a source with what was written: equal for certain, wider or narrower with a flow, or undecided."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.emit.machines import everywhere, machine, smb

from cmfw.emit.proof import compare
from cmfw.engine import reference
from cmfw.model.rule import Action, AddressMatch, Extras, PortMatch, Store
from cmfw.net.addr import AddrSet
from cmfw.net.ports import PortSet

WEB = PortMatch(PortSet.of(80))
SOURCE = machine(smb(), smb(id="web", local_port=WEB))


@pytest.mark.parametrize(
    ("changed", "answer"),
    [
        (SOURCE, "equal"),
        (replace(SOURCE, rules=SOURCE.rules[::-1]), "equal"),
        (replace(SOURCE, rules=(*SOURCE.rules, *SOURCE.rules)), "equal"),
        (replace(SOURCE, rules=tuple(replace(r, id=f"{r.id}!", name="n", store=Store.GPO) for r in SOURCE.rules)), "equal"),
        (replace(SOURCE, rules=SOURCE.rules[:1]), "narrower"),
        (replace(SOURCE, rules=(*SOURCE.rules, smb(id="more", local_port=PortMatch(PortSet.of(81))))), "wider"),
        (replace(SOURCE, rules=(*SOURCE.rules, smb(id="no", action=Action.BLOCK))), "narrower"),
        (replace(SOURCE, rules=(smb(local_port=PortMatch(PortSet.of(80, 445))),)), "equal"),
        (replace(SOURCE, rules=(smb(local_port=PortMatch(PortSet.of(80, 445, 446))),)), "wider"),
        (machine(*SOURCE.rules, settings=everywhere(enable_firewall=False)), "wider"),
        (machine(*SOURCE.rules, settings=everywhere(default_outbound_allow=False)), "narrower"),
        (machine(*SOURCE.rules, settings=everywhere(default_outbound_allow=True)), "equal"),
        (replace(SOURCE, rules=tuple(replace(r, active=False) for r in SOURCE.rules)), "narrower"),
    ],
    ids=[
        "the same",
        "another order",
        "twice",
        "other ids and store",
        "a rule less",
        "a rule more",
        "a block more",
        "two rules as one",
        "one port more",
        "firewall off",
        "outbound blocked",
        "the default written out",
        "switched off",
    ],
)
def test_an_answer(changed, answer):
    found = compare(SOURCE, changed)
    assert found.answer == answer
    assert bool(found.shown) == (answer in ("wider", "narrower"))
    for shown in found.shown:
        assert reference.judge(shown.flow, SOURCE).answer.value == shown.source
        assert reference.judge(shown.flow, changed).answer.value == shown.written
        assert shown.source != shown.written


def test_both_directions_are_shown():
    other = replace(SOURCE, rules=(smb(), smb(id="web", local_port=PortMatch(PortSet.of(81)))))
    found = compare(SOURCE, other)
    assert found.answer == "wider"
    assert [(shown.source, shown.written) for shown in found.shown] == [("block", "allow"), ("allow", "block")]


def test_a_port_word_and_its_ports_are_the_same():
    word = machine(smb(local_port=PortMatch(PortSet.EMPTY, ("RPC-EPMap",))))
    number = machine(smb(local_port=PortMatch(PortSet.of(135))))
    assert compare(word, number).answer == "equal"


def test_what_is_unknown_for_the_same_rules_is_the_same():
    near = AddressMatch(AddrSet.EMPTY, ("LocalSubnet4", "LocalSubnet6"))
    unknown = machine(smb(remote_address=near), smb(id="app", extras=Extras(packages=("S-1-15-2-1",))), local_subnets=None)
    assert compare(unknown, unknown).answer == "equal"
    fewer = replace(unknown, rules=unknown.rules[:1])
    assert compare(unknown, fewer).answer == "narrower"


def test_what_is_unknown_for_different_rules_is_undecided():
    def guess(token):
        return machine(smb(extras=Extras(unknown=((token, "1"),))), local_subnets=None)

    assert compare(guess("Novel"), guess("Novel")).answer == "equal"
    assert compare(guess("Novel"), guess("Other")).answer == "undecided"
