"""``cmfw logs``."""

from __future__ import annotations

import json

import pytest
from tests.ingest.test_ccm_log import new, old
from tests.ingest.test_pfirewall import HEAD, row

CCM = "SMS_CLIENT_CONFIG_MANAGER"
BLOCKED = old('---> Unable to connect to WMI on remote machine "PC2", error = 0x800706BA.', component=CCM)
REFUSED = old('---> Unable to connect to WMI on remote machine "PC2", error = 0x80070005.', component=CCM)
SITE = """
code = "P01"
system = [{ host = "cm1", addresses = ["10.3.0.4"] }]
clients = [{ name = "office", subnets = ["10.1.0.0/24"], features = ["client_requests"] }]
"""


@pytest.fixture
def folder(tmp_path):
    def make(**files):
        for name, content in files.items():
            (tmp_path / f"{name}.log").write_text(content, "utf-8")
        (tmp_path / "site.toml").write_text(SITE, "utf-8")
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("content", "with_site", "code"),
    [
        (BLOCKED, False, 1),
        (BLOCKED, True, 0),
        (REFUSED, False, 0),
        (HEAD + row("DROP"), False, 0),
        (HEAD + row("DROP", ports="50005 80"), True, 1),
        (HEAD + row(ports="50005 80"), True, 0),
        (new("nothing"), False, 3),
        ("no log", False, 3),
    ],
    ids=["network", "network, not planned", "authentication", "dropped without a plan", "planned and dropped", "planned and allowed",
         "nothing", "no log"],
)  # fmt: skip
def test_the_exit_code(content, with_site, code, folder, run):
    path = folder(x=content)
    arguments = [path / "site.toml", path / "x.log"] if with_site else [path / "x.log"]
    for form in ("text", "json"):
        assert run("logs", *arguments, "--format", form).exit_code == code


def test_the_document_fits_its_schema(folder, run, valid):
    path = folder(
        a=BLOCKED + REFUSED,
        b=HEAD + row("DROP", ports="50005 80") + row(),
        c=new("[RegTask] - Client is registered.", component="ClientIDManagerStartup"),
    )
    document = valid("logs", run("logs", path / "site.toml", path, "--format", "json").stdout)
    assert document["site"] == "P01"
    assert {doubt["layer"] for host in document["hosts"] for doubt in host["doubts"]} == {"network", "authentication"}
    assert {(p["flow"], p["dropped"]) for p in document["planned"] if p["dropped"]} >= {("mp_http", 1)}


def test_the_document_has_problems_the_text_tells_them_on_stderr(folder, run, valid):
    path = folder(a=new("one") + "<![LOG[torn")
    document = valid("logs", run("logs", path / "a.log", "--format", "json").stdout)
    assert document["problems"][0]["line"] == 2
    assert "torn" in run("logs", path / "a.log").stderr


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_both_languages(lang, folder, run):
    path = folder(a=REFUSED, b=HEAD + row("DROP"))
    text = run("logs", path / "site.toml", path / "a.log", path / "b.log", lang=lang).stdout
    wanted = "the network is fine, it is authentication" if lang == "en" else "网络正常，问题在身份验证"
    assert wanted in text.replace("\n", " ").replace("  ", " ") or wanted in text.replace("\n", "")


def test_the_next_step_and_the_source_are_named(folder, run):
    text = run("logs", folder(a=BLOCKED) / "a.log").stdout
    assert 'cmfw trace STATE --flow "in tcp * > *:135"' in text
    assert "source: win32-errors" in text
    assert "a.log:1" in text


def test_changed_rules_are_listed(tmp_path, run):
    event = {
        "EventID": 13, "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": "PC7", "EventType": "SetValue",
        "UtcTime": "2026-03-02 09:05:06.100", "Image": "C:\\x.exe",
        "TargetObject": "HKLM\\System\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules\\{R}",
        "Details": "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=450|Name=mine|",
    }  # fmt: skip
    (tmp_path / "e.json").write_text(json.dumps(event) + "\n", "utf-8")
    done = run("logs", tmp_path / "e.json")
    assert done.exit_code == 0
    assert "mine" in done.stdout
    assert "LPort=450" in done.stdout


def test_a_site_alone_is_bad_usage(folder, run):
    assert run("logs", folder() / "site.toml").exit_code == 2


def test_a_missing_file_is_bad_input(tmp_path, run):
    assert run("logs", tmp_path / "none.log").exit_code == 2


def test_events_that_windows_lost_are_said(folder, run):
    lost = "2026-03-02 09:05:07 INFO-EVENTS-LOST - - - - - - - - - - - - 59 -\n"
    text = run("logs", folder(a=HEAD + row() + lost) / "a.log").stdout
    assert ">= 1" in text
    assert "lower bounds" in text
