"""``cmfw lab whatif`` and ``cmfw lab run``: changes seen on the wire, text, data and exit codes."""

from __future__ import annotations

import pytest
from tests.conftest import need
from tests.lab.conftest import missing
from tests.lab.sites import FILTERED

SCENARIO = """
site = "site.toml"
[[step]]
name = "the branch closes SMB"
close = ["tcp/445"]
between = ["centre", "branch"]
expect = { client_push = "broken", client_requests = "works" }
[[step]]
name = "the notification channel is closed"
close = ["tcp/10123"]
between = ["branch", "centre"]
expect = { client_notification = "degraded" }
"""


UP = """
allow tcp 10.9.65.0/24 > 10.9.0.5:80
allow tcp 10.9.65.0/24 > 10.9.0.5:10123
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "site.toml").write_text(FILTERED, encoding="utf-8")
    (tmp_path / "up.flows").write_text(UP, encoding="utf-8")
    (tmp_path / "down.flows").write_text("allow any 10.9.0.5 > 10.9.65.0/24\n", encoding="utf-8")
    (tmp_path / "s.toml").write_text(SCENARIO, encoding="utf-8")
    return tmp_path


@pytest.fixture
def lab(run):
    need(not missing(), missing())
    return lambda *args, **more: run("lab", *args, **more)


@pytest.mark.lab
def test_what_if_smb_is_closed_between_two_zones(lab, folder):
    done = lab("whatif", folder / "site.toml", "--close", "tcp/445", "--between", "centre", "branch")
    assert done.exit_code == 1
    assert done.output.startswith("Features that change: 1 (Client Push Installation).")
    assert "`block tcp * > *:445`" in done.output


@pytest.mark.lab
def test_what_if_on_the_machines_themselves(lab, folder, valid):
    done = lab("whatif", folder / "site.toml", "--remove", "cmfw-push-wmi-in", "--format", "json")
    (step,) = valid("lab-change", done.output)["steps"]
    changed = {row["feature"]: row["after"] for row in step["features"] if row["before"] != row["after"]}
    assert changed == {"client_push": "broken"}
    assert {one["after"]["seen"]["at"] for one in step["turned"]} == {"branch"}
    assert step["wrong"] == []
    assert all(row["after"] == row["predicted"] for row in step["features"])


@pytest.mark.lab
def test_a_change_that_touches_nothing(lab, folder):
    done = lab("whatif", folder / "site.toml", "--close", "tcp/4711")
    assert (done.exit_code, done.output.split("\n")[0]) == (0, "No feature changes.")


@pytest.mark.lab
def test_a_scenario_whose_expectations_hold(lab, folder, valid):
    done = lab("run", folder / "s.toml", "--format", "json")
    assert done.exit_code == 0
    first, second = valid("lab-change", done.output)["steps"]
    assert [one["want"] == one["got"] for step in (first, second) for one in step["expects"]] == [True] * 3
    # each step starts from the site as it is
    assert {row["feature"]: row["after"] for row in second["features"]}["client_push"] == "works"


@pytest.mark.lab
def test_a_scenario_whose_expectation_fails(lab, folder):
    (folder / "s.toml").write_text(SCENARIO.replace('"degraded"', '"broken"'), encoding="utf-8")
    done = lab("run", folder / "s.toml")
    assert done.exit_code == 1
    assert "Client Notification: degraded, expected broken" in done.output
    assert "预期为" in lab("run", folder / "s.toml", lang="zh_CN").output


@pytest.mark.lab
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('between = ["centre", "branch"]', 'between = ["centre", "moon"]', "a zone of the site"),
        ("client_push =", "client_pull =", "step[0].expect: expected one of"),
        ('close = ["tcp/445"]', 'remove = ["no-such-rule"]', "a rule of the machine"),
        ('close = ["tcp/445"]', 'close = ["smb"]', "expected `tcp/PORTS`"),
    ],
    ids=["zone", "feature", "rule", "traffic"],
)
def test_what_the_site_does_not_have_is_refused(lab, folder, old, new, told):
    (folder / "s.toml").write_text(SCENARIO.replace(old, new), encoding="utf-8")
    done = lab("run", folder / "s.toml")
    assert done.exit_code == 2
    assert told in done.output


def test_the_help_has_its_own_words(run):
    assert "before and after a supposed change" in " ".join(run("lab", "whatif", "--help").output.split())
