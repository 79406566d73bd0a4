"""Answers as files for other eyes: one module for each form, all from the same values. The command line and the web share it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cmfw.report.audit_view import Audit

FORMS: dict[str, str] = {
    "html": "cmfw.report.html_page",
    "json": "cmfw.report.json_document",
    "jsonl": "cmfw.report.json_lines",
    "csv": "cmfw.report.csv_table",
    "sarif": "cmfw.report.sarif",
    "junit": "cmfw.report.junit",
    "md": "cmfw.report.markdown",
    "github": "cmfw.report.github",
    "xlsx": "cmfw.report.workbook",
}
"""Name of a form -> the module whose ``render`` writes an audit in it."""
SUFFIXES: dict[str, str] = {
    ".html": "html",
    ".htm": "html",
    ".sarif.json": "sarif",
    ".sarif": "sarif",
    ".json": "json",
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".xml": "junit",
    ".md": "md",
    ".xlsx": "xlsx",
}
"""How the name of a file ends -> the form that it asks for."""
BINARY = frozenset({"xlsx"})
"""Forms that no terminal shows."""


def render(form: str, audit: Audit) -> bytes:
    """The audit in one form; KeyError for a form that there is none of.

    Raises:
        MissingExtra: where the form needs a package that is not installed.
    """
    made: bytes = import_module(FORMS[form]).render(audit)
    return made


def form_of(path: str) -> str:
    """The form that the name of a file asks for, else the empty string."""
    return next((form for suffix, form in SUFFIXES.items() if path.lower().endswith(suffix)), "")
