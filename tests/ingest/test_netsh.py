"""``netsh advfirewall`` listings: what real ones hold, and every trap of them by name."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.ingest.netsec_writer import listed
from tests.ingest.netsh_writer import DASHES, GERMAN, LANGUAGES, STRANGE, Language, profile_settings, written

from cmfw.engine.reference import judge
from cmfw.errors import InputError
from cmfw.ingest import read_state
from cmfw.ingest.netsh_words import known_words
from cmfw.ingest.windows_text import LONGEST_LINE, decode
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store
from cmfw.net.addr import AddrSet, parse_address
from cmfw.net.flow import TCP, Direction, Flow, Interface, Profile
from cmfw.net.ports import PortSet

SVCHOST = "C:\\Windows\\system32\\svchost.exe"
ON = dict.fromkeys(Profile, (True, "BlockInbound,AllowOutbound"))


def rule(name: str = "r", port: int | None = 2701, **fields) -> HostRule:
    fields = {"action": Action.ALLOW, "direction": Direction.IN, "protocol": TCP, "program": "C:\\a\\b.exe"} | fields
    ports = PortMatch.ANY if port is None else PortMatch(PortSet.of(port))
    return HostRule(id=name, name=name, local_port=fields.pop("local_port", ports), **fields)


def file(tmp_path: Path, content: str | bytes, name: str = "rules.txt") -> str:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def state(tmp_path: Path, content: str | bytes):
    return read_state([file(tmp_path, content)], local_subnets=["10.9.8.0/24"]).state


def only(tmp_path: Path, content: str | bytes) -> HostRule:
    (found,) = listed(state(tmp_path, content))
    return found


def tokens(found: HostRule) -> set[str]:
    return {token for token, _ in found.extras.unknown}


def verdict(tmp_path: Path, content: str | bytes, port: int = 2701, program: str = "c:\\a\\b.exe", **fields) -> str:
    fields = {"direction": Direction.IN, "profile": Profile.DOMAIN, "service": ""} | fields
    ends = {"local_port": port, "remote_port": 50123}
    if fields["direction"] is Direction.OUT:
        ends = {"local_port": 50123, "remote_port": port}
    flow = Flow(
        protocol=TCP, local=parse_address("10.9.8.7"), remote=parse_address("10.77.0.5"), program=program, **ends, **fields
    )
    return judge(flow, state(tmp_path, content)).answer.value


def altered(content: str, before: str, after: str) -> str:
    assert before in content
    return content.replace(before, after)


# --- what a listing says ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verbose_rule_is_certain_and_a_short_one_is_not(tmp_path, language):
    listing = written([rule()], LANGUAGES[language])
    assert verdict(tmp_path, listing) == "allow"
    assert verdict(tmp_path, listing, port=2702) == "block"
    assert verdict(tmp_path, listing, program="c:\\a\\c.exe") == "block"
    short = written([rule()], LANGUAGES[language], verbose=False)
    assert verdict(tmp_path, short) == "unknown"
    assert verdict(tmp_path, short, port=2702) == "block"


def test_a_short_block_blocks_only_possibly(tmp_path):
    ports = {"local_port": PortMatch.ANY, "remote_port": PortMatch(PortSet.of(2701))}
    short = written([rule(action=Action.BLOCK, direction=Direction.OUT, **ports)], verbose=False)
    assert verdict(tmp_path, short, direction=Direction.OUT) == "unknown"


def test_the_gap_names_what_a_listing_leaves_out(tmp_path):
    codes = [[gap.code for gap in state(tmp_path, written([rule()], verbose=v)).gaps] for v in (True, False)]
    assert codes == [
        ["unshown_conditions", "default_settings", "no_gpo_source"],
        ["short_listing", "default_settings", "no_gpo_source"],
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_and_settings_in_one_file_in_any_order(tmp_path, language):
    lang = LANGUAGES[language]
    halves = [written([rule()], lang), profile_settings(ON | {Profile.PUBLIC: (False, "AllowInbound,BlockOutbound")}, lang)]
    for parts in (halves, halves[::-1]):
        found = state(tmp_path, "C:\\Users\\Ann>netsh advfirewall show allprofiles\r\n".join(["", *parts]))
        assert [each.id for each in listed(found)] == ["r"]
        domain, public = (found.setting(Store.LOCAL, profile) for profile in (Profile.DOMAIN, Profile.PUBLIC))
        assert (domain.enable_firewall, domain.default_inbound_allow, domain.default_outbound_allow) == (True, False, True)
        assert (public.enable_firewall, public.default_inbound_allow, public.default_outbound_allow) == (False, True, False)


def test_rules_and_settings_in_two_files_join_one_machine(tmp_path):
    paths = [file(tmp_path, written([rule()]), "a"), file(tmp_path, profile_settings(ON), "b")]
    found = read_state(paths).state
    assert len(listed(found)) == 1
    assert found.setting(Store.LOCAL, Profile.PRIVATE).enable_firewall is True
    assert [gap.code for gap in found.gaps] == ["unshown_conditions", "no_gpo_source"]
    with pytest.raises(InputError, match="one local policy"):
        read_state([paths[0], file(tmp_path, written([rule()]), "c")])


def test_block_inbound_always_is_shields_up(tmp_path):
    content = written([rule()]) + profile_settings({Profile.DOMAIN: (True, "BlockInboundAlways,AllowOutbound")})
    found = state(tmp_path, content)
    assert found.setting(Store.LOCAL, Profile.DOMAIN).do_not_allow_exceptions is True
    assert verdict(tmp_path, content) == "block"


def test_one_profile_alone_leaves_the_others_at_windows_defaults(tmp_path):
    found = state(tmp_path, profile_settings({Profile.PRIVATE: (False, "BlockInbound,AllowOutbound")}))
    assert [profile for _, profile, _ in found.settings] == [Profile.PRIVATE]
    (gap,) = [gap for gap in found.gaps if gap.code == "default_settings"]
    assert "domain, public" in gap.detail


def test_settings_in_an_unknown_language_are_known_by_place_except_the_state(tmp_path):
    found = state(tmp_path, profile_settings(ON, STRANGE))
    assert [profile for _, profile, _ in found.settings] == list(Profile)
    assert all(each.default_outbound_allow is True and each.enable_firewall is None for _, _, each in found.settings)
    assert [(gap.may_allow, gap.may_block) for gap in found.gaps if gap.code == "setting:netsh"] == [(True, True)] * 3


def test_settings_of_a_group_policy_object_say_whether_local_rules_count(tmp_path):
    found = state(tmp_path, profile_settings(ON, merge="Disable"))
    assert found.setting(Store.GPO, Profile.DOMAIN).allow_local_policy_merge is False
    assert [store for store, _, _ in found.settings] == [Store.GPO] * 3


def test_global_settings_say_nothing_of_flows(tmp_path):
    section = (
        "\r\nGlobal Settings: \r\n"
        + DASHES
        + "\r\nIPsec:\r\nStrongCRLCheck                        0:Disabled\r\n\r\nOk.\r\n"
    )
    content = section + written([rule()])
    assert only(tmp_path, content).id == "r"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_source_decides_the_store(tmp_path, language):
    content = written([rule("here"), rule("there", 135, store=Store.GPO)], LANGUAGES[language])
    assert {each.id: each.store for each in listed(state(tmp_path, content))} == {"here": Store.LOCAL, "there": Store.GPO}


def test_local_rules_are_in_doubt_beside_rules_of_group_policy(tmp_path):
    """AllowLocalPolicyMerge is in no listing: local rules may not count."""
    content = written([rule("here"), rule("there", 135, store=Store.GPO)])
    assert verdict(tmp_path, content, port=135) == "allow"
    assert verdict(tmp_path, content) == "unknown"
    assert verdict(tmp_path, content, port=136) == "block"


def test_an_unknown_source_leaves_the_store_open(tmp_path):
    content = altered(written([rule("a"), rule("b", 135)]), "Local Setting", "Martian Setting").replace(
        "Martian Setting", "Local Setting", 1
    )  # fmt: skip
    assert [tokens(each) for each in listed(state(tmp_path, content))] == [set(), {"source"}]


@pytest.mark.parametrize(
    ("title", "language"),
    [("File and Printer Sharing", "en"), ("Datei- und Druckerfreigabe", "de"), ("文件和打印机共享", "zh"),
     ("ファイルとプリンターの共有", "ja")],
)  # fmt: skip
def test_a_group_s_title_is_its_resource_again(tmp_path, title, language):
    assert only(tmp_path, written([rule(group=title)], LANGUAGES[language])).group.lower() == "@firewallapi.dll,-28502"


@pytest.mark.parametrize("group", ["", "@FirewallAPI.dll,-80200", "@{P_1?ms-resource://P/x}", "Our own: group"])
def test_another_group_stays_as_it_is(tmp_path, group):
    assert only(tmp_path, written([rule(group=group)])).group == group


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("LocalSubnet", ("", ("LocalSubnet4", "LocalSubnet6"))),
        ("LocalSubnet,fe80::/64,ff02::2-ff02::2", ("fe80::/64,ff02::2", ("LocalSubnet4", "LocalSubnet6"))),
        ("DNS,DefaultGateway", ("", ("DNS4", "DNS6", "DefaultGateway4", "DefaultGateway6"))),
        ("10.1.2.3/32", ("10.1.2.3", ())),
        ("10.1.2.0/255.255.255.0", ("10.1.2.0/24", ())),
        ("10.0.0.0-10.0.0.9,10.2.0.0/16", ("10.0.0.0-10.0.0.9,10.2.0.0/16", ())),
    ],
)
def test_addresses(tmp_path, text, wanted):
    listing = altered(written([rule()]), "RemoteIP:                             Any", f"RemoteIP:   {text}")
    addresses = AddrSet.parse(*wanted[0].split(",")) if wanted[0] else AddrSet.EMPTY
    assert only(tmp_path, listing).remote_address == AddressMatch(addresses, wanted[1])


@pytest.mark.parametrize("text", ["Everywhere", "10.0.0.0/33", "", "10.0.0.1,", "0.0.0.0-255.255.255.255,::/0"])
def test_addresses_that_are_not_understood_are_no_condition_and_prove_nothing(tmp_path, text):
    listing = altered(written([rule()]), "RemoteIP:                             Any", f"RemoteIP:   {text}")
    assert "remote_ip" in tokens(only(tmp_path, listing))
    assert verdict(tmp_path, listing) == "unknown"


@pytest.mark.parametrize(
    ("text", "ports", "words"),
    [
        ("RPC", (), ("RPC",)),
        ("RPC-EPMap", (), ("RPC-EPMap",)),
        ("IPHTTPS", (), ("IPHTTPSIn", "IPTLSIn")),
        ("Teredo", (), ("Teredo",)),
        ("Ply2Disc", (), ("Ply2Disc",)),
        ("80,443,5000-5020", (80, 443, (5000, 5020)), ()),
    ],
)
def test_ports(tmp_path, text, ports, words):
    listing = altered(written([rule()]), "LocalPort:                            2701", f"LocalPort:   {text}")
    assert only(tmp_path, listing).local_port == PortMatch(PortSet.of(*ports), words)


@pytest.mark.parametrize("text", ["http", "65536", "80-70", "80,", ""])
def test_ports_that_are_not_understood_prove_nothing(tmp_path, text):
    listing = altered(written([rule()]), "LocalPort:                            2701", f"LocalPort:   {text}")
    assert tokens(only(tmp_path, listing)) == {"local_port"}


# --- traps -----------------------------------------------------------------------------------------------------------


def test_trap_wifi_direct_driver_is_not_all_of_tcp(tmp_path):
    """WiFiDirect-KM-Driver-In-TCP looks like every TCP port of the kernel, SMB included."""
    listing = written([rule("WFD Driver-only (TCP-In)", None, program="System")])
    assert tokens(only(tmp_path, listing)) == {"device"}
    assert verdict(tmp_path, listing, port=445, program="system") == "unknown"
    smb = rule("File and Printer Sharing (SMB-In)", 445, program="System")
    assert verdict(tmp_path, written([smb]), port=445, program="system") == "allow"


@pytest.mark.parametrize(
    "shipped",
    [
        rule("app", None, protocol=None, program=None),
        rule("app", None, program=None, remote_address=AddressMatch(AddrSet.EMPTY, ("LocalSubnet4", "LocalSubnet6"))),
        rule("PlayTo-In-RTSP", 23554, program="C:\\Windows\\system32\\mdeserver.exe"),
        rule("PlayTo-HTTPSTR", 10246, program="System"),
        rule("PlayTo-QWave", 2177, program=SVCHOST, service="Qwave"),
        rule("WFDPRINT-SPOOL", None, protocol=None, program="C:\\Windows\\system32\\spoolsv.exe", service="Spooler"),
        rule("CDPSvc-WFD", None, program=SVCHOST, service="CDPSvc"),
        rule("SSDP Teredo", None, protocol=17, program=SVCHOST, service="Ssdpsrv"),
    ],
    ids=lambda each: f"{each.name} {each.protocol}",
)
def test_trap_rules_of_store_apps_and_devices_prove_nothing(tmp_path, shipped):
    assert tokens(only(tmp_path, written([shipped]))) <= {"package", "device"}
    assert only(tmp_path, written([shipped])).extras.unknown


@pytest.mark.parametrize(
    "certain",
    [
        rule("any program, one port", 8003, program=None),
        rule("all of one server", None, protocol=None, program=None, remote_address=AddressMatch(AddrSet.parse("10.1.2.3"))),
        rule("WMI-WINMGMT", None, program=SVCHOST, service="winmgmt"),
        rule("WMI-ASYNC", None, program="C:\\Windows\\system32\\wbem\\unsecapp.exe"),
        rule("spooler RPC", local_port=PortMatch(PortSet.EMPTY, ("RPC",)), program="C:\\Windows\\system32\\spoolsv.exe"),
        rule("own program", None, protocol=None),
        rule("GRE", None, protocol=47, program=None),
    ],
    ids=lambda each: each.name,
)
def test_ordinary_rules_stay_certain(tmp_path, certain):
    assert only(tmp_path, written([certain])).extras.unknown == ()


def test_trap_names_are_not_unique(tmp_path):
    found = state(tmp_path, written([rule("same"), rule("same", 135, store=Store.GPO), rule("same", 136, store=Store.GPO)]))
    assert [each.id for each in listed(found)] == ["same", "same #2", "same #3"]
    assert not any(each.extras.invalid for each in found.rules)


@pytest.mark.parametrize(
    "name", ["Rule Name:  x", "Enabled:   No", "Aktion: Blockieren", "操作: 阻止", DASHES, "a:b", ": x"]
)
def test_trap_names_look_like_labels(tmp_path, name):
    assert only(tmp_path, written([rule(name)])).active
    assert verdict(tmp_path, written([rule(name)])) == "allow"


def test_trap_descriptions_of_several_lines(tmp_path):
    text = "first\r\nSee: http://example.net/a:b\r\n\r\n  indented\r\n-------------\r\nlast"
    found = only(tmp_path, written([rule(description=text)]))
    assert (found.description, found.extras.unknown) == ("first", ())


def test_trap_a_description_that_plays_a_rule(tmp_path):
    """Its lines are fields twice over: which is the rule's own is not known."""
    listing = written([rule(description="x\r\nAction:        Allow", action=Action.BLOCK)])
    assert "action" in tokens(only(tmp_path, listing))


