"""Mutated listings of netsh and of the console: no crash, no hang, and a rule whose lines no change touched is there or a
problem is named."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from tests.fuzz.harness import FEW_INPUTS, INPUTS, Mutation, Seed, Target, run
from tests.ingest.console_lists import INBOUND, OUTBOUND, WINDOWS_7, row
from tests.ingest.netsh_writer import CODE_PAGES, LANGUAGES, STRANGE, Language, profile_settings, written

from cmfw.errors import InputError
from cmfw.ingest import mmc
from cmfw.ingest.netsh_blocks import cut
from cmfw.ingest.netsh_profiles import read_settings
from cmfw.ingest.netsh_rules import read_rules
from cmfw.ingest.netsh_words import known_words
from cmfw.ingest.windows_text import decode
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store
from cmfw.net.addr import AddrSet
from cmfw.net.flow import TCP, UDP, Direction, Profile
from cmfw.net.ports import PortSet

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


class Given:
    """A list as the reader of the console's lists asks for it."""

    def __init__(self, content: bytes) -> None:
        self.path, self.name, self.part, self.problems = "x", "inbound.txt", "", []
        self.is_folder = self.is_hive = False
        self.head = content[:4096]
        self.content = lambda _most: content


def console_seed(name: str, encoding: str, heads: tuple[str, ...], separator: str = "\t") -> Seed:
    """Facts: (range of bytes, rules) of each row."""
    rows = [
        row(heads, Name=f"rule {n}", Local_Port=port, Protocol=protocol, Profile=profile)
        for n, (port, protocol, profile) in enumerate(
            [
                ("2701", "TCP", "All"),
                ("80, 443", "TCP", "Domain, Private"),
                ("5000-5020", "UDP", "Public"),
                ("Any", "ICMPv4", "All"),
            ]
        )
    ]
    lines = [line.replace("\t", separator) + "\r\n" for line in ["\t".join(heads) + "\t", *rows]]
    ends = [len("".join(lines[:n]).encode(encoding)) for n in range(len(lines) + 1)]
    content = "".join(lines).encode(encoding)
    (evidence,) = mmc.read(Given(content))
    found = [bare(each) for each in evidence.parts[0].rules]
    facts = (
        ((0, ends[1]), ()),
        *((span, (each,)) for span, each in zip(pairwise(ends[1:]), found, strict=True)),
    )
    return Seed(name, content, facts=facts)


def check_console(seed: Seed, mutation: Mutation) -> None:
    mmc.sniff(Given(mutation.content))
    try:
        (evidence,) = mmc.read(Given(mutation.content))
    except InputError:
        return
    assert all(problem.line for problem in evidence.problems)
    (head, _), *rows = seed.facts
    if evidence.problems or not mutation.leaves(head[0], head[1] + 4):
        return
    found = Counter(bare(each) for each in evidence.parts[0].rules)
    for (start, end), wanted in rows:
        if mutation.leaves(start - 4, end + 4):
            assert all(found[each] for each in wanted), f"{wanted!r}"[:300]


def netsh_target() -> Target:
    seeds = [seed_of(f"{name} {CODE_PAGES[name]}", lang, CODE_PAGES[name], verbose=True) for name, lang in LANGUAGES.items()]
    seeds += [seed_of(f"{name} utf-8", language, "utf-8", verbose=name != "de") for name, language in LANGUAGES.items()]
    seeds += [
        seed_of("utf-16", LANGUAGES["en"], "utf-16-le", verbose=True),
        seed_of("strange", STRANGE, "utf-8", verbose=True),
    ]
    tokens = tuple(token.encode() for token in TOKENS) + tuple(token.encode("utf-16-le") for token in TOKENS)
    return Target("netsh", tuple(seeds), check, tokens)


def console_target() -> Target:
    seeds = (
        console_seed("utf-16", "utf-16-le", INBOUND),
        console_seed("utf-8", "utf-8", OUTBOUND),
        console_seed("commas", "cp1252", WINDOWS_7, ","),
    )
    words = ("\t", ",", ", ", "\r\n", "Any", "Yes", "Block", '"', "All", "RPC Dynamic Ports", "\0", "Local subnet")
    return Target(
        "mmc", seeds, check_console, tuple(w.encode() for w in words) + tuple(w.encode("utf-16-le") for w in words)
    )


TARGETS = {"netsh": netsh_target, "mmc": console_target}
COUNTS = {"netsh": FEW_INPUTS, "mmc": INPUTS}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TARGETS))
def test_nothing_is_lost_unsaid(name, soak, seed, record_count):
    report = run(TARGETS[name](), COUNTS[name] * soak, seed)
    assert report.failures == [], "\n".join(report.failures)
    record_count(f"mutated inputs: {name}", report.inputs)
