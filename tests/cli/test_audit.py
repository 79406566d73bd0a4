"""``cmfw audit`` and ``cmfw demo``: who is judged, the document, the text, the exit codes."""

from __future__ import annotations

import json

import pytest

from cmfw.cli.audit import exit_code
from cmfw.cli.demo import CLIENT, FOLDER
from cmfw.cli.demo import SITE as DEMO_SITE
from cmfw.cli.output import width_of
from cmfw.diagnose import Diagnosis, RowResult
from cmfw.errors import InputError
from cmfw.ingest.site import read_site_text
from cmfw.model.finding import Finding, Severity
from cmfw.model.state import HostState
from cmfw.model.verdict import Bounds, Status
from cmfw.net.addr import AddrSet
from cmfw.report.who import Who, find_who

BROKEN, DEGRADED, WORKS = Status
TWO = """\
code = "P01"
system = [{ host = "cm1.example.com", addresses = ["10.1.0.5"] }, { host = "desk", addresses = ["10.1.0.6"], roles = ["console"] }]
clients = [{ name = "Office", subnets = ["10.2.0.0/24"] }, { name = "shop", subnets = ["10.3.0.0/24"] }]
"""
ONE = TWO.replace(', { name = "shop", subnets = ["10.3.0.0/24"] }', "")


@pytest.mark.parametrize(
    ("site", "addresses", "asked", "who"),
    [
        pytest.param(TWO, "10.2.0.9", None, Who("Office", host=False, by="addresses"), id="by the group's subnet"),
        pytest.param(TWO, "10.1.0.6", None, Who("desk", host=True, by="addresses"), id="by the host's address"),
        pytest.param(TWO, "10.2.0.9", "shop", Who("shop", host=False, by="asked"), id="asked wins"),
        pytest.param(TWO, "", "OFFICE", Who("Office", host=False, by="asked"), id="names do not mind case"),
        pytest.param(TWO, "", "cm1", Who("cm1.example.com", host=True, by="asked"), id="a short host name"),
        pytest.param(ONE, "", None, Who("Office", host=False, by="only"), id="the only group"),
        pytest.param(ONE, "192.0.2.1", None, Who("Office", host=False, by="only"), id="the only group, address elsewhere"),
    ],
)
def test_who_is_judged(site, addresses, asked, who):
    state = HostState(addresses=AddrSet.parse(addresses) if addresses else AddrSet.EMPTY)
    assert find_who(read_site_text(site, "s"), state, asked) == who


@pytest.mark.parametrize(
    ("addresses", "asked"),
    [((), None), (("192.0.2.1",), None), ((), "nobody"), (("10.2.0.1", "10.3.0.1"), None), (("10.1.0.5", "10.1.0.6"), None)],
    ids=["no address", "a strange address", "a name of nobody", "two groups", "two hosts"],
)
def test_no_telling_lists_the_choices(addresses, asked):
    state = HostState(addresses=AddrSet.parse(*addresses))
    with pytest.raises(InputError, match=r"`Office`, `shop`, `cm1\.example\.com`, `desk`"):
        find_who(read_site_text(TWO, "s"), state, asked)


def test_two_hosts_are_not_the_only_group():
    state = HostState(addresses=AddrSet.parse("10.1.0.5", "10.1.0.6"))
    with pytest.raises(InputError, match="several"):
        find_who(read_site_text(ONE, "s"), state, None)


@pytest.mark.parametrize(
    ("bounds", "severity", "fail_on", "code"),
    [
        pytest.param((WORKS, WORKS), "note", (), 0, id="all works"),
        pytest.param((BROKEN, BROKEN), "note", (), 1, id="broken"),
        pytest.param((DEGRADED, DEGRADED), "note", (), 1, id="degraded"),
        pytest.param((BROKEN, DEGRADED), "note", (), 1, id="unknown, but not working for sure"),
        pytest.param((BROKEN, WORKS), "note", (), 3, id="unknown"),
        pytest.param((BROKEN, WORKS), "error", (), 1, id="an error wins over unknown"),
        pytest.param(None, "warning", (), 0, id="switched off, with a warning"),
        pytest.param(None, "note", ("excess",), 1, id="asked to fail on the code"),
        pytest.param(None, "note", ("wider",), 0, id="asked to fail on another code"),
    ],
)
def test_exit_codes(bounds, severity, fail_on, code):
    row = RowResult(feature="f", clients="c", peer="", bounds=None if bounds is None else Bounds(*bounds))
    diagnosis = Diagnosis((row,), (Finding(code="excess", severity=Severity(severity), subject="s"),))
    assert exit_code(diagnosis, fail_on) == code


