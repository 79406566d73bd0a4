"""A site by a form: what is filled in is what is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.conftest import text_of

FIELDS = {
    "code": "P02",
    "port-http": "80, 8080",
    "port-https": "",
    "port-notification": "10124",
    "host": ["cm2.example.com", "desk2"],
    "addresses": ["10.20.2.10 fd00::10", "10.20.5.22"],
    "roles-0": ["site_server", "management_point"],
    "roles-1": ["console"],
    "name": ["branch", ""],
    "subnets": ["10.31.0.0/24, 10.31.1.0/24", ""],
    "profile": ["private", "domain"],
    "install-0": ["push", "manual"],
}


@pytest.fixture
def space(browser):
    """An empty workspace."""
    browser.follow(browser.send("/", {"name": "new"}))
    return browser


def test_the_site_is_as_it_was_filled_in(space):
    from cmfw.ingest.site import read_site_text

    assert space.send("/w/new/site/form", FIELDS).headers["location"] == "/w/new"
    site = read_site_text(space.open("/w/new/site/file").text, "site.toml")
    assert (site.code, site.ports("P02").http, site.ports("P02").notification) == ("P02", (80, 8080), 10124)
    assert [(s.host, s.roles, s.addresses.texts()) for s in site.systems] == [
        ("cm2.example.com", ("site_server", "management_point"), ["10.20.2.10", "fd00::10"]),
        ("desk2", ("console",), ["10.20.5.22"]),
    ]
    (group,) = site.clients
    assert (group.name, group.subnets.texts(), [one.method for one in group.install]) == (
        "branch",
        ["10.31.0.0/23"],
        ["push", "manual"],
    )


def test_what_is_wrong_keeps_what_was_filled_in(space):
    answer = space.send("/w/new/site/form", {**FIELDS, "code": "far too long", "subnets": ["10.31.0.0/99", ""]})
    assert answer.status_code == 422
    assert "10.31.0.0/99" in text_of(answer)
    assert 'value="cm2.example.com"' in answer.text
    assert space.open("/w/new/site/file").status_code == 404


def test_more_rows_keep_nothing_yet(space):
    answer = space.send("/w/new/site/form", {**FIELDS, "more": "1"})
    assert answer.text.count('name="host"') == 4
    assert space.open("/w/new/site/file").status_code == 404


@given(
    st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=3),
    st.text(max_size=8),
    st.text(max_size=8),
)
def test_no_text_breaks_out_of_its_value(rows, code, ports):
    import tomllib

    from cmfw.web.site_form import ClientRow, Filled, SystemRow, toml_of

    systems = tuple(SystemRow(host, where, (host,)) for host, where in rows)
    clients = tuple(ClientRow(name, where, name, (where,)) for name, where in rows)
    text = toml_of(Filled(code=code, ports=(("http", ports),), systems=systems, clients=clients))
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        # what TOML has no escape for; the reader says so
        assert any(char == "\x7f" or "\ud800" <= char <= "\udfff" for char in text)
        return
    assert raw["code"] == code
    assert set(raw) <= {"schema", "code", "ports", "system", "clients"}
    assert [one["host"] for one in raw.get("system", ())] == [host for host, _ in rows]
    assert [one["profile"] for one in raw.get("clients", ())] == [name for name, _ in rows]


def test_from_a_machine_alone_to_its_answer(browser):
    from tests.web.conftest import DEMO

    page = browser.follow(
        browser.send("/", {"name": "pc"}, files={"machine": ("pc.reg", (DEMO / "client.reg").read_bytes())})
    )
    assert page.url.path == "/w/pc/site/form"
    fields = {
        "code": "P01",
        "host": "cm1",
        "addresses": "10.20.1.10",
        "name": "",
        "subnets": "10.30.0.0/22",
        "profile": "domain",
    }
    answer = browser.send("/w/pc/site/form", fields | {"install-0": "push"})
    assert answer.headers["location"] == "/w/pc/m/pc"
    assert "Enable-NetFirewallRule -Name 'FPS-SMB-In-TCP-NoScope'" in text_of(browser.follow(answer))
