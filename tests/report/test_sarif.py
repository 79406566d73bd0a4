"""SARIF is valid against the schema of OASIS, and tells where each finding stands."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft7Validator
from tests.conftest import ROOT
from tests.report.audits import demo, named

from cmfw import words
from cmfw.report.sarif import render

SCHEMA = json.loads((ROOT / "tests/data/schemas/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("lang", words.LANGUAGES)
@pytest.mark.parametrize("name", ["", "\x1b<a b>#%\u202e|\ud800"], ids=["example", "odd names"])
def test_it_is_valid(name, lang):
    words.choose(lang)
    found = json.loads(render(named(name) if name else demo()))
    checker = Draft7Validator(SCHEMA, format_checker=Draft7Validator.FORMAT_CHECKER)
    assert [error.message for error in checker.iter_errors(found)] == []


def test_the_schema_would_refuse():
    assert list(Draft7Validator(SCHEMA).iter_errors({"version": "2.1.0", "runs": [{"tool": {}}]}))


def test_places_rules_and_fingerprints():
    words.choose("en")
    (run,) = json.loads(render(demo()))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [one["ruleId"] for one in run["results"]]
    (degraded,) = [one for one in run["results"] if one["ruleId"] == "feature-degraded"]
    (place,) = degraded["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"].endswith("client.reg")
    assert place["logicalLocations"][0]["fullyQualifiedName"].endswith("{5C90E6A2-8D13-4F7B-B2A4-D36E1F08C7A5}")
    prints = [one["partialFingerprints"]["cmfw/1"] for one in run["results"]]
    assert len(set(prints)) == len(prints)
    words.choose("zh_CN")
    (other,) = json.loads(render(demo()))["runs"]
    assert [one["partialFingerprints"]["cmfw/1"] for one in other["results"]] == prints
    assert other["results"][0]["message"] != run["results"][0]["message"]
