"""The proof that a written policy is as wide as the state it was made from, or the flow that shows otherwise.

Both sides are brought into a normal form (``emit.normal_form``), in which rules that match the same flows are equal however
they are spelled or split. What both have cancels out, so only the flows that something else may touch are compared; where
the settings differ, all flows are. A verdict that is unknown on both sides is the same one only where the same rules make
it so. Exact; where it cannot decide, it says so.
"""

from __future__ import annotations

from dataclasses import replace

from cmfw.emit.normal_form import Key, NormalForm, counted, normal_form, uncommon
from cmfw.engine import reference
from cmfw.engine.conditions import DEMANDING_IPSEC
from cmfw.engine.exact import Engine
from cmfw.model.rule import Action, HostRule, Store
from cmfw.model.state import ConnectionRule, HostState
from cmfw.model.verdict import Partition
from cmfw.net.flow import Flow, Principal, Profile
from cmfw.net.flowset import FlowSet
from cmfw.values import value
from cmfw.words.phrases import constant, phrase

EQUAL, NARROWER, WIDER, UNDECIDED = "equal", "narrower", "wider", "undecided"


@value
class Shown:
    """One flow that two states treat differently, with what each of them does (``allow``, ``block``, ``unknown``)."""

    flow: Flow
    source: str
    written: str


@value(kw_only=True)
class Comparison:
    """How the written policy compares with its source. ``shown`` is a flow for each of the directions in which they differ."""

    answer: str
    compared_rules: int
    shown: tuple[Shown, ...] = ()
    reasons: tuple[str, ...] = ()


def compare(source: HostState, written: HostState) -> Comparison:
    """Whether ``written`` allows exactly what ``source`` allows."""
    gaps = [gap for gap in source.gaps if gap.may_allow or gap.may_block]
    if gaps:
        reasons = tuple(phrase("{code}: {detail}", code=gap.code, detail=constant(gap.detail)) for gap in gaps)
        return Comparison(answer=UNDECIDED, compared_rules=len(source.rules), reasons=reasons)
    if _is_copy(source, written):
        return Comparison(answer=EQUAL, compared_rules=len(source.rules))
    here, there = Engine(source), Engine(written)
    left = uncommon(counted(here), counted(there))
    mine, theirs = normal_form(here, left[0]), normal_form(there, left[1])
    # in their own order, so that the flow that is shown is always the same
    differing = [key for key in (mine | theirs) if mine.get(key) != theirs.get(key)]
    same_settings = all(_in_force(here, p) == _in_force(there, p) for p in Profile) and _demands(source) == _demands(written)
    if same_settings and not differing:
        return Comparison(answer=EQUAL, compared_rules=len(source.rules))
    region = FlowSet.ANY
    if same_settings:
        sides = ((here, mine), (there, theirs))
        rules = {
            id(rule): (engine, rule) for engine, form in sides for k in differing if k in form for rule in form[k].rules
        }
        region = FlowSet.of(box for engine, rule in rules.values() for box in engine.boxes_of(rule).upper)
    only_fewer = same_settings and all(_only_allows_less(mine, theirs, key) for key in differing)
    return _compared(source, written, (here.partition(region), there.partition(region)), only_fewer=only_fewer)


def _is_copy(source: HostState, written: HostState) -> bool:
    """Whether each rule of one state has its like in the other, under the same settings: most policies are written so.

    What decides whether a rule counts is its store and the settings (``engine.conditions.counts``); where nothing is set,
    rules of the ordinary stores count alike.
    """
    if source.settings != written.settings or source.connection_rules != written.connection_rules:
        return False
    if len(source.rules) != len(written.rules):
        return False
    # by identity first: Python 3.11 takes long to hash a member of an enumeration, and these are asked for every rule
    stores = set({id(rule.store): rule.store for rule in (*source.rules, *written.rules)}.values())
    if len(stores) > 1 and (source.settings or not stores <= _ALWAYS_COUNT):
        return False
    by_id = {rule.id: rule for rule in written.rules}
    if len(by_id) < len(written.rules):
        return False
    for rule in source.rules:
        like = by_id.pop(rule.id, None)
        if like is None or not _says_the_same(rule, like):
            return False
    return True


