"""Each line is a document of its own."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator
from tests.report.audits import demo

from cmfw.cli.schema import FOLDER
from cmfw.report.audit_view import document
from cmfw.report.json_lines import render


def test_every_line_is_valid_and_none_is_missing():
    checker = Draft202012Validator(json.loads(FOLDER.joinpath("audit-row.json").read_text(encoding="utf-8")))
    lines = [json.loads(line) for line in render(demo()).splitlines()]
    assert [error.message for line in lines for error in checker.iter_errors(line)] == []
    whole = document(demo())
    assert len(lines) == sum(len(whole[name]) for name in ("states", "features", "findings", "exceptions"))


def test_a_broken_line_is_refused():
    checker = Draft202012Validator(json.loads(FOLDER.joinpath("audit-row.json").read_text(encoding="utf-8")))
    line = json.loads(render(demo()).splitlines()[1])
    assert checker.is_valid(line)
    assert not checker.is_valid({**line, "status": "fine"})
    assert not checker.is_valid({**line, "row": "finding"})
