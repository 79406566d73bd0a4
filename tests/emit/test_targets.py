"""The six automatic tests of every target on every shared case (DESIGN.md section 6)."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import xml.dom.minidom
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from tests.conftest import need
from tests.emit import powershell_grammar as grammar
from tests.emit.cases import CASES, GOLDEN, UPDATE, case, same
from tests.emit.plans import CLIENTS, group_exception, item, request, rule
from tests.emit.readers import difference, end_of, host, read, switched_on, union

from cmfw.emit import TARGETS, Artifact, emit, write
from cmfw.emit.capability import ALL_CAPABILITIES, CAPABILITIES_OF_RULES
from cmfw.emit.selection import items_at
from cmfw.engine.exact import Engine
from cmfw.errors import InputError, Unsupported
from cmfw.model.mandate import Mandate, mandate_of
from cmfw.model.plan import Plan
from cmfw.model.rule import Action, AddressMatch, Extras, PortMatch
from cmfw.model.site import ClientGroup, Product
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Direction, Interface
from cmfw.net.flowset import FlowSet
from cmfw.net.ports import PortSet

ROWS = [pytest.param(target, name, id=f"{target}:{name}") for target in TARGETS for name in CASES]


def accepted(target: str) -> list[str]:
    """The cases that the target does not refuse; ``test_golden`` holds it to the refusals on record."""
    return [name for name in CASES if not (GOLDEN / target / name / "refused.txt").is_file()]


TAKEN = [pytest.param(target, name, id=f"{target}:{name}") for target in TARGETS for name in accepted(target)]
MULTICAST = AddrSet.parse("224.0.0.0/4", "255.255.255.255", "ff00::/8")
"""Against LocalSubnet these are unknown, whatever the rules say. Source: corrections 27."""


def emitted(target: str, name: str) -> tuple[Artifact, ...]:
    """The artifacts of a case."""
    return emit(target, case(name)).artifacts


def local_subnets(request) -> AddrSet:
    return request.place.subnets if isinstance(request.place, ClientGroup) else request.place.addresses


# --- 1. golden -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("target", "name"), ROWS)
def test_golden(target, name):
    folder = GOLDEN / target / name
    try:
        artifacts = emit(target, case(name)).artifacts
    except Unsupported as refusal:
        artifacts = (Artifact("refused.txt", f"{refusal}\n".encode(), "text/plain"),)
    for artifact in artifacts:
        same(folder / artifact.path, artifact.content)
    if UPDATE:
        for path in folder.rglob("*.*"):
            if path.relative_to(folder).as_posix() not in {artifact.path for artifact in artifacts}:
                path.unlink()
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert present == {artifact.path for artifact in artifacts}


@pytest.mark.parametrize("target", TARGETS)
def test_every_rule_says_who_answers_for_it(target):
    """Owner, ticket and last day of the place travel with each rule, and the target's reader gives them back."""
    said = Mandate(owner="Client platform 平台组", ticket="CHG-41877 $(x) %y% ]]>", expiry="2027-06-30")
    asked = request(item(rule(), rule(id="cmfw-wmi", local_port=PortMatch(PortSet.of(24158)), name="WMI")))
    groups = tuple(replace(group, mandate=said) for group in asked.site.clients)
    asked = replace(asked, site=replace(asked.site, clients=groups))
    found = read(target, emit(target, asked).artifacts)
    assert found.problems == ()
    assert len(found.made) == (1 if target == "list" else 2)
    assert [mandate_of(one.description) for one in found.made] == [said] * len(found.made)


def test_every_golden_folder_is_a_target():
    assert {p.name for p in GOLDEN.iterdir() if p.is_dir() and p.name not in ("cases", "network")} == set(TARGETS)


# --- 2. pure ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("target", "name"), TAKEN)
def test_pure(target, name):
    first = emitted(target, name)
    plan = case(name).plan
    before = copy.deepcopy(plan)
    assert emit(target, case(name)).artifacts == first
    assert plan == before


# --- 3. self ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("target", "name"), TAKEN)
def test_self(target, name):
    artifacts = emitted(target, name)
    found = read(target, artifacts)
    assert found.problems == ()
    claimed = [r for a in artifacts for r in a.claims]
    on = set(switched_on(claimed, found))
    assert [r for r in claimed if r.id not in on] == list(found.made)
    assert set(found.enabled) <= on


