"""Every page with whatever somebody may put into its address or its form: it answers, and never with a failure of its own."""

from __future__ import annotations

import re
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st
from tests.conftest import need
from tests.web.conftest import Browser

from cmfw.web.routes import ROUTES

ODD = ["", "demo", "client", "office", "445", "tcp/445", "current", "1", "0", "-1", "../..", "%00", "a\x00b", "\u202egpj.exe", "<script>alert(1)</script>", "' OR 1=1 --", "=cmd|'/c calc'!A0", "\ud7ff", "\U0001f4a3", "x" * 3000, "{0}", "{subject.__class__}", "%s%n", "feature", "client_push", "json", "powershell", "request", "{5C90E6A2-8D13-4F7B-B2A4-D36E1F08C7A5}", "NUL", "10.0.0.0/8", "::/0", "ports.http=[1]", "code=1"]  # fmt: skip
KEYS = ["for", "edition", "scope", "before", "after", "all", "as", "q", "lang", "close", "open", "disable", "enable", "profile", "gpo", "without", "with", "set", "here", "there", "http", "https", "notification", "wol", "firewall", "default-outbound", "block-all-inbound", "local-merge", "token", "next"]  # fmt: skip
FIELDS = [
    "name",
    "subnets",
    "as",
    "text",
    "code",
    "host",
    "addresses",
    "profile",
    "roles-0",
    "install-0",
    "port-http",
    "more",
]
FILES = ["site", "machine", "filter", "other"]
TEXT = st.sampled_from(ODD) | st.text(max_size=40)
BYTES = st.binary(max_size=200) | st.sampled_from([b"regf" + bytes(5000), b"PReg\1\0\0\0[", b"PK\5\6" + bytes(18), b"\xfd7zXZ\0\0", b"\xff\xfe", b"{", b"<", b'code = "P09"\nsystem = [{host = "h"}]\nclients = [{subnets = ["10.0.0.0/8"]}]\n'])  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One server for all examples: what one of them leaves behind is part of what the next one meets."""
    need(all(map(find_spec, ("starlette", "python_multipart", "anyio", "httpx"))), "no packages of the extra `web`")
    from cmfw.web.app import make_app
    from cmfw.web.desk import Desk
    from cmfw.web.settings import LOOPBACK, Settings, hosts_of

    own = Settings(
        origin="http://127.0.0.1:8765",
        hosts=hosts_of(LOOPBACK, 8765, tls=False),
        secret="a secret of this test",
        store=str(tmp_path_factory.mktemp("web") / "w.sqlite"),
        runs=frozenset({"probe"}),
        most_upload=1 << 20,
    )
    found = Browser(make_app(own, Desk(own)))
    found.send("/demo")
    return found


def filled(pattern, names):
    """The path with its parts in place."""
    from urllib.parse import quote

    parts = iter(names)
    return re.sub(r"{\w+(:path)?}", lambda _: quote(next(parts), safe=""), pattern)


ODD_NAMES = st.lists(TEXT.filter(bool), min_size=4, max_size=4)
GOOD_NAMES = st.just(["demo", "client", "client_push", "office"])


@with_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    route=st.sampled_from([path for method, path, _ in ROUTES if method == "GET"]),
    names=ODD_NAMES | GOOD_NAMES,
    query=st.lists(st.tuples(st.sampled_from(KEYS), TEXT), max_size=6),
)
def test_any_address_is_answered(browser, route, names, query):
    answer = browser.open(filled(route, names), params=query)
    assert answer.status_code < 500, answer.text
    assert "<script>alert" not in answer.text
    assert "Traceback" not in answer.text


@with_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=120)
@given(
    route=st.sampled_from([path for method, path, _ in ROUTES if method == "POST" and not path.endswith(("/drop", "/lab"))]),
    names=ODD_NAMES | GOOD_NAMES,
    fields=st.lists(st.tuples(st.sampled_from(FIELDS), TEXT), max_size=8),
    files=st.lists(st.tuples(st.sampled_from(FILES), st.tuples(TEXT.filter(bool), BYTES)), max_size=3),
)
def test_any_form_is_answered(browser, route, names, fields, files):
    gathered = {}
    for key, text in fields:
        gathered.setdefault(key, []).append(text.encode("utf-8", "replace").decode())
    settings = (
        {"files": [(key, (name.encode("utf-8", "replace").decode(), data)) for key, (name, data) in files]} if files else {}
    )
    answer = browser.send(filled(route, names), gathered, **settings)
    assert answer.status_code < 500, answer.text
    assert "<script>alert" not in answer.text
    assert browser.open("/").status_code == 200


def test_the_table_names_each_address_once():
    known = [(method, path) for method, path, _ in ROUTES]
    assert len(set(known)) == len(known)