def test_trap_icmp_types_stand_in_a_table(tmp_path):
    ping = rule("ping", None, protocol=1, icmp=((3, 4), (8, None)), program=None)
    assert only(tmp_path, written([ping])).icmp == ((3, 4), (8, None))
    every = rule("every", None, protocol=58, program=None)
    assert only(tmp_path, written([every], GERMAN)).icmp is None
    lost = altered(written([ping]), "Type    Code", "8       Any ")
    assert tokens(only(tmp_path, lost)) == {"icmp types"}
    bare = "".join(line for line in written([ping]).splitlines(keepends=True) if not line.startswith("     "))
    assert tokens(only(tmp_path, bare)) == {"icmp types"}


def test_trap_full_width_colon_and_blank_before_it(tmp_path):
    listing = written([rule()], LANGUAGES["zh"]).replace("协议:", "协议：").replace("方向:", "方向 :")
    assert only(tmp_path, listing).extras.unknown == ()


FRENCH = """
Nom de la règle :                     Poste 2701
----------------------------------------------------------------------
Activé :                              Oui
Direction :                           Actif
Profiles :                            Domaine
Groupement :
LocalIP :                             Tout
RemoteIP :                            10.77.0.0/24
Protocole :                           TCP
LocalPort :                           2701
RemotePort :                          Tout
Traversée latérale :                  Non
Action :                              Autoriser
Ok.
"""
PORTUGUESE = """
Nome da Regra:                        Agente
----------------------------------------------------------------------
Habilitado:                           Sim
Direção:                              Entrada
Perfis:                               Domínio,Particular
Agrupamento:
LocalIP:                              Qualquer
RemoteIP:                             Qualquer
Protocolo:                            TCP
LocalPort:                            2701
RemotePort:                           Qualquer
Travessia da borda:                   Não
Programa:                             C:\\a\\b.exe
Tipos de Interface:                   Qualquer
Segurança:                            NotRequired
Origem da Regra:                      Configuração Local
Ação:                                 Permitir
Ok.
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp850", "cp1252"])
def test_trap_french_puts_blanks_before_colons_as_powershell_does(tmp_path, encoding):
    found = only(tmp_path, FRENCH.encode(encoding))
    assert (found.direction, found.action, found.profiles) == (Direction.IN, Action.ALLOW, Profile.DOMAIN)
    assert (str(found.local_port.ports), found.active) == ("2701", True)
    assert tokens(found) == {"program", "service", "interface", "security"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp850", "cp1252"])
def test_portuguese_is_read_by_its_words(tmp_path, encoding):
    content = PORTUGUESE.encode(encoding)
    assert verdict(tmp_path, content) == "allow"
    assert verdict(tmp_path, content, profile=Profile.PUBLIC) == "block"


def test_trap_markdown_indents_the_whole_listing(tmp_path):
    listing = "\r\n".join("    " + line if line else line for line in written([rule()]).split("\r\n"))
    assert only(tmp_path, listing).extras.unknown == ()


def test_trap_prompts_echoes_and_other_output_around(tmp_path):
    noise = "Windows IP Configuration\r\n\r\nHost Name: pc1\r\n" * 200
    listing = (
        noise
        + "PS C:\\> netsh advfirewall firewall show rule name=all verbose"
        + written([rule()])
        + "C:\\x>exit\r\n"
        + noise
    )
    assert only(tmp_path, listing).extras.unknown == ()


@pytest.mark.parametrize(
    ("asked", "is_open"),
    [
        ("name=all", False),
        ("name=all verbose", False),
        ("all", False),
        ('name="Remote Desktop"', True),
        ("name=all dir=in verbose", True),
        ("name=all status=enabled", True),
        ("name=all verbose | more", False),
        ("name=all | findstr /v Block", True),
    ],
)
def test_trap_the_command_in_a_transcript_asked_for_some_rules(tmp_path, asked, is_open):
    content = f"C:\\Windows>netsh advfirewall firewall show rule {asked}\r\n\r\n{written([rule()])}"
    open_gaps = {gap.code for gap in state(tmp_path, content).gaps if gap.may_allow and gap.may_block}
    assert open_gaps == ({"unseen_rules"} if is_open else set())


def test_one_command_for_all_rules_is_enough(tmp_path):
    first = f"C:\\>netsh advfirewall firewall show rule name=r\r\n\r\n{written([rule()])}"
    content = f"{first}\r\nC:\\>netsh advfirewall firewall show rule name=all\r\n\r\n{written([rule()])}"
    assert not any(gap.may_allow for gap in state(tmp_path, content).gaps)


def test_no_rules_match(tmp_path):
    with pytest.raises(InputError):
        state(tmp_path, "No rules match the specified criteria.\r\n")


@pytest.mark.parametrize(
    ("field", "token"),
    [
        ("Enabled", "enabled"),
        ("Profiles", "profiles"),
        ("LocalIP", "local_ip"),
        ("RemoteIP", "remote_ip"),
        ("Protocol", "protocol"),
        ("LocalPort", "local_port"),
        ("Direction", "direction"),
        ("Action", "action"),
        ("InterfaceTypes", "interfaces"),
        ("Security", "security"),
        ("Rule source", "source"),
    ],
    ids=lambda text: text,
)
def test_a_lost_line_proves_nothing(tmp_path, field, token):
    listing = written([rule()])
    lost = "".join(line for line in listing.splitlines(keepends=True) if not line.startswith(field + ":"))
    result = read_state([file(tmp_path, lost)])
    assert result.problems
    assert all(token in tokens(each) for each in listed(result.state))


@pytest.mark.parametrize("label", ["Program", "InterfaceTypes", "Security"])
def test_a_label_that_is_not_known_proves_nothing(tmp_path, label):
    listing = written([rule("a"), rule("b", 135), rule("c", 136)])
    at = listing.index(f"\n{label}:")
    found = listed(state(tmp_path, listing[:at] + listing[at:].replace(f"\n{label}:", "\nPixie dust:", 1)))
    assert ["line" in tokens(each) for each in found] == [True, False, False]


def test_security_edge_and_interfaces(tmp_path):
    extras = Extras(security=("Authenticate", "An-NoEncap"), defer="User", remote_machines="O:LSD:(A;;CC;;;S-1-5-9)")
    given = rule(interfaces=int(Interface.LAN | Interface.WIRELESS), extras=extras)
    for language in LANGUAGES.values():
        found = only(tmp_path, written([given], language))
        assert found.extras.security == extras.security
        assert found.extras.remote_machines == extras.remote_machines
        assert found.extras.unknown == ()
        assert found.interfaces == given.interfaces


@pytest.mark.parametrize(("action", "count"), [("Allow", 1), ("Zap", 2)])
def test_an_unknown_action_stands_for_both(tmp_path, action, count):
    said = altered(written([rule()]), "Action:                               Allow", f"Action:  {action}")
    found = listed(state(tmp_path, said))
    assert len(found) == count
    assert {each.action for each in found} == ({Action.ALLOW} if count == 1 else {Action.ALLOW, Action.BLOCK})


# --- unknown languages -----------------------------------------------------------------------------------------------


def test_an_unknown_language_is_read_by_place(tmp_path):
    """What cannot be otherwise is known; the action of a word that nobody knows is not."""
    rules = [
        rule("rpc", local_port=PortMatch(PortSet.EMPTY, ("RPC-EPMap",)), program=SVCHOST, service="rpcss"),
        rule(
            "out",
            None,
            direction=Direction.OUT,
            protocol=17,
            remote_port=PortMatch(PortSet.of(53)),
            active=False,
            service="dns",
        ),
        rule("ping", None, protocol=1, icmp=((8, None),), program=None, profiles=Profile.DOMAIN),
    ]
    found = listed(state(tmp_path, written(rules, STRANGE)))
    assert [each.id for each in found] == ["rpc", "rpc #2", "out", "out #2", "ping", "ping #2"]
    for got, wanted in zip(found[::2], rules, strict=True):
        assert tokens(got) == {"action", "security"}
        kept = ("direction", "active", "profiles", "protocol", "local_port", "remote_port", "icmp", "program", "service")
        assert [getattr(got, name) for name in kept] == [getattr(wanted, name) for name in kept]


def test_labels_in_a_shuffled_language_keep_their_places(tmp_path):
    """Only the places count: any words for the labels give the same rules."""
    shuffled = Language(tuple(reversed(STRANGE.labels)), STRANGE.words)
    rules = [rule("a"), rule("b", None, protocol=None, active=False), rule("c", 135, direction=Direction.OUT)]
    one, two = (listed(state(tmp_path, written(rules, language))) for language in (STRANGE, shuffled))
    assert [replace(each, extras=Extras.NONE) for each in one] == [replace(each, extras=Extras.NONE) for each in two]
    assert [tokens(each) for each in one] == [tokens(each) for each in two]


def test_known_labels_anchor_those_that_are_not(tmp_path):
    listing = written([rule("a"), rule("b", 135)], LANGUAGES["zh"])
    for label, other in (("接口类型", "介面"), ("安全", "保安"), ("规则源", "来历"), ("本地端口", "本机端口")):
        listing = altered(listing, f"\n{label}:", f"\n{other}:")
    assert [each.extras.unknown for each in listed(state(tmp_path, listing))] == [(), ()]


# --- encodings -------------------------------------------------------------------------------------------------------


def test_a_program_in_an_uncertain_code_page_proves_nothing(tmp_path):
    own = rule(program="C:\\Tools\\Jörg\\agent.exe")
    assert only(tmp_path, written([own])).extras.unknown == ()
    # English words are the same in every code page, so which letter the byte is cannot be known
    assert tokens(only(tmp_path, written([own]).encode("cp850"))) == {"program"}
    named = rule("Jörg")
    assert only(tmp_path, written([named]).encode("cp850")).extras.unknown == ()


@pytest.mark.parametrize(
    ("wrong", "right"), [("cp1252", "utf-8"), ("cp1252", "cp936"), ("cp437", "cp850"), ("cp850", "cp1252")]
)
def test_mojibake_is_undone_where_words_say_so(tmp_path, wrong, right):
    language = LANGUAGES["zh" if right == "cp936" else "de"]
    content = written([rule()], language).encode(right)
    spoilt = "".join(bytes([byte]).decode(wrong, "ignore") for byte in content)
    assert verdict(tmp_path, spoilt) in ("allow", "unknown")
    assert only(tmp_path, spoilt).local_port == PortMatch(PortSet.of(2701))


def test_utf_8_taken_for_a_japanese_code_page(tmp_path):
    """What a PowerShell with code page 932 makes of netsh's UTF-8: characters are lost for good."""
    spoilt = written([rule(), rule("b", 135)], LANGUAGES["ja"]).encode().decode("cp932", "replace").replace("\ufffd", "・")
    for found in listed(state(tmp_path, spoilt)):
        assert found.program == "C:\\a\\b.exe"
        assert found.extras.unknown or found.action is Action.ALLOW


