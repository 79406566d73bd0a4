"""Random rules, written as PowerShell shows them in every shape, and read back: equal, wherever it has words for them."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from tests.ingest.netsec_writer import SHAPES, document, is_showable
from tests.properties import universe

from cmfw.engine.reference import judge
from cmfw.ingest.netsec_objects import evidence_of, objects_in
from cmfw.ingest.rulestring import parse_rule
from cmfw.ingest.rulewrite import write_rule
from cmfw.model.rule import HostRule, Store
from cmfw.model.state import HostState

RULES = 400
"""Rules at soak factor 1."""


def rules_from_strings(rng: Random, count: int) -> list[HostRule]:
    """Random rules as a hive would give them, of those that PowerShell has words for."""
    out: list[HostRule] = []
    while len(out) < count:
        made = universe.rule(rng, len(out), (Store.LOCAL,))
        made = replace(made, name=f"name {len(out)}", group=rng.choice(("", "@FirewallAPI.dll,-28502")), description="d")
        found, problems = parse_rule(write_rule(made), id=made.id)
        if found is not None and not problems and not found.extras.invalid and is_showable(found):
            out.append(replace(found, version=(2, 10)))
    return out


@pytest.mark.parametrize("numbers", [True, False], ids=["integers", "names"])
@pytest.mark.parametrize("shape", SHAPES)
def test_powershell_shows_what_the_registry_holds(shape, numbers, soak, seed, record_count):
    rng = Random(f"{seed} {shape} {numbers}")
    rules = rules_from_strings(rng, RULES * soak)
    for at in range(0, len(rules), 200):
        some = rules[at : at + 200]
        found = evidence_of(tuple(objects_in(document(some, shape, numbers=numbers), "x")), path="x", form="ps-json")
        read = [replace(rule, origin="") for part in found.parts for rule in part.rules]
        assert read == some
        assert found.problems == ()
    record_count("rules through PowerShell's objects", len(rules))


def test_both_ways_give_the_same_verdicts(soak, seed):
    rng = Random(f"{seed} verdicts")
    for _ in range(60 * soak):
        state = universe.state(rng)
        rules = rules_from_strings(rng, 12)
        shown = evidence_of(tuple(objects_in(document(rules, "nested", numbers=True), "x")), path="x", form="ps-json")
        hive: HostState = replace(state, rules=tuple(rules))
        export = replace(state, rules=tuple(replace(rule, origin="") for part in shown.parts for rule in part.rules))
        for _ in range(8):
            flow = universe.flow_near(rng, hive)
            assert judge(flow, export) == judge(flow, hive)
