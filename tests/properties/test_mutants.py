"""The random comparison is worth its name: more than thirty seeded faults in the exact engine are all caught by it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from random import Random

import pytest

import cmfw.engine.rule_boxes as compiled
from cmfw.engine import exact, regions, rule_index
from properties import universe
from properties.test_engine import disagreement

EXACT = (
    ("if not settings.firewall_on:", "if False:"),
    ("if settings.exempt_interfaces:", "if False:"),
    ("if settings.shields_up and direction is _IN:", "if settings.shields_up:"),
    ("if settings.shields_up and direction is _IN:", "if False:"),
    ("for t in touching if _bypasses(t[0])", "for t in touching if False"),
    ("for gap in self.state.gaps if gap.may_block]", "for gap in self.state.gaps if False]"),
    ("for gap in self.state.gaps if gap.may_allow)", "for gap in self.state.gaps if gap.may_block)"),
    ("blocks = [t for t in touching if _may_block(t[0])]", "blocks = [t for t in touching if t[0].action is Action.BLOCK]"),
    ("plain = [t for t in blocks if not _needs_ipsec(t[0])]", "plain = blocks"),
    ("(*_uppers(allows), *unseen)", "unseen"),
    ("(*_uppers(blocks), *unsure)", "tuple(unsure)"),
    ("[b for b, _ in possible_allows])[1]]", "[])[1]]"),
    ("[b for b, _ in sure_allows])[1]]", "[])[1]]"),
    ("if self._rules.has_appiso:", "if False:"),
    ("for local, remote in (ends, ends[::-1]):", "for local, remote in (ends,):"),
    ("if rule.store is _LOCAL and not settings.local_ipsec:", "if False:"),
    ("settings.default_allows(direction)", "settings.default_allows(Direction.OUT)"),
    ("if self._unreadable:", "if False:"),
    ("allowed, blocked = allowed & other.allowed, blocked & other.blocked", "pass"),
)
INDEX = (
    ("return path not in box.program.names and is_resolved_program(path)", "return path not in box.program.names"),
    ("rule.service.lower() not in names", "rule.service not in names"),
    ("(names <= {NO_SERVICE})", "(NO_SERVICE not in names)"),
    ("and not condition.keywords", "and True"),
)
REGIONS = (
    ("if possible | bit == _ALLOW | _BLOCK and possible & bit:", "if possible:"),
    ("final[possible | bit] += decided", "final[possible or bit] += decided"),
    ("following.setdefault(possible | bit, [])", "following.setdefault(possible, [])"),
    ("left += part.subtract(cutter)", "left += part.subtract(cutter)[:1]"),
)
COMPILED = (
    ("if admitted is False:", "if admitted is None:"),
    ("extras.interface_ids or extras.unknown", "extras.unknown"),
    ("extras.unknown or extras.invalid", "extras.invalid"),
    ("or service_is_certain(rule, state))", "or True)"),
    ("if unresolved or _has_two_sides(rule):", "if unresolved:"),
    ("if unresolved or _has_two_sides(rule):", "if _has_two_sides(rule):"),
    ("if extras.ignore_remote and rule.action is Action.ALLOW and not lower:", "if extras.ignore_remote:"),
    ("if extras.ignore_remote and rule.action is Action.ALLOW and not lower:", "if False:"),
    ("if admits or (admits is None and not lower):", "if admits is not False:"),
    ('if "~" in path:', "if False:"),
    ("if program_basename(p) != name)", "if program_basename(p) == name)"),
    ("Atoms.of(rule.service.lower())", "Atoms.of(rule.service)"),
    ("interface=rule.interfaces", "interface=15"),
)
ROUNDS = 4000


def _mutated(module, old: str, new: str):
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert old in source, f"the mutant no longer fits the source: {old}"
    spec = importlib.util.spec_from_loader(f"{module.__name__}_mutant", loader=None)
    mutant = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = mutant
    exec(compile(source.replace(old, new), spec.name, "exec"), mutant.__dict__)  # our own source, one line changed
    return mutant


def _is_caught(make_engine, seed: int) -> bool:
    rng = Random(seed)
    for _ in range(ROUNDS):
        state = universe.state(rng)
        engine = make_engine(state)
        try:
            asked = universe.flow_set(rng)
            part = engine.partition(asked)
            if not asked <= (part.allowed | part.blocked | part.unknown):
                return True
        except Exception:  # noqa: BLE001 - a mutant that crashes is caught
            return True
        for _ in range(8):
            flow = universe.flow_near(rng, state)
            try:
                if disagreement(state, flow, engine):
                    return True
            except Exception:  # noqa: BLE001 - a mutant that crashes is caught
                return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), EXACT)
def test_a_fault_in_the_exact_engine_is_caught(old, new, seed):
    assert _is_caught(_mutated(exact, old, new).Engine, seed)


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), COMPILED)
def test_a_fault_in_rule_compilation_is_caught(old, new, seed, monkeypatch):
    monkeypatch.setattr(exact, "rule_boxes", _mutated(compiled, old, new).rule_boxes)
    assert _is_caught(exact.Engine, seed)


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), REGIONS)
def test_a_fault_in_walking_regions_is_caught(old, new, seed, monkeypatch):
    mutant = _mutated(regions, old, new)
    monkeypatch.setattr(exact, "split", mutant.split)
    monkeypatch.setattr(exact, "walk", mutant.walk)
    assert _is_caught(exact.Engine, seed)


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), INDEX)
def test_a_fault_in_leaving_rules_out_is_caught(old, new, seed, monkeypatch):
    monkeypatch.setattr(exact, "misses", _mutated(rule_index, old, new).misses)
    assert _is_caught(exact.Engine, seed)


def test_the_unchanged_engine_is_not_caught(seed):
    rng = Random(seed)
    state = universe.state(rng)
    engine = exact.Engine(state)
    assert not any(disagreement(state, universe.flow_near(rng, state), engine) for _ in range(50))
