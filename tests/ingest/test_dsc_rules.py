"""The reader of our own DSC documents: exact for what we write, a problem for everything else."""

from __future__ import annotations

import json

import pytest
from tests.emit.plans import item, request, rule

from cmfw.emit import emit
from cmfw.ingest.dsc_rules import read_dsc_rules


def document(**changes) -> bytes:
    found = json.loads(emit("dsc", request(item(rule()))).artifacts[0].content)
    found["resources"][0]["properties"]["rules"][0] |= changes
    return json.dumps(found).encode()


def test_a_rule_is_read():
    part = read_dsc_rules(document(), "x.json")
    assert part.problems == ()
    assert [r.id for r in part.rules] == [rule().id]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"action": "Bypass"}, "KeyError: 'Bypass'"),
        ({"direction": "Both"}, "KeyError: 'Both'"),
        ({"direction": ["Inbound"]}, "TypeError: unhashable type: 'list'"),
        ({"profiles": ["Home"]}, "KeyError: 'Home'"),
        ({"profiles": "Domain"}, "KeyError: 'D'"),
        ({"profiles": []}, "ValueError: an empty list, or a word twice"),
        ({"interfaceTypes": ["Lan", "Lan"]}, "ValueError: an empty list, or a word twice"),
        ({"localPorts": 445}, "TypeError: object of type 'int' has no len()"),
        ({"localPorts": "445,x"}, "ValueError: `x` is not a port or port range"),
        ({"remoteAddresses": 10}, "AttributeError: 'int' object has no attribute 'split'"),
        ({"owner": "x"}, "ValueError: properties"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_value_outside_the_dialect_is_a_problem(changes, found):
    part = read_dsc_rules(document(**changes), "x.json")
    assert part.rules == ()
    assert [p.found[: len(found)] for p in part.problems] == [found]
