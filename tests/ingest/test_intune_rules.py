"""The reader of our own Intune policies: exact for what we write, a problem for everything else."""

from __future__ import annotations

import json

import pytest
from tests.emit.plans import item, request, rule

from cmfw.emit import emit
from cmfw.ingest.intune_rules import layout_of, read_intune_rules

NAME = f"{rule().id}: {rule().name}"


def document(old: str = "", new: str = "", count: int = 1) -> bytes:
    text = emit("intune", request(item(rule(), rule(id="other", name="Other")))).artifacts[0].content.decode()
    assert old in text
    return text.replace(old, new, count).encode()


def test_plain_rules_are_read_by_one_pattern_and_nothing_is_left_of_them():
    rules, rest = layout_of(document())
    assert [(found[0], found[2]) for found in rules] == [(NAME, "IN"), ("other: Other", "IN")]
    assert rest == []


def test_from_the_first_other_rule_on_the_parser_reads():
    content = document("other: Other", "other: \\u004fther")
    rules, rest = layout_of(content)
    assert [found[0] for found in rules] == [NAME]
    assert [list(entry) for entry in rest] == [["children"]]
    assert [found.name for found in read_intune_rules(content, "x.json")[0]] == [NAME, "other: Other"]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(json.loads(document())).encode(),
        document("other: Other", "other: NaN"),
        document('"name": "', '"groupSettingCollectionValue": [],\n  "name": "'),
        document('"platforms"', '"plat\\u0066orms"'),
    ],
    ids=["one line", "a name that looks like a constant", "a key of the same name elsewhere", "a key with an escape"],
)
def test_any_layout_gives_the_same_rules(content):
    rules, problems = read_intune_rules(content, "x.json")
    assert problems == ()
    assert [r.id for r in rules] == [rule().id, "other"]


@pytest.mark.parametrize(
    "key",
    [
        '"groupSettingCollectionValue": [0]',
        '"groupSettingCollectionValue": [NaN]',
        '"group\\u0053ettingCollectionValue": [0]',
        '"settingDefinitionId": "x"',
    ],
)
def test_a_key_that_comes_again_and_counts_is_not_overlooked(key):
    """The last value of a key counts, as everywhere in JSON: rules before it are not those of the document."""
    content = document("\n        ]\n      }", f"\n        ],\n        {key}\n      }}")
    rules, problems = read_intune_rules(content, "x.json")
    assert layout_of(content) is None
    assert (rules, len(problems)) == ((), 1)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("_direction_", "_way_", "ValueError: the choice"),
        ("SimpleSettingInstance", "ChoiceSettingInstance", "ValueError: the setting"),
        ('"children": []\n', '"children": []\n,\n', "JSONDecodeError"),
        ("\n              },\n              {\n", "\n              }\n              {\n", "JSONDecodeError"),
        ('"#microsoft.graph.deviceManagementConfigurationGroupSetting', '"#x', "ValueError: another setting"),
        ('"value": "', '"value": "a\n              },\n              {\n', "JSONDecodeError"),
    ],
    ids=["choice", "form", "comma", "no comma", "collection", "a line feed in a text"],
)
def test_what_is_not_ours_is_a_problem(old, new, found):
    rules, problems = read_intune_rules(document(old, new), "x.json")
    assert rules == ()
    assert [p.found[: len(found)] for p in problems] == [found]
