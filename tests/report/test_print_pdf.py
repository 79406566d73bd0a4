"""The page as a browser on the machine prints it: what is not well is opened, what works is named."""

from __future__ import annotations

import re

import html5lib
import pytest
from tests.conftest import need
from tests.report.audits import demo

from cmfw import words
from cmfw.errors import InputError
from cmfw.report import print_pdf, render

CALM = b'<details class="calm"'


@pytest.mark.browser
@pytest.mark.slow
def test_an_audit_is_printed_with_all_that_is_not_well_opened():
    need(print_pdf.browser() is not None, "no Chromium here")
    words.choose("zh_CN")
    page = render("html", demo())
    closed = print_pdf.printed(page)
    assert closed.startswith(b"%PDF-")
    # what a reader would have to open is printed as if it were
    opened = print_pdf.printed(page.replace(b"<details", b"<details open").replace(b'<details open class="calm"', CALM))
    # the two are laid out in runs of their own, and a break between pages may fall a line elsewhere
    assert abs(pages(closed) - pages(opened)) <= 1
    assert pages(closed) > 3
    # what works is only named, unless a reader has opened it
    assert pages(print_pdf.printed(page.replace(CALM, b'<details open class="calm"'))) > pages(closed) + 1


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_what_is_left_out_on_paper_is_said_and_is_nothing_that_is_not_well(lang):
    words.choose(lang)
    tree = html5lib.parse(render("html", demo()), namespaceHTMLElements=False)
    (note,) = (node for node in tree.iter("p") if "paper" in node.get("class", "").split())
    assert note.text == words.say("report.paper")
    kinds = {node.get("class"): set() for node in tree.iter("details")}
    for node in tree.iter("details"):
        chip = next(one for one in node.find("summary").iter("span") if "chip" in one.get("class", "").split())
        kinds[node.get("class")] |= set(chip.get("class").split()) - {"chip"}
    assert kinds["calm"] == {"works"}
    assert kinds[None] == {"broken", "degraded", "error", "warning", "note"}


def pages(data: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", data))


def test_without_a_browser_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setattr(print_pdf, "browser", lambda: None)
    with pytest.raises(InputError, match=r"write \.html"):
        print_pdf.printed(b"<!DOCTYPE html>")
