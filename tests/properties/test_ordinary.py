"""The short ways of writing and reading ordinary rules give what the long ways give, on random rules, hostile texts and damaged files."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from operator import attrgetter
from random import Random

import pytest
from tests.properties import universe

from cmfw.emit import capability, csp_nodes, netsh, policy_values, powershell_data, proof
from cmfw.emit.convert import host_target
from cmfw.emit.host_policy import HostPolicy
from cmfw.emit.ordinary import is_ordinary
from cmfw.errors import CmfwError
from cmfw.ingest import netsh_script, preg, reg_text, rulewrite
from cmfw.ingest.rulestring_parts import Dialect
from cmfw.model.rule import Action, AddressMatch, HostRule, OpenRule, PortMatch, Store, changed_rule
from cmfw.net.addr import V6_BASE, AddrSet
from cmfw.net.ports import PortSet

POLICIES = 300
TARGETS = ("netsh", "registry-pol", "gpo-backup", "reg", "syncml", "intune", "powershell")
TEXTS = (
    "", "all", "ALL", 'a"b', "it's", "%PATH%", "100%", "x\\", "a|b", "]]>", "<b>&amp;", "$(calc)", "a\nb", "a\0", "测试", "\u202eevil",
    "\ud800", "][", "[software\\", "**del.x", "=", ";", "@x.dll,-1", "Name=x", "RA4=192.0.2.7", "any", "*", "x" * 260, "y" * 512,
    "z" * 10_000, " lead", "trail ", "/", "?", "v2.10|", '"="', "page-2016, line 117", "TRUE",
)  # fmt: skip
PORTS = (
    PortMatch(PortSet.EMPTY), PortMatch(PortSet(((0, 65535),))), PortMatch(PortSet.of(0)), PortMatch(PortSet.of((0, 65534))),
    PortMatch(PortSet.of(*range(1, 400, 2))), PortMatch(PortSet.of(80, (100, 200), 65535)), PortMatch(PortSet.of(7), ("RPC",)),
)  # fmt: skip
ADDRESSES = (
    AddressMatch(AddrSet.V4), AddressMatch(AddrSet.V6), AddressMatch(AddrSet.EMPTY), AddressMatch(AddrSet(AddrSet.ANY.ranges)),
    AddressMatch(AddrSet.from_pairs([(V6_BASE - 2, V6_BASE + 3)])), AddressMatch(AddrSet.ANY - AddrSet.parse("10.0.0.0/8")),
    AddressMatch(AddrSet.from_pairs((5 * n, 5 * n + n % 4) for n in range(1, 130))),
    AddressMatch(AddrSet.parse("10.0.0.0/8", "fd00::/64", "fe80::1-fe80::9")),
)  # fmt: skip


def rules_of(rng: Random) -> tuple[HostRule, ...]:
    """Rules of one policy, some of them with a strange text or condition."""
    return tuple(_spoilt(rng, universe.rule(rng, index), index) for index in range(rng.randint(1, 8)))


def _spoilt(rng: Random, rule: HostRule, index: int) -> HostRule:
    changes = {"name": f"Rule {index}", "description": rng.choice(("", "page-2016, line 117"))}
    for field in ("id", "name", "description", "group", "program", "service"):
        if universe.chance(rng, 12):
            changes[field] = "".join(rng.choice(TEXTS) for _ in range(rng.choice((1, 1, 2))))
    for field, choices in (
        ("local_port", PORTS), ("remote_port", PORTS), ("local_address", ADDRESSES), ("remote_address", ADDRESSES),
        ("edge", (True,)), ("profiles", (0, 1, 5)), ("version", ((2, 31),)), ("interfaces", (0, 1, 15)),
    ):  # fmt: skip
        if universe.chance(rng, 9):
            changes[field] = rng.choice(choices)
    return replace(rule, **changes)


def in_full(monkeypatch) -> None:
    """From here on no rule is ordinary, and none is written in the short way."""
    for module in (capability, csp_nodes, netsh, policy_values, powershell_data):
        monkeypatch.setattr(module, "is_ordinary", lambda _: False)
    monkeypatch.setattr(capability, "is_plain", lambda _: False)
    monkeypatch.setattr(rulewrite, "_is_plain", lambda _: False)


def outcome(work, *given):
    try:
        return work(*given)
    except (CmfwError, ValueError) as error:
        return type(error), str(error)


@pytest.mark.parametrize("target", TARGETS)
def test_a_policy_is_written_as_in_full(target, monkeypatch, soak, seed, record_count):
    rng = Random(f"{seed} {target}")
    policies = [rules_of(rng) for _ in range(POLICIES * soak)]
    mine = [list(written(target, rules)) for rules in policies]
    ordinary = sum(map(is_ordinary, (rule for rules in policies for rule in rules)))
    in_full(monkeypatch)
    for rules, found in zip(policies, mine, strict=True):
        assert found == list(written(target, rules))
    assert ordinary >= POLICIES * soak // 4
    record_count(f"ordinary rules written in both ways: {target}", ordinary)


def written(target: str, rules: tuple[HostRule, ...]):
    """What the target makes of the rules together and of each alone, which has a chance whatever the others are."""
    module = host_target(target)
    for some in (rules, *((rule,) for rule in rules)):
        yield outcome(module.write_policy, HostPolicy(owner="P01", where="m", rules=some))
    yield from (outcome(module.check, rule) for rule in rules)


def test_an_ordinary_rule_is_valid_and_allows_or_blocks(monkeypatch, seed):
    rng = Random(f"{seed} valid")
    found = [rule for _ in range(POLICIES) for rule in rules_of(rng) if is_ordinary(rule)]
    assert len(found) >= POLICIES // 4
    in_full(monkeypatch)
    assert [reason for rule in found for reason in capability.invalidities(rule)] == []
    assert {rule.action for rule in found} == {Action.ALLOW, Action.BLOCK}


def test_a_changed_rule_is_what_a_replaced_one_is(seed):
    rng = Random(f"{seed} changed")
    for rule in (rule for _ in range(POLICIES) for rule in rules_of(rng)):
        changes = {"origin": "x", "version": (2, 33), "name": "y", "profiles": 3, "store": Store.MDM}
        some = {field: changes[field] for field in rng.sample(sorted(changes), rng.randint(0, 5))}
        mine, other = changed_rule(rule, **some), replace(rule, **some)
        assert all(getattr(mine, field) == getattr(other, field) for field in OpenRule.__slots__)
        assert mine == other
        assert type(mine) is HostRule


SAID = attrgetter(
    *(
        field
        for field in OpenRule.__slots__
        if field not in ("id", "name", "description", "group", "edge", "store", "version", "origin")
    )
)


def test_two_rules_say_the_same_where_all_their_conditions_are_equal(seed):
    rng = Random(f"{seed} same")
    rules = [rule for _ in range(POLICIES) for rule in rules_of(rng)]
    answers = Counter()
    for rule in rules:
        fields = rng.sample(OpenRule.__slots__, rng.randint(0, 2))
        # equal parts that are other objects, as a reader makes them
        copies = {"local_port": PortMatch(rule.local_port.ports, rule.local_port.keywords), "extras": replace(rule.extras)}
        other = replace(replace(rule, **copies), **{field: getattr(rng.choice(rules), field) for field in fields})
        same = proof._says_the_same(rule, other)
        assert same == (SAID(rule) == SAID(other))
        answers[same] += 1
    assert min(answers.values()) > POLICIES // 4


JUNK = (
    '"', "%", "%%", "|", "=", "\\", "\r\n", "\n", " ", "  ", ";", "[", "]", "\0", "&", "^", ">nul", "any", ",", "é", "-", "/", "0",
    " name=x", " dir=in", "localip=10.0.0.1", " protocol=udp", " service=x", " localport=80", " edge=yes", "localsubnet", "a=",
)  # fmt: skip


def damaged(rng: Random, text: str) -> str:
    """The text with a few pieces lost, doubled or put in between."""
    for _ in range(rng.choice((0, 1, 1, 2, 5))):
        at, end = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        end = min(end, at + rng.choice((1, 2, 12)))
        text = text[:at] + rng.choice((*JUNK, "", text[at : at + 40] * 2)) + text[end:]
    return text


def files(target: str, rng: Random, count: int) -> list[bytes]:
    """What the target writes of random rules."""
    module = host_target(target)
    found = []
    for _ in range(count):
        rules = {rule.id: rule for rule in rules_of(rng) if outcome(module.check, rule) is None}
        found.append(
            module.write_policy(HostPolicy(owner="P01", where="m", rules=tuple(rules.values()))).artifacts[0].content
        )
    return found


def read_both_ways(monkeypatch, read, contents: list[bytes], module) -> None:
    """``read`` gives the same of each content where no line or record of it is usual."""
    mine = [outcome(read, content, "p") for content in contents]
    clean = sum(getattr(found, "problems", None) == () for found in mine)
    assert len(contents) // 5 <= clean <= len(contents) * 4 // 5
    for name in ("_USUAL", "_USUAL_ADD"):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, re.compile("(?!)"))
    for content, found in zip(contents, mine, strict=True):
        assert found == outcome(read, content, "p")


def test_a_damaged_script_is_read_as_in_full(monkeypatch, soak, seed):
    rng = Random(f"{seed} script")
    contents = [damaged(rng, content.decode()).encode() for content in files("netsh", rng, POLICIES * soak)]
    read_both_ways(monkeypatch, netsh_script.read_netsh_script, contents, netsh_script)


def test_a_damaged_registry_file_is_read_as_in_full(monkeypatch, soak, seed):
    rng = Random(f"{seed} reg")
    contents = [
        ("\ufeff" + damaged(rng, content.decode("utf-16-le")[1:])).encode("utf-16-le", "surrogatepass")
        for content in files("reg", rng, POLICIES * soak)
    ]
    read_both_ways(monkeypatch, reg_text.read_reg, contents, reg_text)


def test_a_damaged_policy_file_is_read_as_in_full(monkeypatch, soak, seed):
    rng = Random(f"{seed} preg")
    contents = []
    for content in files("registry-pol", rng, POLICIES * soak):
        spoilt = bytearray(damaged(rng, content.decode("utf-16-le", "surrogatepass")).encode("utf-16-le", "surrogatepass"))
        if universe.chance(rng, 4):
            spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
        contents.append(preg.HEADER + bytes(spoilt[8:]))
    read_both_ways(monkeypatch, preg.read_preg, contents, preg)


_FIELDS = (
    "Protocol=6", "Protocol=17", "Protocol=1", "Profile=Domain", "LPort=80", "LPort2_10=100-200", "LPort=RPC", "RPort=443", "ICMP4=8:*",
    "LA4=10.1.0.9", "RA4=10.0.0.5", "RA4=10.0.0.0/8", "RA4=10.0.0.9-10.0.0.11", "RA6=fd00::5", "RA4=LocalSubnet", "RA42=IntErnet", "RA4=x",
    "RA4=0.0.0.0/0", "ra4=10.0.0.7", "LA4=", "LAX=1", "RAdynKey=7", "RA4", "IFType=Lan", "IF={1}", "Novel=1", "", "Dir=Out", "Active=TRUE",
    "Edge=TRUE", "Svc=x", "RA4=1.1.1.1,2.2.2.2", "LPort=1,2", "LSM=FALSE", "RA4=10.0.0.4", "RA4= 10.0.0.3 ", "RA4=10.0.0.9-10.0.0.2",
    "RA4=10.7.0.0/255.255.0.0", "RA4=10.8.0.0/255.0.255.0", "RA4=fd00::7", "RA4=010.0.0.1", "RA4=10.0.0.6/33", "RA4=0.0.0.0-255.255.255.255",
)  # fmt: skip


def test_the_middle_of_a_rule_string_means_what_it_means_whole(soak, seed, record_count):
    rng = Random(f"{seed} middle")
    dialects = {store: Dialect(store, shipped=store is Store.HARDENING) for store in (Store.LOCAL, Store.HARDENING)}
    parts: Counter[bool] = Counter()
    for _ in range(20 * POLICIES * soak):
        fields = rng.choices(_FIELDS, k=rng.randint(0, 7))
        if universe.chance(rng, 2):
            fields.sort(key=_FIELDS.index)
        if universe.chance(rng, 3):
            fields += rng.choices([field for field in _FIELDS if field[:4] == "RA4="], k=rng.randint(1, 4))
        text = "|".join((rng.choice(("In", "In", "Out", "x")), *fields))
        for dialect in dialects.values():
            found = dialect.middles[text]
            assert found == dialect._whole_middle(text)
            parts[bool(found)] += 1
    assert min(parts.values()) >= POLICIES
    record_count("middles of rule strings read in both ways", parts.total())
