"""The whole way of a person in a real browser, in both languages: from an empty page to the policy in hand."""

from __future__ import annotations

import re
from dataclasses import asdict
from io import BytesIO
from urllib.parse import quote
from zipfile import ZipFile

import pytest
from tests.web.chromium import LANGUAGES, chromium, visit
from tests.web.conftest import DEMO
from tests.web.process import served

from cmfw import words
from cmfw.words import say

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SITE, EXPORT = DEMO / "site.toml", DEMO / "client.reg"


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("journey")) as found:
        yield found


def button(page, key):
    """The button with these words of ours."""
    return page.get_by_role("button", name=say(key), exact=True)


def link(page, key):
    """The link with these words of ours."""
    return page.get_by_role("link", name=say(key), exact=True)


def row_of(page, feature):
    """The row of the feature in the matrix that answers a question."""
    head = page.get_by_role("rowheader", name=feature, exact=True)
    return page.locator("#answer table.matrix tr").filter(has=head)


def title_of(feature):
    """The title of a feature as pages have it."""
    from cmfw.catalog import load
    from cmfw.report.finding_words import feature_title

    return feature_title(feature, load(()))


def is_like_the_command(backup, tmp_path):
    """Assert that the zip holds what ``cmfw emit gpo-backup`` writes, and that our own reader finds the plan's rules in it."""
    from cmfw.catalog import load
    from cmfw.emit import EmitRequest, emit
    from cmfw.ingest import read_state
    from cmfw.ingest.site import read_site
    from cmfw.resolve import resolve

    site = read_site(str(SITE))
    catalog = load(site.packs)
    made = emit("gpo-backup", EmitRequest(catalog, site, resolve(catalog, site), "office"))
    with ZipFile(BytesIO(backup)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {one.path: one.content for one in made.artifacts}
    saved = tmp_path / "kept.zip"
    saved.write_bytes(backup)
    (policy,) = (one for one in made.artifacts if one.path.endswith("registry.pol") and not one.path.startswith("undo/"))
    alone = tmp_path / "registry.pol"
    alone.write_bytes(policy.content)
    found = read_state([f"{saved}#{policy.path.partition('/')[0]}"]).state
    expected = read_state([str(alone)]).state
    assert len(found.rules) > 3
    assert [asdict(rule) | {"origin": ""} for rule in found.rules] == [
        asdict(rule) | {"origin": ""} for rule in expected.rules
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_from_an_empty_page_to_the_policy(browser, server, tmp_path, lang):
    words.choose(lang)
    name = f"journey {lang}"
    with visit(browser, server, lang, accept_downloads=True) as page:
        page.goto(server.door)
        assert "token" not in page.url
        page.get_by_label(say("web.home.site")).set_input_files(SITE)
        page.get_by_label(say("web.home.machine")).set_input_files(EXPORT)
        page.get_by_label(say("web.home.name")).fill(name)
        button(page, "web.home.start").click()
        assert "Enable-NetFirewallRule -Name 'FPS-SMB-In-TCP-NoScope'" in page.locator("main").inner_text()
        push = page.locator("table.matrix tr").filter(has_text=title_of("client_push"))
        assert say("status.broken") in push.inner_text()
        push.locator("td a").first.click()
        story = page.locator("main").inner_text()
        assert "in tcp 10.20.1.10:50000 > 10.30.0.1:445" in story
        page.go_back()
        link(page.get_by_role("navigation", name=say("web.machine.parts")), "web.machine.whatif").click()
        suppose_the_repair(page)
        link(page, "web.way.files").click()
        with page.expect_download() as awaited:
            page.get_by_role("link", name=f"{say('web.files.download')}: gpo-backup", exact=True).click()
        saved = tmp_path / "backup.zip"
        awaited.value.save_as(saved)
        assert awaited.value.suggested_filename == "cmfw-P01-office-gpo-backup.zip"
        is_like_the_command(saved.read_bytes(), tmp_path)


def suppose_the_repair(page):
    """Suppose what repairs push, on a page of questions: the answer follows at once, and stands in the address."""
    push = title_of("client_push")
    assert say("web.outcome.better") not in row_of(page, push).inner_text()
    page.evaluate("window.isSamePage = true")
    for traffic in ("in:tcp/445", "in:tcp/49152-65535"):
        page.get_by_label(say("web.whatif.open"), exact=True).last.fill(traffic)
        page.keyboard.press("Tab")
        page.wait_for_url(re.compile("open=" + re.escape(quote(traffic, safe=""))))
    row_of(page, push).get_by_text(say("web.outcome.better")).wait_for()
    assert page.evaluate("window.isSamePage")
    told, address = page.locator("#answer").inner_text(), page.url
    page.goto(address)
    assert page.locator("#answer").inner_text() == told


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_scripts_the_way_is_the_same(browser, server, tmp_path, lang):
    words.choose(lang)
    name = f"plain {lang}"
    with visit(browser, server, lang, java_script_enabled=False, accept_downloads=True) as page:
        page.goto(server.door)
        page.get_by_label(say("web.home.name")).fill(name)
        button(page, "web.home.start").click()
        # a site by the form: nothing was dropped
        page.locator("input[name=code]").fill("P01")
        page.locator("input[name=host]").first.fill("cm1.example.com")
        page.locator("input[name=addresses]").first.fill("10.20.1.10")
        for role in ("site_server", "management_point"):
            page.locator(f"input[name=roles-0][value={role}]").check()
        page.locator("input[name=name]").first.fill("office")
        page.locator("input[name=subnets]").first.fill("10.30.0.0/22")
        page.locator("input[name=install-0][value=push]").check()
        button(page, "web.build.keep").last.click()
        page.get_by_label(say("web.home.machine")).set_input_files(EXPORT)
        button(page, "web.machine.add").click()
        assert "Enable-NetFirewallRule -Name 'FPS-SMB-In-TCP-NoScope'" in page.locator("main").inner_text()
        link(page.get_by_role("navigation", name=say("web.machine.parts")), "web.machine.whatif").click()
        page.get_by_label(say("web.whatif.open"), exact=True).last.fill("in:tcp/445")
        button(page, "web.whatif.ask").click()
        page.get_by_label(say("web.whatif.open"), exact=True).last.fill("in:tcp/49152-65535")
        button(page, "web.whatif.ask").click()
        assert say("web.outcome.better") in row_of(page, title_of("client_push")).inner_text()
        link(page, "web.way.files").click()
        with page.expect_download() as awaited:
            page.get_by_role("link", name=f"{say('web.files.download')}: gpo-backup", exact=True).click()
        awaited.value.save_as(tmp_path / "backup.zip")
        with ZipFile(tmp_path / "backup.zip") as archive:
            assert any(one.endswith("registry.pol") for one in archive.namelist())


def test_by_keys_alone_to_the_answer(browser, server):
    words.choose("en")
    with visit(browser, server) as page:
        page.goto(server.door)

        def go(selector):
            for _ in range(80):
                page.keyboard.press("Tab")
                if page.evaluate("(one) => document.activeElement.matches(one)", selector):
                    page.keyboard.press("Enter")
                    page.wait_for_load_state()
                    return
            raise AssertionError(selector)

        go("form[action='/demo'] button")
        page.wait_for_url("**/w/demo")
        go("article.machine h3 a")
        page.wait_for_url("**/w/demo/m/client")
        go("table.matrix a.chip, table.matrix td a")
        page.wait_for_url("**/cell/client_push/office")
        assert "in tcp 10.20.1.10:50000 > 10.30.0.1:445" in page.locator("main").inner_text()


def test_files_may_be_dropped_on_the_page(browser, server):
    words.choose("en")
    with visit(browser, server) as page:
        page.goto(server.door)
        files = [[one.name, one.read_text(encoding="utf-8")] for one in (SITE, EXPORT)]
        page.evaluate(DROP, files)
        page.get_by_label(say("web.home.name")).fill("dropped")
        button(page, "web.home.start").click()
        page.wait_for_url("**/w/dropped/m/client")


DROP = """(files) => {
  const carried = new DataTransfer();
  for (const [name, text] of files) carried.items.add(new File([text], name));
  const onto = document.querySelector("form.panel button");
  for (const kind of ["dragover", "drop"])
    onto.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
}"""
