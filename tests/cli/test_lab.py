"""``cmfw lab``: what a person reads, what a program reads, and the exit codes."""

from __future__ import annotations

import sys

import pytest
from tests.conftest import ROOT, need
from tests.lab.conftest import missing

DEMO = ROOT / "src" / "cmfw" / "demo" / "site.toml"
CLIENT = ROOT / "src" / "cmfw" / "demo" / "client.reg"


@pytest.fixture
def lab(run):
    """Run ``cmfw lab``."""
    need(not missing(), missing())
    return lambda *args, **more: run("lab", *args, **more)


@pytest.mark.lab
def test_the_demo_is_proven_in_one_sentence(lab):
    done = lab("prove", DEMO)
    assert done.exit_code == 0
    first = " ".join(done.output.split("\n\n")[0].split())
    assert first == (
        "Proven: with the plan's rules all features work (11); rules without any one of which something fails: 14."
    )


@pytest.mark.lab
def test_the_demo_as_data(lab, valid):
    found = valid("lab", lab("prove", DEMO, "--format", "json").output)
    assert found["proven"] is True
    assert {row["status"] for row in found["features"]} == {"works"}
    assert [row["rule"] for row in found["removed"] if not row["necessary"]] == []
    effects = {row["rule"]: {(c["feature"], c["seen_status"]) for c in row["changes"]} for row in found["removed"]}
    assert effects["cmfw-notify-tcp-in"] == {("client_notification", "degraded")}
    assert effects["cmfw-rdp-tcp-in"] == {("remote_desktop", "broken")}
    assert effects["cmfw-ra-epm-in"] == {("remote_assistance", "broken"), ("remote_tools", "degraded")}
    assert all(row["evidence"] for row in (*found["required"], *found["nearest"]))


@pytest.mark.lab
def test_a_machine_takes_its_place_in_the_site(lab, valid):
    done = lab("prove", DEMO, "--state", CLIENT, "--format", "json")
    found = valid("lab", done.output[done.output.index("{") :])
    assert done.exit_code == 1
    assert [host["planned"] for host in found["hosts"] if host["place"] == "office"] == [False, False]
    broken = {row["feature"] for row in found["features"] if row["status"] == "broken"}
    # what the audit of the same machine says
    assert "client_push" in broken
    assert found["proven"] is False


@pytest.mark.lab
def test_the_lab_and_the_audit_of_a_machine_agree(lab, run, valid):
    done = lab("prove", DEMO, "--state", CLIENT, "--format", "json")
    mine = valid("lab", done.output[done.output.index("{") :])["features"]
    audit = run("audit", DEMO, CLIENT, "--format", "json").output
    theirs = valid("audit", audit[audit.index("{") :])["features"]
    said = {(row["feature"], row["peer"]): row["status"] for row in theirs if row["status"] != "disabled"}
    seen = {(row["feature"], row["peer"]): row["status"] for row in mine}
    assert {key: status for key, status in seen.items() if said[key] not in (status, "unknown")} == {}


@pytest.mark.lab
def test_chinese(lab):
    assert lab("prove", DEMO, lang="zh_CN").output.startswith("已证明：")


@pytest.mark.lab
def test_the_capture_is_written(lab, tmp_path):
    path = tmp_path / "lab.pcapng"
    done = lab("prove", DEMO, "--pcapng", path)
    assert f"wrote {path} (packets: " in done.output
    assert path.read_bytes().startswith(bytes.fromhex("0a0d0d0a"))


@pytest.mark.lab
def test_another_product_is_told_to_be_replaced(lab, tmp_path):
    path = tmp_path / "site.toml"
    text = 'code = "P01"\nsystem = [{ host = "cm1", addresses = ["10.1.0.5"] }]\n'
    path.write_text(
        text + 'clients = [{ name = "kiosk", subnets = ["10.2.0.0/24"], product = "other" }]\n', encoding="utf-8"
    )
    assert "in place of another product: kiosk" in " ".join(lab("prove", path).output.split())
    assert "another product" not in lab("prove", DEMO).output


@pytest.mark.lab
def test_a_capture_that_cannot_be_written_does_not_cost_the_answer(lab, tmp_path):
    done = lab("prove", DEMO, "--pcapng", tmp_path / "no folder" / "lab.pcapng")
    assert done.exit_code == 2
    assert done.stdout.startswith("Proven: ")


def test_another_system_is_refused(run, monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    done = run("lab", "prove", DEMO)
    assert done.exit_code == 2
    assert "the lab needs Linux" in done.output


@pytest.mark.parametrize("option", [("--as", "office"), ("--local-subnet", "10.0.0.0/8")], ids="".join)
def test_what_is_said_of_a_machine_needs_its_files(run, option):
    done = run("lab", "prove", DEMO, *option)
    assert done.exit_code == 2
    assert "--state" in done.output


@pytest.mark.lab
def test_a_rule_that_nothing_needs_says_what_lets_pass_instead(lab, valid):
    done = lab("prove", DEMO, "--state", CLIENT, "--format", "json")
    found = {row["rule"]: row for row in valid("lab", done.output[done.output.index("{") :])["removed"]}
    # its packets are stopped where they leave, so no default lets them in
    assert found["cmfw-notify-tcp-in"]["necessary"] is False
    # the rule of the other end lets the same packet in, but it takes nobody's place
    assert found["CoreNet-GP-NP-Out-TCP"]["instead"] == []
    text = " ".join(lab("prove", DEMO, "--state", CLIENT).output.split())
    assert "cmfw-notify-tcp-in cm1.example.com nothing: no packet that arrives is let through by it" in text
    assert text.count("nothing: the default let the same pass") == 1


APART = """
code = "P01"
system = [{ host = "cm1", addresses = ["10.1.0.5"] }]
clients = [{ name = "old", subnets = ["10.2.0.0/24"] }, { name = "new", subnets = ["2001:db8:2::/64"] }]
"""


@pytest.mark.lab
@pytest.mark.parametrize("site", [APART, APART.replace("10.2.0.0/24", "2001:db8:3::/64")], ids=["one group", "every group"])
def test_ends_without_a_common_family_are_not_proven(lab, valid, tmp_path, site):
    path = tmp_path / "site.toml"
    path.write_text(site, encoding="utf-8")
    done = lab("prove", path, "--format", "json")
    assert valid("lab", done.output[done.output.index("{") :])["proven"] is False
    assert done.exit_code == 3
    assert "share no address family: 13 (Client Push Installation" in " ".join(lab("prove", path).output.split())
    changed = lab("whatif", path, "--close", "tcp/5985")
    assert changed.exit_code == 3
    assert "share no address family" in " ".join(changed.output.split())


@pytest.mark.lab
def test_a_site_without_packets_proves_nothing(lab, tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(
        APART.split("clients", maxsplit=1)[0] + 'clients = [{ subnets = ["10.2.0.0/24"], features = ["fsp"] }]\n',
        encoding="utf-8",
    )
    for asked in (("prove", path), ("whatif", path, "--close", "tcp/445")):
        done = lab(*asked)
        assert done.exit_code == 3
        assert "no packet of the site could be sent" in done.output


def test_the_help_names_the_commands(run):
    assert "prove" in run("lab", "--help").output
    assert "网络命名空间" in run("lab", "--help", lang="zh_CN").output
