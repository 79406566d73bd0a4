"""The batch file: what the command interpreter and netsh make of it, by somebody else's reading of a Windows command line."""

from __future__ import annotations

import mslex
import pytest
from tests.emit.plans import group_exception, item, of_rule, request, rule

from cmfw.emit import emit
from cmfw.emit.netsh import LONGEST_LINE
from cmfw.errors import Unsupported
from cmfw.ingest.netsh_script import read_netsh_script
from cmfw.model.rule import AddressMatch, PortMatch
from cmfw.net.addr import AddrSet
from cmfw.net.ports import PortSet

ARGUMENTS = {
    "name", "dir", "action", "program", "service", "description", "enable", "profile", "localip", "remoteip", "localport",
    "remoteport", "protocol", "interfacetype", "rmtcomputergrp", "rmtusrgrp", "edge", "security",
}  # fmt: skip
"""Of `netsh advfirewall firewall add rule`. Source: facts/windows_firewall.md 4.8."""


def lines(asked, which=0) -> list[str]:
    return emit("netsh", asked).artifacts[which].content.decode().split("\r\n")


def added(asked) -> list[dict[str, str]]:
    """(argument -> value) of every rule added, as the interpreter's and the C library's rules take the line apart."""
    out = []
    for line in lines(asked):
        if " add rule " in line:
            words = mslex.split(line.replace("%%", "%"), like_cmd=False)
            assert words[:5] == ["netsh", "advfirewall", "firewall", "add", "rule"]
            pairs = dict(word.split("=", 1) for word in words[5:])
            assert set(pairs) <= ARGUMENTS
            out.append(pairs)
    return out


def test_a_rule_is_one_line_of_arguments():
    (found,) = added(of_rule(rule()))
    assert found == {
        "name": "cmfw-push-smb",
        "dir": "in",
        "action": "allow",
        "description": "Client push: SMB: page-2016, line 116",
        "enable": "yes",
        "profile": "domain",
        "program": "System",
        "protocol": "tcp",
        "localport": "445",
        "remoteip": "10.1.0.5",
    }


@pytest.mark.parametrize(
    "text",
    [
        "a & del x",
        "> c:\\x.txt",
        "%windir%",
        "100%",
        "%%",
        "a ^ b",
        "!x!",
        "$(x)",
        "`x`",
        "it's",
        "(x)",
        "a,b;c=d",
        "财务",
    ],
    ids=ascii,
)
def test_a_hostile_description_stays_one_argument(text):
    (found,) = added(request(item(rule(name="n", description=text), citations=())))
    assert found["description"] == f"n: {text}"


@pytest.mark.parametrize("text", ['a" & del x & "', '"'], ids=["quotes", "one quote"])
def test_a_text_that_would_end_the_argument_is_refused(text):
    with pytest.raises(Unsupported, match="double quote or ends in a backslash"):
        emit("netsh", of_rule(rule(description=text)))


@pytest.mark.parametrize("field", ["program", "service"])
def test_a_path_outside_ascii_is_refused(field):
    with pytest.raises(Unsupported, match="plain ASCII"):
        emit("netsh", of_rule(rule(**{field: "财务"})))


def test_percent_signs_are_doubled_for_the_batch_file():
    (line,) = [line for line in lines(of_rule(rule(program="%windir%\\x.exe"))) if " add rule " in line]
    assert 'program="%%windir%%\\x.exe"' in line


def test_one_icmp_type_a_rule():
    both = rule(protocol=1, local_port=PortMatch.ANY, icmp=((8, None), (3, 4)))
    found = added(of_rule(both))
    assert [pairs["protocol"] for pairs in found] == ["icmpv4:8,any", "icmpv4:3,4"]
    assert {pairs["name"] for pairs in found} == {"cmfw-push-smb"}


def test_one_interface_type_a_rule():
    found = added(of_rule(rule(interfaces=3)))
    assert [pairs["interfacetype"] for pairs in found] == ["lan", "wireless"]


