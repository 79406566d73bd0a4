"""nftables rulesets as lines of a filter: what each rule proves, and what it leaves in doubt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmfw import catalog
from cmfw.emit.network import emit_between
from cmfw.engine.path import Passage, judge_between
from cmfw.ingest.nft_usual import UsualRules
from cmfw.ingest.nft_words import words_of
from cmfw.ingest.nftables import read_nftables
from cmfw.ingest.path_state import read_filter
from cmfw.ingest.site import read_site_text
from cmfw.model.path import PathFilter
from cmfw.net.flowtext import parse_parts
from cmfw.resolve import resolve

WEB = "tcp 10.4.0.9:50000 > 10.1.0.7:443"


def judged(text: str, flow: str = WEB) -> str:
    """What the first packet of the flow meets in the ruleset."""
    lines, _ = read_nftables(text, "x.nft")
    one = PathFilter(from_zone="a", to_zone="b", file="x.nft", lines=lines)
    return judge_between(parse_parts(f"out {flow}").flows().witness(), Passage("a", "b", (one,))).answer.value


def forward(*rules: str, policy: str = "drop", family: str = "inet", more: str = "") -> str:
    body = "\n".join(f"\t\t{rule}" for rule in rules)
    chain = f"\tchain forward {{\n\t\ttype filter hook forward priority 0; policy {policy};\n{body}\n\t}}\n"
    return f"table {family} filter {{\n{more}{chain}}}\n"


SET = "\tset web {\n\t\ttype inet_service\n\t\telements = { 80,\n\t\t\t443 }\n\t}\n"
LIVE = SET.replace("elements", "flags dynamic,timeout\n\t\telements")
CHAINS = "\tchain inner {\n\t\tip saddr 10.4.0.9 return\n\t\taccept\n\t}\n"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (forward("accept"), "allow"),
        (forward(), "block"),
        (forward(policy="accept"), "allow"),
        (forward("tcp dport 443 accept"), "allow"),
        (forward("tcp dport 444 accept"), "block"),
        (forward("tcp dport https accept"), "allow"),
        (forward("tcp dport != 443 accept"), "block"),
        (forward("tcp dport { 80, 440-450 } counter packets 3 bytes 99 accept"), "allow"),
        (forward("udp dport 443 accept"), "block"),
        (forward("th dport 443 accept"), "allow"),
        (forward("tcp dport @web accept", more=SET), "allow"),
        (forward("tcp dport @web accept", more=LIVE), "unknown"),
        (forward("tcp dport @web drop", "accept", more=SET.replace("443", "444") + SET), "unknown"),
        (forward("tcp dport @missing accept"), "unknown"),
        (forward("ip saddr 10.4.0.0/24 ip daddr 10.1.0.0/24 accept"), "allow"),
        (forward("ip saddr != 10.4.0.0/24 accept"), "block"),
        (forward("ip6 saddr ::/0 accept"), "block"),
        (forward("ip protocol tcp accept"), "allow"),
        (forward("meta l4proto { icmp, tcp } accept"), "allow"),
        (forward("meta nfproto ipv6 accept"), "block"),
        (forward("ct state established,related accept"), "block"),
        (forward("ct state { established, new } accept"), "allow"),
        (forward("ct state != invalid accept"), "allow"),
        (forward('iifname "eth0" accept'), "unknown"),
        (forward('iifname "eth0" drop', "accept"), "unknown"),
        (forward('iifname "eth0" drop'), "block"),
        (forward('iifname "eth0" accept', policy="accept"), "allow"),
        (forward("limit rate 5/second accept"), "unknown"),
        (forward("tcp dport vmap { 443 : accept }"), "unknown"),
        (forward("ip saddr . tcp dport { 10.4.0.9 . 443 } accept"), "unknown"),
        (forward('log prefix "x " level warn accept'), "allow"),
        (forward('tcp dport 443 accept comment "drop it"'), "allow"),
        (forward("reject with icmpx type port-unreachable", "accept"), "block"),
        (forward("jump inner", more=CHAINS), "block"),
        (forward("jump inner", more=CHAINS, policy="accept"), "allow"),
        (forward("jump inner", more=CHAINS.replace("10.4.0.9", "10.4.0.8")), "allow"),
        (forward("goto inner", "accept", more=CHAINS), "unknown"),
        (forward("jump lost", "accept"), "unknown"),
        (forward("accept", family="ip"), "allow"),
        (forward("accept", family="ip6"), "unknown"),
        (forward("accept") + "include more", "unknown"),
        (forward("accept").rpartition("}")[0].rpartition("}")[0], "unknown"),
        ("table inet filter {\n}\n", "unknown"),
        (forward("accept") + forward("accept").replace("filter {", "other {"), "allow"),
        (forward("accept") + forward().replace("table inet filter {", "table inet other {"), "unknown"),
        ("flush ruleset\n" + forward("accept"), "allow"),
        (forward("accept") + "delete table inet filter\n", "unknown"),
    ],
    ids=lambda text: " ".join(text.split())[-70:],
)
def test_a_flow_meets(text, answer):
    assert judged(text) == answer


DNAT = "table ip nat {\n\tchain pre {\n\t\ttype nat hook prerouting priority -100; policy accept;\n\t\ttcp dport 443 dnat to 10.1.0.8\n\t}\n}\n"
SNAT = "table ip nat {\n\tchain post {\n\t\ttype nat hook postrouting priority 100; policy accept;\n\t\tmasquerade\n\t}\n}\n"
INPUT = "table inet host {\n\tchain in {\n\t\ttype filter hook input priority 0; policy drop;\n\t}\n}\n"


@pytest.mark.parametrize(
    ("more", "answer"),
    [(DNAT, "unknown"), (SNAT, "allow"), (INPUT, "allow")],
    ids=["another target", "another source behind the filter", "the gateway itself"],
)
def test_other_hooks(more, answer):
    assert judged(forward("accept") + more) == answer


def test_icmp_by_type():
    text = forward("icmp type echo-request accept", "icmpv6 type { 128, 129 } icmpv6 code 0 accept")
    assert judged(text, "icmp4 10.4.0.9 > 10.1.0.7 type=8 code=0") == "allow"
    assert judged(text, "icmp4 10.4.0.9 > 10.1.0.7 type=13 code=0") == "block"
    assert judged(text, "icmp6 fd00::1 > fd00::2 type=128 code=0") == "allow"
    assert judged(text, "icmp6 fd00::1 > fd00::2 type=128 code=1") == "block"


def test_a_filter_of_a_site_may_be_a_ruleset():
    lines, problems = read_filter(f"#!/usr/sbin/nft -f\n{forward('tcp dport 443 accept')}".encode(), "gate.nft")
    assert problems == []
    assert [(line.answer.value, line.origin) for line in lines] == [
        ("allow", "gate.nft:5"),
        ("block", "gate.nft: chain forward"),
    ]


def test_problems_name_the_line():
    _, problems = read_nftables(forward("accept") + "define x = 3\n", "x.nft")
    assert [p.text() for p in problems] == ["x.nft:7: expected a table, found `define x = 3`"]


SITE = """
code = "P01"
[[system]]
host = "mp"
addresses = ["10.7.1.5", "2001:db8:7::5"]
roles = ["site_server", "management_point", "distribution_point"]
zone = "core"
[[clients]]
name = "branch"
subnets = ["10.8.0.0/22", "2001:db8:8::/48"]
zone = "branch"
"""


def test_lines_as_we_write_them_read_as_they_do_word_by_word(monkeypatch):
    site = read_site_text(SITE, "site.toml")
    (artifact, _) = emit_between("nftables", site, resolve(catalog.load(), site)).artifacts
    text = artifact.content.decode()
    found = read_nftables(text, "x.nft")
    monkeypatch.setattr(UsualRules, "rules", lambda _self, _lines, at: ([], at))
    monkeypatch.setattr("cmfw.ingest.nft_text.usual_elements", lambda _: None)
    assert read_nftables(text, "x.nft") == found
    assert len(found[0]) > 8


ALMOST = [
    "ip saddr @a ip daddr @b tcp dport 445",
    "ip saddr @a ip daddr @b tcp dport microsoft-ds",
    "ip saddr @a ip daddr @b udp sport 1024-65535",
    "ip saddr @a ip daddr @b meta l4proto udp",
    "ip saddr @a ip daddr @b ct state established",
    "ip saddr @a ip daddr @b ct mark 5",
    "ip saddr @a ip daddr @nowhere tcp dport 445",
    "ip saddr @a ip6 daddr @c tcp dport 445",
    "ip6 saddr @c ip6 daddr @c icmpv6 type 128",
    "ip saddr @a ip daddr @b tcp dport vmap",
    "ip saddr @a ip daddr @b tcp dport 99999",
    "ip saddr @a ip daddr @b limit rate 5",
    "ip saddr @a ip daddr @b icmp type echo-request",
]


@pytest.mark.parametrize("conditions", ALMOST)
def test_a_usual_line_says_what_its_words_say(conditions):
    head = """table inet t {
 set a { type ipv4_addr; elements = { 10.7.0.0/16 } }
 set b { type ipv4_addr; elements = { 10.8.1.0/24 } }
 set c { type ipv6_addr; elements = { 2001:db8::/32 } }
 chain f {
  type filter hook forward priority 0; policy drop;
"""
    usual, words = (f'{head}{conditions}{gap}counter accept comment "x"\n }}\n}}\n' for gap in (" ", "  "))
    assert read_nftables(usual, "x") == read_nftables(words, "x")


@given(st.text(st.sampled_from('"ab1 \t{};,#@\r\u3000\x85核'), max_size=20))
def test_words_are_parted_as_their_grammar_says(line):
    assert words_of(line) == _by_character(line)


def _by_character(line):
    """The words of a line, one character after the other."""
    words, at = [], 0
    while at < len(line):
        char = line[at]
        end = line.find('"', at + 1) + 1 if char == '"' else at + 1
        if char == "#":
            break
        if char.isspace() or (char == '"' and not end):
            at += 1
            continue
        while char not in '{};,"' and end < len(line) and line[end] not in '{};,"#' and not line[end].isspace():
            end += 1
        words.append(line[at:end])
        at = end
    return words
