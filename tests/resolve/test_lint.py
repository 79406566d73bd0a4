"""What ``lint_site`` has to say, and about what it keeps quiet."""

from __future__ import annotations

import pytest
from tests.resolve.small_catalog import small_catalog

from cmfw import catalog
from cmfw.ingest.site import read_site_text
from cmfw.model.finding import Finding, Severity
from cmfw.resolve.lint import LINTS, lint_site

CATALOG = small_catalog()
CLEAN = """
code = "P01"
{top}
[[system]]
host = "cm1"
addresses = ["10.0.0.11"]
{system}
[[clients]]
name = "room"
subnets = ["10.2.0.0/24"]
{clients}
"""


def lint(top: str = "", system: str = "", clients: str = "") -> tuple[Finding, ...]:
    text = CLEAN.format(top=top, system=system, clients=clients)
    return lint_site(CATALOG, read_site_text(text, "site.toml"))


FINDINGS = [
    ("wsus-pair", Severity.ERROR, "cm1", "", "sup = { http = 80, https = 8531 }", "", {"wanted": "443"}),
    ("wsus-pair", Severity.ERROR, "cm1", "", "sup = { http = 8530, https = 443 }", "", {"wanted": "8531"}),
    ("port-433", Severity.WARNING, "P01", "ports.https = [433]", "", "", {"place": "ports.https"}),
    ("port-433", Severity.WARNING, "room", "", "", "settings.peer_http = 433", {"place": "settings.peer_http"}),
    ("port-433", Severity.WARNING, "cm1", "", "sup.http = 432", "", {"place": "sup"}),
    ("wol-port", Severity.WARNING, "room", "ports.wol = 7", "", "", {"wol_port": "9", "site_port": "7"}),
    ("port-collision", Severity.ERROR, "P01", "ports.http = [443]", "", "", {"port": "443"}),
    ("port-collision", Severity.ERROR, "cm1", "ports.http = [8530]", "", "", {"port": "8530", "second": "WSUS HTTP"}),
    ("port-collision", Severity.ERROR, "cm1", "", "sup = { http = 9001, https = 9001 }", "", {"port": "9001"}),
    (
        "port-collision", Severity.ERROR, "room", "", "", "settings = { peer_cache = true, peer_http = 10123 }",
        {"first": "client notification", "second": "peer cache"},
    ),
    (
        "port-collision", Severity.ERROR, "room", "", "",
        "settings = { peer_cache = true, express_updates = true, peer_http = 8005 }",
        {"port": "8005", "second": "express updates"},
    ),
    ("port-collision", Severity.ERROR, "room", "", "", "settings.wakeup_port = 9", {"port": "9"}),
    (
        "group-profile", Severity.WARNING, "room", "", "", 'profile = "private"\nos = "Windows 10"',
        {"feature": "client_push", "peers": "cm1", "profile": "private"},
    ),
    ("group-profile", Severity.WARNING, "room", "", "", 'profile = "public"', {"profile": "public"}),
    ("product-other", Severity.NOTE, "room", "", "", 'product = "other"', {}),
    (
        "feature-disabled", Severity.NOTE, "room", "", "", "settings.remote_control = false",
        {"feature": "remote_control", "setting": "settings.remote_control"},
    ),
    ("workgroup-push", Severity.WARNING, "room", "", "", 'identity = "workgroup"', {}),
    ("workgroup-push", Severity.ERROR, "room", "", "", 'identity = "workgroup"\ninstall = [{ method = "push" }]', {}),
    ("setup-port", Severity.WARNING, "room", "", "", 'install = [{ method = "manual", http_port = 8088 }]', {"port": "8088"}),
    (
        "setting-profile", Severity.WARNING, "room", "", "", 'settings.remote_control_profiles = ["private"]',
        {"profiles": "private", "profile": "domain"},
    ),
    ("os-unknown", Severity.WARNING, "room", "", "", 'os = "BeOS"', {"os": "BeOS"}),
    ("os-unknown", Severity.WARNING, "cm1", "", 'os = "BeOS"', "", {"os": "BeOS"}),
    ("role-missing", Severity.ERROR, "room", "", 'roles = ["console"]', "", {"role": "management_point"}),
    ("zone-unknown", Severity.WARNING, "dmz", "", "", '[[filter]]\nfrom = ""\nto = "dmz"\nfile = "x"'.replace('from = ""', 'from = "dmz"'), {}),
    ("subnet-overlap", Severity.WARNING, "other", "", "", '[[clients]]\nname = "other"\nsubnets = ["10.2.0.128/25"]', {"other": "room"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "severity", "subject", "top", "system", "clients", "args"),
    FINDINGS,
    ids=[f"{f[0]}: {' '.join((f[3] + f[4] + f[5]).split())}" for f in FINDINGS],
)
def test_it_is_found(code, severity, subject, top, system, clients, args):
    (found,) = [f for f in lint(top, system, clients) if f.code == code]
    assert (found.severity, found.subject) == (severity, subject)
    assert args.items() <= dict(found.args).items()
    assert tuple(name for name, _ in found.args) == LINTS[code], "the words that a message can use"


QUIET = [
    ("a clean site", "", "", ""),
    ("the default web site is shared on purpose", "", "sup = { http = 80 }", ""),
    ("any pair n and n + 1", "", "sup = { http = 8888 }", ""),
    ("wake-up proxy off", "ports.wol = 7", "", "settings = { wakeup_proxy = false }"),
    ("peer cache off", "", "", "settings.peer_http = 445"),
    ("CCMHTTPPORT as the site has it", "ports.http = [8088]", "", 'install = [{ method = "manual", http_port = 8088 }]'),
    ("servers have one rule for all profiles", "", "", 'profile = "private"\nos = "Server 2022"'),
    ("all peers on the one subnet", "", "", 'profile = "private"\nsubnets = ["10.0.0.0/24"]'),
    ("push is not wanted", "", "", 'identity = "workgroup"\ninstall = [{ method = "manual" }]'),
]


@pytest.mark.parametrize(("top", "system", "clients"), [q[1:] for q in QUIET], ids=[q[0] for q in QUIET])
def test_it_is_quiet(top, system, clients):
    if "subnets" in clients:
        text = CLEAN.replace('subnets = ["10.2.0.0/24"]\n', "").format(top=top, system=system, clients=clients)
        assert lint_site(CATALOG, read_site_text(text, "site.toml")) == ()
    else:
        assert [f for f in lint(top, system, clients) if f.code != "feature-disabled"] == []


@pytest.mark.parametrize(
    ("day", "subjects"),
    [("", []), ("2027-01-31", []), ("2027-02-01", ["room"]), ("2027-07-01", ["cm1", "room"])],
    ids=["no day asked", "the last day", "the day after", "after both"],
)
def test_rules_whose_last_day_is_over(day, subjects):
    text = CLEAN.format(top='expiry = "2027-06-30"\nowner = "site team"', system="", clients='expiry = "2027-01-31"')
    found = [f for f in lint_site(CATALOG, read_site_text(text, "site.toml"), day) if f.code == "rules-expired"]
    assert sorted(f.subject for f in found) == subjects
    for one in found:
        wanted = "2027-01-31" if one.subject == "room" else "2027-06-30"
        assert one.args == (("expiry", wanted), ("owner", "site team"), ("ticket", "-"))


def test_the_order_of_the_file_does_not_matter():
    text = CLEAN.format(top="ports.wol = 7", system="sup = { http = 80, https = 81 }", clients='os = "BeOS"')
    more = '[[system]]\nhost = "a"\nroles = ["software_update_point"]\nsup = { http = 5, https = 7 }\n'
    one = lint_site(CATALOG, read_site_text(text + more, "s"))
    other = lint_site(CATALOG, read_site_text(text.replace("[[system]]", more + "[[system]]", 1), "s"))
    assert one == other
    assert [f.severity for f in one] == sorted((f.severity for f in one), key=list(Severity).index)


def test_the_catalogs_words_use_only_what_a_finding_says():
    import re

    for code, finding in catalog.load().findings.items():
        if code in LINTS:
            words = set(re.findall(r"{(\w+)}", finding.message.en + finding.message.zh_CN))
            assert words <= {*LINTS[code], "subject"}, code


@pytest.mark.parametrize(
    ("system", "clients", "is_apart"),
    [
        pytest.param("10.1.0.5", "fd00:7::/64", True, id="ipv4-system-ipv6-clients"),
        pytest.param("fd00::5", "10.7.0.0/16", True, id="ipv6-system-ipv4-clients"),
        pytest.param("10.1.0.6", "10.8.0.0/16", False, id="both-ipv4"),
        pytest.param("", "fd00:9::/64", False, id="system-without-addresses"),
    ],
)
def test_clients_and_systems_without_a_common_family_are_an_error(system, clients, is_apart):
    addresses = f'addresses = ["{system}"]' if system else ""
    text = f'code = "P01"\n[[system]]\nhost = "cm1"\n{addresses}\n[[clients]]\nname = "far"\nsubnets = ["{clients}"]\n'
    found = [f for f in lint_site(catalog.load(), read_site_text(text, "site.toml")) if f.code == "no-common-family"]
    assert [(f.subject, f.severity, f.args) for f in found] == (
        [("far", Severity.ERROR, (("systems", "cm1"),))] if is_apart else []
    )
