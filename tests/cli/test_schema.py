"""The published schemas are valid schemas, equal what makes them, and refuse broken documents."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator, ValidationError

from cmfw.cli.schema import FOLDER, KINDS
from cmfw.cli.site_schema import schema_text

VERDICT = {"flow": "f", "normal": "n", "action": "allow", "why": "rule", "by": [], "missing": [], "assumed": {}}
TRACE = {"schema": "cmfw/trace/1", "verdicts": [VERDICT]}
CHECK = {"schema": "cmfw/check/1", "problems": [], "lints": [], "expects": []}
PLAN = {
    "schema": "cmfw/plan/1", "site": "P01", "edition": "current", "scope": "least",
    "items": [], "exceptions": [], "rows": [], "omissions": [],
}  # fmt: skip
WHO = {"name": "office", "host": False, "by": "only"}
AUDIT = {"schema": "cmfw/audit/1", "site": "P01", "as": WHO, "states": [], "features": [], "findings": [], "exceptions": []}
SITE = {"code": "P01", "system": [{"host": "a"}], "clients": [{"subnets": ["10.0.0.0/8"]}]}


def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(FOLDER.joinpath(f"{kind}.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_schema_that_is_printed(kind, run):
    schema = json.loads(run("schema", kind).output)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert all(one["additionalProperties"] is False for one in schema.get("oneOf", [schema]))


def test_kinds_are_the_files(run):
    assert sorted(KINDS) == sorted(path.stem for path in FOLDER.glob("*.json"))
    assert run("schema").output.split() == list(KINDS)


def test_the_site_schema_is_made_from_the_keys():
    assert FOLDER.joinpath("site.json").read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize(
    ("kind", "document"),
    [("trace", TRACE), ("check", CHECK), ("plan", PLAN), ("audit", AUDIT), ("site", SITE)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_minimal_document_is_accepted_and_a_stranger_key_is_not(kind, document):
    _validator(kind).validate(document)
    with pytest.raises(ValidationError):
        _validator(kind).validate({**document, "stranger": 1})
    if kind != "site":
        with pytest.raises(ValidationError):
            _validator(kind).validate({**document, "schema": f"cmfw/{kind}/2"})


@pytest.mark.parametrize(
    "change",
    [
        {"action": "maybe"},
        {"why": "because"},
        {"action": "unknown"},
        {"missing": ["program"]},
        {"by": [{"id": "x"}]},
        {"by": [{"id": "x", "store": "attic", "origin": ""}]},
        {"flow": ""},
    ],
    ids=lambda change: ", ".join(f"{k}={v}" for k, v in change.items()),
)
def test_a_broken_verdict_is_refused(change):
    with pytest.raises(ValidationError):
        _validator("trace").validate({**TRACE, "verdicts": [{**VERDICT, **change}]})


@pytest.mark.parametrize(
    "change",
    [
        {"code": "TOOLONG"},
        {"system": []},
        {"system": [{"host": "a", "roles": ["king"]}]},
        {"clients": [{}]},
        {"ports": {"http": [0]}},
        {"ports": {"http": "80"}},
        {"expect": [{"flow": "in tcp * > *", "verdict": "perhaps"}]},
    ],
    ids=str,
)
def test_a_broken_site_is_refused(change):
    with pytest.raises(ValidationError):
        _validator("site").validate(SITE | change)
