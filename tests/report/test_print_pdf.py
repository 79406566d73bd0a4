"""The page as a browser on the machine prints it, with everything opened."""

from __future__ import annotations

import re

import pytest
from tests.conftest import need
from tests.report.audits import demo

from cmfw import words
from cmfw.errors import InputError
from cmfw.report import print_pdf, render


@pytest.mark.browser
@pytest.mark.slow
def test_an_audit_is_printed_opened():
    need(print_pdf.browser() is not None, "no Chromium here")
    words.choose("zh_CN")
    page = render("html", demo())
    closed = print_pdf.printed(page)
    assert closed.startswith(b"%PDF-")
    # what a reader would have to open is printed as if it were
    opened = print_pdf.printed(page.replace(b"<details", b"<details open"))
    # the two are laid out in runs of their own, and a break between pages may fall a line elsewhere
    assert abs(pages(closed) - pages(opened)) <= 1
    assert pages(closed) > 3


def pages(data: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", data))


def test_without_a_browser_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setattr(print_pdf, "browser", lambda: None)
    with pytest.raises(InputError, match=r"write \.html"):
        print_pdf.printed(b"<!DOCTYPE html>")
