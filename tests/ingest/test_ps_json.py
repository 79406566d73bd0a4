"""Documents of PowerShell's firewall cmdlets: every shape that occurs, the stores behind them, and what they do not show."""

from __future__ import annotations

import json
import lzma
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.ingest.netsec_writer import SHAPES, document, is_showable, listed, properties, written

from cmfw.engine.exact import Engine
from cmfw.engine.reference import judge
from cmfw.errors import InputError
from cmfw.ingest import format_module, read_state
from cmfw.ingest.input_file import open_input
from cmfw.ingest.rulestring import parse_rule
from cmfw.model.rule import HostRule, Store
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer
from cmfw.net.addr import parse_address
from cmfw.net.flow import KERNEL, Direction, Flow, Profile
from cmfw.net.flowset import flow_box


def rule(text: str, rule_id: str, store: Store = Store.LOCAL) -> HostRule:
    found, problems = parse_rule(text, id=rule_id, store=store)
    assert found is not None
    assert problems == ()
    return replace(found, version=(2, 10))


SMB = rule(
    "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|LPort=445|App=System|Name=SMB|Desc=d|EmbedCtxt=@FirewallAPI.dll,-28502|",
    "FPS-SMB-In-TCP-NoScope",
)
ECHO = rule("v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=1|ICMP4=8:*|RA4=LocalSubnet|Name=Echo|", "FPS-ICMP4-ERQ-In")
LISTS = rule(
    "v2.10|Action=Block|Active=TRUE|Dir=Out|Protocol=17|RPort=53|RPort2_10=5000-5010|RA4=10.0.0.0/255.0.0.0|RA6=fe80::/64"
    "|RA6=LocalSubnet|Svc=dnscache|Name=Lists|",
    "lists",
)
OFF = rule("v2.10|Action=Allow|Active=FALSE|Dir=In|Protocol=6|LPort=RPC|Svc=Winmgmt|Name=Off|", "off")
RULES = [SMB, ECHO, LISTS, OFF]


def flat_rules() -> list[dict[str, Any]]:
    return document(RULES, "flat", numbers=True)


def state_of(tmp_path: Path, *contents: Any) -> HostState:
    paths = []
    for number, content in enumerate(contents):
        path = tmp_path / f"export{number}.json"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        paths.append(str(path))
    return read_state(paths).state


def plain(rules: Any) -> list[HostRule]:
    return [replace(one, origin="") for one in rules if one.extras.unknown != (("rules", "not listed"),)]


def codes(state: HostState) -> dict[str, tuple[bool, bool]]:
    return {gap.code: (gap.may_allow, gap.may_block) for gap in state.gaps}


def smb_flow(profile: Profile = Profile.DOMAIN) -> Flow:
    return Flow(
        direction=Direction.IN, protocol=6, local=parse_address("10.1.0.9"), remote=parse_address("10.0.0.5"),
        local_port=445, remote_port=50000, profile=profile, program=KERNEL,
    )  # fmt: skip


def answer(state: HostState, flow: Flow) -> Answer:
    verdict = judge(flow, state)
    assert Engine(state).verdict(flow_box(flow)).answer is verdict.answer
    return verdict.answer