def test_two_halves_with_a_mark_each(tmp_path):
    halves = [b"\xff\xfe" + text.encode("utf-16-le") for text in (written([rule()]), profile_settings(ON))]
    found = state(tmp_path, b"".join(halves))
    assert (len(listed(found)), len(found.settings)) == (1, 3)


# --- bounds ----------------------------------------------------------------------------------------------------------


def test_a_gigantic_line_is_refused(tmp_path):
    content = written([rule()]) + "x" * (LONGEST_LINE + 1)
    with pytest.raises(InputError, match="lines of at most 1048576 characters"):
        state(tmp_path, content)


def test_a_file_of_a_hundred_megabytes_is_refused_at_once(tmp_path):
    path = tmp_path / "big.txt"
    with path.open("wb") as stream:
        stream.write(written([rule()]).encode())
        for _ in range(100):
            stream.write(b"Ok.\n" * (1 << 18))
    start = time.thread_time()
    with pytest.raises(InputError, match="at most 32 MiB"):
        read_state([str(path)])
    assert time.thread_time() - start < 5


def test_too_much_text_is_refused(monkeypatch):
    monkeypatch.setattr("cmfw.ingest.windows_text.MOST_BYTES", 5000)
    with pytest.raises(InputError, match="at most 0 MiB of text"):
        decode(b"x" * 5001, "x", known_words)


