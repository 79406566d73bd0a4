"""Intune policies as Graph JSON, of every kind that carries the firewall."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.ingest.policy_writers import ROOT, catalog, choice

from cmfw.errors import InputError
from cmfw.ingest import read_state
from cmfw.model.rule import Action, HostRule, PortMatch, Store
from cmfw.model.state import HostState
from cmfw.net.flow import Direction, Profile
from cmfw.net.ports import PortSet

RULE = HostRule(
    id="r", action=Action.ALLOW, direction=Direction.IN, protocol=6, local_port=PortMatch(PortSet.of(2701)), name="n"
)
SETTING = "vendor_msft_firewall_mdmstore_domainprofile_"


def state(tmp_path: Path, found: Any) -> HostState:
    path = tmp_path / "policy.json"
    path.write_text(found if isinstance(found, str) else json.dumps(found), encoding="utf-8")
    return read_state([str(path)]).state


def policy(*instances: dict) -> dict[str, Any]:
    return {"name": "p", "settings": [{"id": str(n), "settingInstance": one} for n, one in enumerate(instances)]}


WRAPPED = {
    "one policy": lambda found: found,
    "a page of Graph": lambda found: {"@odata.context": "https://graph.microsoft.com/beta/$metadata#x", "value": [found]},
    "a list": lambda found: [found, {"name": "other", "settings": []}],
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
@pytest.mark.parametrize("prefix", ["", "device_"])
def test_a_rule_of_the_catalog(tmp_path: Path, wrap: Any, prefix: str) -> None:
    found = state(tmp_path, wrap(json.loads(catalog([RULE], prefix=prefix))))
    (rule,) = found.rules
    assert (rule.store, rule.action, rule.direction, rule.protocol) == (Store.MDM, Action.ALLOW, Direction.IN, 6)
    assert (str(rule.local_port.ports), rule.active, rule.name, rule.id) == ("2701", True, "n", "made:1")


SETTINGS = {
    "true": ("enablefirewall", "true", "enable_firewall", True),
    "false": ("enablefirewall", "false", "enable_firewall", False),
    "shielded": ("shielded", "true", "do_not_allow_exceptions", True),
    "inbound 1 is block": ("defaultinboundaction", "1", "default_inbound_allow", False),
    "outbound 0 is allow": ("defaultoutboundaction", "0", "default_outbound_allow", True),
    "outbound in words": ("defaultoutboundaction", "block", "default_outbound_allow", False),
    "local rules": ("allowlocalpolicymerge", "false", "allow_local_policy_merge", False),
}


@pytest.mark.parametrize(("name", "value", "field", "expected"), SETTINGS.values(), ids=SETTINGS)
def test_settings_of_the_catalog(tmp_path: Path, name: str, value: str, field: str, expected: bool) -> None:
    found = state(tmp_path, policy(choice(SETTING + name, value))).setting(Store.MDM, Profile.DOMAIN)
    assert getattr(found, field) is expected


def test_settings_inside_a_choice_count(tmp_path: Path) -> None:
    outer = choice(f"{SETTING}enablefirewall", "true")
    outer["choiceSettingValue"]["children"] = [choice(f"{SETTING}shielded", "true")]
    found = state(tmp_path, policy(outer)).setting(Store.MDM, Profile.DOMAIN)
    assert (found.enable_firewall, found.do_not_allow_exceptions) == (True, True)


def endpoint(**changes: Any) -> dict[str, Any]:
    rule = {
        "displayName": "n",
        "protocol": 6,
        "localPortRanges": ["80", "90-99"],
        "remoteAddressRanges": [],
        "useAnyRemoteAddressRange": True,
        "profileTypes": "domain,private",
        "action": "allowed",
        "trafficDirection": "in",
        "interfaceTypes": "notConfigured",
        "edgeTraversal": "notConfigured",
    } | changes
    kind = "#microsoft.graph.windows10EndpointProtectionConfiguration"
    return {"@odata.type": kind, "displayName": "ep", "firewallRules": [rule]}


def test_a_rule_of_endpoint_protection(tmp_path: Path) -> None:
    (rule,) = state(tmp_path, endpoint(filePath="C:\\a.exe")).rules
    assert (rule.action, rule.direction, rule.profiles, rule.program) == (Action.ALLOW, Direction.IN, 3, "C:\\a.exe")
    assert (str(rule.local_port.ports), rule.remote_address.is_any, rule.extras.unknown) == ("80,90-99", True, ())


DEFAULTS = {
    "direction is out": ({"trafficDirection": "notConfigured"}, ("direction", Direction.OUT)),
    "no direction is out": ({"trafficDirection": None}, ("direction", Direction.OUT)),
    "blocked": ({"action": "blocked"}, ("action", Action.BLOCK)),
    "every profile": ({"profileTypes": "notConfigured"}, ("profiles", 7)),
    "any protocol": ({"protocol": None, "localPortRanges": []}, ("protocol", None)),
}


@pytest.mark.parametrize(("changes", "expected"), DEFAULTS.values(), ids=DEFAULTS)
def test_defaults_of_endpoint_protection(tmp_path: Path, changes: dict, expected: tuple) -> None:
    (rule,) = state(tmp_path, endpoint(**changes)).rules
    assert getattr(rule, expected[0]) == expected[1]
    assert rule.extras.unknown == ()


PROFILE = {
    "firewallEnabled": "allowed",
    "incomingTrafficBlocked": True,
    "incomingTrafficRequired": False,
    "outboundConnectionsBlocked": True,
    "inboundConnectionsRequired": True,
    "policyRulesFromGroupPolicyNotMerged": True,
    "globalPortRulesFromGroupPolicyMerged": True,
}


@pytest.mark.parametrize("as_intent", [False, True], ids=["profile", "intent"])
def test_settings_of_the_older_shapes(tmp_path: Path, as_intent: bool) -> None:
    definition = "deviceConfiguration--windows10EndpointProtectionConfiguration_firewallProfilePublic"
    intent = {"displayName": "i", "settings": [{"definitionId": definition, "valueJson": json.dumps(PROFILE)}]}
    profile = {"@odata.type": "#microsoft.graph.windows10EndpointProtectionConfiguration", "firewallProfilePublic": PROFILE}
    intent["@odata.type"] = "#microsoft.graph.deviceManagementIntent"
    found = state(tmp_path, intent if as_intent else profile).setting(Store.MDM, Profile.PUBLIC)
    assert (found.enable_firewall, found.do_not_allow_exceptions) == (True, True)
    assert (found.default_outbound_allow, found.default_inbound_allow) == (False, True)
    assert (found.allow_local_policy_merge, found.ports_allow_user_pref_merge) == (False, True)
    assert found.apps_allow_user_pref_merge is None


def test_both_of_a_pair_leave_the_setting_open(tmp_path: Path) -> None:
    profile = {"inboundConnectionsRequired": True, "inboundConnectionsBlocked": True}
    kind = "#microsoft.graph.windows10EndpointProtectionConfiguration"
    found = state(tmp_path, {"@odata.type": kind, "firewallProfileDomain": profile})
    assert found.setting(Store.MDM, Profile.DOMAIN).default_inbound_allow is None
    assert [gap.code for gap in found.gaps if gap.may_allow] == ["setting:defaultinboundaction"]


def test_rules_of_an_intent(tmp_path: Path) -> None:
    definition = "deviceConfiguration--windows10EndpointProtectionConfiguration_firewallRules"
    rules = endpoint()["firewallRules"]
    setting = {"@odata.type": "#microsoft.graph.x", "definitionId": definition, "valueJson": json.dumps(rules)}
    assert len(state(tmp_path, {"displayName": "i", "settings": [setting]}).rules) == 1
    broken = state(tmp_path, {"displayName": "i", "settings": [setting | {"valueJson": "[{"}]})
    assert broken.rules == ()
    assert any(gap.may_allow and gap.may_block for gap in broken.gaps)


def custom(*, encrypted: bool = False) -> dict[str, Any]:
    nodes = {"Name": "n", "Enabled": True, "Direction": "IN", "Action/Type": 1, "Protocol": 6, "LocalPortRanges": "80"}
    settings = [
        {"@odata.type": "#microsoft.graph.omaSettingString", "omaUri": f"{ROOT}/FirewallRules/r/{name}", "value": value}
        for name, value in nodes.items()
    ]
    if encrypted:
        settings[0] |= {"isEncrypted": True, "value": "****"}
    return {"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "c", "omaSettings": settings}


def test_a_custom_profile(tmp_path: Path) -> None:
    (rule,) = state(tmp_path, custom()).rules
    assert (rule.id, rule.action, rule.active, rule.protocol, str(rule.local_port.ports)) == (
        "r",
        Action.ALLOW,
        True,
        6,
        "80",
    )


def test_an_encrypted_value_is_a_gap(tmp_path: Path) -> None:
    gaps = state(tmp_path, custom(encrypted=True)).gaps
    assert [(gap.code, gap.may_allow, gap.may_block) for gap in gaps if gap.may_allow] == [("store:mdm", True, True)]


def test_several_policies_are_told_apart(tmp_path: Path) -> None:
    found = state(tmp_path, [custom(), endpoint(), {"name": "else", "settings": []}])
    assert [source.path.rpartition("#")[2] for source in found.sources] == ["c", "ep"]
    assert len(found.rules) == 2


REFUSED = {
    "nothing of the firewall": {"@odata.type": "#microsoft.graph.x", "settings": []},
    "no policy": {"@odata.context": "https://graph.microsoft.com/x"},
    "no JSON": '{"@odata.type": "#microsoft.graph.x"',
    "deep nesting": '{"@odata.type": "#microsoft.graph.x", "settings": ' + "[" * 5000 + "]" * 5000 + "}",
    "nesting beyond any stack": '{"@odata.type": "#microsoft.graph.x", "settings": ' + "[" * 300_000,
}


@pytest.mark.parametrize("found", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(tmp_path: Path, found: Any) -> None:
    with pytest.raises(InputError):
        state(tmp_path, found)


def test_a_setting_where_none_is_read_is_not_passed_over(tmp_path: Path) -> None:
    outer = choice(f"{SETTING}enablefirewall", "true")
    outer["choiceSettingValue"]["kin"] = [choice(f"{SETTING}shielded", "true")]
    found = state(tmp_path, policy(outer))
    assert [(gap.code, gap.may_allow, gap.may_block) for gap in found.gaps if gap.may_allow] == [("store:mdm", True, True)]


@pytest.mark.corpus
def test_the_real_policy(corpus: Path) -> None:
    found, problems = read_state([str(corpus / "intune/hotcakex_Windows_Firewall.json")])
    assert problems == ()
    assert [(source.format, source.counts) for source in found.sources] == [("intune", (("mdm", 0, 0),))]
    for profile in Profile:
        one = found.setting(Store.MDM, profile)
        assert (one.enable_firewall, one.do_not_allow_exceptions, one.allow_local_policy_merge) == (True, False, True)
        assert (one.default_inbound_allow, one.default_outbound_allow) == (False, True)
        assert (one.apps_allow_user_pref_merge, one.ports_allow_user_pref_merge) == (True, True)
        assert (one.disable_notifications, one.disable_stealth_mode) == (False, False)


@pytest.mark.corpus
def test_the_real_registry_values(corpus: Path) -> None:
    found, problems = read_state([str(corpus / "intune/hotcakex_WindowsFirewall_registry.json")])
    assert (problems, [source.format for source in found.sources]) == ((), ["registry-json"])
    assert found.setting(Store.GPO, Profile.DOMAIN).default_outbound_allow is True
    assert all(found.setting(Store.GPO, profile).enable_firewall for profile in Profile)
