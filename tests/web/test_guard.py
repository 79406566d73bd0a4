"""Hosts, origins, sizes and sessions: what no page is to see."""

from __future__ import annotations

import pytest

PAGES = ("/", "/w/demo", "/w/demo/m/client", "/explain", "/handbook", "/w/demo/files/gpo-backup?for=office", "/nothing")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8765",
        "127.0.0.1",
        "127.0.0.1:8766",
        "127.0.0.1:8765.evil.example",
        "localhost:8765@evil",
        "",
    ],
)
def test_another_host_gets_nothing(demo, host):
    answer = demo.open("/w/demo", headers={"host": host})
    assert (answer.status_code, "demo" in answer.text) == (421, False)


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765", "[::1]:8765"])
def test_names_of_loopback_are_known(serve, host):
    assert serve(signed_in=False).open("/login", headers={"host": host}).status_code == 200


def test_two_hosts_are_none(demo):
    headers = [("host", "127.0.0.1:8765"), ("host", "evil.example")]
    assert demo.open("/", headers=headers).status_code == 421


@pytest.mark.parametrize("path", PAGES)
def test_without_a_session_there_is_only_the_way_in(serve, path):
    answer = serve(signed_in=False).open(path)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login")


def test_a_session_that_nobody_opened_is_none(serve):
    browser = serve(signed_in=False)
    assert browser.open("/", headers={"cookie": "cmfw-8765=guessed"}).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1:8765"},
        {"origin": "http://127.0.0.1:8766"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://localhost:8765"},
    ],
    ids=lambda headers: "-".join(headers.values()),
)
def test_a_form_of_another_site_is_refused_whatever_token_it_has(browser, headers):
    assert browser.send("/demo", headers=headers).status_code == 403
    assert "demo" not in browser.open("/").text.partition("<h2")[2]


def test_a_form_of_our_own_is_taken(browser):
    headers = {"origin": "http://127.0.0.1:8765", "sec-fetch-site": "same-origin"}
    assert browser.send("/demo", headers=headers).status_code == 303


@pytest.mark.parametrize("token", ["", "0" * 64, "\ud7ff", "x" * 5000])
def test_a_form_without_the_token_of_its_session_is_refused(browser, token):
    assert browser.ask("POST", "/demo", data={"token": token}).status_code == 403


def test_the_token_of_another_session_is_none(settings):
    from tests.web.conftest import Browser

    from cmfw.web.app import make_app
    from cmfw.web.desk import Desk

    app = make_app(settings, Desk(settings))
    one, other = Browser(app), Browser(app)
    assert one.token != other.token
    assert other.ask("POST", "/demo", data={"token": one.token}).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_methods_that_nothing_needs(demo, method):
    assert demo.ask(method, "/w/demo").status_code == 405


def test_a_body_over_the_limit_is_refused_by_its_stated_length(serve):
    browser = serve(most_upload=50_000)
    answer = browser.send("/", files={"machine": ("big.reg", b"x" * 60_000)})
    assert answer.status_code == 413


def test_a_body_over_the_limit_is_refused_when_it_states_none(serve):
    browser = serve(most_upload=50_000)

    async def pieces():
        yield b'--x\r\nContent-Disposition: form-data; name="machine"; filename="f"\r\n\r\n'
        for _ in range(80):
            yield b"x" * 1000

    answer = browser.ask("POST", "/", content=pieces(), headers={"content-type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 413


def test_a_body_over_the_limit_is_refused_before_it_comes(serve):
    answer = serve(most_upload=50_000).ask("POST", "/", content=b"", headers={"content-length": "50001"})
    assert answer.status_code == 413


def test_a_length_that_is_none(browser):
    assert browser.ask("POST", "/demo", content=b"", headers={"content-length": "-1"}).status_code == 400


@pytest.mark.parametrize("path", [*PAGES, "/login", "/static/0/web.css"])
def test_every_answer_carries_the_policy(demo, path):
    headers = demo.open(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["x-frame-options"], headers["referrer-policy"]) == (
        "nosniff",
        "DENY",
        "same-origin",
    )


def test_pages_are_kept_by_nobody(demo):
    assert demo.open("/w/demo").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/w/demo", "/w/demo/m/client", "/w/demo/m/client/whatif", "/w/demo/site", "/explain"])
def test_a_page_holds_nothing_that_the_policy_forbids(demo, path):
    import html5lib

    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(demo.open(path).text)
    for each in tree.iter():
        names = set(each.attrib) if isinstance(each.attrib, dict) else set()
        assert not {name for name in names if str(name).startswith(("on", "style", "hx-on"))}
        assert each.tag != "style"
        if each.tag == "script":
            assert each.attrib["src"].startswith("/static/")
            assert not (each.text or "").strip()
        if each.tag in ("link", "img", "script", "form"):
            assert (
                next(v for k, v in each.attrib.items() if k in ("href", "src", "action")).startswith("/")
                if each.attrib.get("method") != "get"
                else True
            )


def test_a_script_whose_session_is_over_loads_the_page_anew(serve):
    answer = serve(signed_in=False).open("/w/demo/m/client/whatif", headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-refresh"]) == (401, "true")


def test_over_tls_the_cookie_is_bound_to_the_host(settings):
    from dataclasses import replace

    from cmfw.web.settings import hosts_of

    own = replace(settings, origin="https://fw.example:8765", hosts=hosts_of(("fw.example",), 8765, tls=True))
    assert own.cookie == "__Host-cmfw-8765"


_REFUSALS = {
    "another host": ("GET", "/w/demo", {"host": "evil.example"}, 421, "evil.example"),
    "another method": ("DELETE", "/w/demo", {}, 405, "GET, HEAD, POST"),
    "another site": ("POST", "/demo", {"origin": "http://evil.example"}, 403, ""),
    "no length": ("POST", "/demo", {"content-length": "-1"}, 400, ""),
    "too long": ("POST", "/", {"content-length": "99000000000"}, 413, "64 MiB"),
}


@pytest.mark.parametrize("case", _REFUSALS)
def test_what_is_refused_is_told_on_a_page_in_the_language_of_the_browser(serve, case):
    import html5lib

    method, path, headers, status, named = _REFUSALS[case]
    titles = set()
    for lang, shown in (("en", "en"), ("zh-CN,zh;q=0.9", "zh-CN")):
        answer = serve(lang=lang).ask(method, path, content=b"", headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(answer.text)
        heading, reason = tree.find(".//h1"), tree.find(".//main/p")
        assert tree.attrib["lang"] == shown
        assert named in "".join(reason.itertext())
        titles.add((heading.text, "".join(reason.itertext())))
    assert len(titles) == 2
    assert len({title for title, _ in titles}) == 2


def test_a_host_that_is_markup_is_shown_as_text(serve):
    answer = serve(signed_in=False).open("/", headers={"host": "<script>alert(1)</script>"})
    assert answer.status_code == 421
    assert "<script>alert" not in answer.text
