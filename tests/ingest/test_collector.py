"""The output of the collector: the same machine as its hive, the facts of the moment, and everything that was not collected."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.ingest.collector_writer import GPO, LOCAL, collected, interface, line
from tests.ingest.hive_builder import Key, at_path, build_hive, text

from cmfw.engine.reference import judge
from cmfw.errors import InputError
from cmfw.ingest import read_state
from cmfw.ingest.hive import current_control_set
from cmfw.ingest.regf import Hive
from cmfw.ingest.regf_file import open_hive
from cmfw.model.rule import Store
from cmfw.model.state import HostState, Listener
from cmfw.model.verdict import Answer
from cmfw.net.addr import AddrSet, parse_address
from cmfw.net.flow import KERNEL, Direction, Flow, Profile
from cmfw.net.ports import PortSet

RULE = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|LPort={}|RA4=LocalSubnet|App=System|Svc=Spooler|Name={}|"


def system_hive() -> Hive:
    policy = Key(
        values=[("PolicyVersion", 4, (0x21E).to_bytes(4, "little"))],
        keys={
            "FirewallRules": Key(values=[("a", 1, text(RULE.format(445, "Pr\u00fcfung")) ), ("b", 1, text(RULE.format(446, "\U0001f525")))]),
            "StandardProfile": Key(values=[("EnableFirewall", 4, bytes(4))]),
            "Phase1AuthenticationSets": Key(values=[("secret", 1, text("v2.10|PSK=hunter2|"))]),
            "Mdm": Key(keys={"FirewallRules": Key(values=[("m", 1, text(RULE.format(447, "m")))])}),
        },
    )  # fmt: skip
    tree = at_path("SharedAccess\\Parameters\\FirewallPolicy", policy)
    account = ("ObjectName", 1, text("CORP\\svc-spool"))
    tree.keys["Spooler"] = Key(values=[("Start", 4, b"\2\0\0\0"), ("ServiceSidType", 4, b"\1\0\0\0"), account])
    root = {"Select": Key(values=[("Current", 4, b"\1\0\0\0")]), "ControlSet001": Key(keys={"Services": tree})}
    return Hive(build_hive(Key(keys=root)))


@pytest.fixture
def document() -> dict[str, Any]:
    return collected(system_hive(), "ControlSet001")


def read(tmp_path: Path, content: Any, *, subnets: tuple[str, ...] = ()) -> HostState:
    path = tmp_path / "cmfw-PC0017.json"
    path.write_bytes(content if isinstance(content, bytes) else line(content).encode("ascii"))
    return read_state([str(path)], local_subnets=subnets).state


def problems_of(tmp_path: Path, content: Any) -> list[str]:
    path = tmp_path / "cmfw-PC0017.json"
    path.write_text(line(content), encoding="ascii")
    return [problem.text() for problem in read_state([str(path)]).problems]


def codes(state: HostState) -> dict[str, tuple[bool, bool]]:
    return {gap.code: (gap.may_allow, gap.may_block) for gap in state.gaps}


def test_rules_services_and_settings_are_those_of_the_registry(tmp_path, document):
    state = read(tmp_path, document)
    assert [(one.id, one.name, one.store) for one in state.rules] == [
        ("a", "Pr\u00fcfung", Store.LOCAL),
        ("b", "\U0001f525", Store.LOCAL),
        ("m", "m", Store.MDM),
    ]
    assert state.rules[0].origin == f"{tmp_path / 'cmfw-PC0017.json'}!{LOCAL}\\FirewallRules\\a"
    assert state.policy_version == (2, 30)
    assert state.setting(Store.LOCAL, Profile.PRIVATE).enable_firewall is False
    assert [(fact.name, fact.start, fact.sid_type) for fact in state.services] == [("Spooler", 2, 1)]
    assert codes(state) == {}
    assert "no_gpo_source" not in codes(state)


def test_no_secret_and_no_account_is_in_the_output(document):
    written = line(document)
    assert "hunter2" not in written
    assert "svc-spool" not in written


def test_the_facts_of_the_moment(tmp_path, document):
    state = read(tmp_path, document)
    assert state.local_subnets == AddrSet.parse("10.1.2.0/24", "fe80::/64")
    assert state.addresses == AddrSet.parse("10.1.2.3", "fe80::1")
    assert dict(state.keywords)["DNS4"] == AddrSet.parse("10.1.9.53")
    assert dict(state.keywords)["DNS6"] == AddrSet.parse("fd00::53")
    assert dict(state.keywords)["DefaultGateway4"] == AddrSet.parse("10.1.2.1")
    assert dict(state.keywords)["WINS4"] == AddrSet.EMPTY
    assert state.rpc_ports == PortSet.of((49200, 50199))
    assert state.live_profiles == (Profile.DOMAIN,)
    assert state.sources[0].listeners == (
        Listener(protocol=6, port=445, program="System"),
        Listener(protocol=17, port=25536, program="C:\\Windows\\CCM\\SleepAgentService.exe"),
    )


def test_local_subnets_of_the_caller_win(tmp_path, document):
    assert read(tmp_path, document, subnets=("10.9.0.0/16",)).local_subnets == AddrSet.parse("10.9.0.0/16")


def test_local_subnet_is_decided_without_being_asked_for(tmp_path, document):
    state = read(tmp_path, document)
    near = Flow(
        direction=Direction.IN, protocol=6, local=parse_address("10.1.2.3"), remote=parse_address("10.1.2.99"),
        local_port=445, remote_port=50000, profile=Profile.DOMAIN, program=KERNEL, service="spooler",
    )  # fmt: skip
    assert judge(near, state).answer is Answer.ALLOW
    assert judge(replace(near, remote=parse_address("10.1.3.99")), state).answer is Answer.BLOCK


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"networks": [{"interface": "{AAAA}", "category": 0}]}, (Profile.PUBLIC,)),
        ({"networks": [{"interface": "{AAAA}", "category": 1}, {"interface": "{D}", "category": 2}]}, (Profile.DOMAIN, Profile.PRIVATE)),
        ({"networks": []}, (Profile.PUBLIC,)),
        ({"networks": [{"interface": "{AAAA}", "category": 7}]}, None),
        ({"networks": None}, None),
        ({"interfaces": None}, None),
        ({"interfaces": [interface("{AAAA}", 6, [["10.1.2.3", 24]]), interface("{D}", 131, [["fe80::9", 64]])]}, (Profile.DOMAIN,)),
        ({"interfaces": [interface("{AAAA}", 6, [["10.1.2.3", 24]]), interface("{D}", 6, [["10.3.2.3", 24]])]}, (Profile.DOMAIN, Profile.PUBLIC)),
    ],
    ids=["public", "two", "unidentified is public", "unknown category", "not collected", "no interfaces", "a tunnel has none", "one unidentified"],
)  # fmt: skip
def test_live_profiles(tmp_path, document, change, expected):
    assert read(tmp_path, document | change).live_profiles == expected


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        ([["10.1.2.3", 24]], AddrSet.parse("10.1.2.0/24")),
        ([["10.1.2.3", None]], None),
        ([["fe80::1%3", None]], AddrSet.parse("fe80::/64")),
        ([["fd00::1", None]], None),
        ([["10.1.2.3", 33]], None),
        ([["ten", 24]], None),
        ([7], None),
    ],
    ids=str,
)
def test_on_link_prefixes(tmp_path, document, addresses, expected):
    assert read(tmp_path, document | {"interfaces": [interface("{AAAA}", 6, addresses)]}).local_subnets == expected


@pytest.mark.parametrize("numbers", [[0, 5], [65000, 1000], [1], "x", [1.5, 2], [49152, 0]], ids=str)
def test_dynamic_ports_that_cannot_be(tmp_path, document, numbers):
    changed = document | {"dynamic_ports": {"tcp": numbers}}
    assert read(tmp_path, changed).rpc_ports is None
    assert any("dynamic_ports.tcp" in problem for problem in problems_of(tmp_path, changed))


def test_ports_that_rpc_is_limited_to_outrank_the_dynamic_ones(tmp_path, document):
    values = [["Ports", 7, ["5000-5020"]], ["PortsInternetAvailable", 1, "Y"], ["UseInternetPorts", 1, "Y"]]
    document["keys"].append({"key": "SOFTWARE\\Microsoft\\Rpc\\Internet", "values": values})
    assert read(tmp_path, document).rpc_ports == PortSet.of((5000, 5020))


# --- what was not collected ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["skipped: deadline", "failed: TimeoutException", None])
@pytest.mark.parametrize("part", ["services", "networks", "products"])
def test_a_part_that_is_missing_is_a_gap(tmp_path, document, part, said):
    document["parts"][part] = said
    assert codes(read(tmp_path, document)) == {f"not_collected:{part}": (False, False)}


def test_without_the_policy_nothing_is_known(tmp_path, document):
    document["parts"]["policy"] = "failed: SecurityException"
    assert codes(read(tmp_path, document))["not_collected:policy"] == (True, True)


@pytest.mark.parametrize(
    ("key", "code"),
    [(LOCAL, "store:local"), (f"{LOCAL}\\FirewallRules", "store:local"), (GPO, "store:gpo"), (f"{LOCAL}\\RestrictedServices", "store:local")],
)  # fmt: skip
def test_a_key_that_could_not_be_opened_leaves_everything_open(tmp_path, document, key, code):
    document["keys"] = [row for row in document["keys"] if row["key"] != key] + [{"key": key, "error": "SecurityException"}]
    assert codes(read(tmp_path, document))[code] == (True, True)


@pytest.mark.parametrize(("gone", "code"), [(LOCAL, "store:local"), (GPO, "store:gpo")])
def test_keys_that_the_script_never_came_to(tmp_path, document, gone, code):
    document["keys"] = [row for row in document["keys"] if not row["key"].startswith(gone)]
    assert codes(read(tmp_path, document))[code] == (True, True)


def test_a_machine_without_group_policy_is_known_to_have_none(tmp_path, document):
    assert {"key": GPO, "absent": True} in document["keys"]
    assert [part[0] for part in read(tmp_path, document).sources[0].counts] == ["local", "mdm", "gpo"]


@pytest.mark.parametrize(
    "row",
    [
        {"key": f"{LOCAL}\\FirewallRules", "values": [["x", 1, 7]]},
        {"key": f"{LOCAL}\\FirewallRules", "values": [["x", 1]]},
        {"key": f"{LOCAL}\\FirewallRules", "values": [["a", 1, "again"]]},
        {"key": f"{LOCAL}\\FirewallRules"},
        {"key": f"{LOCAL}\\Odd", "values": [["x", 4, "text"]]},
        {"key": f"{LOCAL}\\Odd", "values": [["x", 3, "no base64!"]]},
        {"key": 7, "values": []},
        "nothing",
    ],
    ids=str,
)
def test_a_row_that_cannot_be_read_leaves_everything_open(tmp_path, document, row):
    document["keys"].append(row)
    assert codes(read(tmp_path, document))["damaged_export"] == (True, True)
    assert problems_of(tmp_path, document)


@pytest.mark.parametrize("service", ["MpsSvc", "BFE"])
def test_a_firewall_that_does_not_run(tmp_path, document, service):
    document["running"][service] = False
    assert codes(read(tmp_path, document))["service_stopped"] == (True, True)


@pytest.mark.parametrize(
    ("state", "found"),
    [(397568, {"other_firewall": (True, True)}), (393472, {}), (266256, {"other_firewall": (True, True)})],
)
def test_another_firewall_that_is_switched_on(tmp_path, document, state, found):
    document["products"] = [{"name": "Other Firewall", "state": state}]
    assert codes(read(tmp_path, document)) == found


def test_an_unknown_part_is_a_problem(tmp_path, document):
    assert any("`novel`" in problem for problem in problems_of(tmp_path, document | {"novel": 1}))


# --- how the line travels --------------------------------------------------------------------------------------------


def packed(document: dict[str, Any]) -> bytes:
    return base64.b64encode(gzip.compress(line(document).encode("ascii")))


@pytest.mark.parametrize(
    "carry",
    [
        lambda d: line(d).encode("utf-16"),
        lambda d: b"\xef\xbb\xbf" + line(d).encode() + b"\r\n",
        lambda d: json.dumps(line(d)).encode(),
        packed,
        lambda d: b"\r\n".join(packed(d)[at : at + 76] for at in range(0, len(packed(d)), 76)),
        lambda d: json.dumps(packed(d).decode()).encode(),
        lambda d: packed(d).decode().encode("utf-16"),
    ],
    ids=[
        "utf-16",
        "byte order mark",
        "as a JSON text",
        "packed",
        "packed and wrapped",
        "packed as a JSON text",
        "packed in utf-16",
    ],
)
def test_ways_that_the_line_is_carried(tmp_path, document, carry):
    assert len(read(tmp_path, carry(document)).rules) == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda d: packed(d)[:-40], "cut"),
        (lambda d: packed(d)[:40] + b"!!!!" + packed(d)[44:], "damaged"),
        (lambda d: line(d).encode()[:-5], "no JSON"),
        (lambda _: base64.b64encode(gzip.compress(b'{"a": "' + bytes(40 << 20))), "more than 32 MiB"),
        (lambda d: line(d | {"schema": "cmfw/collector/2"}).encode(), "expected `cmfw/collector/1`"),
    ],
    ids=["cut", "damaged", "plain and cut", "a bomb", "another version"],
)
def test_what_is_refused(tmp_path, document, content, said):
    path = tmp_path / "x.json"
    found = content(document)
    path.write_bytes(
        found if b"collector/2" not in found else found.replace(b'{"schema"', b'{"host":"cmfw/collector/1","schema"', 1)
    )
    with pytest.raises(InputError, match=said):
        read_state([str(path)])


# --- real machines ---------------------------------------------------------------------------------------------------


@pytest.mark.corpus
@pytest.mark.parametrize(
    "name", ["win7_SYSTEM.xz", "win10_SYSTEM.xz", "luthfina16_v2.30.wfw", "puppet_fwpolicy_full_v2.28.wfw"]
)
def test_a_real_machine_is_the_same_as_its_hive(corpus, tmp_path, name):
    path = corpus / "hives" / name
    real = read_state([str(path)]).state
    with open_hive(str(path)) as hive:
        control_set = current_control_set(hive, []) if hive.has_key("Select") else ""
        content = collected(hive, control_set)
    state = read(tmp_path, content)
    assert [replace(one, origin="") for one in state.rules] == [replace(one, origin="") for one in real.rules]
    assert state.settings == real.settings
    assert [replace(one, origin="") for one in state.connection_rules] == [
        replace(one, origin="") for one in real.connection_rules
    ]
    assert [replace(one, account="") for one in state.services] == [replace(one, account="") for one in real.services]
    assert (state.policy_version, state.platform) == (real.policy_version, real.platform)
    assert [count for count in state.sources[0].counts if count[0] != "gpo"] == list(real.sources[0].counts)


@pytest.mark.corpus
def test_real_verdicts_are_the_same(corpus, tmp_path):
    from tests.engine.test_corpus_verdicts import FLOWS

    path = corpus / "hives" / "win10_SYSTEM.xz"
    real = read_state([str(path)], local_subnets=["10.1.2.0/24", "fe80::/64"]).state
    with open_hive(str(path)) as hive:
        content = collected(hive, current_control_set(hive, []))
    content["dynamic_ports"] = {"tcp": [49152, 16384]}
    state = read(tmp_path, content)
    for direction, protocol, port, program, service in FLOWS:
        for profile in Profile:
            for remote in ("10.1.2.99", "10.77.0.5"):
                ends = {"local": parse_address("10.1.2.3"), "remote": parse_address(remote)}
                if port is None:
                    ends |= {"icmp_type": 8, "icmp_code": 0}
                elif direction == "in":
                    ends |= {"local_port": port, "remote_port": 50001}
                else:
                    ends |= {"local_port": 50001, "remote_port": port}
                flow = Flow(direction=Direction.IN if direction == "in" else Direction.OUT, protocol=protocol, profile=profile, program=program, service=service, **ends)  # fmt: skip
                assert judge(flow, state).answer is judge(flow, real).answer


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize("name", ["win7_SYSTEM.xz", "win10_SYSTEM.xz"])
def test_no_flow_is_treated_differently(corpus, tmp_path, name):
    """The difference over all flows, not over a sample: hive and collector say the same machine."""
    from cmfw.engine.difference import differ

    path = corpus / "hives" / name
    real = read_state([str(path)], local_subnets=["10.1.2.0/24", "fe80::/64"]).state
    with open_hive(str(path)) as hive:
        content = collected(hive, current_control_set(hive, []))
    content["dynamic_ports"] = {"tcp": [49152, 16384]}
    state = replace(read(tmp_path, content), keywords=real.keywords)
    found = differ(real, state)
    assert found.is_equal
