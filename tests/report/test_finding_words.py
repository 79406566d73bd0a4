"""Every message of every finding, said over real machines: all parts filled, things named as people name them."""

from __future__ import annotations

import ast
import re
from string import Formatter

import pytest
from tests.conftest import ROOT

from cmfw import words
from cmfw.catalog import load
from cmfw.cli.audit import run_audit
from cmfw.cli.audit_text import blocks
from cmfw.cli.demo import CLIENT, FOLDER, SITE
from cmfw.cli.inputs import read_host
from cmfw.cli.output import plain
from cmfw.diagnose.blame import HOST, NETWORK, PATH, SERVICE, UNCLEAR
from cmfw.ingest.site import read_site
from cmfw.report.finding_text import message_of
from cmfw.report.finding_words import exception_title, feature_title, group_title, rule_title
from cmfw.resolve.lint import LINTS

CATALOG = load()
SITE_PATH = FOLDER / SITE
MACHINES = (
    ("win7", ("hives/win7_SYSTEM.xz",)),
    ("win10", ("hives/win10_SYSTEM.xz",)),
    ("win10 under NCSC", ("hives/win10_SYSTEM.xz", "gpo/ncsc/NCSC_Windows_GPO.zip")),
    ("winxp", ("hives/winxp_SYSTEM",)),
    ("luthfina16", ("hives/luthfina16_v2.30.wfw",)),
    ("puppet", ("hives/puppet_fwpolicy_full_v2.28.wfw",)),
)


def _raised() -> dict[str, list[set[str]]]:
    """Finding code to the keyword arguments of each call that makes one, read from the sources."""
    found: dict[str, list[set[str]]] = {}
    for path in [*(ROOT / "src/cmfw/diagnose").glob("*.py"), ROOT / "src/cmfw/resolve/lint.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("finding", "_finding"):
                for code in _codes(node.args[0]) if len(node.args) > 1 else ():
                    found.setdefault(code, []).append({k.arg or "" for k in node.keywords})
    return found


def _codes(node: ast.expr) -> tuple[str, ...]:
    if isinstance(node, ast.Constant):
        return (str(node.value),)
    if isinstance(node, ast.JoinedStr):
        return ("feature-broken", "feature-degraded", "feature-unknown")
    if isinstance(node, ast.Name) and node.id == "code":  # what blames a layer for what the wire says
        return (NETWORK, HOST, PATH, SERVICE, UNCLEAR)
    return ("local-merge-off",) if isinstance(node, ast.Name) and node.id == "LOCAL_MERGE_OFF" else ()


def _parts(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name} - {"subject", "witness"}


def test_every_code_that_is_raised_has_words_and_the_other_way_round():
    assert set(_raised()) == set(CATALOG.findings)


@pytest.mark.parametrize("code", sorted(_raised()))
def test_each_message_asks_only_for_what_its_code_gives(code):
    text = CATALOG.findings[code]
    templates = [one for message in (text.message, *text.variants.values()) for one in (message.en, message.zh_CN)]
    for given in _raised()[code]:
        names = given | ({"state"} if "presence" in given else set())
        fitting = templates if "variant" in given else [text.message.en, text.message.zh_CN]
        assert any(_parts(one) <= names for one in fitting), (sorted(names), templates)


def test_the_lints_give_the_args_that_they_list():
    for code, names in LINTS.items():
        assert _parts(CATALOG.findings[code].message.en) <= set(names)


def _check(audit, lang):
    words.choose(lang)
    for finding in audit.diagnosis.findings:
        message = message_of(finding, audit.catalog)
        title = audit.catalog.findings[finding.code].title.in_language(lang)
        assert not re.search(rf"^{re.escape(title)} \(", message), f"{finding.code} is not filled: {message}"
        assert not re.search(r"\{[a-z_]+\}|``|: *$|@FirewallAPI", message, re.IGNORECASE), message
    for finding in audit.diagnosis.findings:
        ids = {name for name in audit.catalog.features if "_" in name}
        message = message_of(finding, audit.catalog)
        for name in ids:
            # an id stands only behind a title that looks like another
            message = message.replace(feature_title(name, audit.catalog), "")
        assert not ids & set(re.findall(r"[a-z]+(?:_[a-z]+)+", message)), finding
    text = plain(blocks(audit))
    assert "?" not in text.replace("package?ms-resource", "")
    assert not re.search(r"[a-z_]+\.[a-z_]+:office", text)


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_the_demo_says_everything(lang):
    site = read_site(str(SITE_PATH))
    _check(run_audit(CATALOG, site, read_host([str(FOLDER / CLIENT)], ()), None), lang)


@pytest.mark.corpus
@pytest.mark.parametrize("lang", words.LANGUAGES)
@pytest.mark.parametrize("files", [files for _, files in MACHINES], ids=[name for name, _ in MACHINES])
@pytest.mark.parametrize("who", ["office", "cm1"])
def test_real_machines_say_everything(files, who, lang, corpus):
    site = read_site(str(SITE_PATH))
    _check(run_audit(CATALOG, site, read_host([str(corpus / name) for name in files], ()), who), lang)


@pytest.mark.parametrize(
    ("exception", "traffic", "shown"),
    [
        ("client_push.file_and_printer_sharing:office", "", "File and Printer Sharing (-28502)"),
        ("remote_control.tcp:office", "TCP 2711", "TCP 2711 (Remote control of the client)"),
        ("queries.statview", "", "statview.exe"),
        ("wakeup_proxy.icmp", "ICMP4 8", "ICMP echo request (type 8)"),
        ("no.such:row", "", "no.such:row"),
    ],
)
def test_an_exception_is_named_by_what_it_opens(exception, traffic, shown):
    words.choose("en")
    assert exception_title(exception, CATALOG, traffic) == shown


def test_groups_and_rules_by_their_names():
    words.choose("zh_CN")
    assert group_title("@firewallapi.dll,-28502", CATALOG) == "文件和打印机共享 (-28502)"
    assert rule_title("{7}", "VNC") == "`VNC` ({7})"
    assert rule_title("FPS-SMB-In-TCP", "@FirewallAPI.dll,-28511") == "`FPS-SMB-In-TCP`"


@pytest.mark.parametrize(
    ("lang", "feature", "title"),
    [
        pytest.param("zh_CN", "client_push", "客户端请求安装 (client_push)", id="begins with another"),
        pytest.param("zh_CN", "client_requests", "客户端请求 (client_requests)", id="another begins with it"),
        pytest.param("zh_CN", "client_notification", "客户端通知", id="like no other"),
        pytest.param("en", "client_push", "Client Push Installation", id="no such trouble in English"),
        pytest.param("en", "no_such", "no_such", id="not in the catalog"),
    ],
)
def test_a_title_that_looks_like_another_has_its_id_beside_it(lang, feature, title):
    words.choose(lang)
    assert feature_title(feature, CATALOG) == title
