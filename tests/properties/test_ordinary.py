"""The short ways of writing and reading ordinary rules give what the long ways give, on random rules, hostile texts and damaged files."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

import pytest
from tests.properties import universe

from cmfw.emit import capability, netsh, policy_values
from cmfw.emit.convert import host_target
from cmfw.emit.host_policy import HostPolicy
from cmfw.emit.ordinary import is_ordinary
from cmfw.errors import Unsupported
from cmfw.ingest import netsh_script, rulewrite
from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch
from cmfw.net.addr import V6_BASE, AddrSet
from cmfw.net.ports import PortSet

POLICIES = 300
TARGETS = ("netsh", "registry-pol", "gpo-backup", "reg")
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
    for module in (capability, netsh, policy_values):
        monkeypatch.setattr(module, "is_ordinary", lambda _: False)
    monkeypatch.setattr(rulewrite, "_is_plain", lambda _: False)


def outcome(work, *given):
    try:
        return work(*given)
    except (Unsupported, ValueError) as error:
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


def test_a_damaged_script_is_read_as_in_full(monkeypatch, soak, seed):
    rng = Random(f"{seed} script")
    texts = []
    for _ in range(POLICIES * soak):
        rules = [rule for rule in rules_of(rng) if outcome(host_target("netsh").check, rule) is None]
        output = host_target("netsh").write_policy(HostPolicy(owner="P01", where="m", rules=tuple(rules)))
        texts.append(damaged(rng, output.artifacts[0].content.decode()).encode("utf-8", "replace"))
    mine = [netsh_script.read_netsh_script(text, "p") for text in texts]
    assert sum(not found.problems for found in mine) >= POLICIES * soak // 4 <= sum(bool(found.problems) for found in mine)
    monkeypatch.setattr(netsh_script, "_USUAL_ADD", re.compile("(?!)"))
    for text, found in zip(texts, mine, strict=True):
        assert found == netsh_script.read_netsh_script(text, "p")
