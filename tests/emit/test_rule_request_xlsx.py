"""The rule request as a workbook: others read the same rows in it as in the CSV, and no cell runs."""

from __future__ import annotations

import csv
import io
import sys
import zipfile

import pytest
from python_calamine import CalamineWorkbook
from tests.emit.network_cases import CASES, case, emitted, two_zones
from tests.emit.plans import item

from cmfw.emit import rule_request_xlsx
from cmfw.emit.network import emit_between
from cmfw.errors import MissingExtra, Unsupported
from cmfw.ingest.request_workbook import SHEET, STRINGS, read_request_workbook
from cmfw.model.verdict import Answer


def rows_of(content: bytes) -> list[list[str]]:
    """What python-calamine finds in the only sheet."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["cmfw"]
    return book.get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("name", CASES)
def test_consumer(name):
    (workbook,), (text,) = emitted("request-xlsx", name), emitted("request", name)
    plain = csv.reader(text.content.decode("utf-8-sig").splitlines())
    assert rows_of(workbook.content) == [[cell.removeprefix("'") for cell in row] for row in plain]
    assert not any("433" in cell.split() for row in rows_of(workbook.content) for cell in row)


@pytest.mark.parametrize("text", ["=1+1", "+1", "@x", "http://x", "007", "{=1}", "-1", "a\tb"[:1]])
def test_no_text_becomes_anything_else(text):
    made = emit_between("request-xlsx", *two_zones(item(id=text))).artifacts[0].content
    assert rows_of(made)[1][0] == text
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert b"<f>" not in archive.read(SHEET)
        assert not [name for name in archive.namelist() if "rels" in name and b"hyperlink" in archive.read(name)]


def changed(content: bytes, part: str, before: bytes, after: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            found = old.read(name)
            if name == part:
                assert before in found
                found = found.replace(before, after, 1)
            new.writestr(name, found)
    return out.getvalue()


WRONG = [
    (STRINGS, b"<t>445</t>", b"<t>445 446</t>", "wider than the plan"),
    (STRINGS, b"<t>445</t>", b"<t>44</t>", "wider than the plan"),
    (STRINGS, b"<t>445</t>", b"<t>any</t>", "wider than the plan"),
    (STRINGS, b"<t>10.20.0.0/16</t>", b"<t>10.20.0.0/17</t>", "narrower than the plan"),
    (STRINGS, b"<t>445</t>", b"<r><t>445</t></r>", "does not read back"),
    (STRINGS, b"<t>tcp</t>", b"<t>tpc</t>", "does not read back"),
    (SHEET, b'<c r="A2"', b'<c r="A3"', "does not read back"),
    (SHEET, b't="s"', b't="n"', "does not read back"),
    (SHEET, b"</sheetData>", b"", "does not read back"),
]


@pytest.mark.parametrize(("part", "before", "after", "reason"), WRONG)
def test_what_is_written_wrong_is_refused(part, before, after, reason, monkeypatch):
    emit = rule_request_xlsx._workbook
    monkeypatch.setattr(rule_request_xlsx, "_workbook", lambda rows: changed(emit(rows), part, before, after))
    with pytest.raises(Unsupported, match=reason):
        emit_between("request-xlsx", *two_zones(item()))


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"id,from_zone"], ids=["nothing", "half a zip", "CSV"])
def test_what_is_no_workbook(content):
    lines, problems = read_request_workbook(content, "x.xlsx")
    assert problems
    assert [line.answer for line in lines] == [Answer.UNKNOWN]


def test_a_cell_too_long_is_refused():
    with pytest.raises(Unsupported, match="at most 32767 characters; use `request`"):
        emit_between("request-xlsx", *two_zones(item(flow="f" * 32_768)))


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(MissingExtra, match=r"target `request-xlsx` needs the extra `xlsx`"):
        emit_between("request-xlsx", *case("tcp_only"))
