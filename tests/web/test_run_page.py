"""Runs that a page may start, and those that it may not."""

from __future__ import annotations

import socket
import sys
import time
from threading import Event

import pytest
from tests.conftest import need
from tests.web.conftest import text_of

SITE = """\
code = "P03"
system = [{ host = "cm3", addresses = ["127.0.0.1"] }]
clients = [{ name = "lan", subnets = ["10.33.0.0/24"] }]
[ports]
http = [%d]
"""


@pytest.fixture
def listener():
    """A port of loopback that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def finished(browser, place, seconds=60):
    """The page of a run that has ended."""
    for _ in range(seconds * 10):
        page = browser.open(place)
        if 'http-equiv="refresh"' not in page.text:
            return page
        time.sleep(0.1)
    raise AssertionError(text_of(page))


@pytest.mark.parametrize("kind", ["probe", "lab"])
def test_a_server_sends_nothing_unless_it_is_allowed_to(demo, kind):
    answer = demo.send(f"/w/demo/{kind}", {"as": "office"})
    assert answer.status_code == 403
    assert f"--allow {kind}" in text_of(answer)
    assert f'action="/w/demo/{kind}"' not in demo.open("/w/demo/probe").text


def test_a_probe_shows_what_became_of_each_packet(serve, listener):
    browser = serve(runs=frozenset({"probe"}))
    browser.follow(browser.send("/", files={"site": ("three.toml", (SITE % listener).encode())}))
    asked = browser.open("/w/three/probe")
    assert f"tcp 127.0.0.1:{listener}" in text_of(asked)
    page = finished(browser, browser.send("/w/three/probe", {"as": "lan"}).headers["location"])
    said = text_of(page)
    assert "Done" in said
    assert f"tcp 127.0.0.1:{listener}" in said
    assert "Client Requests" in said


def test_one_run_at_a_time(settings):
    from dataclasses import replace

    from tests.web.conftest import Browser

    from cmfw.web.app import make_app
    from cmfw.web.desk import Desk

    own = replace(settings, runs=frozenset({"probe"}))
    desk, go = Desk(own), Event()
    browser = Browser(make_app(own, desk))
    browser.send("/demo")
    name = desk.runs.start("probe", "demo", lambda told: (go.wait(30) and []) or told(3, 7) or [])
    page = browser.open(f"/w/demo/run/{name}")
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page.text
    assert 'hx-trigger="every 1s"' in page.text
    answer = browser.send("/w/demo/probe", {"as": "office"})
    assert answer.status_code == 422
    assert "Another run" in text_of(answer)
    go.set()
    assert "Done" in text_of(finished(browser, f"/w/demo/run/{name}"))


def test_a_run_that_fails_says_so_and_nothing_of_the_inside(settings, capsys):
    from tests.web.conftest import Browser

    from cmfw.web.app import make_app
    from cmfw.web.desk import Desk

    desk = Desk(settings)
    browser = Browser(make_app(settings, desk))
    browser.send("/demo")

    def fail(_):
        raise OSError("the inside")

    page = finished(browser, f"/w/demo/run/{desk.runs.start('lab', 'demo', fail)}")
    assert "It could not be done" in text_of(page)
    assert "the inside" not in page.text
    assert "the inside" in capsys.readouterr().err


def test_a_run_belongs_to_its_workspace(settings):
    from tests.web.conftest import Browser

    from cmfw.web.app import make_app
    from cmfw.web.desk import Desk

    desk = Desk(settings)
    browser = Browser(make_app(settings, desk))
    browser.send("/demo")
    name = desk.runs.start("lab", "other", lambda _: [])
    assert browser.open(f"/w/demo/run/{name}").status_code == 404


@pytest.mark.lab
@pytest.mark.slow
def test_the_lab_proves_the_site_from_a_page(serve):
    need(sys.platform == "linux", "the lab needs Linux")
    import os

    need(os.geteuid() == 0, "the lab needs root")
    browser = serve(runs=frozenset({"lab"}))
    browser.send("/demo")
    page = finished(browser, browser.send("/w/demo/lab").headers["location"], 240)
    assert "Proven: with the plan's rules all features work (11)" in text_of(page)
