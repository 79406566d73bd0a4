"""The journey of the example, in both languages, and what a page does with what is wrong."""

from __future__ import annotations

import json
import re
from io import BytesIO
from tempfile import gettempdir
from zipfile import ZipFile

import pytest
from tests.web.conftest import DEMO, text_of

FILES = {
    "site": ("site.toml", (DEMO / "site.toml").read_bytes()),
    "machine": ("client.reg", (DEMO / "client.reg").read_bytes()),
}


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_from_two_files_to_the_answer_and_the_policy(serve, lang):
    from cmfw import words

    browser = serve(lang=lang)
    page = browser.follow(browser.send("/", files=FILES))
    assert page.url.path == "/w/site/m/client"
    said = text_of(page)
    assert "Enable-NetFirewallRule -Name 'FPS-SMB-In-TCP-NoScope'" in said
    words.choose(lang)
    assert words.say("report.repair.here") in said
    assert f"{words.say('web.machine.blocked')} {words.say('why.default')}" in said
    assert words.say("status.broken") in said
    cell = browser.open("/w/site/m/client/cell/client_push/office")
    assert "in tcp 10.20.1.10:50000 > 10.30.0.1:445 profile=domain program=system" in text_of(cell)
    backup = browser.open("/w/site/files/gpo-backup?for=office")
    assert backup.headers["content-disposition"].startswith('attachment; filename="cmfw-P01-office-gpo-backup.zip"')
    assert any(name.endswith("registry.pol") for name in ZipFile(BytesIO(backup.content)).namelist())


def test_the_page_says_what_the_command_says(demo):
    from cmfw.catalog import load
    from cmfw.ingest import read_state
    from cmfw.ingest.site import read_site
    from cmfw.report.audit_view import make_audit
    from cmfw.report.html_page import groups_of, worst_of

    site = read_site(str(DEMO / "site.toml"))
    audit = make_audit(load(site.packs), site, read_state([str(DEMO / "client.reg")]).state, None)
    found = json.loads(demo.open("/w/demo/m/client/report/json").content)
    assert [(r["feature"], r["status"]) for r in found["features"]] == [(r.feature, r.status) for r in audit.diagnosis.rows]
    page = demo.open("/w/demo/m/client").text
    for (feature, clients), rows in groups_of(audit).items():
        place = f'<a href="/w/demo/m/client/cell/{feature}/{clients}"'
        cell = page.partition('id="matrix"')[2].partition(place)[2].partition("</a>")[0]
        assert f"chip {worst_of(rows).status}" in cell


@pytest.mark.parametrize("part", ["", "/findings", "/evidence", "/whatif", "/flow"])
def test_the_part_of_a_machine_that_is_shown_is_marked(demo, part):
    tabs = demo.open(f"/w/demo/m/client{part}").text.partition('class="tabs"')[2].partition("</nav>")[0]
    assert re.findall(r'<a href="([^"]+)" aria-current="page"', tabs) == [f"/w/demo/m/client{part}"]


def test_names_of_uploads_are_told_and_paths_of_the_server_are_not(demo):
    page = demo.open("/w/demo/m/client/evidence")
    assert "client.reg" in text_of(page)
    document = demo.open("/w/demo/m/client/report/json").text
    assert '"source": "client.reg"' in document
    assert gettempdir() not in document.replace("\\\\", "\\")


def test_a_machine_that_cannot_be_read_is_told_and_not_kept(demo):
    answer = demo.send("/w/demo/machines", {"name": "odd"}, files={"machine": ("odd.bin", b"\0\1\2\3")})
    assert answer.status_code == 422
    assert "odd.bin" in text_of(answer)
    assert demo.open("/w/demo/m/odd").status_code == 404


def test_a_site_that_cannot_be_read_stays_in_the_form_with_what_is_wrong(demo):
    answer = demo.send("/w/demo/site", {"text": 'code = "P01"\ncolour = "red"\n'})
    assert answer.status_code == 422
    said = text_of(answer)
    assert "colour" in said
    assert "site.toml:2" in said
    assert "10.20.1.10" in demo.open("/w/demo/site/file").text


def test_a_site_keeps_its_text_through_the_form(demo):
    import html5lib

    before = demo.open("/w/demo/site/file").text
    tree = html5lib.parse(demo.open("/w/demo/site").text, namespaceHTMLElements=False)
    area = next(tree.iter("textarea"))
    # as browsers send it
    demo.send("/w/demo/site", {"text": area.text.replace("\n", "\r\n")})
    assert demo.open("/w/demo/site/file").text == before