@pytest.fixture
def audit(run):
    def call(*args, **settings):
        return run("audit", FOLDER / DEMO_SITE, FOLDER / CLIENT, *args, **settings)

    return call


def test_the_document(audit, valid):
    done = audit("--format", "json")
    document = valid("audit", done.stdout)
    assert done.exit_code == 1
    assert document["as"] == {"name": "office", "host": False, "by": "only"}
    (state,) = document["states"]
    assert state["rules"] == state["stores"]["local"]
    assert state["rules"]["total"] > state["rules"]["active"] > 30
    assert state["stores"]["hardening static"]["total"] == 7
    assert state["profiles"]["domain"] == {
        "firewall": "on",
        "inbound": "block",
        "outbound": "allow",
        "block_all_inbound": False,
        "local_rules": True,
    }
    assert "no_gpo_source" in {gap["code"] for gap in state["gaps"]}
    assert done.stdout == audit("--format", "json").stdout


def test_what_the_demo_machine_can_and_cannot(audit):
    features = json.loads(audit("--format", "json").stdout)["features"]
    worst = {}
    for row in features:
        worst.setdefault(row["feature"], set()).add(row["status"])
    assert worst["client_push"] == {"broken"}
    assert worst["client_notification"] == {"degraded"}
    assert worst["remote_control"] == {"works"}
    assert worst["client_requests"] == {"works"}
    assert worst["wakeup_proxy"] == {"broken"}
    (push,) = [row for row in features if row["feature"] == "client_push"]
    assert {"gpo_install", "manual_install"} <= set(push["alternatives"])
    assert push["repair"]
    ports = {b["flow"].split()[4].rpartition(":")[2] for b in push["blocking"]}
    assert "445" in ports
    assert "135" not in ports


def test_every_counterexample_is_what_trace_says(audit, run):
    features = json.loads(audit("--format", "json").stdout)["features"]
    blocked = [b for row in features for b in row["blocking"]]
    assert blocked
    for found in blocked:
        done = run("trace", FOLDER / CLIENT, "--flow", found["flow"], "--format", "json")
        (verdict,) = json.loads(done.stdout)["verdicts"]
        assert {key: verdict[key] for key in ("action", "why", "by")} == {key: found[key] for key in ("action", "why", "by")}


def test_findings_of_the_demo_machine(audit):
    findings = json.loads(audit("--format", "json").stdout)["findings"]
    assert "port-433" in {found["code"] for found in findings}


@pytest.mark.parametrize(
    ("lang", "sentence", "parts"),
    [
        ("en", "office: ", ("Smallest repair:", "This does not pass:", "Works now instead: ", "Findings", "no_gpo_source")),
        ("zh_CN", "office：", ("最小的修复：", "此流量无法通过：", "目前可用的替代途径：", "发现", "no_gpo_source")),
    ],
)
def test_the_text_begins_with_the_verdict_and_has_proof_and_repair(lang, sentence, parts, audit):
    text = audit(lang=lang).stdout
    assert text.startswith(sentence)
    assert all(part in text for part in parts)
    assert "{5C90E6A2-8D13-4F7B-B2A4-D36E1F08C7A5} (local)" in text
    assert "|RPort=10123|" in text
    copied = ("    ", "      ")
    assert all(width_of(line) <= 80 or line.startswith(copied) for line in text.splitlines())


def test_fail_on_knows_only_finding_codes(audit):
    refused = audit("--fail-on", "everything")
    assert refused.exit_code == 2
    assert "`everything`" in refused.stderr


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_the_demo_answers_and_teaches(lang, run):
    done = run("demo", lang=lang)
    assert done.exit_code == 0
    assert "cmfw audit site.toml client.hive" in done.stdout
    assert len(done.stdout.splitlines()) > 40


