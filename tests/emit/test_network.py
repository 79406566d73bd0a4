"""The six automatic tests of every network target on every shared case."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from dataclasses import replace
from importlib import import_module

import pytest
from tests.conftest import ROOT, need
from tests.emit.cases import UPDATE, same
from tests.emit.network_cases import CASES, GOLDEN, case, crossings, emitted, two_zones
from tests.emit.plans import item

from cmfw.emit import NETWORK_TARGETS, Artifact, write
from cmfw.emit.network import emit_between
from cmfw.emit.path_capability import PATH_CAPABILITIES
from cmfw.emit.path_proof import difference
from cmfw.engine.path import Passage, judge_line_by_line, partition_between
from cmfw.errors import InputError, Unsupported
from cmfw.model.mandate import Mandate
from cmfw.model.path import PathFilter
from cmfw.model.plan import Endpoint
from cmfw.net.addr import AddrSet
from cmfw.net.flowset import FlowSet
from cmfw.net.ports import PortSet


def accepted(target):
    """The cases that the target does not refuse; ``test_golden`` holds it to the refusals on record."""
    return [name for name in CASES if not (GOLDEN / target / name / "refused.txt").is_file()]


ROWS = [pytest.param(target, name, id=f"{target}:{name}") for target in NETWORK_TARGETS for name in CASES]
TAKEN = [pytest.param(target, name, id=f"{target}:{name}") for target in NETWORK_TARGETS for name in accepted(target)]


def lines_of(target, name):
    """(crossing, what the target's reader finds for it) of each crossing of a case."""
    whole = crossings(name)
    for crossing, (lines, problems) in zip(
        whole, import_module(NETWORK_TARGETS[target]).read_back(emitted(target, name), whole), strict=True
    ):
        assert problems == []
        yield crossing, lines


# --- 1. golden -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("target", "name"), ROWS)
def test_golden(target, name):
    folder = GOLDEN / target / name
    try:
        artifacts = emitted(target, name)
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


def test_every_golden_folder_is_a_target():
    assert {p.name for p in GOLDEN.iterdir() if p.name != "cases"} == set(NETWORK_TARGETS)


# --- 2. pure ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("target", "name"), TAKEN)
def test_pure(target, name):
    first = emitted(target, name)
    before = copy.deepcopy(case(name)[1])
    assert emitted(target, name) == first
    assert case(name)[1] == before


# --- 3. self, 5. meaning ---------------------------------------------------------------------------------------------


def planned(name, crossing) -> FlowSet:
    """What the plan opens from one zone to the other, found here from the items and not by the emitters."""
    site, plan = case(name)
    zones = {s.host: s.zone for s in site.systems} | {g.name: g.zone for g in site.clients}
    found = [
        box
        for one in plan.items
        if (zones.get(one.source.name), zones.get(one.target.name)) == (crossing.from_zone, crossing.to_zone)
        and not one.same_subnet
        and (plan.scope == "documented" or one.necessity != "documented_only")
        for box in replace(one, initiators=(), source=replace(one.source, profiles=7)).flows_at("from")
    ]
    return FlowSet.of(found)


@pytest.mark.parametrize(("target", "name"), TAKEN)
def test_meaning(target, name):
    for crossing, lines in lines_of(target, name):
        one = PathFilter(from_zone="a", to_zone="b", file="x", lines=lines)
        wanted = planned(name, crossing)
        parts = partition_between(FlowSet(crossing.boxes()), Passage("a", "b", (one,)))
        assert parts.unknown.is_empty
        # what a host sees of itself (profile, interface, principal) is no part of a packet
        assert wanted <= parts.allowed
        as_packets = {replace_host(box) for box in wanted}
        assert FlowSet.of(as_packets).same_flows(parts.allowed)
        for box in parts.allowed:
            assert judge_line_by_line(FlowSet((box,)).witness(), one).answer == "allow"


def replace_host(box):
    from cmfw.net.box import Box
    from cmfw.net.flow import Direction

    return Box(
        direction=int(Direction.OUT),
        protocol=box.protocol,
        local=box.local,
        remote=box.remote,
        local_port=box.local_port,
        remote_port=box.remote_port,
        icmp=box.icmp,
    )


def test_some_case_plans_each_family_and_icmp():
    flows = [flow for name in CASES for crossing in crossings(name) for flow in crossing.flows]
    assert {flow.family for flow in flows} == {4, 6}
    assert any(flow.icmp for flow in flows)
    assert any(len(flow.ports.ranges) > 1 for flow in flows)
    assert any(flow.ports.ranges == ((49152, 65535),) for flow in flows)


@pytest.mark.parametrize("target", NETWORK_TARGETS)
def test_a_line_less_or_more_is_seen(target):
    crossing, lines = next(lines_of(target, "tcp_only"))
    assert difference(crossing, lines) == ""
    fewer = replace(crossing, flows=crossing.flows[1:])
    assert difference(fewer, lines).startswith("wider than the plan, for example out tcp")
    assert difference(crossing, ()).startswith("narrower than the plan")


# --- 4. consumer -----------------------------------------------------------------------------------------------------


def in_namespace(command, **settings):
    """Run a command in a network namespace of its own, as root of a user namespace where we are not root."""
    return subprocess.run(["unshare", "--net", *command], capture_output=True, check=False, text=True, **settings)


def need_namespaces(program):
    need(shutil.which(program) is not None, f"no {program} (Debian packages nftables, iptables)")
    need(in_namespace(["true"]).returncode == 0, "no right to make a network namespace")


@pytest.mark.lab
@pytest.mark.parametrize("name", CASES)
def test_consumer_of_nftables(name, tmp_path):
    need_namespaces("nft")
    paths = write(emitted("nftables", name), tmp_path)
    for path in paths:
        assert in_namespace(["nft", "--check", "--file", str(path)]).stderr == ""


@pytest.mark.lab
@pytest.mark.parametrize("name", CASES)
def test_consumer_of_iptables(name, tmp_path):
    """Tested, then loaded twice, read back as saved by the kernel, and taken away."""
    need_namespaces("iptables-restore")
    from cmfw.ingest.iptables_save import read_iptables

    *files, undo = write(emitted("iptables", name), tmp_path)
    script = (
        "echo '# Made by iptables-save'; iptables-save -t filter; echo '# Made by ip6tables-save'; ip6tables-save -t filter"
    )
    loads = [(path, "ip6tables" if path.suffix == ".ip6tables" else "iptables") for path in files]
    for option in ("--test ", "", ""):
        script = "".join(f"{program}-restore --noflush {option}{path}; " for path, program in loads[::-1]) + script
    said = in_namespace(["sh", "-ec", f"{script}; echo =====; sh {undo}; sh {undo}; iptables-save; ip6tables-save"])
    listed, _, after = said.stdout.partition("=====\n")
    assert (said.returncode, said.stderr, "CMFW" in after) == (0, "", False)
    assert listed.count("-A FORWARD -j CMFW\n") == 2 * len(files)
    for crossing in crossings(name):
        lines, problems = read_iptables(listed, "listed")
        assert problems == []
        assert difference(crossing, lines) == ""


@pytest.mark.parametrize("name", accepted("azure-nsg"))
def test_consumer_of_azure_nsg(name):
    import jsonschema

    schema = json.loads((ROOT / "tests" / "data" / "schemas" / "azure-nsg.json").read_text(encoding="utf-8"))
    check = jsonschema.Draft202012Validator(schema)
    for artifact in emitted("azure-nsg", name):
        template = json.loads(artifact.content)
        check.validate(template)
        rules = template["resources"][0]["properties"]["securityRules"]
        assert len({rule["name"] for rule in rules}) == len({rule["properties"]["priority"] for rule in rules}) == len(rules)
        for key, wrong in (("priority", 99), ("protocol", "sctp"), ("access", "Maybe"), ("sourcePortRange", "0-70000")):
            broken = copy.deepcopy(template)
            broken["resources"][0]["properties"]["securityRules"][0]["properties"][key] = wrong
            assert not check.is_valid(broken), key


@pytest.mark.parametrize("name", CASES)
def test_consumer_of_request(name):
    import csv

    (artifact,) = emitted("request", name)
    rows = list(csv.DictReader(artifact.content.decode("utf-8-sig").splitlines()))
    assert len(rows) == sum(len(crossing.flows) for crossing in crossings(name))
    for row in rows:
        assert None not in row
        said = {key.partition(" / ")[0]: cell for key, cell in row.items()}
        assert all(said[key] for key in ("id", "from_zone", "to_zone", "reason_en", "reason_zh", "places")), said
        assert re.search("[\u4e00-\u9fff]", said["reason_zh"]), said
        # page, lines 110 and 120 refer to note 1, lines 63 and 117 do not
        flow = said["id"].partition(":")[0]
        if flow in ("fsp_http", "setup_mp_http", "notify_tcp", "push_smb", "push_epm"):
            assert bool(said["ipsec"]) == (flow in ("fsp_http", "setup_mp_http")), said["id"]


@pytest.mark.lab
@pytest.mark.parametrize("name", CASES)
def test_the_kernel_says_the_ruleset_back(name, tmp_path):
    """What ``nft list ruleset`` prints after loading is read as the same lines, and loading twice changes nothing."""
    need_namespaces("nft")
    from cmfw.ingest.nftables import read_nftables

    apply, undo = write(emitted("nftables", name), tmp_path)
    script = f"nft -f {apply}; nft -f {apply}; nft list ruleset; echo =====; nft -f {undo}; nft -f {undo}; nft list ruleset"
    said = in_namespace(["sh", "-ec", script])
    assert said.stderr == ""
    listed, _, after = said.stdout.partition("=====\n")
    assert after == ""
    for crossing in crossings(name):
        lines, problems = read_nftables(listed, "listed")
        assert problems == []
        assert difference(crossing, lines) == ""


# --- 6. refusal ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", NETWORK_TARGETS)
def test_capabilities_are_those_of_the_table(target):
    said = import_module(NETWORK_TARGETS[target]).CAPABILITIES
    assert said.target == target
    assert set(said.lacks) | set(said.losses) <= set(PATH_CAPABILITIES)
    assert not set(said.lacks) & set(said.losses)


@pytest.mark.parametrize("target", NETWORK_TARGETS)
@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (two_zones(item(ports=PortSet.of((400, 500)))), "misprint of 443"),
        (two_zones(item(target=Endpoint("client", "desktops", AddrSet.EMPTY))), "does not know the addresses of `desktops`"),
        (two_zones(item(), zone="a\nb"), "control character"),
        (
            two_zones(item(source=Endpoint("site_server", "ss\n1", AddrSet.parse("10.1.0.5"))), host="ss\n1"),
            "control character",
        ),
    ],
    ids=["the misprint", "an end without addresses", "a zone of two lines", "a host of two lines"],
)
def test_refusal(target, made, reason, tmp_path):
    with pytest.raises(Unsupported, match=reason) as refused:
        write(emit_between(target, *made).artifacts, tmp_path / "out")
    assert refused.value.target == target
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("target", "name"), TAKEN)
def test_433_is_never_emitted(target, name):
    for artifact in emitted(target, name):
        if artifact.content[:2] != b"PK":
            assert not re.search(r"(?<![0-9.])433(?![0-9])", artifact.content.decode()), artifact.path


