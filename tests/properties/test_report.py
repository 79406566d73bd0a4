"""One audit is the same in every form and language, and no name that somebody else chose can run, break out or hide in any."""

from __future__ import annotations

import csv
import io
import re
from functools import cache
from random import Random

import pytest
from tests.report.audits import demo, named
from tests.report.readers import READERS, SHAPES

from cmfw import words
from cmfw.report import FORMS, render
from cmfw.report.audit_view import document

HIDDEN = re.compile(
    r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]"
)
PIECES = (
    '"><script>alert(1)</script>', "' onmouseover='x", "<img src=x onerror=x>", "]]>", "<!--", "-->", "&lt;", "&#0;", "{{7*7}}",
    "=1+1", "+1", "-2+3", "@SUM(1)", "\uff1d1", "\t=1", " =1", "http://a.example/", "www.a.example", "mailto:a@b.example",
    "javascript:alert(1)", "\u202e", "\u2066", "\u200b", "\u00ad", "\ufeff", "\U000e0041", "\x1b[31m", "\x1b]0;x\x07", "\x9b1m",
    "\r\n", "\n", "\x00", "\x08", "::error::x", "::set-output name=a::b", "##[error]x", "%0A", "|", "`", "```", "**", "[a](b)",
    "![a](b)", "# a", "\n# a", "---", "- a", "1. a", "\\", "$x$", "~~~", "</style>", "</title>", "</svg>", "'\u2019;calc;'",
    "\ud800", "e" + "\u0301" * 40, "\u3164", "\u8fdc\u7a0b", "\u05d0\u05d1", "x",
)  # fmt: skip
"""What has broken reports of others: markup, formulas, links, directions, invisible characters, terminals, workflows."""


@pytest.fixture(autouse=True)
def _language():
    words.choose("en")


@pytest.mark.parametrize("lang", words.LANGUAGES)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_tells_the_same(form, lang):
    words.choose(lang)
    told = document(demo())
    rows, findings = READERS[form](render(form, demo()))
    assert sorted(rows.elements()) == sorted(
        (r["feature"], r["clients"], r["peer"] or "", r["status"]) for r in told["features"]
    )
    assert sorted(findings.elements()) == sorted((f["code"], f["severity"], f["subject"]) for f in told["findings"])
    assert len(rows) > 9
    assert len(findings) > 5


@cache
def harmless_shape(form):
    return SHAPES[form](render(form, named("harmless")))


def names(seed: int, count: int) -> list[str]:
    random = Random(seed)
    mixed = ["".join(random.choice(PIECES) for _ in range(random.randint(2, 6))) for _ in range(count)]
    return ["".join(PIECES[at : at + 3]) for at in range(0, len(PIECES), 3)] + mixed


def test_no_name_runs_breaks_out_or_hides(soak, seed, record_count):
    tried = names(seed, 6 * soak)
    for name in tried:
        audit = named(name)
        for form in FORMS:
            check(form, render(form, audit), name)
    record_count("reports with hostile names", len(tried) * len(FORMS))


def check(form: str, made: bytes, name: str) -> None:
    assert SHAPES[form](made) == harmless_shape(form), (form, name)
    if form != "xlsx":
        text = made.decode("utf-8-sig").replace("\r\n", "\n")
        assert HIDDEN.search(text) is None, (form, name)
    if form == "csv":
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@\uff1d\uff0b\uff0d\uff20") and cell.strip()] == []


def test_a_name_is_still_there_to_be_found():
    made = {form: render(form, named("<b>&|`x")) for form in FORMS if form != "xlsx"}
    assert b"&lt;b&gt;&amp;|`x" in made["junit"]
    assert b"\\<b\\>\\&\\|\\`x" in made["md"]
    assert all(b"`x" in text for text in made.values())