@pytest.mark.parametrize(("target", "name"), [row for row in TAKEN if not row.id.startswith("list:")])
def test_emitting_what_was_read_changes_nothing(target, name):
    """The rules go back in as a plan; what comes out reads the same (a list has no rules to go back in)."""
    found = read(target, emitted(target, name))
    where = case(name).where
    copies = [r for r in found.made if any(text.startswith("@") for text in (r.group, r.name, r.description))]
    ours = [r for r in found.made if r not in copies]
    again = [item(r, citations=()) for r in ours]
    again = [replace(i, rules=tuple(replace(p, where=where) for p in i.rules)) for i in again]
    members = [group_exception(r, where=where) for r in copies]
    for scope, wanted in (("least", ours), ("documented", copies)):
        plan = Plan(site="P01", edition="current", scope=scope, items=tuple(again), exceptions=tuple(members))
        assert list(read(target, emit(target, replace(case(name), plan=plan)).artifacts).made) == wanted


# --- 4. consumer -----------------------------------------------------------------------------------------------------


SCRIPTED = ("powershell", "powershell-gpo", "remediation", "configmgr-ci", "dsc-networking")
"""Targets whose artifacts PowerShell runs."""


def scripts(target, name) -> list[bytes]:
    """Every script that the artifacts hold."""
    found = [a.content for a in emitted(target, name) if a.path.endswith(".ps1")]
    for artifact in emitted(target, name):
        if artifact.path.endswith(".xml"):
            root = xml.dom.minidom.parseString(artifact.content)
            names = ("DiscoveryScriptBody", "RemediationScriptBody")
            elements = [e for name in names for e in root.getElementsByTagName(name)]
            bodies = ["".join(node.data for node in e.childNodes) for e in elements]
            assert len(bodies) == 2
            found += [b"\xef\xbb\xbf" + body.encode() for body in bodies]
    return found


@pytest.mark.parametrize(("target", "name"), [row for row in TAKEN if row.values[0] in SCRIPTED])
def test_consumer_of_scripts(target, name):
    for content in scripts(target, name):
        root = grammar.parse(content)
        assert grammar.broken(root) == []
        assert grammar.strangers(root) == []
        for keys in grammar.tables(root, "rules"):
            assert keys <= grammar.NEW_RULE
        assert content.startswith(b"\xef\xbb\xbf#"), "Windows PowerShell 5.1 needs the mark"


def test_the_grammar_finds_what_is_wrong():
    assert grammar.broken(grammar.parse(b"$a = @{ b = 'c\n"))
    assert grammar.strangers(grammar.parse(b"New-NetFirewallRule -Nam 'x'\nRemove-All\n")) == [
        "New-NetFirewallRule -Nam",
        "Remove-All",
    ]


SAMBA = """
import json, sys
from samba.dcerpc import preg
from samba.ndr import ndr_pack, ndr_unpack
content = sys.stdin.buffer.read()
found = ndr_unpack(preg.file, content)
rows = [[e.keyname, e.valuename, e.type, bytes(e.data).hex() if isinstance(e.data, (bytes, bytearray)) else e.data]
        for e in found.entries]
json.dump({"same": ndr_pack(found) == content, "rows": rows}, sys.stdout)
"""


def samba(content: bytes) -> dict:
    """What Samba's PReg unpacker makes of the bytes, in its own process (GPL)."""
    python = Path("/usr/bin/python3")
    run = [str(python), "-c", SAMBA]
    probe = [*run[:2], "import samba.dcerpc.preg"]
    ready = python.exists() and subprocess.run(probe, capture_output=True, check=False).returncode == 0
    need(ready, "no Samba for /usr/bin/python3 (Debian package python3-samba)")
    return json.loads(subprocess.run(run, input=content, capture_output=True, check=True).stdout)


@pytest.mark.debian
@pytest.mark.parametrize("name", accepted("registry-pol"))
def test_consumer_of_registry_pol(name):
    for artifact in emitted("registry-pol", name):
        found = samba(artifact.content)
        assert found["same"], "Samba packs the same entries to other bytes"
        assert all(row[0].startswith("SOFTWARE\\Policies\\Microsoft\\WindowsFirewall") for row in found["rows"])
        names = [row[1] for row in found["rows"] if row[0].endswith("FirewallRules")]
        assert [n for n in names if not n.startswith("**")] == [r.id for r in artifact.claims]