@pytest.mark.parametrize("numbers", [True, False], ids=["5.1 integers", "7 names"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_rules(tmp_path, shape, numbers):
    state = state_of(tmp_path, written(RULES, shape, numbers=numbers))
    assert plain(state.rules) == RULES
    assert answer(state, smb_flow()) is Answer.ALLOW
    assert answer(state, smb_flow(Profile.PUBLIC)) is Answer.BLOCK


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_every_encoding_that_powershell_writes(tmp_path, encoding):
    name = "Pr\u00fcfung" if encoding == "latin-1" else "\u68c0\u67e5"
    text = json.dumps(document([replace(SMB, name=name)], "nested", numbers=True), ensure_ascii=False)
    assert plain(state_of(tmp_path, text.encode(encoding)).rules) == [replace(SMB, name=name)]


def test_one_result_is_a_bare_object(tmp_path):
    assert plain(state_of(tmp_path, document([SMB], "nested", numbers=True)[0]).rules) == [SMB]


def test_packed(tmp_path):
    path = tmp_path / "export.json.xz"
    path.write_bytes(lzma.compress(written(RULES).encode()))
    assert plain(read_state([str(path)]).state.rules) == RULES


def test_filters_may_be_in_other_files(tmp_path):
    parts = document(RULES, "sections", numbers=True)
    state = state_of(tmp_path, *parts.values())
    assert plain(state.rules) == RULES
    assert [source.format for source in state.sources] == ["ps-json"] * 8
    assert state.rules[0].origin.endswith("export0.json![0]")


def test_sections_cut_down_to_a_few_properties(tmp_path):
    """The recordings of one collector keep a few properties of six filters. Source: facts 4.6 (CNQ)."""
    made = properties(SMB, numbers=True)
    filters = {
        "Port": [
            {"InstanceID": SMB.id} | {n: made["PortFilter"][n] for n in ("Protocol", "LocalPort", "RemotePort", "IcmpType")}
        ],
        "Security": [{"InstanceID": SMB.id, "RemoteUser": "Any", "RemoteMachine": "Any"}],
    }
    (found,) = listed(state_of(tmp_path, [made[""]], filters))
    assert found.local_port == SMB.local_port
    assert {name for name, _ in found.extras.unknown} == {
        "DynamicTarget", "AddressFilter", "ApplicationFilter", "ServiceFilter", "InterfaceFilter", "InterfaceTypeFilter",
        "Authentication", "Encryption", "OverrideBlockRules", "LocalUser",
    }  # fmt: skip


# --- what the export does not show -----------------------------------------------------------------------------------


def test_bare_rule_objects_prove_nothing(tmp_path):
    """Trap 1 of facts 4.6: rules without filters look like "any port, any address"."""
    state = state_of(tmp_path, [properties(one, numbers=True)[""] for one in RULES])
    assert len(state.rules) == 4
    assert answer(state, smb_flow()) is Answer.UNKNOWN
    assert ("PortFilter", "not in this export") in state.rules[0].extras.unknown


def test_icmp_rules_that_say_rpc(tmp_path):
    """Trap 2 of facts 4.6: the port field of an ICMP rule is an artefact."""
    text = written([ECHO])
    assert '"LocalPort": "RPC"' in text
    assert plain(state_of(tmp_path, text).rules) == [ECHO]


def test_the_default_store_lacks_group_policy(tmp_path):
    """Trap 3 of facts 4.6: without ActiveStore no rule of Group Policy is there."""
    assert codes(state_of(tmp_path, written(RULES)))["no_gpo_source"] == (False, False)
    live = [one | {"EnforcementStatus": [1]} for one in document(RULES, "flat", numbers=True)]
    assert "no_gpo_source" not in codes(state_of(tmp_path, live))
    mixed = state_of(tmp_path, written([SMB, replace(LISTS, store=Store.GPO)]))
    assert [one.store for one in listed(mixed)] == [Store.LOCAL, Store.GPO]
    assert "no_gpo_source" not in codes(mixed)


def test_empty_columns_of_a_selection(tmp_path):
    bare = properties(SMB, numbers=False)[""]
    selected = [
        {n: bare.get(n) for n in ("DisplayName", "Enabled", "Direction", "Action", "Profile", "LocalPort", "Protocol")}
    ]
    assert selected[0]["LocalPort"] is None
    state = state_of(tmp_path, selected)
    assert answer(state, smb_flow()) is Answer.UNKNOWN


def test_a_block_that_does_not_show_its_ports_proves_no_block(tmp_path):
    bare = properties(replace(LISTS, direction=Direction.IN, remote_port=SMB.remote_port), numbers=True)[""]
    state = state_of(tmp_path, [*document([SMB], "flat", numbers=True), bare])
    assert answer(state, smb_flow()) is Answer.UNKNOWN


def test_an_export_that_was_not_deep_enough(tmp_path):
    path = tmp_path / "cut.json"
    content = [{"Rules": ["@{Name=a; Direction=1}", "@{Name=b}"]}, *document([SMB], "flat", numbers=True)]
    path.write_text(json.dumps(content), encoding="utf-8")
    state, problems = read_state([str(path)])
    assert codes(state)["damaged_export"] == (True, True)
    assert len(problems) == 2
    assert answer(state, smb_flow()) is Answer.UNKNOWN


def test_a_section_that_was_not_deep_enough(tmp_path):
    state = state_of(tmp_path, {"Rules": document([SMB], "flat", numbers=True), "Profiles": "System.Object[]"})
    assert codes(state)["damaged_export"] == (True, True)


def test_a_rule_without_a_known_action_leaves_everything_open(tmp_path):
    made = document([SMB, LISTS], "flat", numbers=True)
    made[1]["Action"] = 0
    assert codes(state_of(tmp_path, made))["unread_rules"] == (True, True)


@pytest.mark.parametrize(
    ("kept", "effect"),
    [(RULES[:3], (False, False)), (RULES, (True, True)), ([SMB], (True, True))],
    ids=["enabled", "all", "inbound"],
)
def test_filters_of_rules_that_are_not_there(tmp_path, kept, effect):
    """An export of enabled rules alone is sound; any other way in which rules are missing is not."""
    lone = replace(LISTS, id="gone")
    parts = document([*kept, lone], "sections", numbers=True)
    parts["Rules"].pop()
    assert codes(state_of(tmp_path, parts))["unseen_rules"] == effect


def test_two_stores_may_hold_one_id(tmp_path):
    twin = replace(SMB, store=Store.GPO, local_port=LISTS.remote_port)
    state = state_of(tmp_path, written([SMB, twin], "nested"))
    assert plain(state.rules) == [SMB, twin]


def test_filters_that_could_be_of_either_twin_are_unread(tmp_path):
    twin = replace(SMB, store=Store.GPO, local_port=LISTS.remote_port)
    state = state_of(tmp_path, written([SMB, twin], "joined"))
    for one in listed(state):
        assert ("LocalPort", "two values that contradict one another") in one.extras.unknown


@pytest.mark.parametrize(
    ("change", "store", "part"),
    [
        ({"PolicyStoreSourceType": 2}, Store.GPO, "gpo"),
        ({"PolicyStoreSourceType": "MDM"}, Store.MDM, "mdm"),
        ({"PolicyStoreSourceType": 9}, Store.GPO, "gpo"),
        ({"PolicyStoreSource": "StaticServiceStore"}, Store.HARDENING, "hardening static"),
        ({"PolicyStoreSource": "ConfigurableServiceStore"}, Store.HARDENING, "hardening configurable"),
        ({"PolicyStoreSourceType": None, "PolicyStoreSource": "corp\\Firewall"}, Store.GPO, "gpo"),
        ({"PolicyStoreSourceType": None, "PolicyStoreSource": None}, Store.LOCAL, "local"),
    ],
    ids=str,
)
def test_the_store_of_a_rule(tmp_path, change, store, part):
    (made,) = document([SMB], "flat", numbers=True)
    state = state_of(tmp_path, made | change)
    assert [one.store for one in listed(state)] == [store]
    assert (part, 1, 1) in state.sources[0].counts


@pytest.mark.parametrize("kind", ["Dynamic", 3, "Generated", "Hardcoded"])
def test_a_rule_that_lives_in_memory_proves_nothing(tmp_path, kind):
    (made,) = document([SMB], "flat", numbers=True)
    (found,) = listed(state_of(tmp_path, made | {"PolicyStoreSourceType": kind}))
    assert found.extras.unknown == (("PolicyStoreSourceType", str(kind).lower()),)


def test_defaults_are_not_in_force(tmp_path):
    (made,) = document([SMB], "flat", numbers=True)
    assert state_of(tmp_path, made | {"PolicyStoreSource": "SystemDefaults"}).rules == ()


def test_an_export_of_one_direction_says_nothing_of_the_other(tmp_path):
    """``-Direction Inbound`` leaves no trace in what it exports, and no Windows has rules of one direction alone."""
    out = replace(smb_flow(), direction=Direction.OUT, local_port=50000, remote_port=445)
    assert answer(state_of(tmp_path, written([SMB, ECHO])), smb_flow()) is Answer.ALLOW
    assert answer(state_of(tmp_path, written([SMB, ECHO])), out) is Answer.UNKNOWN
    assert answer(state_of(tmp_path, written([SMB, LISTS])), out) is Answer.ALLOW
    # one file of each direction makes a whole
    assert (
        answer(state_of(tmp_path, document([SMB], "flat", numbers=True), document([LISTS], "flat", numbers=True)), out)
        is Answer.ALLOW
    )


# --- properties that we do not know ----------------------------------------------------------------------------------


WHOLE = {"CreationClassName": "MSFT|FW|FirewallRule|x", "CimClass": {"CimSuperClassName": "CIM_PolicyRule"}}
"""What every object has that its cmdlet gave."""


@pytest.mark.parametrize("place", ["", "PortFilter", "SecurityFilter"], ids=["rule", "port filter", "security filter"])
@pytest.mark.parametrize("how", ["nested", "sections"])
@pytest.mark.parametrize("value", ["narrow", 3, ["a", "b"], {"deep": 1}, True], ids=str)
def test_a_condition_of_a_later_windows_puts_the_rule_in_doubt(tmp_path, place, how, value):
    made = properties(SMB, numbers=True)
    made[place] |= WHOLE | {"LaterCondition": value}
    own = made.pop("")
    apart = {name: [part | {"InstanceID": SMB.id}] for name, part in made.items()}
    content = [own | made] if how == "nested" else {"Rules": [own]} | apart
    path = tmp_path / "x.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    state, problems = read_state([str(path)])
    assert [name for name, _ in state.rules[0].extras.unknown] == ["LaterCondition"]
    assert any("`LaterCondition=" in problem.text() for problem in problems)
    assert answer(state, smb_flow()) is Answer.UNKNOWN


@pytest.mark.parametrize("value", [None, "", [], {}, False, 0, "Any", "None", "NotConfigured"], ids=str)
def test_a_later_condition_that_is_not_made(tmp_path, value):
    (made,) = document([SMB], "flat", numbers=True)
    state = state_of(tmp_path, made | WHOLE | {"LaterCondition": value})
    assert answer(state, smb_flow()) is Answer.ALLOW


def test_what_cim_and_remoting_add_is_no_condition(tmp_path):
    (made,) = document([SMB], "flat", numbers=True)
    noise = WHOLE | {
        "Caption": "c", "ElementName": "e", "Status": "parsed (65536)", "StatusCode": 65536, "ConditionListType": 3,
        "SequencedActions": 3, "ExecutionStrategy": 2, "PolicyDecisionStrategy": 2, "PSComputerName": "pc7", "RunspaceId": "7d",
    }  # fmt: skip
    state = state_of(tmp_path, made | noise)
    assert plain(state.rules) == [SMB]
    assert "own_columns" not in codes(state)


def test_a_filter_that_is_negated_is_none_that_we_can_read(tmp_path):
    made = properties(SMB, numbers=True)
    made["AddressFilter"] |= WHOLE | {"IsNegated": True}
    assert answer(state_of(tmp_path, made.pop("") | made), smb_flow()) is Answer.UNKNOWN


def test_columns_of_a_selection_are_named_and_passed_over(tmp_path):
    """A list that its maker gave a ticket number is no less of a list."""
    keep = {"PrimaryStatus", "EnforcementStatus", "LocalOnlyMapping"}
    made = [{n: v for n, v in one.items() if n not in keep} | {"Ticket": "C7", "Team": "net"} for one in flat_rules()]
    path = tmp_path / "x.json"
    path.write_text(json.dumps(made), encoding="utf-8")
    state, problems = read_state([str(path)])
    assert answer(state, smb_flow()) is Answer.ALLOW
    assert codes(state)["own_columns"] == (False, False)
    assert [p.found for p in problems if "passed over" in p.found] == ["`Ticket`, passed over", "`Team`, passed over"]


def test_a_list_of_the_console_is_a_whole_object(tmp_path):
    (made,) = document([SMB], "flat", numbers=False)
    assert {"PrimaryStatus", "EnforcementStatus", "LocalOnlyMapping"} <= made.keys()
    assert answer(state_of(tmp_path, made | {"LaterCondition": "narrow"}), smb_flow()) is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("status", "expected"),
    [(1, Answer.ALLOW), ("OK", Answer.ALLOW), ("Inactive", Answer.ALLOW), (3, Answer.UNKNOWN), ("Error", Answer.UNKNOWN)],
)
def test_a_rule_that_windows_could_not_use_proves_nothing(tmp_path, status, expected):
    (made,) = document([SMB], "flat", numbers=True)
    assert answer(state_of(tmp_path, made | {"PrimaryStatus": status}), smb_flow()) is expected


def test_rules_of_the_hyper_v_firewall_prove_nothing(tmp_path):
    """They look like rules and say nothing of the host. Source: Microsoft, MSFT_NetFirewallHyperVRule."""
    other = WHOLE | {
        "InstanceID": "hv", "DisplayName": "hv", "Direction": 1, "Action": 2, "Enabled": 1, "Protocol": "TCP",
        "VMCreatorId": "{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}", "LocalPorts": ["445"], "Profiles": 0, "RulePriority": 1,
    }  # fmt: skip
    state = state_of(tmp_path, [other])
    assert answer(state, smb_flow()) is Answer.UNKNOWN


def test_a_setting_of_a_later_windows_leaves_verdicts_open(tmp_path):
    path = tmp_path / "x.json"
    made = [profile(**LIVE) | WHOLE | {"LaterSetting": 5, "LogAllowed": 1}, *document([SMB], "flat", numbers=True)]
    path.write_text(json.dumps(made), encoding="utf-8")
    state, problems = read_state([str(path)])
    assert codes(state)["setting:latersetting"] == (True, True)
    assert any("`latersetting=5` is not known" in problem.text() for problem in problems)


# --- profiles --------------------------------------------------------------------------------------------------------


def profile(name: str = "Domain", **changes: Any) -> dict[str, Any]:
    at_rest = {
        "Name": name, "Profile": name, "Enabled": 1, "DefaultInboundAction": 0, "DefaultOutboundAction": 0,
        "AllowInboundRules": 2, "AllowLocalFirewallRules": 2, "AllowLocalIPsecRules": 2, "AllowUserApps": 2,
        "AllowUserPorts": 2, "AllowUnicastResponseToMulticast": 2, "NotifyOnListen": 0, "LogAllowed": 0,
        "DisabledInterfaceAliases": ["NotConfigured"], "InstanceID": f"MSFT|FW|FirewallProfile|{name}",
    }  # fmt: skip
    return at_rest | changes


LIVE = {
    "DefaultInboundAction": "Block", "DefaultOutboundAction": "Allow", "AllowInboundRules": "True", "Enabled": "True",
    "AllowLocalFirewallRules": "True", "AllowLocalIPsecRules": "True", "AllowUserApps": "True", "AllowUserPorts": "True",
    "DisabledInterfaceAliases": [],
}  # fmt: skip


def test_a_local_profile_leaves_nearly_everything_open(tmp_path):
    setting = state_of(tmp_path, [profile(DefaultOutboundAction=4, AllowInboundRules=0)]).setting(
        Store.LOCAL, Profile.DOMAIN
    )
    assert setting.enable_firewall is True
    assert setting.default_outbound_allow is False
    assert setting.do_not_allow_exceptions is True
    assert setting.default_inbound_allow is setting.allow_local_policy_merge is setting.disabled_interfaces is None


def test_the_result_of_all_stores_keeps_what_policy_alone_can_set(tmp_path):
    made = [
        profile(**LIVE),
        profile("Public", **LIVE | {"AllowLocalFirewallRules": "False", "DefaultOutboundAction": "Block"}),
    ]
    state = state_of(tmp_path, made + document([SMB], "flat", numbers=True))
    assert state.setting(Store.LOCAL, Profile.DOMAIN).default_outbound_allow is True
    assert state.setting(Store.LOCAL, Profile.PUBLIC).default_outbound_allow is False
    assert state.setting(Store.LOCAL, Profile.PUBLIC).allow_local_policy_merge is None
    assert state.setting(Store.GPO, Profile.PUBLIC).allow_local_policy_merge is False
    # local rules are off and those of the policy are not shown
    assert codes(state)["unseen_policy"] == (True, True)


def test_the_result_of_all_stores_with_the_rules_of_the_policy(tmp_path):
    made = [profile(**LIVE | {"AllowLocalFirewallRules": "False"})]
    state = state_of(tmp_path, made + document([SMB, replace(OFF, store=Store.GPO)], "flat", numbers=True))
    assert "unseen_policy" not in codes(state)
    assert answer(state, smb_flow()) is Answer.BLOCK


def test_rules_of_unknown_stores_where_policy_switches_local_ones_off(tmp_path):
    (made,) = document([SMB], "flat", numbers=True)
    nowhere = made | {"PolicyStoreSourceType": None, "PolicyStoreSource": None, "EnforcementStatus": "Enforced"}
    state = state_of(tmp_path, [nowhere, profile(**LIVE | {"AllowLocalFirewallRules": "False"})])
    assert answer(state, smb_flow()) is Answer.UNKNOWN


def test_rules_and_profiles_in_two_files(tmp_path):
    state = state_of(tmp_path, written(RULES), [profile(Enabled="False")])
    assert "default_settings" not in codes(state)
    assert state.setting(Store.LOCAL, Profile.DOMAIN).enable_firewall is False


@pytest.mark.parametrize(
    "change", [{"Enabled": 7}, {"DefaultInboundAction": "System.String"}, {"Name": "Heim", "Profile": 9}], ids=str
)
def test_a_profile_that_cannot_be_read_leaves_everything_open(tmp_path, change):
    state = state_of(tmp_path, [profile(**change), *document([SMB], "flat", numbers=True)])
    assert answer(state, smb_flow()) is Answer.UNKNOWN


def test_settings_of_ipsec_are_known_and_say_nothing(tmp_path):
    path = tmp_path / "s.json"
    path.write_text(
        json.dumps({"InstanceID": "MSFT|GlobalIPSecSettingData", "Exemptions": 9, "EnableStatefulFtp": 0}), encoding="utf-8"
    )
    state, problems = read_state([str(path)])
    assert (state.rules, problems) == ((), ())


def test_an_object_that_is_nothing_of_the_firewall_is_a_problem(tmp_path):
    path = tmp_path / "s.json"
    path.write_text(json.dumps([{"InstanceID": "x", "Speed": 7}, *document([SMB], "flat", numbers=True)]), encoding="utf-8")
    _, problems = read_state([str(path)])
    assert [p.text() for p in problems] == [
        f"{path}: [0]: expected a firewall rule, a filter or a profile, found an object with `InstanceID`, `Speed`"
    ]


# --- what is refused -------------------------------------------------------------------------------------------------


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_state([str(path)])
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"InstanceID": ' + "[" * 200_000, "nests too deep"),
        ('[{"InstanceID": 1}, ' + "[" * 13 + "1" + "]" * 13 + "]", "nested deeper than 12 levels"),
        ('[{"InstanceID": "a"', "no JSON"),
        ('[{"InstanceID": ' + "1" * 5000 + "}]", "no JSON"),
        ('[{"InstanceID": 1}' + ",{}" * 1_000_001 + "]", "more than 1,000,000 objects"),
    ],
    ids=["bottomless", "too deep for an export", "cut", "a number of 5000 digits", "a million empty objects"],
)
def test_hostile_documents_are_refused(tmp_path, text, said):
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    assert said in refused(path)


