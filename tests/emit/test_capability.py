"""Rules that no target may write, and the tables of the docs in both languages."""

from __future__ import annotations

from importlib import import_module

import pytest
from tests.emit.plans import rule
from tools import target_pages

from cmfw.emit import TARGETS
from cmfw.emit.capability import faults_of_a_plan, invalidities, table, unprintable
from cmfw.emit.network import NETWORK_TARGETS
from cmfw.emit.path_capability import path_table
from cmfw.model.rule import AddressMatch, PortMatch
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Direction
from cmfw.net.ports import PortSet

RPC = PortMatch(PortSet.EMPTY, ("RPC",))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (rule(protocol=1), "ports without TCP or UDP"),
        (rule(icmp=((8, None),)), "ICMP types without ICMP"),
        (rule(local_port=PortMatch(PortSet.EMPTY)), "an empty port condition would be read as any port"),
        (rule(remote_address=AddressMatch(AddrSet.EMPTY)), "an empty address condition would be read as any address"),
        (rule(local_port=PortMatch.ANY, protocol=1, icmp=()), "an empty ICMP condition would be read as any type"),
        (rule(profiles=0), "an empty profile or interface condition would be read as any"),
        (rule(local_port=PortMatch(PortSet.ANY, ("RPC",))), "every port and a port keyword at once"),
        (
            rule(remote_address=AddressMatch(AddrSet.ANY, ("LocalSubnet4",))),
            "every address and an address keyword at once",
        ),
        (
            rule(direction=Direction.OUT, local_port=RPC),
            "RPC as port stands for local ports of inbound TCP rules only",
        ),
        (
            rule(remote_port=RPC),
            "RPC as port stands for local ports of inbound TCP rules only",
        ),
        (rule(direction=Direction.OUT, edge=True), "edge traversal on an outbound rule"),
        (rule(id="a|b"), "a rule id has 1 to 511 characters and no `|`"),
        (rule(name="ALL"), "a rule name has 1 to 9999 characters and is not `all`"),
        (rule(name="a|b"), "the name has `|`, which ends a field of a rule"),
        (rule(program="a*b"), 'a program path has 1 to 259 characters and none of / * ? " < > |'),
        (rule(service="a/b"), "a service name has 1 to 259 characters and none of / \\ |"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_invalid_rule_says_why(bad, reason):
    assert list(invalidities(bad)) == [reason]


def test_a_plain_rule_is_valid():
    assert list(invalidities(rule())) == []


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (rule(name="@x.dll,-1"), "the name begins with `@`, which Windows takes for the name of a resource file"),
        (
            rule(local_port=PortMatch(PortSet.of(433))),
            "port 433 is the page's misprint of 443 (erratum E1) and is never opened",
        ),
    ],
    ids=["resource", "433"],
)
def test_a_plan_may_not_hold_what_a_machine_may(bad, reason):
    assert list(faults_of_a_plan(bad)) == [reason]
    assert list(invalidities(bad)) == []


def test_every_port_is_more_than_the_misprint():
    assert list(faults_of_a_plan(rule(local_port=PortMatch.ANY))) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\tb", "the control character U+0009"),
        ("a\u2028b", "the control character U+2028"),
        ("\ud83d", "the half surrogate U+D83D"),
        ("\u202e", "the directional override U+202E"),
        ("\ufffe", "the noncharacter U+FFFE"),
        ("\U0001ffff", "the noncharacter U+1FFFF"),
        ("财务 שלום \U0001f525 \ufeff \u2019", ""),
    ],
    ids=ascii,
)
def test_texts_that_no_file_can_hold(text, reason):
    assert unprintable(text) == reason


HOST_PAGES = target_pages.host_pages()


@pytest.mark.parametrize("path", HOST_PAGES, ids=lambda path: path.name)
def test_the_table_of_the_docs_is_current(path):
    assert path.read_text(encoding="utf-8") == HOST_PAGES[path], "run `python -m tools.pages`"


def test_the_words_of_the_chinese_tables_are_all_used():
    said = set()

    def say(text: str) -> str:
        said.add(text)
        return text

    table((import_module(module).CAPABILITIES for module in TARGETS.values()), say)
    path_table((import_module(module).CAPABILITIES for module in NETWORK_TARGETS.values()), say)
    assert target_pages.chinese_words().keys() - said == set()


def test_a_text_without_chinese_is_seen():
    with pytest.raises(KeyError, match="nobody has said this"):
        target_pages.in_chinese("nobody has said this")
