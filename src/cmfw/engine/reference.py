"""The specification: one flow, one host state, one verdict. No speed, no sets, nothing clever.

Every faster path is compared with this file and ``matching`` (how surely one rule matches). The verdict walks the decision order of Windows: service state, firewall
off, service hardening, shields-up, authenticated bypass, block, allow, default. A step that surely applies ends the walk;
one that may apply leaves its answer possible. Different possible answers make the verdict unknown.

Source: MS-FASP 2.2.34 and 3.1.3, facts/windows_firewall.md section 3, corrections 16-33, CONTRACT.md "House".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cmfw.engine.conditions import (
    DEMANDING_IPSEC,
    DISABLED,
    FIREWALL_SERVICES,
    Settings,
    counts,
    leaves_all_open,
    worlds,
)
from cmfw.engine.matching import MAYBE, NO, NOTHING_MISSING, YES, Match, Tri, match_rule
from cmfw.model.rule import Action, HostRule, Store, canonical_program
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer, RuleRef, Verdict, Why
from cmfw.net.flow import Direction, Flow, Principal

# asked of every rule, and Python 3.11 takes a tenth of a microsecond to look a member of an enumeration up
_ALLOW, _BLOCK, _BYPASS, _HARDENING = Action.ALLOW, Action.BLOCK, Action.BYPASS, Store.HARDENING

Candidates = tuple[tuple[HostRule, Match], ...]
"""The rules that may take a step, each with how surely it matches; those that do not match are among them."""
Step = tuple[Tri, Answer, Why, tuple[RuleRef, ...], frozenset[str], Candidates]
"""How surely a step applies, its answer, why, the deciding rules, what is missing to know, and the rules it looked at."""
_SERVICE_STATE = frozenset({"service_state"})


def judge(flow: Flow, state: HostState) -> Verdict:
    """What the machine does with the flow; unknown where the evidence leaves both answers open. Exact by definition."""
    lost = unreadable(state)
    if lost:
        return Verdict(Answer.UNKNOWN, Why.EVIDENCE, missing=lost)
    verdicts = [walk(steps(flow, state, settings)) for settings in worlds(state, flow.profile)]
    if len({verdict.answer for verdict in verdicts}) == 1:
        return verdicts[0]
    missing = {word for verdict in verdicts for word in verdict.missing} | {"store:mdm"}
    return Verdict(Answer.UNKNOWN, Why.EVIDENCE, missing=tuple(sorted(missing)))


def unreadable(state: HostState) -> tuple[str, ...]:
    """What is missing where no step of the decision order is sure: whether the firewall runs at all, or its settings."""
    if any(fact.start == DISABLED and fact.name.lower() in FIREWALL_SERVICES for fact in state.services):
        return ("service_state",)
    return tuple(sorted({gap.code for gap in state.gaps if leaves_all_open(gap)}))


def walk(order: Iterable[Step]) -> Verdict:
    """The verdict of the first sure step, or unknown where an unsure step before it would answer otherwise."""
    walked = list(order)
    at = next(index for index, step in enumerate(walked) if step[0] is YES)  # INVARIANT: the default is always sure
    _, answer, why, by, *_ = walked[at]
    contrary = [step for step in walked[:at] if step[0] is MAYBE and step[1] is not answer]
    if not contrary:
        return Verdict(answer, why, by)
    missing = sorted({word for step in contrary for word in step[4]})
    rules = sorted({rule for step in contrary for rule in step[3]})
    return Verdict(Answer.UNKNOWN, Why.EVIDENCE, tuple(rules), tuple(missing))


def steps(flow: Flow, state: HostState, settings: Settings) -> Iterator[Step]:
    """The decision order of Windows for this flow, each step with how surely it applies."""
    if not settings.firewall_on:
        hardened = any(_names_subject(rule, flow) for rule in state.rules if rule.store is _HARDENING)
        yield (MAYBE if hardened else NO), Answer.BLOCK, Why.SERVICE_HARDENING, (), _SERVICE_STATE, ()
        yield YES, Answer.ALLOW, Why.FIREWALL_OFF, (), NOTHING_MISSING, ()
        return
    exempt = MAYBE if settings.exempt_interfaces else NO
    yield exempt, Answer.ALLOW, Why.FIREWALL_OFF, (), frozenset({"token:DisabledInterfaces"}), ()
    yield _hardening(flow, state)
    inbound = flow.direction is Direction.IN
    yield (YES if settings.shields_up and inbound else NO), Answer.BLOCK, Why.SHIELDS_UP, (), NOTHING_MISSING, ()
    rules = [(rule, match_rule(rule, flow, state)) for rule in state.rules if counts(rule, settings)]
    secured = [(rule, _capped(match, "ipsec")) for rule, match in rules if _needs_ipsec(rule)]
    plain = [(rule, match) for rule, match in rules if not _needs_ipsec(rule)]
    yield _step(Answer.ALLOW, Why.BYPASS, [(r, m) for r, m in secured if r.action is _BYPASS or r.extras.bypass_out])
    ipsec = _connection_security(flow, state, settings)
    blocking = [(r, m) for r, m in plain if r.action is _BLOCK]
    blocking += [(r, m) for r, m in secured if r.action is not _BYPASS]
    # an allow that demands authentication drops the plain traffic that it matches: corrections 19
    yield _step(Answer.BLOCK, Why.RULE, blocking, [ipsec, *_gapmatch_rule(state, blocks=True)])
    allowing = [(r, m) for r, m in (*plain, *secured) if r.action is _ALLOW]
    yield _step(Answer.ALLOW, Why.RULE, allowing, _gapmatch_rule(state, blocks=False))
    allows = settings.default_allows(flow.direction)
    yield YES, (Answer.ALLOW if allows else Answer.BLOCK), Why.DEFAULT, (), NOTHING_MISSING, ()


def _step(answer: Answer, why: Why, rules: list[tuple[HostRule, Match]], others: Iterable[Match] = ()) -> Step:
    """One step from the rules that may take it: as sure as the surest, with the rules that are as sure as that."""
    found = [(rule, match) for rule, match in rules if match[0] is not NO]
    unruly = [match for match in others if match[0] is not NO]
    surest = max((match[0] for match in (*(m for _, m in found), *unruly)), default=NO)
    by = tuple(sorted(RuleRef(r.id, r.store.value, r.origin) for r, m in found if m[0] is surest))
    words = NOTHING_MISSING.union(*(m[1] for m in (*(m for _, m in found), *unruly) if m[0] is MAYBE))
    return surest, answer, why, by, words, tuple(rules)


def _needs_ipsec(rule: HostRule) -> bool:
    extras = rule.extras
    return bool(extras.security or extras.remote_machines or extras.remote_users or extras.bypass_out) or (
        rule.action is _BYPASS
    )


def _capped(match: Match, word: str) -> Match:
    """The match, no surer than MAYBE."""
    return (match[0], match[1]) if match[0] is NO else (MAYBE, match[1] | {word})


def _gapmatch_rule(state: HostState, *, blocks: bool) -> list[Match]:
    gaps = (gap for gap in state.gaps if (gap.may_block if blocks else gap.may_allow))
    return [(MAYBE, frozenset({gap.code})) for gap in gaps]


def _hardening(flow: Flow, state: HostState) -> Step:
    """Service hardening: inside this store an allow outranks the catch-all block of its service. Source: corrections 20."""
    rules = [(r, match_rule(r, flow, state)) for r in state.rules if r.store is _HARDENING and r.active]
    allows = _step(Answer.ALLOW, Why.SERVICE_HARDENING, [(r, m) for r, m in rules if r.action is _ALLOW])
    blocks = _step(Answer.BLOCK, Why.SERVICE_HARDENING, [(r, m) for r, m in rules if r.action is _BLOCK])
    confined = flow.principal is Principal.CONFINED and any(r.store is Store.APPISO for r in state.rules)
    if confined:
        return MAYBE, Answer.BLOCK, Why.SERVICE_HARDENING, (), frozenset({"store:appiso"}), blocks[5] + allows[5]
    surest = Tri(min(blocks[0], YES - allows[0]))
    return (
        surest,
        Answer.BLOCK,
        Why.SERVICE_HARDENING,
        blocks[3],
        blocks[4] | allows[4] | _SERVICE_STATE,
        blocks[5] + allows[5],
    )


def _names_subject(rule: HostRule, flow: Flow) -> bool:
    """Whether a hardening rule restricts the service (or, without one, the program) of the flow. Source: corrections 21."""
    if rule.action is not _BLOCK or not rule.active:
        return False
    if rule.service is not None:
        return rule.service.lower() == flow.service
    return rule.program is not None and canonical_program(rule.program) == flow.program


def _connection_security(flow: Flow, state: HostState, settings: Settings) -> Match:
    """Whether a connection security rule may drop the flow for want of IPsec. Source: corrections 28."""
    for rule in state.connection_rules:
        merged = settings.local_ipsec or rule.store is not Store.LOCAL
        ends = (rule.endpoint1, rule.endpoint2)
        meets = any(flow.local in a and flow.remote in b for a, b in (ends, ends[::-1]))
        if (
            rule.active
            and merged
            and rule.action in DEMANDING_IPSEC[flow.direction]
            and rule.profiles & flow.profile
            and meets
        ) and rule.protocol in (None, flow.protocol):
            return MAYBE, frozenset({"ipsec"})
    return NO, NOTHING_MISSING
