"""The PowerShell target, apart from the six tests that it shares."""

from __future__ import annotations

import pytest
from tests.emit import powershell_grammar as grammar
from tests.emit.plans import SVCHOST, group_exception, item, of_rule, request, rule

from cmfw.emit import emit
from cmfw.emit.powershell import program, quote, state_name
from cmfw.errors import Unsupported
from cmfw.model.rule import AddressMatch, PortMatch
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Direction, Interface
from cmfw.net.ports import PortSet


def script(asked) -> str:
    return emit("powershell", asked).artifacts[0].content.decode("utf-8-sig").replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"profiles": 7}, "Profile = @('Any')"),
        ({"profiles": 5}, "Profile = @('Domain', 'Public')"),
        ({"protocol": None, "local_port": PortMatch.ANY}, "Action = 'Allow'\n        RemoteAddress"),
        ({"protocol": 47, "local_port": PortMatch.ANY}, "Protocol = '47'"),
        ({"local_port": PortMatch(PortSet.of(80, (8000, 8010)))}, "LocalPort = @('80', '8000-8010')"),
        ({"local_port": PortMatch(PortSet.EMPTY, ("RPC-EPMap",))}, "LocalPort = @('RPCEPMap')"),
        ({"protocol": 1, "local_port": PortMatch.ANY, "icmp": ((8, None), (3, 4))}, "IcmpType = @('8', '3:4')"),
        (
            {"remote_address": AddressMatch(AddrSet.EMPTY, ("LocalSubnet4", "LocalSubnet6"))},
            "RemoteAddress = @('LocalSubnet')",
        ),
        (
            {"remote_address": AddressMatch(AddrSet.parse("10.3.0.0/16"), ("LocalSubnet4",))},
            "RemoteAddress = @('10.3.0.0/16', 'LocalSubnet4')",
        ),
        ({"program": SVCHOST, "service": "RpcSs"}, f"Program = '{SVCHOST}'\n        Service = 'RpcSs'"),
        ({"interfaces": int(Interface.LAN | Interface.RAS)}, "InterfaceType = @('Wired', 'RemoteAccess')"),
        ({"direction": Direction.OUT}, "Direction = 'Outbound'"),
        ({"name": "it's"}, "DisplayName = 'it''s'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_condition_is_written_as(changes, line):
    assert line in script(of_rule(rule(**changes)))


def test_each_quote_of_powershell_is_doubled():
    assert quote("'\u2018\u2019\u201a\u201b\"`$") == "'''\u2018\u2018\u2019\u2019\u201a\u201a\u201b\u201b\"`$'"


@pytest.mark.parametrize("word", ["any", "Any", "ANY"])
@pytest.mark.parametrize("field", ["program", "service"])
def test_a_name_that_the_cmdlets_read_as_any_is_refused(field, word):
    with pytest.raises(Unsupported, match="is the cmdlets' word for any"):
        emit("powershell", of_rule(rule(**{field: word})))


@pytest.mark.parametrize("mark", "*?[]`")
def test_an_id_that_the_cmdlets_read_as_a_pattern_is_refused(mark):
    with pytest.raises(Unsupported, match="a pattern to the cmdlets"):
        emit("powershell", of_rule(rule(id=f"cmfw-{mark}")))
    member = rule(id=f"FPS{mark}", group="@FirewallAPI.dll,-28502")
    with pytest.raises(Unsupported, match="a pattern to the cmdlets"):
        emit("powershell", request(exceptions=[group_exception(member)], scope="documented"))


def test_a_group_of_an_unknown_windows_is_enabled_by_its_resource():
    text = script(request(exceptions=[group_exception()], scope="documented"))
    assert "Group = '@FirewallAPI.dll,-28502'\n        Profile = @('Domain')\n        Direction = @('Inbound')" in text


def test_the_state_file_has_a_safe_name_of_its_own_place():
    assert state_name("P01", "desktops") == "P01-desktops-86f588174310"
    assert state_name("P01", "../..\\x") != state_name("P01", "x")
    assert state_name("P01", "财务").startswith("P01-x-")


def test_both_scripts_use_the_same_state():
    apply, undo = emit("powershell", request(item(rule()))).artifacts
    line = b"$stateName = 'P01-desktops-86f588174310'\r\n"
    assert line in apply.content
    assert line in undo.content


@pytest.mark.parametrize("name", ["apply", "undo"])
def test_every_cmdlet_of_the_firewall_stops_on_errors(name):
    """Modules do not see a script's preference variables, so each call has to carry ErrorAction itself."""
    root = grammar.parse(program(name).encode())
    bare = []
    for node in grammar.walk(root):
        if node.type == "command":
            text = node.text.decode()
            if "-NetFirewall" in text.split()[0] and not ("@store" in text or "@quiet" in text or "-ErrorAction" in text):
                bare.append(text)
    assert bare == []


@pytest.mark.parametrize("name", ["apply", "undo"])
def test_the_program_has_nothing_that_windows_powershell_lacks(name):
    text = program(name)
    assert text.isascii()
    for newer in ("??", "?.", " && ", " || ", "ternary", "-AsHashtable", "-Parallel", "utf8NoBOM"):
        assert newer not in text


def test_lines_end_as_windows_ends_them():
    for artifact in emit("powershell", request(item(rule()))).artifacts:
        assert artifact.content.count(b"\n") == artifact.content.count(b"\r\n")
        assert artifact.content.endswith(b"\r\n")
