"""The page of many machines: every machine with the statuses of its own audit, every cause once, and nobody's name as markup."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import html5lib
import pytest
from tests.properties.test_report import HIDDEN, names
from tests.report.audits import demo, named
from tests.report.readers import _html_shape, levels_left_out, status_of

from cmfw import words
from cmfw.model.verdict import Bounds, Status
from cmfw.report import machines_page
from cmfw.report.audit_words import ORDER
from cmfw.report.machines_page import PARTS, causes_of, render_machines, verdict
from cmfw.report.machines_view import Unread, machine_of


def with_status(status: Status, low: Status | None = None):
    """The example's audit with nothing but one row of that status."""
    row = replace(demo().diagnosis.rows[0], bounds=Bounds(status if low is None else low, status), blocking=(), repair=())
    return replace(demo(), diagnosis=replace(demo().diagnosis, rows=(row,), findings=()))


def tree_of(data: bytes):
    return html5lib.parse(data, namespaceHTMLElements=False)


def text_of(node) -> str:
    return " ".join("".join(node.itertext()).split())


def test_no_heading_leaves_out_a_level():
    assert levels_left_out(tree_of(render_machines("P01", machines()))) == []


def machines():
    """Three: two like the example, one in which everything works."""
    return (machine_of("PC1", demo()), machine_of("PC2", demo()), machine_of("PC3", with_status(Status.WORKS)))


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_a_reader_by_others_finds_no_fault_and_links_lead_somewhere(lang):
    words.choose(lang)
    parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False)
    tree = parser.parse(render_machines("P01", machines(), (Unread("PC9", "nothing"),)))
    assert parser.errors == []
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    assert {*PARTS, "cause-1"} <= {n.get("href")[1:] for n in tree.iter("a") if n.get("href").startswith("#")} <= set(ids)


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_every_machine_has_the_statuses_of_its_audit(lang):
    words.choose(lang)
    tree = tree_of(render_machines("P01", machines()))
    rows = {text_of(row.find("th")): row for row in tree.iterfind(".//table[@class='machines']/tbody/tr")}
    assert set(rows) == {"PC1", "PC2", "PC3"}
    expected: dict[str, str] = {}
    for row in demo().diagnosis.rows:
        expected[row.feature] = min(expected.get(row.feature, row.status), row.status, key=ORDER.index)
    for name in ("PC1", "PC2"):
        told = [text_of(cell).split()[1] for cell in rows[name].findall("td")[1:]]
        assert [status_of(word) for word in told] == list(expected.values())
    assert Counter(bool(text_of(cell)) for cell in rows["PC3"].findall("td")[1:])[True] == 1


def test_the_verdict_counts_machines_by_their_worst_status():
    words.choose("en")
    found = tuple(
        machine_of(name, audit)
        for name, audit in (
            ("a", with_status(Status.WORKS)),
            ("b", with_status(Status.BROKEN)),
            ("c", with_status(Status.DEGRADED)),
            ("d", with_status(Status.WORKS, Status.BROKEN)),
            ("e", with_status(Status.DEGRADED)),
        )
    )
    assert verdict(found, (Unread("f", "x"),)) == (
        "6 machines: every feature works on 1; something is broken on 1; something is degraded on 2; "
        "something is undecided on 1; 1 could not be read."
    )
    assert verdict(found[:1], ()) == "1 machine, and every feature works on it."


def test_what_could_not_be_read_is_named_and_never_works():
    words.choose("en")
    tree = tree_of(render_machines("P01", machines(), (Unread("PC9.hive", "found `x`"),)))
    told = text_of(tree)
    assert "Could not be read (1)" in told
    assert "PC9.hivefound `x`" in told
    assert "\u25c6 1 undecided" in told


def test_a_cause_is_told_once_with_all_its_machines():
    words.choose("en")
    causes = causes_of(machines())
    troubled = {row.feature for row in demo().diagnosis.rows if row.status != "works"}
    assert {group.cause.feature for group in causes} == troubled
    assert {group.machines for group in causes} == {("PC1", "PC2")}
    tree = tree_of(render_machines("P01", machines()))
    (story,) = [node for node in tree.iter("details") if "(client_notification)" in text_of(node.find("summary"))]
    told = text_of(story)
    assert "on 2: out tcp 10123" in told
    assert "out tcp 10.30.0.1:50000 > 10.20.1.10:10123" in told
    assert "{5C90E6A2-8D13-4F7B-B2A4-D36E1F08C7A5}" in told
    assert "Disable-NetFirewallRule -Name '{5C90E6A2-8D13-4F7B-B2A4-D36E1F08C7A5}'" in told
    assert "PC1; PC2" in told


def test_more_causes_than_fit_are_counted_and_not_linked(monkeypatch):
    words.choose("en")
    monkeypatch.setattr(machines_page, "_MOST_CAUSES", 1)
    tree = tree_of(render_machines("P01", machines()))
    assert {n.get("href") for n in tree.iter("a") if "cause-" in n.get("href")} == {"#cause-1"}
    assert f"Causes that are not shown, each on fewer machines: {len(causes_of(machines())) - 1}." in text_of(tree)


def test_every_finding_and_file_is_there():
    words.choose("en")
    tree = tree_of(render_machines("P01", machines()))
    section = next(node for node in tree.iter("section") if node.get("aria-labelledby") == "findings")
    codes = {text_of(row.findall("td")[1]) for row in section.iterfind(".//tbody/tr")}
    assert codes == {finding.code for finding in demo().diagnosis.findings}
    evidence = next(node for node in tree.iter("section") if node.get("aria-labelledby") == "evidence")
    assert len(evidence.findall(".//tbody/tr")) == 3
    assert "no_gpo_source" in text_of(evidence)


def test_no_name_runs_breaks_out_or_hides(seed):
    words.choose("en")
    harmless = _html_shape(
        render_machines("P01", (machine_of("harmless", named("harmless")),), (Unread("harmless", "harmless"),))
    )
    for name in names(seed, 10):
        made = render_machines("P01", (machine_of(name, named(name)),), (Unread(name, name),))
        assert _html_shape(made) == harmless, name
        assert HIDDEN.search(made.decode()) is None, name
    assert re.findall(rb"<script", made) == []


def test_titles_that_look_alike_have_their_id_once():
    words.choose("zh_CN")
    told = text_of(tree_of(render_machines("P01", machines())))
    assert "客户端请求安装 (client_push)" in told
    assert "(client_push) (client_push)" not in told