def test_zones_that_share_addresses_are_refused():
    site, plan = two_zones(item())
    shared = replace(site, systems=tuple(replace(s, addresses=AddrSet.parse("10.20.3.4")) for s in site.systems))
    with pytest.raises(Unsupported, match=r"the zones `a` and `b` share `10\.20\.3\.4`"):
        emit_between("nftables", shared, plan)


def test_a_member_without_addresses_is_refused():
    site, plan = two_zones(item())
    unknown = replace(site.systems[0], host="ss2", addresses=AddrSet.EMPTY)
    with pytest.raises(Unsupported, match="`ss2`: it is in zone `a`, but the site does not know its addresses"):
        emit_between("nftables", replace(site, systems=(*site.systems, unknown)), plan)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ((("a", "c"),), "--between: expected zones of the site, found `c` \\(one of `a`, `b`\\)"),
        ((("a", "a"),), "--between: expected two different zones, found `a` twice"),
    ],
    ids=["unknown", "the same twice"],
)
def test_a_zone_that_is_not_of_the_site(pairs, message):
    with pytest.raises(InputError, match=message):
        emit_between("nftables", *two_zones(item()), pairs)


def test_a_site_without_zones():
    with pytest.raises(InputError, match="expected planned flows from one zone to another"):
        emit_between("nftables", *two_zones(item(), zone=""))


