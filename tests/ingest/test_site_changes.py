"""Settings of the command line: which key they reach, and that the strict reader judges them like the file."""

from __future__ import annotations

import pytest

from cmfw.errors import InputError
from cmfw.ingest.site import read_site
from cmfw.ingest.site_changes import read_changed_site
from cmfw.model.site import Site, WebMode

TEXT = """
code = "P01"
[[system]]
host = "mp1.corp.test"
addresses = ["10.1.0.7"]
roles = ["management_point"]
[[system]]
host = "mp2.corp.test"
roles = ["management_point"]
[[clients]]
subnets = ["10.2.0.0/24"]
install = [{ method = "push" }, { method = "manual" }]
"""


def change(tmp_path, *settings: str) -> Site:
    path = tmp_path / "site.toml"
    path.write_text(TEXT, encoding="utf-8")
    return read_changed_site(str(path), read_site(str(path)), settings)


ROWS = (
    ("a list", "ports.http=[8080, 80]", lambda s: s.ports("P01").http, (8080, 80)),
    ("a word without quotes", "system.mp1.mp.mode=https", lambda s: s.systems[0].mp_mode, WebMode.HTTPS),
    ("a word in quotes", 'system.mp2.mp.mode="ehttp"', lambda s: s.systems[1].mp_mode, WebMode.EHTTP),
    ("the whole host name", "system.mp2.corp.test.mp.mode=https", lambda s: s.systems[1].mp_mode, WebMode.HTTPS),
    ("a quoted host name", 'system."mp2.corp.test".mp.mode=https', lambda s: s.systems[1].mp_mode, WebMode.HTTPS),
    ("a group by its usual name", "clients.clients.profile=public", lambda s: s.clients[0].profile.name, "PUBLIC"),
    ("a table that was not there", "clients.clients.settings.wol_port=12", lambda s: s.clients[0].settings.wol_port, 12),
    ("an install method", "clients.clients.install.manual.http_port=81", lambda s: s.clients[0].install[1].http_port, 81),
    ("another name for the group", "clients.clients.name=office", lambda s: s.clients[0].name, "office"),
)


@pytest.mark.parametrize(("setting", "part", "wanted"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_settings_reach_their_key(tmp_path, setting, part, wanted):
    assert part(change(tmp_path, setting)) == wanted


WRONG = (
    ("no value", "ports.http", "`KEY=VALUE`", "`ports.http`"),
    ("no key", "=1", "`KEY=VALUE`", "`=1`"),
    ("a wrong type", "ports.http=80", "a list", "`80`"),
    ("a port that is none", "ports.notification=70000", "a port", "`70000`"),
    ("an unknown key", "ports.htp=[80]", "a known key", "`htp`"),
    ("nobody of that name", "system.mp3.mp.mode=https", "the name of one of `system`", "`mp3`"),
    ("a table itself", "system.mp1=3", "a key of `system.mp1`", "none"),
    ("below a value", "code.x=1", "a table at `code`", "a value"),
)


@pytest.mark.parametrize(("setting", "expected", "found"), [r[1:] for r in WRONG], ids=[r[0] for r in WRONG])
def test_a_wrong_setting_is_a_problem_of_the_command_line(tmp_path, setting, expected, found):
    with pytest.raises(InputError) as caught:
        change(tmp_path, setting)
    problem = caught.value.problems[0]
    assert expected in problem.expected
    assert found in problem.found
    assert "command line" in problem.file


def test_every_wrong_setting_is_told(tmp_path):
    with pytest.raises(InputError) as caught:
        change(tmp_path, "ports.http=80", "ports.https=0", "ports.http=[81]")
    assert len(caught.value.problems) == 1