def test_a_gigabyte_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "big.json"
    with path.open("wb") as file:
        file.write(b'[{"InstanceID": "')
        file.truncate(1 << 30)
    assert "at most 32 MiB" in refused(path)


def test_a_property_that_stands_twice_is_a_problem_and_leaves_everything_open(tmp_path):
    path = tmp_path / "twice.json"
    path.write_text(
        written([SMB], "flat").replace('"LocalPort": "445"', '"LocalPort": "1", "LocalPort": "445"'), encoding="utf-8"
    )
    state, problems = read_state([str(path)])
    assert any("`LocalPort` twice" in problem.text() for problem in problems)
    assert codes(state)["damaged_export"] == (True, True)


@pytest.mark.parametrize(
    "text", ['{"schema": "cmfw/site/1", "Direction": 1}', '{"@odata.type": 1, "Direction": 2}', '{"direction": 1}', "[]"]
)
def test_other_json_is_not_taken(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    assert not format_module("ps-json").sniff(open_input(str(path)))


# --- real machines ---------------------------------------------------------------------------------------------------


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["win10_SYSTEM.xz", "luthfina16_v2.30.wfw", "puppet_fwpolicy_full_v2.28.wfw"])
@pytest.mark.parametrize("shape", ["nested", "sections"])
def test_a_real_machine_reads_the_same_from_both(corpus, tmp_path, name, shape):
    real = read_state([str(corpus / "hives" / name)]).state
    shown = [
        replace(one, version=(2, 10)) for one in real.rules if one.store is Store.LOCAL and is_showable(one) and one.name
    ]
    assert len(shown) > 350
    state = state_of(tmp_path, written(shown, shape, numbers=shape == "nested"))
    assert plain(state.rules) == plain(shown)


