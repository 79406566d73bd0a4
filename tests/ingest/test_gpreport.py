"""Group Policy reports in XML and HTML: what they show, what they leave open, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from cmfw.engine.exact import Engine
from cmfw.errors import InputError
from cmfw.ingest import read_state
from cmfw.ingest.gpreport_html import FIELDS
from cmfw.ingest.registry_pol import read_policy_file
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store, canonical_program
from cmfw.model.state import HostState
from cmfw.net.flow import Direction, Profile
from cmfw.net.flowquery import Names, parse_flow

NAMES = Names(canonical=canonical_program)
FIREWALL = "http://www.microsoft.com/GroupPolicy/Settings/WindowsFirewall"


def rule_xml(version: str = "2.28", **tokens: str | tuple[str, ...]) -> str:
    out = [f"<q1:Version>{version}</q1:Version>"]
    for token, values in ({"Action": "Allow", "Name": "n", "Active": "true"} | tokens).items():
        out += [f"<q1:{token}>{value}</q1:{token}>" for value in ((values,) if isinstance(values, str) else values)]
    return "".join(out)


def report(body: str, *, enabled: str = "true", extra: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="utf-16"?>\n<GPO xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns="http://www.microsoft.com/GroupPolicy/Settings"><Identifier><Identifier'
        ' xmlns="http://www.microsoft.com/GroupPolicy/Types">{11111111-2222-3333-4444-555555555555}</Identifier></Identifier>'
        f'<Name>p</Name><Computer><Enabled>{enabled}</Enabled><ExtensionData><Extension xmlns:q1="{FIREWALL}">{body}'
        f"</Extension></ExtensionData>{extra}</Computer></GPO>"
    )


def written(path: Path, text: str, encoding: str = "utf-16") -> str:
    path.write_text(text, encoding=encoding)
    return str(path)


def inbound(**tokens: str | tuple[str, ...]) -> str:
    return f"<q1:InboundFirewallRules>{rule_xml(**({'Dir': 'In'} | tokens))}</q1:InboundFirewallRules>"


def answer(state: HostState, flow: str) -> str:
    return Engine(state).verdict(parse_flow(flow, NAMES).flows).answer.value


IN_80 = "in tcp 10.3.0.9:51000 > 10.7.0.2:80 profile=domain program=system service=none"
IN_81 = IN_80.replace(":80", ":81")
OUT_80 = "out tcp 10.7.0.2:51000 > 10.3.0.9:80 profile=domain program=system service=none"
KNOWN = {
    "a rule of schema 2.0 is whole": ({"version": "2.0", "Protocol": "6", "LPort": "80"}, "allow", "block"),
    "a later one may be narrower": ({"Protocol": "6"}, "unknown", "unknown"),
    "and its list of ports longer": ({"Protocol": "6", "LPort": "80"}, "unknown", "unknown"),
    "but not of another protocol": ({"Protocol": "17", "LPort": "80"}, "block", "block"),
    "a rule that is off": ({"Protocol": "6", "LPort": "80", "Active": "false"}, "block", "block"),
    "a block of schema 2.0": ({"version": "2.0", "Action": "Block", "Protocol": "6", "LPort": "80"}, "block", "block"),
}


@pytest.mark.parametrize(("tokens", "at_80", "at_81"), KNOWN.values(), ids=KNOWN)
def test_what_a_rule_of_a_report_proves(tmp_path: Path, tokens: dict, at_80: str, at_81: str) -> None:
    state = read_state([written(tmp_path / "r.xml", report(inbound(**tokens)))]).state
    assert (answer(state, IN_80), answer(state, IN_81)) == (at_80, at_81)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "utf-8-sig", "utf-16-le"])
def test_a_report_in_any_encoding_whatever_it_says(tmp_path: Path, encoding: str) -> None:
    text = report(inbound(Protocol="6", Name="规则", LPort=("80", "90")))
    (rule,) = read_state([written(tmp_path / "r.xml", text, encoding)]).state.rules
    assert (rule.name, str(rule.local_port.ports)) == ("规则", "80,90")
    assert rule.id == "{11111111-2222-3333-4444-555555555555}:1"
    assert rule.origin.endswith("r.xml:2")


def test_settings_of_profiles(tmp_path: Path) -> None:
    body = (
        "<q1:PrivateProfile><q1:EnableFirewall><q1:Value>false</q1:Value></q1:EnableFirewall>"
        "<q1:DefaultOutboundAction><q1:Value>true</q1:Value></q1:DefaultOutboundAction></q1:PrivateProfile>"
    )
    state = read_state([written(tmp_path / "r.xml", report(body))]).state
    found = state.setting(Store.GPO, Profile.PRIVATE)
    assert (found.enable_firewall, found.default_outbound_allow) == (False, False)


def test_a_setting_that_cannot_be_read_leaves_everything_open(tmp_path: Path) -> None:
    body = "<q1:DomainProfile><q1:EnableFirewall><q1:Value>perhaps</q1:Value></q1:EnableFirewall></q1:DomainProfile>"
    state, problems = read_state([written(tmp_path / "r.xml", report(body))])
    assert answer(state, IN_80) == "unknown"
    assert [(problem.key, problem.line) for problem in problems] == [("EnableFirewall", 2)]


def test_results_of_a_computer_count_the_winning_policy(tmp_path: Path) -> None:
    def value(precedence: int, text: str) -> str:
        return f"<q1:EnableFirewall><Precedence>{precedence}</Precedence><q1:Value>{text}</q1:Value></q1:EnableFirewall>"

    body = f"<q1:DomainProfile>{value(2, 'true')}{value(1, 'false')}</q1:DomainProfile>" + inbound(
        Precedence="2", Name="lost"
    )
    text = (
        '<Rsop xmlns="http://www.microsoft.com/GroupPolicy/Rsop"><ComputerResults><ExtensionData>'
        f'<Extension xmlns:q1="{FIREWALL}">{body}</Extension></ExtensionData></ComputerResults></Rsop>'
    )
    state = read_state([written(tmp_path / "r.xml", text)]).state
    assert state.rules == ()
    assert state.setting(Store.GPO, Profile.DOMAIN).enable_firewall is False


def test_several_policies_in_one_report(tmp_path: Path) -> None:
    one = report(inbound(Protocol="6", LPort="80")).partition("\n")[2]
    other = one.replace("11111111", "22222222").replace(">80<", ">90<")
    state = read_state([written(tmp_path / "all.xml", f"<report>{one}{other}</report>")]).state
    assert [source.path.rpartition("#")[2][:9] for source in state.sources] == ["{11111111", "{22222222"]
    assert [str(rule.local_port.ports) for rule in state.rules] == ["80", "90"]


def test_a_policy_whose_computer_settings_are_off(tmp_path: Path) -> None:
    state, problems = read_state([written(tmp_path / "r.xml", report(inbound(Protocol="6"), enabled="false"))])
    assert (state.rules, len(problems)) == ((), 1)


def template(category: str, *details: str) -> str:
    return f"<q2:Policy xmlns:q2='r'><q2:Name>x</q2:Name><q2:Category>{category}</q2:Category>{''.join(details)}</q2:Policy>"


def listed(text: str) -> str:
    return f"<ListBox><Value><Element><Data>{text}</Data></Element></Value></ListBox>"


OLD = {
    "a list of entries in any language": (template("Réseau", listed("445:TCP:*:enabled:x")), True),
    "a scope": (template("Windows Firewall/Domain Profile", "<EditText><Value>*</Value></EditText>"), True),
    "the log": (
        template("Windows Firewall/Domain Profile", "<EditText><Value>%a%\\x.log</Value></EditText>", *["<CheckBox/>"] * 2),
        False,
    ),
    "kinds of ICMP": (template("网络/Windows 防火墙/域配置文件", *["<CheckBox/>"] * 3), True),
    "a list of something else": (template("Network/DNS", listed("a")), False),
}


@pytest.mark.parametrize(("policy", "opens"), OLD.values(), ids=OLD)
def test_exceptions_of_old_templates_are_a_gap(tmp_path: Path, policy: str, opens: bool) -> None:
    extra = f"<ExtensionData><Extension>{policy}</Extension></ExtensionData>"
    state = read_state([written(tmp_path / "r.xml", report("", extra=extra))]).state
    assert ("legacy_lists" in {gap.code for gap in state.gaps}) is opens


REFUSED = {
    "a document type": '<!DOCTYPE GPO [<!ENTITY a "b">]><GPO xmlns="http://www.microsoft.com/GroupPolicy/Settings"/>',
    "deep nesting": '<GPO xmlns="http://www.microsoft.com/GroupPolicy/Settings">' + "<a>" * 200 + "</a>" * 200 + "</GPO>",
    "no end": '<GPO xmlns="http://www.microsoft.com/GroupPolicy/Settings"><Computer>',
    "no policy": '<GPO xmlns="http://www.microsoft.com/GroupPolicy/Settings"/>',
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_state([written(tmp_path / "r.xml", text)])
    assert len(caught.value.problems) == 1


def test_a_billion_laughs_cost_nothing(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30))
    text = f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]><x a="http://www.microsoft.com/GroupPolicy/Settings">&l29;</x>'
    with pytest.raises(InputError, match="document type"):
        read_state([written(tmp_path / "r.xml", text)])


# --- HTML ------------------------------------------------------------------------------------------------------------------

LABELS_FR = ("Activé", "Programme", "Action", "Sécurité", "Ordinateurs", "Utilisateurs", "Protocole", "Port local", "Port distant",
             "Paramètres ICMP", "Étendue locale", "Étendue distante", "Profil", "Type d'interface", "Service", "Traversée", "Groupe")  # fmt: skip


def rule_html(labels: tuple[str, ...] = FIELDS, **changes: str) -> str:
    values = dict.fromkeys(FIELDS, "") | {"Enabled": "True", "Program": "System", "Action": "Allow", "Protocol": "6"}
    values |= dict.fromkeys(("Local port", "Remote port", "ICMP settings", "Local scope", "Remote scope"), "Any")
    values |= {"Profile": "All", "Network interface type": "All", "Service": "All programs and services"}
    values |= {"Allow edge traversal": "False", "Security": "Require authentication"}
    values |= {name.replace("_", " "): value for name, value in changes.items()}
    rows = "".join(
        f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in zip(labels, values.values(), strict=True)
    )
    return f'<tr><td>n</td><td>d</td></tr><tr><td colspan="2"><table class="subtable"><tr><td>notice</td><td></td></tr>{rows}</table></td></tr>'


def html(title: str, rows: str) -> str:
    head = '<html gpmc_reportInitialized="false"><body>'
    return f'{head}<span class="sectionTitle" tabindex="0">{title}</span><table class="info">{rows}</table></body></html>'


def html_rules(tmp_path: Path, title: str, rows: str) -> tuple[HostState, tuple]:
    return read_state([written(tmp_path / "r.html", html(title, rows))])


def test_a_rule_of_the_console(tmp_path: Path) -> None:
    changes = {"Local_port": "RPC endpoint mapping, 5000-5010", "Remote_scope": "Local subnet, 10.2.0.0/255.255.0.0"}
    (rule,) = html_rules(tmp_path, "Inbound Rules", rule_html(**changes, Service="rpcss", Group="g"))[0].rules
    assert (rule.action, rule.direction, rule.protocol, rule.service, rule.group) == (
        Action.ALLOW,
        Direction.IN,
        6,
        "rpcss",
        "g",
    )
    assert (str(rule.local_port.ports), rule.local_port.keywords) == ("5000-5010", ("RPC-EPMap", "unread"))
    assert str(rule.remote_address.addresses) == "10.2.0.0/16"
    assert rule.remote_address.keywords == ("LocalSubnet4", "LocalSubnet6", "unread4", "unread6")
    assert rule.program == "System"


def test_icmp_of_the_console(tmp_path: Path) -> None:
    changes = {"Protocol": "1", "ICMP_settings": "type 8:code any, type 3:code 4"}
    (rule,) = html_rules(tmp_path, "Inbound Rules", rule_html(**changes))[0].rules
    assert (rule.protocol, rule.icmp) == (1, ((8, None), (3, 4)))


def test_rules_in_a_language_that_is_not_known_are_read_by_place(tmp_path: Path) -> None:
    french = rule_html(LABELS_FR, Action="Autoriser", Local_port="80", Profile="Tous")
    state, problems = html_rules(tmp_path, "Inbound Rules", french)
    assert state.rules == ()
    assert [problem.expected for problem in problems] == ["the action of a rule"]
    assert answer(state, IN_80) == "unknown"
    (rule,) = html_rules(tmp_path, "Inbound Rules", rule_html(LABELS_FR, Local_port="80", Remote_scope="10.0.0.0/8"))[
        0
    ].rules
    assert (str(rule.local_port.ports), str(rule.remote_address.addresses)) == ("80", "10.0.0.0/8")


def test_rules_in_chinese(tmp_path: Path) -> None:
    changes = {
        "Enabled": "真",
        "Action": "允许",
        "Profile": "域",
        "Service": "所有程序和服务",
        "Remote_scope": "本地子网",
        "Local_port": "任何",
    }
    (rule,) = html_rules(tmp_path, "入站规则", rule_html(**changes))[0].rules
    assert (rule.active, rule.action, rule.profiles, rule.service) == (True, Action.ALLOW, 1, None)
    assert rule.local_port is not None
    assert rule.local_port.is_any


SETTINGS_TABLE = "".join(
    f"<tr><td>{n}</td><td>{value}</td></tr>"
    for n, value in enumerate(
        ("On", "Block all connections", "Allow", "No", "Yes", "No", "No", "Yes", "No", "x.log", "16384")
    )
)


@pytest.mark.parametrize("title", ["Domain Profile Settings", "Paramètres du profil de domaine"])
def test_settings_of_the_console(tmp_path: Path, title: str) -> None:
    found = html_rules(tmp_path, title, SETTINGS_TABLE)[0].setting(Store.GPO, Profile.DOMAIN)
    assert (found.enable_firewall, found.do_not_allow_exceptions, found.default_inbound_allow) == (True, True, False)
    assert (found.default_outbound_allow, found.allow_local_policy_merge) == (True, False)
    assert found.allow_local_ipsec_policy_merge is True


def test_an_outbound_rule_may_demand_what_the_console_prints(tmp_path: Path) -> None:
    state = html_rules(tmp_path, "Outbound Rules", rule_html(Remote_port="80"))[0]
    assert answer(state, OUT_80) == "unknown"


# --- real reports ----------------------------------------------------------------------------------------------------------


def stripped(rule: HostRule) -> HostRule:
    """Without what a report cannot vouch for, and without ids."""

    def ports(match: PortMatch) -> PortMatch:
        return replace(match, keywords=tuple(word for word in match.keywords if word != "unread"))

    def addresses(match: AddressMatch) -> AddressMatch:
        return replace(match, keywords=tuple(word for word in match.keywords if not word.startswith("unread")))

    extras = replace(rule.extras, unknown=(), security=())
    return replace(
        rule,
        id="",
        origin="",
        version=(2, 0),
        local_port=ports(rule.local_port),
        remote_port=ports(rule.remote_port),
        remote_address=addresses(rule.remote_address),
        extras=extras if extras != Extras.NONE else Extras.NONE,
    )


PAIRS = {
    "nsacyber_win10_firewall_2017": "DomainSysvol/GPO/Machine/registry.pol",
    "ms_baseline_sample": "DomainSysvol/GPO/Machine/registry.pol",
    "disa_windows_firewall_stig/{F089F2A4-6D59-42DA-8DF9-2A9AC7709341}": "DomainSysvol/GPO/Machine/registry.pol",
}


@pytest.mark.corpus
@pytest.mark.parametrize("folder", PAIRS)
def test_a_report_says_what_its_registry_pol_says(corpus: Path, folder: str) -> None:
    shown = read_state([str(corpus / "gpo" / folder / "gpreport.xml")]).state
    real = read_state([str(corpus / "gpo" / folder / PAIRS[folder])]).state
    assert {(store, profile): found for store, profile, found in shown.settings} == {
        (store, profile): found for store, profile, found in real.settings
    }
    assert (shown.rules, real.rules) == ((), ())


@pytest.mark.corpus
def test_rules_of_a_report_are_those_of_its_registry_pol(corpus: Path, tmp_path: Path) -> None:
    folder = "NCSC/{9F720BED-11C3-442A-AAE6-25A93938FCE2}"
    with ZipFile(corpus / "gpo/ncsc/NCSC_Windows_GPO.zip") as archive:
        (tmp_path / "gpreport.xml").write_bytes(archive.read(f"{folder}/gpreport.xml"))
        policy = read_policy_file(
            archive.read(f"{folder}/DomainSysvol/GPO/Machine/registry.pol"), "p", "registry-pol"
        ).parts[0]
    shown = read_state([str(tmp_path / "gpreport.xml")]).state
    assert len(shown.rules) == 8
    assert {stripped(rule) for rule in shown.rules} == {stripped(rule) for rule in policy.rules}
    assert {(p, s) for _, p, s in shown.settings} == set(policy.settings)


@pytest.mark.corpus
def test_a_report_in_a_backup_is_not_counted_beside_its_registry_pol(corpus: Path) -> None:
    state = read_state([str(corpus / "gpo/ncsc/NCSC_Windows_GPO.zip")]).state
    assert len(state.rules) == 8
    assert {source.format for source in state.sources} == {"gpo"}


@pytest.mark.corpus
def test_the_report_of_the_domain_controllers(corpus: Path) -> None:
    state, problems = read_state([str(corpus / "gpo/dc_firewall/GPOReport.html")])
    assert (problems, [source.counts for source in state.sources]) == ((), [(("gpo", 73, 43),)])
    assert {gap.code for gap in state.gaps} == {"no_local_source"}
    for profile in Profile:
        found = state.setting(Store.GPO, profile)
        assert (found.enable_firewall, found.allow_local_policy_merge, found.default_outbound_allow) == (True, False, True)
    ntp = next(rule for rule in state.rules if "W32Time" in rule.name)
    assert (ntp.service, str(ntp.local_port.ports), ntp.protocol) == ("w32time", "123", 17)
    assert str(ntp.remote_address.addresses) == "10.220.1.0/24,10.220.2.0/23,10.220.4.0/23,10.220.6.0/24"
    assert (
        answer(state, "in tcp 203.0.113.9:51000 > 10.220.1.12:2701 profile=domain program=c:\\x.exe service=none") == "block"
    )