def test_local_subnet_of_one_family_is_said_by_the_local_addresses():
    (found,) = added(of_rule(rule(remote_address=AddressMatch(AddrSet.EMPTY, ("LocalSubnet4",)))))
    assert (found["localip"], found["remoteip"]) == ("0.0.0.0/1,128.0.0.0/1", "localsubnet")


def test_long_lists_become_several_lines_that_fit():
    many = AddrSet.from_pairs((n * 4, n * 4) for n in range(1, 700))
    asked = of_rule(rule(remote_address=AddressMatch(many)))
    assert len(added(asked)) == 7
    assert max(map(len, lines(asked))) <= LONGEST_LINE
    found = AddrSet.EMPTY
    for pairs in added(asked):
        found |= AddrSet.parse(*pairs["remoteip"].split(","))
    assert found == many


def test_a_line_that_is_too_long_is_refused():
    with pytest.raises(Unsupported, match="more than 8191 characters"):
        emit("netsh", of_rule(rule(description="x" * 8200)))


def test_groups_are_enabled_by_resource_id_one_profile_and_direction_at_a_time():
    use = group_exception(profiles=3, directions=("in", "out"))
    found = [line for line in lines(request(exceptions=[use], scope="documented")) if "group=" in line]
    assert [line.partition("group=")[2] for line in found] == [
        f'"@FirewallAPI.dll,-28502" dir={way} profile={profile} new enable=yes'
        for way in ("in", "out")
        for profile in ("domain", "private")
    ]
    undone = [line for line in lines(request(exceptions=[use], scope="documented"), 1) if "group=" in line]
    assert [line.replace("enable=no", "enable=yes") for line in undone] == found


def test_the_undo_deletes_what_was_made():
    deleted = [line for line in lines(of_rule(rule()), 1) if line.startswith("netsh")]
    assert deleted == ['netsh advfirewall firewall delete rule name="cmfw-push-smb" >nul']


def test_running_it_again_makes_nothing_twice():
    """`add rule` twice makes two rules, so every name is deleted first."""
    found = lines(of_rule(rule()))
    assert [line.split()[3] for line in found if line.startswith("netsh")] == ["delete", "add"]


def test_a_description_that_ends_in_a_backslash_is_refused():
    with pytest.raises(Unsupported, match="double quote or ends in a backslash"):
        emit("netsh", request(item(rule(description="a\\"), citations=())))


GOOD = emit("netsh", of_rule(rule())).artifacts[0].content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        GOOD.replace("dir=in", "dir=inn"),
        GOOD.replace("localport=445", "localport=any"),
        GOOD.replace("remoteip=10.1.0.5", "remoteip=any"),
        GOOD.replace("protocol=tcp", "protocol=6:8,any"),
        GOOD.replace("enable=yes", "enable=yes security=authenticate"),
        GOOD.replace("enable=yes", "enable=yes enable=no"),
        GOOD.replace("enable=yes", "enable=yes & calc.exe"),
        GOOD.replace("enable=yes", "enable=%x%"),
        GOOD.replace("profile=domain ", ""),
        GOOD + "calc.exe\r\n",
        GOOD + 'rem cmfw: "%x%"\r\n',
        GOOD.replace("@echo off", "@echo on"),
        GOOD.replace("add rule", "set rule"),
        GOOD.replace('description="', 'description="\0'),
    ],
    ids=[
        "dir",
        "port",
        "address",
        "protocol",
        "unknown",
        "twice",
        "ampersand",
        "variable",
        "missing",
        "program",
        "rem",
        "head",
        "verb",
        "nul",
    ],
)
def test_what_is_not_our_dialect_is_a_problem(wrong):
    assert wrong != GOOD
    assert len(read_netsh_script(wrong.encode(), "x.cmd").problems) == 1


def test_bytes_that_are_no_utf8():
    assert read_netsh_script(b"\xff", "x.cmd").problems[0].offset == 0


def test_ports_of_both_kinds():
    (found,) = added(of_rule(rule(local_port=PortMatch(PortSet.of(445, (5000, 5010)), ("RPC",)))))
    assert found["localport"] == "445,5000-5010,rpc"
