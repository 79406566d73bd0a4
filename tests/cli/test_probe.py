"""``cmfw probe``: the document, the text and the exit codes, on loopback."""

from __future__ import annotations

import json

import pytest
from tests.conftest import need
from tests.lab.conftest import missing
from tests.probe.probes import free_port, server

SITE = """
code = "P01"
ports = {{ http = [{http}], notification = {notification} }}
system = [{{ host = "cm1", addresses = ["127.0.0.1"], roles = ["site_server", "management_point"] }}]
clients = [{{ name = "office", subnets = ["127.0.0.0/24"], features = ["client_requests", "client_notification"] }}]
"""


@pytest.fixture
def site(tmp_path):
    def write(http: int, notification: int) -> str:
        path = tmp_path / "site.toml"
        path.write_text(SITE.format(http=http, notification=notification), encoding="utf-8")
        return str(path)

    return write


def answer(made):
    made.recv(9999)
    made.sendall(b"HTTP/1.1 200 OK\r\nServer: stand-in\r\nContent-Length: 15\r\n\r\n<MPList></MPList>"[:-2])


def test_a_client_sees_what_works(run, valid, site):
    with server(answer) as http:
        path = site(http, free_port())
        done = run("probe", path, "--as", "office", "--format", "json")
    found = valid("probe", done.stdout)
    assert done.exit_code == 0
    assert found["as"] == {"name": "office", "host": False, "by": "asked"}
    assert {(r["port"], r["word"], r["answer"]) for r in found["results"]} >= {(http, "open", "allow")}
    (row,) = [r for r in found["results"] if r["port"] == http]
    assert row["service"]["speaks"] == "right"
    assert {row["status"] for row in found["features"]} == {"works"}


def test_a_dry_run_sends_nothing(run, valid, site):
    seen = []
    with server(seen.append) as http:
        done = run("probe", site(http, free_port()), "--as", "office", "--dry-run", "--format", "json")
        assert seen == []
    found = valid("probe", done.stdout)
    assert done.exit_code == 0
    assert found["dry_run"] is True
    assert found["results"] == []
    assert {p["talk"] for p in found["probes"]} >= {"mp_http", "tls"}


@pytest.mark.parametrize(("lang", "said"), [("en", "passes, nobody listens"), ("zh_CN", "可通过，但无程序侦听")])
def test_the_text(run, site, lang, said):
    done = run("probe", site(free_port(), free_port()), "--as", "office", lang=lang)
    assert said in done.stdout
    # from one end a forged reset looks the same
    assert "cmfw respond" in done.stdout


def test_where_no_packet_is_sent_nothing_is_clean(run, valid, site):
    path = site(free_port(), free_port())
    done = run("probe", path, "--as", "cm1", "--format", "json")
    assert valid("probe", done.stdout)["results"] == []
    assert done.exit_code == 3
    assert run("probe", path, "--as", "cm1", "--dry-run").exit_code == 0


def test_a_feature_of_which_nothing_was_sent_leaves_the_answer_open(run, tmp_path, site):
    path = site(80, 10123)
    seen = {"protocol": "tcp", "target": "127.0.0.1", "port": 10123, "mapped": False, "source": "127.0.0.1", "word": "open"}
    seen |= {"answer": "allow", "by": None, "attempts": 1, "ms": 1.5, "evidence": [], "service": None}
    results = tmp_path / "results.json"
    for items, code in (([], 3), (["notify_tcp:office>cm1"], 0)):
        made = {"schema": "cmfw/probe/1", "results": [seen | {"items": items}] if items else []}
        results.write_text(json.dumps(made), encoding="utf-8")
        done = run("probe", path, "--as", "office", "--feature", "client_notification", "--results", results)
        assert done.exit_code == code, items


@pytest.mark.parametrize("target", ["nobody", "10.9.9.9"], ids=["no address", "outside every group"])
def test_a_wrong_target_is_refused(run, site, target):
    done = run("probe", site(80, 10123), "--as", "cm1", "--target", target)
    assert done.exit_code == 2
    assert target in done.stderr
    assert "--target" in done.stderr


def test_nobody_of_that_name(run, site):
    assert run("probe", site(80, 10123), "--as", "nobody").exit_code == 2


AGAINST = """Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules]
"x"="v2.30|Action=Block|Active=TRUE|Dir=Out|Protocol=6|Name=x|"
"""


@pytest.mark.parametrize(("lang", "said"), [("en", "packets leave"), ("zh_CN", "数据包仍能发出")])
def test_a_configuration_that_packets_contradict(run, valid, site, tmp_path, lang, said):
    (tmp_path / "host.reg").write_text(AGAINST, encoding="utf-8")
    with server(answer) as http:
        path = site(http, free_port())
        sent = run("probe", path, "--as", "office", "--format", "json")
    (tmp_path / "results.json").write_text(sent.stdout, encoding="utf-8")
    asked = ("--as", "office", "--results", str(tmp_path / "results.json"), "--against", str(tmp_path / "host.reg"))
    done = run("probe", path, *asked, "--against-as", "office", "--format", "json")
    found = valid("probe", done.stdout)
    assert found["results"] == valid("probe", sent.stdout)["results"]
    assert {one["code"] for one in found["findings"]} == {"wire-host"}
    assert done.exit_code == 1
    text = run("probe", path, *asked, "--against-as", "office", lang=lang)
    assert said in "".join(text.stdout.split("\n")).replace("  ", " ") or said in text.stdout.replace("\n", " ")