def test_an_unknown_target_names_the_others():
    with pytest.raises(
        InputError,
        match="expected one of " + ", ".join(f"`{target}`" for target in NETWORK_TARGETS),
    ):
        emit_between("pf", *two_zones(item()))


def test_what_is_written_wrong_is_refused(monkeypatch):
    """A target that widens, narrows or garbles is caught by the proof, whatever its own tests say."""
    from cmfw.emit import nftables

    emit = nftables.emit
    for before, after, reason in (
        (b"tcp dport 445 ", b"tcp dport 445-446 ", "wider than the plan"),
        (b"tcp dport 445 ", b"tcp dport 446 ", "wider than the plan"),
        (b"ip daddr @end_desktops_v4 ", b"ip daddr 10.20.0.0/17 ", "narrower than the plan"),
        (b"tcp dport 445 ", b"tcp dport novel ", "not certain"),
        (b"\n}\n", b"\n", "does not read back"),
    ):

        def wrong(request, before=before, after=after):
            first, *rest = emit(request)
            assert before in first.content
            return (Artifact(first.path, first.content.replace(before, after), first.media_type), *rest)

        monkeypatch.setattr(nftables, "emit", wrong)
        with pytest.raises(Unsupported, match=reason):
            emit_between("nftables", *two_zones(item()))