@pytest.mark.slow
def test_a_long_listing_takes_no_longer_than_it_is(tmp_path):
    listing = written([rule(str(n), n % 60000) for n in range(1000)]) * 20
    path = file(tmp_path, listing)
    start = time.thread_time()
    assert len(listed(read_state([path]).state)) == 20_000
    assert time.thread_time() - start < 20


@pytest.mark.parametrize(
    "content", ["-" * 70 + "\n", "x\n" + "-" * 70 + "\n", "a: b\n" + "-" * 70, "a:\n" + "-" * 70 + "\nb"]
)
def test_lines_of_dashes_alone_are_no_listing(tmp_path, content):
    with pytest.raises(InputError):
        state(tmp_path, content)


@pytest.mark.parametrize(("shown", "hidden"), [(Direction.IN, Direction.OUT), (Direction.OUT, Direction.IN)], ids=str)
def test_a_listing_of_one_direction_says_nothing_of_the_other(tmp_path, shown, hidden):
    """``dir=in`` leaves no trace in what it prints, and no Windows has rules of one direction alone."""
    default = {Direction.IN: "block", Direction.OUT: "allow"}
    one = written([rule(direction=shown, port=None)])
    assert verdict(tmp_path, one, direction=shown, program="c:\\x\\y.exe") == default[shown]
    assert verdict(tmp_path, one, direction=hidden) == "unknown"
    both = written([rule(direction=shown, port=None), rule("other", direction=hidden, port=None, program="c:\\o.exe")])
    assert verdict(tmp_path, both, direction=hidden) == default[hidden]
