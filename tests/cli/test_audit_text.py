"""Machines as administrators have them, written from the groups of the catalog, and what an audit has to tell about each."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace

import pytest
from tests.report.audits import demo

from cmfw import words
from cmfw.catalog import load
from cmfw.cli.audit_text import blocks
from cmfw.cli.output import Table, plain
from cmfw.ingest.rulewrite import write_rule
from cmfw.net.flow import Profile
from cmfw.report.audit_view import document
from cmfw.report.finding_words import feature_title

POLICY = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
GROUPS = ("file_and_printer_sharing", "wmi", "remote_desktop", "remote_assistance", "remote_event_log")
BUILD = 19045
SITE = """
code = "P01"
[[system]]
host = "cm1.corp.example"
addresses = ["10.1.0.10"]
roles = ["site_server", "management_point", "distribution_point", "software_update_point"]
[[system]]
host = "admin7.corp.example"
addresses = ["10.1.9.7"]
roles = ["console"]
[[clients]]
name = "branch"
subnets = ["10.20.4.0/24"]
profile = "{profile}"
os = "Windows 10 22H2"
{more}
"""


def shipped(is_on):
    """(id, rule string) of the groups of a client, on where ``is_on`` says so."""
    editions = [e for name in GROUPS for e in load().groups[name].editions]
    members = {
        m.rule.id: m.rule
        for e in editions
        if e.sku == "client" and e.first_build <= BUILD <= e.last_build
        for m in e.members
    }
    return [(rule.id, write_rule(replace(rule, active=is_on(rule)))) for rule in members.values()]


@pytest.fixture
def audit(tmp_path, run):
    """Audit of a machine with these rules; the JSON form, or text with ``lang``."""

    def ask(rules, *, profile, more="", settings=(), services=(), policy="", lang=""):
        lines = ["Windows Registry Editor Version 5.00", ""]
        for key in ("DomainProfile", "StandardProfile", "PublicProfile"):
            lines += [f"[{POLICY}\\{key}]", '"EnableFirewall"=dword:00000001', *settings, ""]
        lines += [f"[{POLICY}\\FirewallRules]"]
        lines += ['"{}"="{}"'.format(name, text.replace("\\", "\\\\")) for name, text in rules]
        for name in services:
            lines += ["", rf"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\{name}]", '"Start"=dword:00000004']
        state, site = tmp_path / "client.reg", tmp_path / "site.toml"
        state.write_text("\r\n".join([*lines, "", policy, ""]), encoding="utf-16")
        site.write_text(SITE.format(profile=profile, more=more), encoding="utf-8")
        form = ["--lang", lang] if lang else ["--format", "json"]
        done = run("audit", site, state, *form)
        return done.exit_code, done.stdout if lang else json.loads(done.stdout)

    return ask


def _rows(found):
    return {row["feature"]: row for row in found["features"]}


def _private(rule):
    return rule.group.endswith(("-28502", "-34251")) and not rule.profiles & Profile.DOMAIN


def test_a_branch_with_the_groups_on_in_private_is_out_of_reach_of_its_site_server(audit):
    code, found = audit(shipped(_private), profile="private")
    assert code == 1
    push = _rows(found)["client_push"]
    assert push["status"] == "broken"
    assert all(one.startswith("New-NetFirewallRule -Name 'cmfw-push-") for one in push["repair"])
    assert all("-Profile Private" in one and "-RemoteAddress '10.1.0.10'" in one for one in push["repair"])
    reach = [f for f in found["findings"] if f["code"] == "group-profile"]
    assert {f["args"]["group"] for f in reach} == {"@FirewallAPI.dll,-28502", "@FirewallAPI.dll,-34251"}
    assert all("10.1.0.10 is outside" in f["message"] for f in reach)
    assert reach[0]["witness"] == "in tcp 10.1.0.10:50000 > 10.20.4.1:445 profile=private program=system"


@pytest.mark.parametrize(
    ("lang", "sentences"),
    [
        (
            "en",
            (
                "branch: 7 of 13 features work; 6 broken",
                "no fallback status point",
                "(-28502) lets only\n  the local subnet in",
            ),
        ),
        (
            "zh_CN",
            ("branch：13 个功能中有 7 个正常；6 个中断", "站点文件中没有回退状态点", "“专用”配置文件：默认阻止入站连接"),
        ),
    ],
)
def test_that_branch_in_words(lang, sentences, audit):
    _, text = audit(shipped(_private), profile="private", lang=lang)
    assert [one for one in sentences if one not in text] == []
    assert "site.fsp" not in text


HARDENED = (
    ("{C1}", r"RPort=443|RPort=80|RA4=10.1.0.10|App=%SystemRoot%\CCM\CcmExec.exe|Name=Client to MP|"),
    ("{C2}", "LPort=10123|Name=Notification|"),
)


def test_a_hardened_client_lacks_what_its_rules_leave_out_and_no_more(audit):
    rules = [(name, f"v2.30|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|Profile=Domain|{text}") for name, text in HARDENED]
    code, found = audit(
        [*shipped(lambda _: False), *rules],
        profile="domain",
        more='default_outbound = "block"',
        settings=('"DefaultOutboundAction"=dword:00000001',),
    )
    assert code == 1
    rows = _rows(found)
    requests = rows["client_requests"]
    assert [flow["flow"].split(" program=")[1] for flow in requests["blocking"]] == [
        r"c:\windows\system32\svchost.exe service=bits"
    ]
    (command,) = requests["repair"]
    assert r"-Program '%SystemRoot%\System32\svchost.exe'" in command
    assert rows["client_notification"]["status"] == "degraded"
    sided = [f for f in found["findings"] if f["code"] == "local-port-only"]
    assert [f["message"] for f in sided] == [
        "outbound rule `Notification` ({C2}) names local ports 10123 and no remote port"
    ]


def test_a_listener_that_is_disabled_is_told_though_no_rule_names_it(audit):
    _, found = audit(shipped(lambda _: True), profile="domain", services=("RemoteRegistry",))
    (told,) = (f for f in found["findings"] if f["code"] == "service-disabled")
    assert (told["args"]["service"], told["args"]["features"]) == ("RemoteRegistry", "remote_tools")


def test_a_rule_for_one_feature_is_measured_by_that_feature_alone(audit):
    wide = ("{E3}", "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=2701|Name=Helpdesk|")
    _, found = audit([*shipped(lambda _: False), wide], profile="domain")
    (told,) = (f for f in found["findings"] if f["code"] == "wider")
    assert (
        told["message"]
        == "rule `Helpdesk` ({E3}) serves Remote Control, but its remote addresses are anything instead of 10.1.9.7"
    )


@pytest.mark.parametrize(
    ("lang", "hint"), [("en", "(put the domain and the Group Policy object"), ("zh_CN", "（请把 <domain>")]
)
def test_a_place_holder_in_a_repair_is_explained(audit, lang, hint):
    policy = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\WindowsFirewall\PublicProfile"
    rules = [*shipped(lambda _: False), ("{1}", "v2.30|Action=Block|Active=TRUE|Dir=In|Name=x|")]
    _, text = audit(rules, profile="public", lang=lang)
    assert hint not in text
    _, text = audit(
        [*shipped(lambda _: False)],
        profile="public",
        lang=lang,
        policy=f'[{policy}]\r\n"AllowLocalPolicyMerge"=dword:00000000',
    )
    assert hint in text


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_the_text_tells_the_same_as_the_document(lang):
    """What the other forms are held to in tests/properties/test_report.py, for the terminal."""
    words.choose(lang)
    told, shown = document(demo()), blocks(demo())
    matrix = next(block for block in shown if isinstance(block, Table))
    titles = {name: feature_title(name, demo().catalog) for name in demo().catalog.features}
    expected = {(titles[row["feature"]], words.say(f"status.{row['status']}")) for row in told["features"]}
    assert {(row[0], row[2]) for row in matrix.rows} == expected
    text = plain(shown, 1000)
    codes = Counter(finding["code"] for finding in told["findings"])
    # features in trouble and gaps have parts of their own
    apart = {"feature-broken", "feature-degraded", "gap"}
    assert set(re.findall(r"\[([\w-]+)\]$", text, re.MULTILINE)) == set(codes) - apart
    assert all(f"({gap.code})" in text or f"\uff08{gap.code}\uff09" in text for gap in demo().state.gaps)
    in_trouble = {row["feature"] for row in told["features"] if row["status"] in ("broken", "degraded")}
    assert {name for name in titles if re.search(rf"^.+ \({name}\)[:\uff1a]", text, re.MULTILINE)} == in_trouble
