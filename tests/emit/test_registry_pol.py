"""The Registry.pol target, apart from the six tests that it shares."""

from __future__ import annotations

import pytest
from tests.emit.plans import CLIENTS, SVCHOST, group_exception, item, of_rule, request, rule, without_origin

from cmfw.emit import emit, write
from cmfw.emit.registry_pol import KEY, RULES_KEY
from cmfw.errors import Unsupported
from cmfw.ingest import read_state
from cmfw.ingest.preg import apply_preg, read_preg
from cmfw.ingest.registry import RegistryTree, decode_number, decode_text
from cmfw.model.rule import AddressMatch, Extras, PortMatch, Store
from cmfw.net.addr import AddrSet
from cmfw.net.ports import PortSet

G = "@FirewallAPI.dll,-28502"


def entries(asked, which=0):
    found, problems = read_preg(emit("registry-pol", asked).artifacts[which].content, "Registry.pol")
    assert problems == ()
    return found


def texts(asked) -> dict[str, str]:
    return {e.name: decode_text(e.data) for e in entries(asked) if e.key == RULES_KEY}


def test_the_version_comes_first_and_the_rules_by_id():
    asked = request(item(rule(id="b"), rule(id="a")))
    assert [(e.key, e.name) for e in entries(asked)] == [(KEY, "PolicyVersion"), (RULES_KEY, "a"), (RULES_KEY, "b")]


@pytest.mark.parametrize(
    ("changes", "version"),
    [({}, 522), ({"extras": Extras(platforms=((2, 6, 2),), platform_at_least=True)}, 532)],
    ids=["plain rules: Windows 7", "a platform from below: Windows 8"],
)
def test_the_policy_version_is_the_highest_that_a_rule_needs(changes, version):
    assert decode_number(entries(of_rule(rule(**changes)))[0]) == version


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|LPort=445|RA4=10.1.0.5|App=System|"),
        (
            {"program": SVCHOST, "service": "RpcSs", "local_port": PortMatch(PortSet.EMPTY, ("RPC-EPMap",))},
            f"LPort=RPC-EPMap|RA4=10.1.0.5|App={SVCHOST}|Svc=RpcSs|",
        ),
        (
            {"remote_address": AddressMatch(AddrSet.EMPTY, ("LocalSubnet4", "LocalSubnet6"))},
            "|RA4=LocalSubnet|RA6=LocalSubnet|",
        ),
        ({"remote_address": AddressMatch(CLIENTS)}, "|RA4=10.20.0.0/16|RA6=2001:db8:20::/48|"),
    ],
    ids=["kernel", "endpoint mapper", "on-link", "both families"],
)
def test_a_rule_is_written_as(changes, text):
    assert text in texts(of_rule(rule(**changes)))["cmfw-push-smb"]


def test_our_rules_carry_our_group_and_members_keep_theirs():
    port = group_exception(rule(id="cmfw-x"), kind="port", group="", id="x")
    member = rule(id="FPS-SMB-In-TCP-NoScope", group=G, name="@FirewallAPI.dll,-28511", active=False)
    found = texts(request(exceptions=[port, group_exception(member)], scope="documented"))
    assert found["cmfw-x"].endswith("|EmbedCtxt=cmfw|")
    assert found["FPS-SMB-In-TCP-NoScope"].endswith(f"|Name=@FirewallAPI.dll,-28511|EmbedCtxt={G}|")
    assert "|Active=TRUE|" in found["FPS-SMB-In-TCP-NoScope"]


def test_undo_takes_out_our_rules_and_no_others():
    asked = request(item(rule(id="b"), rule(id="a")))
    tree = RegistryTree()
    apply_preg(entries(asked), tree)
    apply_preg(entries(of_rule(rule(id="somebody's"))), tree)
    apply_preg(entries(asked, 1), tree)
    assert [v.name for v in tree.values(RULES_KEY)] == ["somebody's"]


def test_the_claims_are_rules_of_a_group_policy():
    assert {r.store for r in emit("registry-pol", of_rule(rule())).artifacts[0].claims} == {Store.GPO}


@pytest.mark.parametrize("name", ["**Del.x", "**", "a\\b"])
def test_an_id_that_the_format_takes_for_something_else_is_refused(name):
    with pytest.raises(Unsupported, match="a command or a path in a policy file"):
        emit("registry-pol", of_rule(rule(id=name)))


def test_a_text_that_does_not_fit_is_refused():
    long = rule(description="x" * 9000, program="c:\\" + "y" * 250, remote_address=AddressMatch(many()))
    with pytest.raises(Unsupported, match="more than 65535 bytes"):
        emit("registry-pol", of_rule(long))


def many() -> AddrSet:
    return AddrSet.parse(*(f"2001:db8:{n:x}:1:2:3:4:5" for n in range(1, 1000)))


def test_a_rule_that_windows_would_not_take_is_refused():
    with pytest.raises(Unsupported, match="Windows would not take it"):
        emit("registry-pol", of_rule(rule(extras=Extras(remote_machines="O:LSD:(A;;CC;;;S-1-5-9)"))))


def test_a_machine_with_this_policy_has_exactly_these_rules(tmp_path):
    artifacts = emit("registry-pol", request(item(rule(id="b", name="财务部"), rule(id="a")))).artifacts
    (path, _) = write(artifacts, tmp_path)
    state, problems = read_state([str(path)])
    assert problems == ()
    assert without_origin(state.rules) == artifacts[0].claims