def test_results_that_are_none_are_refused(run, site, tmp_path):
    (tmp_path / "results.json").write_text("{}", encoding="utf-8")
    done = run("probe", site(80, 10123), "--as", "office", "--results", str(tmp_path / "results.json"))
    assert done.exit_code == 2


ELSEWHERE = """
code = "P01"
[[system]]
host = "cm1"
addresses = ["10.1.0.5"]
roles = ["site_server", "management_point"]
zone = "servers"
[[clients]]
name = "office"
subnets = ["10.2.0.0/24"]
zone = "offices"
features = ["client_requests"]
install = [{ method = "push" }]
[[filter]]
from = "servers"
to = "offices"
file = "edge.flows"
"""
RESULTS = """{"schema": "cmfw/probe/1", "results": [
  {"items": ["push_smb:cm1>office"], "protocol": "tcp", "target": "10.2.0.17", "port": 445, "mapped": false, "source": "10.1.0.5",
   "word": "WORD", "answer": "ANSWER", "by": null, "attempts": 4, "ms": null, "evidence": [], "service": null}]}"""
LETS_IN = """Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules]
"x"="v2.30|Action=Allow|Active=TRUE|Dir=In|Name=x|"
"""


@pytest.fixture
def elsewhere(tmp_path):
    """A site with a filter that stops SMB, a machine that lets everything in, and results that are yet to be written."""
    files = {"site.toml": ELSEWHERE, "edge.flows": "block tcp * > *:445\nallow any * > *\n", "host.reg": LETS_IN}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    def seen(word: str, answer: str) -> dict[str, str]:
        (tmp_path / "results.json").write_text(RESULTS.replace("WORD", word).replace("ANSWER", answer), encoding="utf-8")
        return {name: str(tmp_path / name) for name in (*files, "results.json")}

    return seen


@pytest.mark.parametrize(
    ("word", "answer", "verb", "codes"),
    [
        ("filtered", "unknown", "probe", {}),
        ("open", "allow", "probe", {"wire-path": "passes"}),
        ("filtered", "unknown", "against", {"wire-network": "filter"}),
        ("open", "allow", "against", {"wire-path": "passes"}),
        ("filtered", "unknown", "audit", {"wire-network": "filter"}),
        ("open", "allow", "audit", {"wire-path": "passes"}),
    ],
)
def test_filters_policy_and_packets_are_held_together(run, valid, elsewhere, word, answer, verb, codes):
    files = elsewhere(word, answer)
    probe = ("probe", files["site.toml"], "--as", "cm1", "--target", "10.2.0.17", "--results", files["results.json"])
    done = run(
        *{
            "probe": probe,
            "against": (*probe, "--against", files["host.reg"], "--against-as", "office"),
            "audit": ("audit", files["site.toml"], files["host.reg"], "--as", "office", "--probe", files["results.json"]),
        }[verb],
        "--format",
        "json",
    )
    assert not done.stderr, done.stderr
    found = valid("audit" if verb == "audit" else "probe", done.stdout)
    heard = [one for one in found["findings"] if one["code"].startswith("wire-")]
    assert {one["code"]: one["args"]["variant"] for one in heard} == codes
    assert all(one["args"]["box"].endswith("edge.flows:1") for one in heard)


def test_an_audit_refuses_results_that_are_none(run, elsewhere):
    files = elsewhere("open", "allow")
    done = run("audit", files["site.toml"], files["host.reg"], "--as", "office", "--probe", files["host.reg"])
    assert done.exit_code == 2
    assert "JSON" in done.stderr


def test_a_lab_needs_a_machine_to_play(run, site):
    done = run("probe", site(80, 10123), "--as", "office", "--lab")
    assert done.exit_code == 2
    assert "--against" in done.stderr


def test_a_place_needs_a_machine_to_be_placed(run, site):
    done = run("probe", site(80, 10123), "--as", "office", "--against-as", "office", "--dry-run")
    assert done.exit_code == 2
    assert "--against" in done.stderr


@pytest.mark.lab
def test_the_machine_is_played_beside_the_packets(run, valid, elsewhere):
    need(not missing(), missing())
    files = elsewhere("filtered", "unknown")
    done = run(
        "audit",
        files["site.toml"],
        files["host.reg"],
        "--as",
        "office",
        "--probe",
        files["results.json"],
        "--lab",
        "--format",
        "json",
    )
    found = valid("audit", done.stdout)
    assert [one["code"] for one in found["findings"] if one["code"] in ("wire-network", "played-differs")] == [
        "wire-network"
    ]


def test_a_lab_needs_linux(run, elsewhere, monkeypatch):
    monkeypatch.setattr("sys.platform", "win32")
    done = run(
        "audit", elsewhere("open", "allow")["site.toml"], elsewhere("open", "allow")["host.reg"], "--as", "office", "--lab"
    )
    assert done.exit_code == 2
    assert "needs Linux" in done.stderr
