"""``cmfw lab behave``: what a person reads, what a program reads, the capture, and the exit codes."""

from __future__ import annotations

import re
import sys

import pytest
from tests.conftest import ROOT, need
from tests.lab.conftest import missing
from tests.lab.stand_sites import need_programs

DEMO = ROOT / "src" / "cmfw" / "demo" / "site.toml"
ONE_FEATURE = """
code = "P02"

[[system]]
host = "mp1.example.test"
addresses = ["10.8.0.6"]
roles = ["management_point"]

[[system]]
host = "desk1.example.test"
addresses = ["10.8.0.8"]
roles = ["console"]

[[clients]]
name = "branch"
subnets = ["10.8.65.0/24"]
features = ["client_notification", "remote_desktop"]
"""


@pytest.fixture
def behave(run, tmp_path):
    """Run ``cmfw lab behave`` on a small site."""
    need(not missing(), missing())
    need_programs()
    site = tmp_path / "site.toml"
    site.write_text(ONE_FEATURE, encoding="utf-8")
    return lambda *args, **more: run("lab", "behave", site, *args, **more)


@pytest.mark.lab
@pytest.mark.debian
@pytest.mark.slow
def test_a_site_behaves_as_predicted_in_one_sentence(behave):
    done = behave()
    assert done.exit_code == 0
    text = " ".join(done.output.split())
    assert text.startswith(
        "As predicted: with every closing of ports (closings: 3) each feature did what its formula says (features: 1)."
    )
    assert "Every server and client here is a stand-in" in text
    assert "Not real are: the activation of WMI" in text
    assert re.search(r"Client Notification +branch +degraded", done.output)
    assert "Each time the ports were open again, everything was as before." in text
    assert re.search(r"Remote Desktop +branch +desk1.example.test +it has no stand-in", done.output)


@pytest.mark.lab
@pytest.mark.debian
@pytest.mark.slow
def test_as_data_and_as_a_capture(behave, valid, tmp_path):
    capture = tmp_path / "b.pcapng"
    done = behave("--format", "json", "--pcapng", capture)
    found = valid("lab-behaviour", done.output[done.output.index("{") :].rpartition("}")[0] + "}")
    assert (found["agrees"], found["works"], found["returns"]) == (True, True, True)
    assert found["not_played"] == [
        {
            "feature": "remote_desktop",
            "clients": "branch",
            "peer": "desk1.example.test",
            "reason": "no_stand_in",
            "programs": [],
        }
    ]
    told = {
        tuple(shut["traffic"] for shut in one["closed"]): (one["features"][0]["status"], one["features"][0]["through"])
        for one in found["rounds"]
    }
    assert told == {
        (): ("works", ["notify_tcp:branch>mp1.example.test"]),
        ("tcp/10123",): ("degraded", ["mp_http:branch>mp1.example.test"]),
        ("tcp/80",): ("works", ["notify_tcp:branch>mp1.example.test"]),
        ("tcp/10123", "tcp/80"): ("broken", []),
    }
    stopped = [one for each in found["rounds"] for one in each["exchanges"] if not one["done"]]
    assert {one["at"] for one in stopped} == {"mp1.example.test"}
    content = capture.read_bytes()
    assert content.count(b"dropped at mp1.example.test by `what if: block in tcp/10123`") == 2


@pytest.mark.lab
@pytest.mark.debian
@pytest.mark.slow
def test_in_chinese(behave):
    assert "这里的服务器和客户端全部是替身" in "".join(behave(lang="zh_CN").output.split())


@pytest.mark.lab
def test_what_is_not_installed_is_named_and_leaves_the_answer_incomplete(run, tmp_path, monkeypatch):
    need(not missing(), missing())
    from cmfw.lab.stand import programs

    monkeypatch.setattr(programs, "where_is", lambda name: "" if name == "nginx" else name)
    monkeypatch.setattr(programs, "versions", lambda: ())
    site = tmp_path / "site.toml"
    site.write_text(ONE_FEATURE, encoding="utf-8")
    done = run("lab", "behave", site)
    assert done.exit_code == 3
    assert "not installed: nginx" in " ".join(done.output.split())


@pytest.mark.lab
def test_a_group_that_the_site_does_not_have_is_refused(run):
    done = run("lab", "behave", DEMO, "--group", "ofice")
    assert done.exit_code == 2
    assert "--group" in done.output
    assert "`ofice`" in done.output


def test_help_in_both_languages(run):
    assert "stand-ins for its servers and clients" in " ".join(run("lab", "behave", "--help").output.split())
    assert "替身" in run("lab", "behave", "--help", lang="zh_CN").output
    assert "behave" in run("lab", "--help").output


def test_another_system_is_refused(run, monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    done = run("lab", "behave", DEMO)
    assert done.exit_code == 2
    assert "needs Linux" in done.output


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system is refused first")
def test_an_ordinary_user_is_told_that_the_servers_need_root(run, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1007)
    done = run("lab", "behave", DEMO)
    assert done.exit_code == 2
    assert "the stand-ins need root" in done.output


@pytest.mark.lab
@pytest.mark.debian
@pytest.mark.slow
def test_a_site_of_which_nothing_can_be_played_is_not_as_predicted(behave, tmp_path):
    # its clients have no address family in common with their management point
    text = ONE_FEATURE.replace("10.8.65.0/24", "2001:db8:65::/64").replace(', "remote_desktop"', "")
    (tmp_path / "site.toml").write_text(text, encoding="utf-8")
    done = behave()
    assert done.exit_code == 3
    assert done.output.startswith("Not shown by packets: ")


@pytest.mark.lab
@pytest.mark.debian
@pytest.mark.slow
def test_what_is_not_installed_is_told_with_the_command_that_brings_it(behave, tmp_path, monkeypatch):
    text = ONE_FEATURE.replace('"client_notification", "remote_desktop"', '"client_push"').replace(
        '["management_point"]', '["site_server", "management_point"]'
    )
    (tmp_path / "site.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(
        "cmfw.lab.stand.behave.missing", lambda names: tuple(name for name in names if name == "smbprotocol")
    )
    done = behave()
    assert done.exit_code == 3
    assert "pip install 'cmfw[publish]'" in " ".join(done.output.split())
