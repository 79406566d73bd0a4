"""Mutated listings of netsh: no crash, no hang, and a rule whose lines no change touched is there or a problem is named."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from tests.fuzz.harness import Mutation, Seed, Target, run
from tests.ingest.netsh_writer import CODE_PAGES, LANGUAGES, STRANGE, Language, profile_settings, written

from cmfw.errors import InputError
from cmfw.ingest.netsh_blocks import cut
from cmfw.ingest.netsh_profiles import read_settings
from cmfw.ingest.netsh_rules import read_rules
from cmfw.ingest.netsh_words import known_words
from cmfw.ingest.windows_text import decode
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store
from cmfw.net.addr import AddrSet
from cmfw.net.flow import TCP, UDP, Direction, Profile
from cmfw.net.ports import PortSet

COUNT = 2_500
"""Inputs at soak factor 1."""
NEAR = AddressMatch(AddrSet.EMPTY, ("LocalSubnet4", "LocalSubnet6"))
SVCHOST = "C:\\Windows\\system32\\svchost.exe"


def rule(name: str, port: PortMatch, **fields) -> HostRule:
    fields = {"action": Action.ALLOW, "direction": Direction.IN, "protocol": TCP} | fields
    return HostRule(id=name, name=name, local_port=port, **fields)


RULES = (
    rule("Remote control", PortMatch(PortSet.of(2701)), program="C:\\Windows\\CCM\\CmRcService.exe", remote_address=NEAR),
    rule("RPC", PortMatch(PortSet.EMPTY, ("RPC",)), program=SVCHOST, service="winmgmt", group="WMI", description="a: b"),
    rule("Ping", PortMatch.ANY, protocol=1, icmp=((8, None), (3, 4)), profiles=Profile.DOMAIN, program="System"),
    rule("Range", PortMatch(PortSet.of(80, (5000, 5020))), protocol=UDP, action=Action.BLOCK, store=Store.GPO, active=False),
    rule(
        "Server",
        PortMatch.ANY,
        protocol=None,
        direction=Direction.OUT,
        remote_address=AddressMatch(AddrSet.parse("10.1.2.0/24")),
    ),
    rule("Secured", PortMatch(PortSet.of(443)), extras=Extras(security=("Authenticate",), defer="User"), service="*"),
)
TOKENS = (
    "\r\n", "\n", ":", "：", "Any", "RPC", "Rule Name:  x\r\n" + "-" * 70 + "\r\n", "-" * 70, "Ok.", "Enabled: No\r\n",
    "Action: Block\r\n", "LocalSubnet", ",", "/32", "Protocol:  UDP\r\n", "\0", "\ufeff", "任何", "  8  Any\r\n",
    "State    OFF\r\n", "BlockInboundAlways,AllowOutbound", "PS C:\\> netsh x\r\n",
)  # fmt: skip


def listed(content: bytes):
    text = decode(content, "x", known_words)
    blocks, sections = cut(text.lines("x"))
    flawed = bool(text.flaw) or not all(block.rows for block in blocks)
    return read_rules([block for block in blocks if block.rows], "x", text.is_sure), read_settings(sections, "x"), flawed


def bare(found: HostRule) -> HostRule:
    """What a rule does, without its texts, which a damaged encoding may change."""
    return replace(found, id="", name="", description="", group="", origin="")


def seed_of(name: str, language: Language, encoding: str, *, verbose: bool) -> Seed:
    """Facts: (range of bytes, rules) of each block."""
    parts = [profile_settings(dict.fromkeys(Profile, (True, "BlockInbound,AllowOutbound")), language)]
    ranges = []
    for each in RULES:
        start = sum(len(part.encode(encoding)) for part in parts)
        parts.append(written([each], language, verbose=verbose).removesuffix(f"{language.end}\r\n\r\n"))
        ranges.append((start, start + len(parts[-1].encode(encoding))))
    content = "".join([*parts, language.end, "\r\n"]).encode(encoding)
    rules, settings, _ = listed(content)
    assert (len(ranges), len(settings.settings)) == (rules.blocks, 3)
    by_block = Counter((found.origin, bare(found)) for found in rules.rules)
    origins = list(dict.fromkeys(found.origin for found in rules.rules))
    facts = tuple(
        (span, tuple(found for (at, found) in by_block if at == origin))
        for span, origin in zip(ranges, origins, strict=True)
    )
    return Seed(name, content, facts=facts)


def check(seed: Seed, mutation: Mutation) -> None:
    try:
        rules, settings, flawed = listed(mutation.content)
    except InputError:
        return
    assert all(problem.line for problem in (*rules.problems, *settings.problems))
    if rules.problems or settings.problems or flawed:
        return
    found = Counter(bare(each) for each in rules.rules)
    for (start, end), wanted in seed.facts:
        # the end of the line before belongs to the block: without it the heading is part of another line
        if mutation.leaves(start - 4, end + 4):
            missing = [each for each in wanted if not found[each]]
            assert not missing, f"{missing[0]!r}"[:300]


@pytest.mark.slow
def test_nothing_is_lost_unsaid(soak, seed, record_count):
    seeds = [seed_of(f"{name} {CODE_PAGES[name]}", lang, CODE_PAGES[name], verbose=True) for name, lang in LANGUAGES.items()]
    seeds += [seed_of(f"{name} utf-8", language, "utf-8", verbose=name != "de") for name, language in LANGUAGES.items()]
    seeds += [
        seed_of("utf-16", LANGUAGES["en"], "utf-16-le", verbose=True),
        seed_of("strange", STRANGE, "utf-8", verbose=True),
    ]
    tokens = tuple(token.encode() for token in TOKENS) + tuple(token.encode("utf-16-le") for token in TOKENS)
    report = run(Target("netsh", tuple(seeds), check, tokens), COUNT * soak, seed)
    assert report.failures == [], "\n".join(report.failures)
    record_count("mutated inputs: netsh", report.inputs)