def _says_the_same(one: HostRule, other: HostRule) -> bool:
    """Whether two rules have the same conditions and effect, in the same words; asked for every rule, so spelled out."""
    near, far, here, there = one.local_port, one.remote_port, one.local_address, one.remote_address
    near2, far2, here2, there2 = other.local_port, other.remote_port, other.local_address, other.remote_address
    return (
        one.action is other.action
        and one.direction is other.direction
        and one.active is other.active
        and one.profiles == other.profiles
        and one.protocol == other.protocol
        and (near is near2 or (near.ports.ranges == near2.ports.ranges and near.keywords == near2.keywords))
        and (far is far2 or (far.ports.ranges == far2.ports.ranges and far.keywords == far2.keywords))
        and (here is here2 or (here.addresses.ranges == here2.addresses.ranges and here.keywords == here2.keywords))
        and (there is there2 or (there.addresses.ranges == there2.addresses.ranges and there.keywords == there2.keywords))
        and one.icmp == other.icmp
        and one.program == other.program
        and one.service == other.service
        and one.interfaces == other.interfaces
        and (one.extras is other.extras or one.extras == other.extras)
    )


_ALWAYS_COUNT = frozenset({Store.GPO, Store.MDM, Store.LOCAL})
"""Stores whose rules all count where no setting says otherwise. Source: facts/windows_firewall.md 1.2."""


def _only_allows_less(mine: NormalForm, theirs: NormalForm, key: Key) -> bool:
    """Whether the written side has no more of this allow than the source, so that its absence can open nothing.

    An allow that demands IPsec may block what is not authenticated. Source: corrections 19.
    """
    extras = key.extras
    demands = extras.security or extras.remote_machines or extras.remote_users or extras.bypass_out
    if key.action is Action.BLOCK or demands or key not in mine:
        return False
    return key not in theirs or theirs[key] <= mine[key]


def _compared(source: HostState, written: HostState, parts: tuple[Partition, Partition], *, only_fewer: bool) -> Comparison:
    old, new = parts
    # what the source blocks for certain may pass now; or what may have been blocked passes for certain
    wider = (old.blocked - new.blocked) | (old.unknown & new.allowed)
    narrower = (old.allowed - new.allowed) | (old.unknown & new.blocked)
    both = old.unknown & new.unknown
    shown = tuple(_shown(flows, source, written) for flows in (wider, narrower) if not flows.is_empty)
    if not wider.is_empty:
        answer = WIDER
    elif both.is_empty:
        answer = EQUAL if narrower.is_empty else NARROWER
    else:
        answer = NARROWER if only_fewer else UNDECIDED
    reasons = () if answer != UNDECIDED else (phrase("what both leave unknown may differ, because other rules make it so"),)
    return Comparison(answer=answer, compared_rules=len(source.rules), shown=shown, reasons=reasons)


def _shown(flows: FlowSet, source: HostState, written: HostState) -> Shown:
    """A flow of the set, replayed through the reference on both states."""
    ordinary = [box for box in flows.boxes if box.principal & Principal.ORDINARY]
    flow = FlowSet(tuple(ordinary) or flows.boxes).witness()
    return Shown(flow, reference.judge(flow, source).answer.value, reference.judge(flow, written).answer.value)


def _in_force(engine: Engine, profile: Profile) -> object:
    """The settings that turn verdicts of a profile; which rules count by them is part of the normal form."""
    return tuple(
        replace(one, local_rules=True, local_ipsec=True, app_rules=True, port_rules=True) for one in engine.worlds(profile)
    )


def _demands(state: HostState) -> frozenset[ConnectionRule]:
    """The connection security rules that may demand IPsec, without what only names them."""
    demanding = {action for actions in DEMANDING_IPSEC.values() for action in actions}
    rules = (rule for rule in state.connection_rules if rule.active and rule.action in demanding)
    return frozenset(replace(rule, id="", origin="") for rule in rules)