SAID = Mandate(owner="Client platform 平台组", ticket="CHG-41877 $(x) %y% ]]>", expiry="2027-06-30")


@pytest.mark.parametrize("target", [t for t in NETWORK_TARGETS if not t.startswith("cisco") and t != "juniper"])
def test_every_flow_says_who_answers_for_it(target):
    """Access lists have remarks of ids alone, which is a loss of theirs."""
    site, plan = two_zones(item(target=Endpoint("client", "desktops", AddrSet.parse("10.20.0.0/16"))))
    site = replace(site, clients=tuple(replace(group, subnets=AddrSet.parse("10.20.0.0/16")) for group in site.clients))
    answered = replace(site, clients=tuple(replace(group, mandate=SAID) for group in site.clients))
    text = b"".join(one.content for one in emit_between(target, answered, plan).artifacts)
    for part in (SAID.owner, "CHG-41877", SAID.expiry):
        assert part.encode() in text or json.dumps(part)[1:-1].encode() in text
    assert SAID.owner.encode() not in b"".join(one.content for one in emit_between(target, site, plan).artifacts)


def test_everything_outside_a_zone():
    """``*`` is every address that is not in the other zone, both ways."""
    made = emit_between("nftables", *two_zones(item()), (("b", "*"),)).artifacts[0].content.decode()
    assert "ip saddr != @zone_b_v4 ip daddr @zone_b_v4 jump from_elsewhere.all_to_b" in made
    assert "ip saddr @zone_b_v4 ip daddr != @zone_b_v4 jump from_b_to_elsewhere.all" in made
    assert 'tcp dport 445 counter accept comment "push-smb"' in made