@pytest.mark.corpus
def test_real_samples(corpus):
    """A real rule export without filters, a real profile export of the default store, real settings."""
    folder = corpus / "psjson"
    state, problems = read_state(
        [str(folder / f"mondoo_firewall-{name}.json") for name in ("rules", "profiles", "settings")]
    )
    assert problems == ()
    assert [(one.id, one.active, one.direction, one.profiles) for one in listed(state)] == [
        ("OpenSSH-Server-In-TCP", True, Direction.IN, 7),
        ("sshd", True, Direction.IN, 7),
    ]
    assert all(len(one.extras.unknown) == 7 for one in listed(state))
    assert [state.setting(Store.LOCAL, one).enable_firewall for one in Profile] == [None, True, True]
    assert state.setting(Store.LOCAL, Profile.PUBLIC).allow_local_policy_merge is None
    ssh = replace(smb_flow(), local_port=22)
    assert answer(state, ssh) is Answer.UNKNOWN
    # somebody exported two inbound rules
    assert answer(state, replace(ssh, direction=Direction.OUT)) is Answer.UNKNOWN


@pytest.mark.parametrize(
    "selection",
    [
        [{"DisplayName": "a", "Protocol": "TCP", "LocalPort": "2701"}],
        [{"DisplayName": "a"}, {"DisplayName": "b"}],
        [{"Protocol": "UDP", "LocalPort": "67", "RemotePort": "Any"}],
    ],
    ids=["names and ports", "names", "filters of nothing"],
)
def test_trap_a_selection_without_direction_and_action_leaves_all_rules_open(tmp_path, selection):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(selection), encoding="utf-8")
    gaps = {gap.code: (gap.may_allow, gap.may_block) for gap in read_state([str(path)]).state.gaps}
    assert gaps["unseen_rules"] == (True, True)


def test_objects_of_something_else_beside_rules_leave_nothing_open(tmp_path):
    path = tmp_path / "x.json"
    rules = [{"DisplayName": "a", "Direction": 1, "Action": 2, "Enabled": 1}]
    path.write_text(json.dumps({"rules": rules, "services": [{"DisplayName": "b", "StartType": 2}]}), encoding="utf-8")
    assert not [gap for gap in read_state([str(path)]).state.gaps if gap.may_allow or gap.may_block]
