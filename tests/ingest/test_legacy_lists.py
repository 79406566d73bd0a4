"""The exceptions of Windows XP's firewall: what each entry opens, what a disabled one cancels, on which machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.ingest.hive_builder import Key, at_path, build_hive, text
from tests.ingest.registry_trees import tree

from cmfw.engine import reference
from cmfw.engine.exact import Engine
from cmfw.ingest import read_state
from cmfw.ingest.policy_keys import read_group_policy, read_local_policy
from cmfw.ingest.preg import write_preg
from cmfw.ingest.registry import REG_DWORD, REG_SZ, RegistryValue
from cmfw.model.rule import HostRule, Store, canonical_program
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer
from cmfw.net.flow import Direction, Flow, Profile
from cmfw.net.flowquery import Names, parse_flow

NAMES = Names(canonical=canonical_program)
GP = "Software\\Policies\\Microsoft\\WindowsFirewall"
SVCHOST = r"c:\windows\system32\svchost.exe"


def group_policy(**keys: dict[str, object]) -> tuple[HostRule, ...]:
    """The old rules of a policy with these keys."""
    return read_group_policy(tree(**keys), "")[1].rules


def answers(rules: tuple[HostRule, ...], flow: str, **facts: object) -> Answer:
    """The verdict of both engines, which have to agree."""
    state = HostState(rules=rules, **facts)
    flows = parse_flow(flow, NAMES).flows
    found = Engine(state).verdict(flows).answer
    assert reference.judge(flows.witness(), state).answer is found
    return found


IN = "in {} 10.3.0.9:51000 > 10.7.0.2{} profile=domain program=c:\\a.exe service=none interface=lan"
TCP445, UDP137, TCP135 = IN.format("tcp", ":445"), IN.format("udp", ":137"), IN.format("tcp", ":135")
ECHO = "in icmp4 10.3.0.9 > 10.7.0.2 type=8 code=0 profile=domain program=system service=none interface=lan"
ECHO6 = "in icmp6 fd00::9 > fd00::2 type=128 code=0 profile=domain program=system service=none interface=lan"
PORT_LIST, APP_LIST = "DomainProfile__GloballyOpenPorts__List", "DomainProfile__AuthorizedApplications__List"

OPENED = {
    "a port is open to everybody": ({PORT_LIST: {"445:TCP": "445:TCP:*:Enabled:SMB"}}, TCP445, "allow"),
    "the name of the value says nothing": ({PORT_LIST: {"9": "445:tcp:*:enabled:SMB"}}, TCP445, "allow"),
    "an entry without a name": ({PORT_LIST: {"445:TCP": "445:TCP:*:Enabled"}}, TCP445, "allow"),
    "a name may hold colons": ({PORT_LIST: {"445:TCP": "445:TCP:*:Enabled:a:disabled:b"}}, TCP445, "allow"),
    "another protocol stays closed": ({PORT_LIST: {"445:TCP": "445:UDP:*:Enabled:SMB"}}, TCP445, "block"),
    "a subnet": ({PORT_LIST: {"445:TCP": "445:TCP:10.3.0.0/16,10.9.0.1:Enabled:x"}}, TCP445, "allow"),
    "a dotted mask": ({PORT_LIST: {"445:TCP": "445:TCP:10.3.0.0/255.255.0.0:Enabled:x"}}, TCP445, "allow"),
    "another subnet": ({PORT_LIST: {"445:TCP": "445:TCP:10.4.0.0/16:Enabled:x"}}, TCP445, "block"),
    "an IPv6 scope has colons": ({PORT_LIST: {"445:TCP": "445:TCP:fd00::/16,10.3.0.9:Enabled:x"}}, TCP445, "allow"),
    "LocalSubnet in any case, subnets unknown": (
        {PORT_LIST: {"445:TCP": "445:TCP:LocalSubNet:Enabled:x"}},
        TCP445,
        "unknown",
    ),
    "a scope that cannot be read proves nothing": (
        {PORT_LIST: {"445:TCP": "445:TCP:10.3.0.9,me:Enabled:x"}},
        TCP445,
        "unknown",
    ),
    "an empty scope proves nothing": ({PORT_LIST: {"445:TCP": "445:TCP::Enabled:x"}}, TCP445, "unknown"),
    "445 lets echo requests in": ({PORT_LIST: {"445:TCP": "445:TCP:10.4.0.0/16:Enabled:x"}}, ECHO, "allow"),
    "445 lets echo requests of IPv6 in": ({PORT_LIST: {"445:TCP": "445:TCP:*:Enabled:x"}}, ECHO6, "allow"),
    "139 does not": ({PORT_LIST: {"139:TCP": "139:TCP:*:Enabled:x"}}, ECHO, "block"),
    "a disabled 445 does not": ({PORT_LIST: {"445:TCP": "445:TCP:*:Disabled:x"}}, ECHO, "block"),
    "disabled beats enabled for the same port": (
        {PORT_LIST: {"a": "445:TCP:*:Enabled:x", "b": "445:TCP:10.0.0.1:disabled:y"}},
        TCP445,
        "block",
    ),
    "and takes echo with it": ({PORT_LIST: {"a": "445:TCP:*:Enabled:x", "b": "445:TCP:*:disabled:y"}}, ECHO, "block"),
    "disabled leaves other protocols alone": (
        {PORT_LIST: {"a": "445:TCP:*:Enabled:x", "b": "445:UDP:*:disabled:y"}},
        TCP445,
        "allow",
    ),
    "disabled leaves the service alone that opens the port": (
        {PORT_LIST: {"b": "445:TCP:*:disabled:y"}, "DomainProfile__Services__FileAndPrint": {"Enabled": 1}},
        TCP445,
        "allow",
    ),
    "a program listens anywhere": ({APP_LIST: {"a": r"C:\a.exe:*:Enabled:A"}}, TCP445, "allow"),
    "a program, but another one": ({APP_LIST: {"a": r"C:\b.exe:*:Enabled:A"}}, TCP445, "block"),
    "a program that is disabled": ({APP_LIST: {"a": r"C:\a.exe:*:disabled:A"}}, TCP445, "block"),
    "a program, disabled elsewhere": (
        {APP_LIST: {"a": r"C:\a.exe:*:Enabled:A", "b": r"c:\A.EXE:*:disabled:B"}},
        TCP445,
        "block",
    ),
    "file and printer sharing opens 445": ({"DomainProfile__Services__FileAndPrint": {"Enabled": 1}}, TCP445, "allow"),
    "and 137": ({"DomainProfile__Services__FileAndPrint": {"Enabled": 1}}, UDP137, "allow"),
    "and echo": ({"DomainProfile__Services__FileAndPrint": {"Enabled": 1}}, ECHO, "allow"),
    "but not 135": ({"DomainProfile__Services__FileAndPrint": {"Enabled": 1}}, TCP135, "block"),
    "for some addresses only": (
        {"DomainProfile__Services__FileAndPrint": {"Enabled": 1, "RemoteAddresses": "10.4.0.0/16"}},
        TCP445,
        "block",
    ),
    "switched off": ({"DomainProfile__Services__FileAndPrint": {"Enabled": 0, "RemoteAddresses": "*"}}, TCP445, "block"),
    "remote administration opens 135": ({"DomainProfile__RemoteAdminSettings": {"Enabled": 1}}, TCP135, "allow"),
    "and perhaps svchost, which Vista leaves closed": (
        {"DomainProfile__RemoteAdminSettings": {"Enabled": 1}},
        IN.format("tcp", ":1025").replace(r"c:\a.exe", SVCHOST),
        "unknown",
    ),
    "remote desktop": ({"DomainProfile__Services__RemoteDesktop": {"Enabled": 1}}, IN.format("tcp", ":3389"), "allow"),
    "UPnP": ({"DomainProfile__Services__UPnPFramework": {"Enabled": 1}}, IN.format("udp", ":1900"), "allow"),
    "inbound echo": ({"DomainProfile__IcmpSettings": {"AllowInboundEchoRequest": 1}}, ECHO, "allow"),
    "inbound echo is of both families": ({"DomainProfile__IcmpSettings": {"AllowInboundEchoRequest": 1}}, ECHO6, "allow"),
    "inbound echo off": ({"DomainProfile__IcmpSettings": {"AllowInboundEchoRequest": 0}}, ECHO, "block"),
    "the other profile": ({PORT_LIST.replace("Domain", "Standard"): {"a": "445:TCP:*:Enabled:x"}}, TCP445, "block"),
}


@pytest.mark.parametrize(("keys", "flow", "answer"), OPENED.values(), ids=OPENED)
def test_what_a_policy_opens(keys: dict, flow: str, answer: str) -> None:
    assert answers(group_policy(**keys), flow) == answer


LOST = {
    "no text": {"445:TCP": b"\1\2"},
    "no port": {"x": "x:TCP:*:Enabled:y"},
    "a port too large": {"70000:TCP": "70000:TCP:*:Enabled:y"},
    "no such protocol": {"445:SCTP": "445:SCTP:*:Enabled:y"},
    "neither enabled nor disabled": {"445:TCP": "445:TCP:*:on:y"},
}


@pytest.mark.parametrize("values", LOST.values(), ids=LOST)
def test_an_entry_that_cannot_be_read_may_open_something(values: dict) -> None:
    part = read_group_policy(tree(**{PORT_LIST: values | {"9:TCP": "9:TCP:*:enabled:sound"}}), "")[1]
    assert [rule.id for rule in part.rules] == [r"legacy:DomainProfile\GloballyOpenPorts\List:9:TCP"]
    assert [(gap.code, gap.may_allow, gap.may_block) for gap in part.gaps] == [("legacy_lists", True, False)]
    assert [problem.key for problem in part.problems] == [f"DomainProfile\\GloballyOpenPorts\\List\\{next(iter(values))}"]


def test_a_program_entry_that_cannot_be_read_is_a_problem_and_a_gap() -> None:
    part = read_group_policy(tree(**{APP_LIST: {"a": r"C:\a.exe"}}), "")[1]
    assert (part.rules, [gap.code for gap in part.gaps], len(part.problems)) == ((), ["legacy_lists"], 1)


def test_a_switch_that_is_no_number_is_a_problem_and_a_gap() -> None:
    part = read_group_policy(tree(DomainProfile__RemoteAdminSettings={"Enabled": "yes"}), "")[1]
    assert (part.rules, [gap.code for gap in part.gaps], len(part.problems)) == ((), ["legacy_lists"], 1)


def test_ids_and_origins_name_key_and_value() -> None:
    rules = group_policy(
        **{PORT_LIST: {"139:TCP": "139:TCP:*:Enabled:x"}, "DomainProfile__Services__FileAndPrint": {"Enabled": 1}}
    )
    assert [(rule.id, rule.store) for rule in rules if rule.protocol in (6, 17)] == [
        (r"legacy:DomainProfile\GloballyOpenPorts\List:139:TCP", Store.GPO),
        (r"legacy:DomainProfile\Services\FileAndPrint:Enabled:TCP", Store.GPO),
        (r"legacy:DomainProfile\Services\FileAndPrint:Enabled:UDP", Store.GPO),
    ]
    assert rules[0].origin == r"made.reg!DomainProfile\GloballyOpenPorts\List\139:TCP"
    assert len({rule.id for rule in rules}) == len(rules)


STANDARD = {"StandardProfile__GloballyOpenPorts__List": {"a": "5985:TCP:*:enabled:x"}}
FEEDS = {
    "StandardProfile is private and public": ({}, {"domain": "block", "private": "allow", "public": "allow"}),
    "not where PrivateProfile exists": ({"PrivateProfile": {"EnableFirewall": 1}}, None),
    "not where PublicProfile exists": ({"PublicProfile": {"EnableFirewall": 1}}, None),
}


@pytest.mark.parametrize(("others", "answer"), FEEDS.values(), ids=FEEDS)
def test_profiles_of_a_policy(others: dict, answer: dict | None) -> None:
    parts = read_group_policy(tree(**STANDARD, **others), "")
    if answer is None:
        assert len(parts) == 1
        assert any("StandardProfile" in problem.key for problem in parts[0].problems)
    else:
        flow = "in tcp 10.3.0.9:51000 > 10.7.0.2:5985 profile={} program=system service=none interface=lan"
        assert {name: answers(parts[1].rules, flow.format(name)) for name in answer} == answer


# --- a machine of that time, alone and with a policy ---------------------------------------------------------------------


def old_machine(
    path: Path,
    *,
    ports: tuple[str, ...] = (),
    apps: tuple[str, ...] = (),
    kind: str = "WinNT",
    start: int = 2,
    **settings: int,
) -> str:
    profile = Key(
        values=[(name, 4, number.to_bytes(4, "little")) for name, number in settings.items()],
        keys={
            "GloballyOpenPorts": Key(keys={"List": Key(values=[(f"v{n}", 1, text(one)) for n, one in enumerate(ports)])}),
            "AuthorizedApplications": Key(keys={"List": Key(values=[(one, 1, text(one)) for one in apps])}),
        },
    )
    top = at_path(
        "SharedAccess\\Parameters\\FirewallPolicy", Key(keys={"DomainProfile": profile, "StandardProfile": profile})
    )
    top.keys["SharedAccess"].values.append(("Start", 4, start.to_bytes(4, "little")))
    product = at_path("Control\\ProductOptions", Key(values=[("ProductType", 1, text(kind))]))
    control_set = Key(keys={"Services": top, **product.keys})
    hive = Key(keys={"Select": Key(values=[("Current", 4, b"\1\0\0\0")]), "ControlSet001": control_set})
    path.write_bytes(build_hive(hive))
    return str(path)


def policy_file(path: Path, **entries: object) -> str:
    """A Registry.pol; ``__`` in a name is a backslash, the last part the value."""
    found = []
    for name, value in entries.items():
        key, _, last = name.replace("__", "\\").rpartition("\\")
        kind, data = (REG_DWORD, value.to_bytes(4, "little")) if isinstance(value, int) else (REG_SZ, text(str(value)))
        found.append(RegistryValue(f"{GP}\\{key}", last, kind, data))
    path.write_bytes(write_preg(found))
    return str(path)


def flow(port: int, program: str = "system", direction: Direction = Direction.IN) -> Flow:
    found = parse_flow(
        f"in tcp 10.3.0.9:51000 > 10.7.0.2:{port} profile=private program={program} service=none interface=lan", NAMES
    )
    return (
        found.flows.witness()
        if direction is Direction.IN
        else parse_flow(
            f"out tcp 10.7.0.2:51000 > 10.3.0.9:{port} profile=private program={program} service=none interface=lan", NAMES
        ).flows.witness()
    )


def judged(paths: list[str], one: Flow) -> str:
    return reference.judge(one, read_state(paths).state).answer.value


def test_a_machine_of_windows_xp(tmp_path: Path) -> None:
    hive = old_machine(tmp_path / "SYSTEM", ports=("445:TCP:*:enabled:x",), apps=(r"C:\a.exe:*:enabled:A",))
    state = read_state([hive]).state
    assert [source.counts for source in state.sources] == [(("local", 0, 0), ("legacy", 10, 10))]
    assert {rule.store for rule in state.rules} == {Store.LEGACY}
    assert [gap.code for gap in state.gaps] == ["no_gpo_source"]
    assert judged([hive], flow(445)) == "allow"
    assert judged([hive], flow(5985)) == "block"
    assert judged([hive], flow(5985, r"c:\a.exe")) == "allow"
    assert judged([hive], flow(5985, direction=Direction.OUT)) == "allow"


def test_the_standard_profile_of_windows_xp_is_every_network_but_the_domain(tmp_path: Path) -> None:
    state = read_state([old_machine(tmp_path / "SYSTEM", EnableFirewall=0)]).state
    assert {profile: state.setting(Store.LOCAL, profile).enable_firewall for profile in Profile} == dict.fromkeys(
        Profile, False
    )


def test_a_list_that_policy_switches_off(tmp_path: Path) -> None:
    hive = old_machine(tmp_path / "SYSTEM", ports=("445:TCP:*:enabled:x",), apps=(r"C:\a.exe:*:enabled:A",))
    ports = policy_file(tmp_path / "registry.pol", StandardProfile__GloballyOpenPorts__AllowUserPrefMerge=0)
    assert judged([hive, ports], flow(445)) == "block"
    assert judged([hive, ports], flow(5985, r"c:\a.exe")) == "allow"
    apps = policy_file(tmp_path / "apps.pol", StandardProfile__AuthorizedApplications__AllowUserPrefMerge=0)
    assert judged([hive, apps], flow(445)) == "allow"
    assert judged([hive, apps], flow(5985, r"c:\a.exe")) == "block"


CANCELLED = {
    "a policy's disabled entry": ("StandardProfile__GloballyOpenPorts__List__445:TCP", "445:TCP:*:disabled:x", "block"),
    "another port": ("StandardProfile__GloballyOpenPorts__List__446:TCP", "446:TCP:*:disabled:x", "allow"),
    "another profile": ("DomainProfile__GloballyOpenPorts__List__445:TCP", "445:TCP:*:disabled:x", "allow"),
    "a service that policy switches off": ("StandardProfile__Services__FileAndPrint__Enabled", 0, "block"),
    "remote administration off leaves 445 alone": ("StandardProfile__RemoteAdminSettings__Enabled", 0, "allow"),
}


@pytest.mark.parametrize(("name", "entry", "answer"), CANCELLED.values(), ids=CANCELLED)
def test_what_a_policy_takes_out_of_the_lists_of_the_machine(tmp_path: Path, name: str, entry: object, answer: str) -> None:
    hive = old_machine(tmp_path / "SYSTEM", ports=("445:TCP:*:enabled:x",))
    assert judged([hive, policy_file(tmp_path / "registry.pol", **{name: entry})], flow(445)) == answer


def test_a_disabled_entry_of_the_machine_leaves_policy_alone(tmp_path: Path) -> None:
    hive = old_machine(tmp_path / "SYSTEM", ports=("445:TCP:*:disabled:x",))
    entry = {"StandardProfile__GloballyOpenPorts__List__445:TCP": "445:TCP:*:enabled:x"}
    assert judged([hive, policy_file(tmp_path / "registry.pol", **entry)], flow(445)) == "allow"


def test_disabled_in_one_policy_cancels_another_policys_entry(tmp_path: Path) -> None:
    name = "StandardProfile__GloballyOpenPorts__List__"
    on = policy_file(tmp_path / "on.pol", **{f"{name}445:TCP": "445:TCP:*:enabled:x"})
    off = policy_file(tmp_path / "off.pol", **{f"{name}b": "445:TCP:*:disabled:x"})
    assert judged([on], flow(445)) == "allow"
    assert judged([on, off], flow(445)) == "block"


def test_windows_xp_reads_no_rules(tmp_path: Path) -> None:
    rule = "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=5985|Name=n|"
    block = {"StandardProfile__DefaultOutboundAction": 1, "PrivateProfile__DefaultOutboundAction": 1}
    gpo = policy_file(tmp_path / "registry.pol", FirewallRules__r=rule, **block)
    hive = old_machine(tmp_path / "SYSTEM", ports=("445:TCP:*:enabled:x",))
    assert judged([gpo], flow(5985)) == "allow"
    assert judged([hive, gpo], flow(5985)) == "block"
    assert judged([hive, gpo], flow(5985, direction=Direction.OUT)) == "allow"
    assert "old_windows" in {gap.code for gap in read_state([hive, gpo]).state.gaps}


OFF = {
    "a server on which nobody switched it on": ({"kind": "ServerNT"}, "unknown"),
    "a domain controller": ({"kind": "LanmanNT"}, "unknown"),
    "a server that says so": ({"kind": "ServerNT", "EnableFirewall": 1}, "block"),
    "a client": ({}, "block"),
    "a client whose service is disabled": ({"start": 4}, "unknown"),
}


@pytest.mark.parametrize(("machine", "answer"), OFF.values(), ids=OFF)
def test_a_firewall_that_may_be_off(tmp_path: Path, machine: dict, answer: str) -> None:
    hive = old_machine(tmp_path / "SYSTEM", ports=("445:TCP:*:enabled:x",), **machine)
    assert judged([hive], flow(5985)) == answer


def test_a_reg_file_with_the_lists_is_a_whole_policy(tmp_path: Path) -> None:
    key = (
        "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\StandardProfile"
    )
    lists = f'{key}\\GloballyOpenPorts\\List]\n"445:TCP"="445:TCP:*:enabled:x"\n'
    path = tmp_path / "xp.reg"
    path.write_text(f'Windows Registry Editor Version 5.00\n\n{key}]\n"EnableFirewall"=dword:1\n\n{lists}', encoding="utf-8")
    assert judged([str(path)], flow(445)) == "allow"
    assert judged([str(path)], flow(5985)) == "block"


def test_settings_alone_are_no_windows_xp() -> None:
    view = tree(StandardProfile={"EnableFirewall": 1})
    assert [part.store for part in read_local_policy(view, "", whole=False)] == [Store.LOCAL]
    assert [part.store for part in read_local_policy(view, "")] == [Store.LOCAL, Store.LEGACY]