def test_the_demo_as_a_document_and_as_files(run, valid, tmp_path):
    valid("audit", run("demo", "--format", "json").stdout)
    assert run("demo", "--files", tmp_path / "x").exit_code == 0
    done = run("audit", tmp_path / "x" / DEMO_SITE, tmp_path / "x" / CLIENT, "--format", "json")
    assert done.exit_code == 1


def test_the_demo_machine_is_read_without_a_problem(audit):
    assert audit("--format", "json").stderr == ""


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "total", "active"),
    [("hives/win7_SYSTEM.xz", 323, 124), ("hives/win10_SYSTEM.xz", 480, 236), ("hives/luthfina16_v2.30.wfw", 412, 173)],
)
def test_rule_counts_are_those_of_the_corpus(name, total, active, corpus, run, valid):
    done = run("audit", FOLDER / DEMO_SITE, corpus / name, "--format", "json")
    (state,) = valid("audit", done.stdout)["states"]
    assert state["rules"] == {"total": total, "active": active}


@pytest.mark.corpus
def test_a_policy_that_switches_local_rules_off_is_told_once(corpus, run, valid):
    hive, policy = corpus / "hives" / "win10_SYSTEM.xz", corpus / "gpo" / "ncsc" / "NCSC_Windows_GPO.zip"
    done = run("audit", FOLDER / DEMO_SITE, hive, policy, "--format", "json")
    document = valid("audit", done.stdout)
    assert len(document["states"]) == 2
    assert document["states"][0]["profiles"]["domain"]["local_rules"] is False
    assert [f["code"] for f in document["findings"]].count("local-merge-off") == 1
    assert {r["status"] for r in document["features"] if r["feature"] == "remote_assistance"} == {"broken"}


ZONED = """\
code = "P01"
system = [{ host = "mp1", addresses = ["10.1.0.7"], roles = ["management_point"], zone = "centre" }]
clients = [{ name = "office", subnets = ["10.2.0.0/24"], features = ["client_requests"], zone = "branch" }]
filter = [{ from = "branch", to = "centre", file = "edge.flows" }, { from = "branch", to = "centre", file = "core.flows" }]
"""


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_an_audit_names_the_filter_in_the_way(run, valid, tmp_path, lang):
    (tmp_path / "site.toml").write_text(ZONED, encoding="utf-8")
    (tmp_path / "edge.flows").write_text("allow any * > *\n", encoding="utf-8")
    (tmp_path / "core.flows").write_text("# closed\nblock tcp * > *:80\nallow any * > *\n", encoding="utf-8")
    (tmp_path / "host.reg").write_bytes((FOLDER / CLIENT).read_bytes())
    args = ("audit", str(tmp_path / "site.toml"), str(tmp_path / "host.reg"), "--as", "office")
    document = valid("audit", run(*args, "--format", "json").stdout)
    (row,) = document["features"]
    assert row["status"] == "broken"
    assert {(b["box"], b["by"][0]["store"], b["by"][0]["id"]) for b in row["blocking"]} == {
        ("core.flows:2", "filter", "block tcp * > *:80")
    }
    assert row["repair"] == ["core.flows: allow tcp 10.2.0.0/24 > 10.1.0.7:80"]
    done = run(*args, lang=lang)
    assert done.exit_code == 1
    assert "core.flows:2" in done.stdout
    assert "block tcp * > *:80" in done.stdout
    assert [line for line in done.stdout.splitlines() if width_of(line) > 80 and not line.startswith("    ")] == []


@pytest.mark.parametrize(("name", "code"), [("shop", 1), ("Office", 1)], ids=["the group apart", "a group with systems"])
def test_ends_without_a_common_family_are_no_clean_answer(run, valid, tmp_path, name, code):
    path = tmp_path / "site.toml"
    path.write_text(TWO.replace("10.3.0.0/24", "2001:db8:3::/64"), encoding="utf-8")
    done = run("audit", path, FOLDER / CLIENT, "--as", name, "--format", "json")
    found = valid("audit", done.stdout)
    apart = [one["subject"] for one in found["findings"] if one["code"] == "no-common-family"]
    assert apart == ([name] if name == "shop" else [])
    assert done.exit_code == code
    text = run("audit", path, FOLDER / CLIENT, "--as", name).stdout
    assert ("no feature is planned for it" in text) is (name == "shop")