def test_a_site_of_somebody_else_opens_no_file_of_the_server(demo, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("allow tcp 10.9.9.9 > 10.9.9.8:4711\n", encoding="utf-8")
    text = (DEMO / "site.toml").read_text(encoding="utf-8").replace('host = "cm1', 'zone = "a"\nhost = "cm1')
    text = text.replace('name = "office"', 'zone = "b"\nname = "office"')
    text += f'\n[[filter]]\nfrom = "a"\nto = "b"\nfile = {json.dumps(str(secret))}\n'
    assert demo.send("/w/demo/site", {"text": text}).status_code == 303
    page = demo.open("/w/demo/site")
    assert "no such file" in text_of(page)
    assert "4711" not in demo.open("/w/demo/m/client").text


def test_a_server_that_is_only_read_takes_nothing(serve):
    browser = serve(read_only=True)
    assert browser.send("/demo").status_code == 403
    assert browser.send("/", files=FILES).status_code == 403
    assert "<form" not in browser.open("/").text.partition("<main")[2]


@pytest.mark.parametrize("path", ["/w/none", "/w/none/m/x", "/w/demo/m/none", "/w/demo/m/client/cell/none/office", "/w/demo/files/none", "/explain/port/none", "/explain/none/445", "/w/demo/m/client/report/exe", "/static/0/web.css", "/static/0/..%2f..%2fapp.py"])  # fmt: skip
def test_what_is_not_there(demo, path):
    assert demo.open(path).status_code == 404


def test_a_failure_of_our_own_tells_nothing_of_the_inside(demo, monkeypatch, capsys):
    from cmfw.web import plan_page

    def fail(*_):
        raise ZeroDivisionError("the secret inside")

    monkeypatch.setattr(plan_page, "_omissions", fail)
    answer = demo.open("/w/demo/plan")
    assert answer.status_code == 500
    assert "secret inside" not in answer.text
    assert "Traceback" not in answer.text
    assert "the secret inside" in capsys.readouterr().err


def test_a_language_that_was_chosen_stays(demo):
    assert '<html lang="zh-CN">' in demo.open("/w/demo?lang=zh_CN").text
    assert '<html lang="zh-CN">' in demo.open("/w/demo").text
    assert '<html lang="en">' in demo.open("/w/demo?lang=en").text


def test_signing_out_ends_the_session(demo):
    assert demo.send("/logout").headers["location"] == "/login"
    assert demo.open("/w/demo").status_code == 303


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "\u2028/"]
)
def test_signing_in_leads_nowhere_else(serve, to):
    answer = serve(signed_in=False).open("/login", params={"token": "a secret of this test", "next": to})
    assert answer.headers["location"] == "/"


def test_a_wrong_secret_opens_nothing(serve):
    browser = serve(signed_in=False)
    answer = browser.ask("POST", "/login", data={"secret": "guess"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_a_machine_that_nobody_can_place_is_placed_by_its_owner(demo):
    text = (DEMO / "site.toml").read_text(encoding="utf-8")
    text += '\n[[clients]]\nname = "branch"\nsubnets = ["10.77.0.0/24"]\n'
    demo.send("/w/demo/site", {"text": text})
    page = demo.open("/w/demo")
    assert "`branch`" in text_of(page)
    answer = demo.send("/w/demo/m/client/as", {"as": "branch"})
    assert answer.headers["location"] == "/w/demo/m/client"
    assert text_of(demo.open("/w/demo/m/client")).startswith("Workspace: demo client branch:")


@pytest.mark.parametrize("name", ["office/1", "a #2 ?", "50 %", "\u529e\u516c\u5ba4", "x&y=z", '"quoted"'])
def test_names_of_all_kinds_have_their_pages(demo, name):
    import html5lib

    text = (DEMO / "site.toml").read_text(encoding="utf-8").replace('name = "office"', f"name = {json.dumps(name)}")
    assert demo.send("/w/demo/site", {"text": text}).status_code == 303
    tree = html5lib.parse(demo.open("/w/demo/m/client").text, namespaceHTMLElements=False)
    cells = [each.attrib["href"] for each in tree.iter("a") if "/cell/" in each.attrib.get("href", "")]
    assert cells
    for place in dict.fromkeys(cells):
        page = demo.open(place)
        assert page.status_code == 200
        other = next(
            a.attrib["href"]
            for a in html5lib.parse(page.text, namespaceHTMLElements=False).iter("a")
            if "hreflang" in a.attrib
        )
        assert demo.open(other).status_code == 200
    assert demo.open("/w/demo/whatif", params={"as": name, "lang": "en"}).status_code == 200


def test_a_workspace_may_have_any_readable_name(browser):
    browser.send("/", {"name": "\u7ad9\u70b9 P01 & more"}, files=FILES)
    page = browser.open("/w/\u7ad9\u70b9%20P01%20&%20more/m/client/whatif")
    assert page.status_code == 200
    assert 'action="/w/%E7%AB%99%E7%82%B9%20P01%20%26%20more/m/client/whatif"' in page.text


@pytest.mark.parametrize("name", ["a/b", "..", "a\u202eb", "x" * 65, "a?b", "a%2fb", "a\x00b"])
def test_a_workspace_has_no_name_that_an_address_cannot_hold(browser, name):
    assert browser.send("/", {"name": name}, files=FILES).status_code == 422


def test_rules_whose_last_day_is_over_are_told(demo):
    text = 'expiry = "2020-02-03"\n' + (DEMO / "site.toml").read_text(encoding="utf-8")
    demo.send("/w/demo/site", {"text": text})
    assert "2020-02-03" in demo.open("/w/demo/site").text.partition('id="lints"')[2].partition("</section>")[0]