@pytest.mark.parametrize("name", accepted("list"))
def test_consumer_of_list(name):
    import csv

    text = emitted("list", name)[1].content.decode("utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    assert rows
    assert all(None not in row and None not in row.values() for row in rows)


# --- 5. meaning ------------------------------------------------------------------------------------------------------


def planned(request) -> list:
    """The rules that the plan gives the place, found here without the emitters' help."""
    plan = request.plan
    if plan.scope == "documented":
        return [r for e in plan.exceptions if e.where == request.where for r in e.rules]
    return [p.rule for i in plan.items for p in i.rules if p.where == request.where]


def listed(request) -> list:
    """The flows of the place as rules, found here from the items' own fields."""
    out = []
    for end, one in items_at(request):
        here, there = (one.source, one.target) if end == "from" else (one.target, one.source)
        for process in (one.initiators if end == "from" else [one.listener]) or [None]:
            ports = PortMatch.ANY if one.ports.is_empty else PortMatch(one.ports)
            out.append(
                rule(
                    direction=Direction.OUT if end == "from" else Direction.IN,
                    profiles=here.profiles,
                    protocol=one.protocol,
                    local_port=PortMatch.ANY if end == "from" else ports,
                    remote_port=ports if end == "from" else PortMatch.ANY,
                    icmp=(one.icmp,) if one.icmp else None,
                    local_address=AddressMatch(here.known),
                    remote_address=AddressMatch(local_subnets(request) if one.same_subnet else there.known),
                    program=process.program if process and process.program else None,
                    service=process.service if process and process.service else None,
                )
            )
    return out


@pytest.mark.parametrize(("target", "name"), TAKEN)
def test_meaning(target, name):
    asked = case(name)
    subnets = local_subnets(asked)
    found = read(target, emitted(target, name))
    wanted = listed(asked) if target == "list" else [replace(r, active=True) for r in planned(asked)]
    # a member rule is on the host already, as Windows ships it: the artifact only switches it on, if it does not make it anew
    on = switched_on(planned(asked), found)
    shipped = [replace(r, active=r.id in on) for r in planned(asked) if r.group[:1] == "@"]
    made = found.made
    if target == "list":
        # a list names the service, but which traffic carries it only Windows knows: the other conditions are compared
        assert [r.service for r in made] == [r.service for r in wanted]
        made, wanted = [replace(r, service=None) for r in made], [replace(r, service=None) for r in wanted]
    rpc = asked.site.ports(asked.place.site).rpc
    parts = Engine(replace(host([*made, *shipped], subnets), rpc_ports=rpc)).partition(FlowSet.ANY)
    assert difference(parts.allowed, union(wanted, subnets, rpc)) == ""
    unsure = [box for box in parts.unknown if not AddrSet(box.remote) <= MULTICAST]
    assert unsure == [], f"unknown: {FlowSet(tuple(unsure)).witness().text()}"


@pytest.mark.parametrize(("target", "name"), TAKEN)
def test_what_the_features_need_is_allowed(target, name):
    """Every item for which the host has a rule (in a list: every item) passes with all its flows."""
    asked = case(name, scope="least")
    subnets = local_subnets(asked)
    made = read(target, emit(target, asked).artifacts).made
    if target == "list":
        made = [replace(r, service=None) for r in made]
    allowed = Engine(host(made, subnets)).partition(FlowSet.ANY).allowed
    checked = 0
    for end, one in items_at(asked):
        has_rule = any(p.where == asked.where and end_of(p.rule) == end for p in one.rules)
        if has_rule or target == "list":
            missing = one.flows_at(end) - allowed
            assert missing.is_empty, f"{one.id} is narrower: {missing.witness().text()}"
            checked += 1
    assert checked or not made


def test_a_difference_is_seen():
    one, more = union([rule()], CLIENTS), union([rule(local_port=PortMatch(PortSet.of((445, 446))))], CLIENTS)
    assert difference(more, one).startswith("wider than the plan, for example in tcp")
    assert difference(one, more).startswith("narrower than the plan")
    assert difference(one, one) == ""


# --- 6. refusal ------------------------------------------------------------------------------------------------------

NEEDS = {
    "allow": rule(),
    "block": rule(action=Action.BLOCK),
    "bypass": rule(
        action=Action.BYPASS, extras=Extras(security=("Authenticate",), remote_machines="O:LSD:(A;;CC;;;S-1-5-9)")
    ),
    "profiles": rule(profiles=2),
    "program": rule(program="%windir%\\CCM\\CcmExec.exe"),
    "service": rule(service="LanmanServer"),
    "any-service": rule(service="*"),
    "ports": rule(local_port=PortMatch(PortSet.of(8003, (8010, 8020)))),
    "rpc": rule(local_port=PortMatch(PortSet.EMPTY, ("RPC",))),
    "rpc-epmap": rule(local_port=PortMatch(PortSet.EMPTY, ("RPC-EPMap",))),
    "port-words": rule(local_port=PortMatch(PortSet.EMPTY, ("IPHTTPSIn", "IPTLSIn"))),
    "icmp": rule(protocol=1, local_port=PortMatch.ANY, icmp=((8, None),)),
    "addresses": rule(local_address=AddressMatch(CLIENTS)),
    "one-family": rule(remote_address=AddressMatch(AddrSet.V6)),
    "local-subnet": rule(remote_address=AddressMatch(AddrSet.EMPTY, ("LocalSubnet4", "LocalSubnet6"))),
    "address-words": rule(remote_address=AddressMatch(AddrSet.EMPTY, ("DNS4",))),
    "interfaces": rule(interfaces=int(Interface.LAN)),
    "interface-lists": rule(interfaces=int(Interface.LAN | Interface.WIRELESS)),
    "mobile": rule(interfaces=int(Interface.MOBILE)),
    "edge": rule(edge=True),
    "defer": rule(edge=True, extras=Extras(defer="App")),
    "rare": rule(extras=Extras(packages=("S-1-15-2-1",))),
}
"""One rule for each capability of a rule, that needs it."""
ASKS = {
    **{capability: request(item(one)) for capability, one in NEEDS.items()},
    "group-members": request(exceptions=[group_exception(rule(group="@FirewallAPI.dll,-28502"))], scope="documented"),
    "group-unknown": request(exceptions=[group_exception()], scope="documented"),
    "other-product": request(item(rule()), product=Product.OTHER),
    "old-windows": request(item(rule()), os="Windows 7"),
    **dict.fromkeys(("rule-ids", "rule-group", "settings", "undo"), request(item(rule()))),
}


def test_every_capability_has_a_request_that_needs_it():
    assert list(ASKS) == [c.id for c in ALL_CAPABILITIES]
    for capability in CAPABILITIES_OF_RULES:
        assert capability.used(NEEDS[capability.id]), capability.id


@pytest.mark.parametrize("target", TARGETS)
def test_refusal(target, tmp_path):
    """What the target lacks is refused with a message on record, the rest is not; a refusal leaves no file."""
    lacks = import_module(TARGETS[target]).CAPABILITIES.lacks
    said = []
    for capability, asked in ASKS.items():
        try:
            write(emit(target, asked).artifacts, tmp_path / capability)
        except Unsupported as refusal:
            said.append(f"{capability}: {refusal}")
            assert not (tmp_path / capability).exists()
            assert refusal.target == target  # noqa: PT017 - the other half of the same claim
    assert {line.partition(":")[0] for line in said} == set(lacks)
    same(GOLDEN / target / "refusals.txt", "".join(f"{line}\n" for line in said).encode())


@pytest.mark.parametrize("target", TARGETS)
def test_a_place_that_is_not_of_the_site(target):
    with pytest.raises(InputError, match="expected a client group or host of the site, found `nowhere`"):
        emit(target, replace(request(item(rule())), where="nowhere"))


# --- the misprint ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("edition", ["2016", "current"])
@pytest.mark.parametrize("scope", ["least", "documented"])
@pytest.mark.parametrize("name", CASES)
def test_433_is_never_emitted(target, edition, scope, name):
    try:
        artifacts = emit(target, case(name, edition, scope)).artifacts
    except Unsupported:
        return
    for artifact in artifacts:
        text = artifact.content.decode("utf-16-le" if artifact.path.endswith(".pol") else "utf-8", errors="replace")
        assert not re.search(r"(?<![0-9.])433(?![0-9])", text), artifact.path


@pytest.mark.parametrize("target", [target for target in TARGETS if "https_2016" in accepted(target)])
def test_443_is_opened_for_every_row_that_prints_433(target):
    asked = case("https_2016")
    rows = [i for i in asked.plan.items if "433" in i.printed and i.source.name == asked.where]
    assert rows
    made = read(target, emit(target, asked).artifacts).made
    for row in rows:
        assert any(
            443 in r.remote_port.ports and not r.remote_port.is_any and row.target.addresses <= r.remote_address.addresses
            for r in made
        ), row.id


@pytest.mark.parametrize("target", TARGETS)
def test_a_plan_that_opens_433_is_refused(target):
    wrong = rule(local_port=PortMatch(PortSet.of((400, 500))))
    with pytest.raises(Unsupported, match="misprint of 443"):
        emit(target, request(item(wrong, ports=PortSet.of((400, 500)))))
