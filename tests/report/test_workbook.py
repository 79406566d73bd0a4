"""A workbook that another reader opens, in which every cell is text."""

from __future__ import annotations

import io
import sys
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook
from tests.report.audits import demo, named

from cmfw import words
from cmfw.errors import MissingExtra
from cmfw.report.workbook import cell_text, render


def rows_of(data: bytes, at: int) -> list[list]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(at).to_python()


@pytest.mark.parametrize(
    ("lang", "names"), [("en", ["Firewall request", "Features", "Findings"]), ("zh_CN", ["防火墙申请", "功能", "发现"])]
)
def test_the_sheets(lang, names):
    words.choose(lang)
    assert CalamineWorkbook.from_filelike(io.BytesIO(render(demo()))).sheet_names == names


def test_the_request_has_every_flow_of_the_plan():
    words.choose("en")
    head, *rows = rows_of(render(demo()), 0)
    assert head[:6] == ["From", "Source addresses", "To", "Destination addresses", "Protocol", "Destination ports"]
    assert len(rows) == len(demo().plan.items) > 10
    smb = next(row for row in rows if row[0] == "cm1.example.com" and row[5] == "445")
    assert smb[1:5] == ["10.20.1.10", "office", "10.30.0.0/22", "tcp"]
    assert "Client Push Installation" in smb[8]
    assert smb[10:] == ["", "", ""]


def test_names_that_begin_like_formulas_are_text():
    made = render(named("=1+1"))
    with ZipFile(io.BytesIO(made)) as parts:
        sheets = b"".join(parts.read(name) for name in parts.namelist() if "worksheets" in name)
    assert b"<f>" not in sheets
    assert b"hyperlink" not in sheets
    assert any("=1+1" in cell for row in rows_of(made, 0) for cell in row)


def test_the_same_audit_gives_the_same_bytes():
    assert render(demo()) == render(demo())


def test_a_text_too_long_for_a_cell_says_so():
    told = cell_text("x" * 40_000)
    assert len(told) < 32_767
    assert told.endswith("(+7340)")


def test_without_the_package_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(MissingExtra, match=r"cmfw\[xlsx\]"):
        render(demo())
