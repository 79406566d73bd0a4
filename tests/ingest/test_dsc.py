"""DSC v3 lists of firewall rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cmfw.engine.exact import Engine
from cmfw.errors import InputError
from cmfw.ingest import read_state
from cmfw.ingest.dsc import TYPE
from cmfw.model.rule import Action, HostRule, canonical_program
from cmfw.model.state import HostState
from cmfw.net.flow import Direction
from cmfw.net.flowquery import Names, parse_flow

IN_80 = "in tcp 10.3.0.9:51000 > 10.7.0.2:80 profile=domain program=system service=none"
RULE = {
    "name": "n",
    "protocol": 6,
    "localPorts": "80",
    "remotePorts": "*",
    "localAddresses": "*",
    "remoteAddresses": "LocalSubnet,10.3.0.0/255.255.0.0",
    "direction": "Inbound",
    "action": "Allow",
    "enabled": True,
    "profiles": ["Domain", "Private"],
    "interfaceTypes": ["All"],
    "edgeTraversal": False,
}


def state(tmp_path: Path, found: Any) -> HostState:
    path = tmp_path / "dsc.json"
    path.write_text(found if isinstance(found, str) else json.dumps(found), encoding="utf-8")
    return read_state([str(path)]).state


def one(tmp_path: Path, **changes: Any) -> HostRule:
    (rule,) = state(tmp_path, {"rules": [RULE | changes]}).rules
    return rule


def answer(found: HostState, flow: str = IN_80) -> str:
    flows = parse_flow(flow, Names(canonical=canonical_program)).flows
    return Engine(found).verdict(flows).answer.value


SHAPES = {
    "what the resource prints": {"rules": [RULE]},
    "a result of get": {"actualState": {"rules": [RULE]}},
    "an export": {"$schema": "x", "resources": [{"name": "r", "type": TYPE, "properties": {"rules": [RULE]}}]},
}


@pytest.mark.parametrize("found", SHAPES.values(), ids=SHAPES)
def test_shapes(tmp_path: Path, found: Any) -> None:
    (rule,) = state(tmp_path, found).rules
    assert (rule.action, rule.direction, rule.protocol, rule.profiles) == (Action.ALLOW, Direction.IN, 6, 3)
    assert (str(rule.local_port.ports), rule.remote_port.is_any) == ("80", True)
    assert rule.remote_address.keywords == ("LocalSubnet4", "LocalSubnet6")
    assert str(rule.remote_address.addresses) == "10.3.0.0/16"


def test_no_rule_proves_an_allow_or_a_block(tmp_path: Path) -> None:
    assert answer(state(tmp_path, {"rules": [RULE]})) == "unknown"
    blocked = {"action": "Block", "direction": "Outbound", "localPorts": "*"}
    out = "out tcp 10.7.0.2:51000 > 10.3.0.9:443 profile=domain program=system service=none"
    assert answer(state(tmp_path, {"rules": [RULE | blocked]}), out) == "unknown"
    assert answer(state(tmp_path, {"rules": [RULE | {"localPorts": "81"}]})) == "block"
    assert answer(state(tmp_path, {"rules": [RULE | {"enabled": False}]})) == "block"


def test_port_words_of_com(tmp_path: Path) -> None:
    assert one(tmp_path, localPorts="RPC,RPC-EPMap,5000-5010").local_port.keywords == ("RPC", "RPC-EPMap")


UNREAD = {
    "an unknown property": ({"owner": "x"}, "owner"),
    "no direction": ({"direction": None}, "direction"),
    "no action": ({"action": "Permit"}, "action"),
    "no state": ({"enabled": None}, "Active"),
    "a port that is none": ({"localPorts": "http"}, "LPort"),
    "an address that is none": ({"remoteAddresses": "me"}, "RA4"),
    "a profile that is none": ({"profiles": ["Home"]}, "Profile"),
    "a protocol that is none": ({"protocol": 300}, "Protocol"),
    "types of ICMP": ({"protocol": 1, "localPorts": None, "remotePorts": None}, "ICMP4"),
}


@pytest.mark.parametrize(("changes", "token"), UNREAD.values(), ids=UNREAD)
def test_what_cannot_be_read_is_named(tmp_path: Path, changes: dict, token: str) -> None:
    assert token in dict(one(tmp_path, **changes).extras.unknown)


def test_any_protocol_is_256(tmp_path: Path) -> None:
    assert one(tmp_path, protocol=256, localPorts=None, remotePorts=None).protocol is None


def test_a_rule_that_is_not_there(tmp_path: Path) -> None:
    assert state(tmp_path, {"rules": [RULE | {"_exist": False}, RULE]}).rules[0].id == "dsc:2:n"


def test_settings_are_windows_defaults(tmp_path: Path) -> None:
    assert {"default_settings", "rules_alone"} <= {gap.code for gap in state(tmp_path, {"rules": [RULE]}).gaps}


@pytest.mark.parametrize(
    "found", [{"type": TYPE, "rules": "x", "localPorts": ""}, f'{{"type": "{TYPE}"'], ids=["no list", "no JSON"]
)
def test_what_is_refused(tmp_path: Path, found: Any) -> None:
    with pytest.raises(InputError):
        state(tmp_path, found)
