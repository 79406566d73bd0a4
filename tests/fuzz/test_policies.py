"""Mutated policies: reports, SyncML, Graph and DSC documents, registry JSON, rule strings and old lists.

No crash, no hang, and a rule whose bytes no change touched is there, or a problem or a gap is named, or the file is refused.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from tests.fuzz.harness import FEWER_INPUTS, Mutation, Seed, Target, run
from tests.ingest import policy_writers
from tests.ingest.hive_builder import text
from tests.ingest.registry_trees import tree
from tests.ingest.test_gpreport import html, inbound, report, rule_html
from tests.properties import universe

from cmfw.errors import FormatError, InputError, Problem
from cmfw.ingest import format_module
from cmfw.ingest.input_file import open_input
from cmfw.ingest.policy_keys import read_group_policy
from cmfw.ingest.rulewrite import write_rule
from cmfw.model.rule import Action, Extras, HostRule, Store
from cmfw.model.state import Gap
from cmfw.net.flow import TCP

ALWAYS = frozenset({"listed_rules", "unknown_store", "rules_alone"})
"""Gaps that a format has of sound files too."""
Span = tuple[tuple[int, int], HostRule]


def bare(rule: HostRule) -> HostRule:
    """What a rule does, without ids, places and texts, which a damaged encoding may change."""
    extras = replace(rule.extras, unknown=tuple(pair for pair in rule.extras.unknown if pair[0] in ("dsc", "report")))
    return replace(rule, id="", name="", description="", group="", origin="", version=(2, 0), store=Store.GPO, extras=extras)


def some_rules(rng: Random, *, icmp: bool = True) -> list[HostRule]:
    out: list[HostRule] = []
    while len(out) < 3:
        made = replace(universe.rule(rng, len(out), (Store.MDM,)), name=f"name {len(out)}", extras=Extras.NONE, edge=False)
        if (
            policy_writers.csp_is_able(made)
            and (icmp or made.icmp is None)
            and made.interfaces & 8 in (0, made.interfaces & 8)
        ):
            out.append(made)
    return out


def read(module: str, path: Path) -> tuple[list[HostRule], list[Problem], list[Gap]] | None:
    """(rules, problems, gaps that a sound file has not) of the file; None where it is refused."""
    reader = format_module(module)
    try:
        file = open_input(str(path))
        if not reader.sniff(file):
            return None
        evidence = reader.read(file)
    except (InputError, FormatError):
        return None
    parts = [part for one in evidence for part in one.parts]
    problems = [
        *file.problems,
        *(p for one in evidence for p in one.problems),
        *(p for part in parts for p in part.problems),
    ]
    gaps = [
        gap
        for one in evidence
        for gap in (*one.gaps, *(gap for part in parts for gap in part.gaps))
        if gap.code not in ALWAYS
    ]
    return [bare(rule) for part in parts for rule in part.rules], problems, gaps


def target(module: str, seeds: dict[str, tuple[bytes, list[tuple[int, int]]]], tokens: Iterable[str], path: Path) -> Target:
    """The target of a reader; each seed is (content, the range of each of its rules, in order)."""

    def seed_of(name: str, content: bytes, spans: list[tuple[int, int]]) -> Seed:
        path.write_bytes(content)
        found = read(module, path)
        assert found is not None, name
        assert len(found[0]) == len(spans), name
        return Seed(name, content, facts=tuple(zip(spans, found[0], strict=True)))

    def check(seed: Seed, mutation: Mutation) -> None:
        path.write_bytes(mutation.content)
        found = read(module, path)
        if found is None or found[1] or any(gap.may_allow or gap.may_block for gap in found[2]):
            return
        rules = Counter(found[0])
        for (start, end), wanted in seed.facts:
            if mutation.leaves(start, end):
                assert rules[wanted], f"{wanted!r}"[:300]

    made = tuple(seed_of(name, content, spans) for name, (content, spans) in seeds.items())
    words = tuple(tokens)
    return Target(module, made, check, tuple(w.encode() for w in words) + tuple(w.encode("utf-16-le") for w in words[:6]))


def spans_of(content: str, pieces: list[str], encoding: str = "utf-8") -> tuple[bytes, list[tuple[int, int]]]:
    """The content as bytes, and where in it each piece stands."""
    out, at = [], 0
    for piece in pieces:
        at = content.index(piece, at)
        start = len(content[:at].encode(encoding))
        out.append((start, start + len(piece.encode(encoding))))
        at += len(piece)
    return content.encode(encoding), out


def gpreport_seeds(rng: Random) -> dict[str, tuple[bytes, list[tuple[int, int]]]]:
    del rng
    rules = [inbound(Protocol="6", LPort=str(80 + n), Name=f"n{n}", version=("2.0", "2.28")[n % 2]) for n in range(4)]
    xml = report("".join(rules))
    rows = [rule_html(Local_port=str(80 + n), Remote_scope=f"10.{n}.0.0/255.255.0.0") for n in range(2)]
    page = html("Inbound Rules", "".join(rows))
    return {"xml": spans_of(xml, rules), "utf-16": spans_of(xml, rules, "utf-16-le"), "html": spans_of(page, rows)}


def syncml_seeds(rng: Random) -> dict[str, tuple[bytes, list[tuple[int, int]]]]:
    # ids of which none becomes another by the change of a byte: a node of one rule would then be one of another
    rules = [replace(rule, id=name) for rule, name in zip(some_rules(rng), ("a", "Bravo", "charlie-9"), strict=True)]
    content = policy_writers.syncml(rules)
    body = content.partition("</CmdID>")[2].partition("</Atomic>")[0]
    pieces = []
    for rule in rules:
        mine = [each for each in re.findall(r"<Add>.*?</Add>", body) if f"/FirewallRules/{rule.id}/" in each]
        pieces.append("".join(mine))
    return {"commands": spans_of(content, pieces), "utf-16": spans_of(content, pieces, "utf-16-le")}


def json_pieces(content: str, objects: list[object]) -> list[str]:
    pieces = [json.dumps(one) for one in objects]
    assert all(piece in content for piece in pieces)
    return pieces


def intune_seeds(rng: Random) -> dict[str, tuple[bytes, list[tuple[int, int]]]]:
    rules = some_rules(rng)
    catalog = policy_writers.catalog(rules)
    groups = json.loads(catalog)["settings"][0]["settingInstance"]["groupSettingCollectionValue"]
    older = policy_writers.endpoint_protection([rule for rule in rules if rule.icmp is None])
    listed = json.loads(older)["firewallRules"]
    return {
        "catalog": spans_of(catalog, json_pieces(catalog, groups)),
        "utf-16": spans_of(catalog, json_pieces(catalog, groups), "utf-16-le"),
        "older": spans_of(older, json_pieces(older, listed)),
    }


def dsc_seeds(rng: Random) -> dict[str, tuple[bytes, list[tuple[int, int]]]]:
    content = policy_writers.dsc(some_rules(rng, icmp=False))
    rules = json.loads(content)["resources"][0]["properties"]["rules"]
    return {"export": spans_of(content, json_pieces(content, rules))}


def registry_json_seeds(rng: Random) -> dict[str, tuple[bytes, list[tuple[int, int]]]]:
    key = "SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\FirewallRules"
    values = [
        {
            "KeyName": key,
            "ValueName": rule.id,
            "Type": 1,
            "Data": base64.b64encode(text(write_rule(rule))).decode(),
            "Hive": 0,
        }
        for rule in some_rules(rng)
    ]
    content = json.dumps(values)
    return {"values": spans_of(content, json_pieces(content, values))}


def rule_string_seeds(rng: Random) -> dict[str, tuple[bytes, list[tuple[int, int]]]]:
    strings = [write_rule(rule) for rule in some_rules(rng)]
    table = "".join(
        f"Rules,HKLM,SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\FirewallRules,r{n},{one},x\n"
        for n, one in enumerate(strings)
    )
    # the sign behind a string is where it ends
    ended = [f"{one}," for one in strings]
    lines = [f"{one}\r\n" for one in strings]
    return {
        "table": spans_of(table, ended),
        "list": spans_of("".join(lines), lines),
        "utf-16": spans_of("".join(lines), lines, "utf-16-le"),
    }


SEEDS = {
    "gpreport": gpreport_seeds,
    "syncml": syncml_seeds,
    "intune": intune_seeds,
    "dsc": dsc_seeds,
    "registry-json": registry_json_seeds,
    "rule-strings": rule_string_seeds,
}
XML = ("<", ">", "</", "/>", "<!DOCTYPE x>", "<!--", "-->", "&amp;", "&x;", "<q1:Active>false</q1:Active>", "<tr>", "</table>", "<td>",
       '<span class="sectionTitle">x</span>', "\0", "<Data>", "</Item>", "<Delete>", "<![CDATA[")  # fmt: skip
JSON = (
    "{",
    "}",
    "[",
    "]",
    '"',
    ",",
    ":",
    "null",
    "true",
    "1e999",
    "\\u0000",
    '"children": [',
    '"name"',
    "-1",
    "\ufeff",
    '"value"',
    "\\",
)
STRINGS = (
    "v2.10|Action=Allow|",
    "|",
    "\r\n",
    '"',
    "\t",
    "\\n",
    "v9.99|",
    "Name=",
    "Active=FALSE|",
    "FirewallRules\\",
    "\0",
    ",",
    "{",
)
TOKENS = {"gpreport": XML, "syncml": XML, "intune": JSON, "dsc": JSON, "registry-json": JSON, "rule-strings": STRINGS}


@pytest.mark.slow
@pytest.mark.parametrize("name", SEEDS)
def test_nothing_is_lost_unsaid(name, tmp_path, soak, seed, record_count):
    seeds = SEEDS[name](Random(f"{name} {seed}"))
    made = run(target(name, seeds, TOKENS[name], tmp_path / "input"), FEWER_INPUTS * soak, seed)
    assert made.failures == [], "\n".join(made.failures)
    record_count(f"mutated inputs: {name}", made.inputs)


# --- old lists: entries in lines of ``key TAB text`` ------------------------------------------------------------------------

ENTRIES = (
    ("GloballyOpenPorts\\List", "8530:TCP:*:enabled:WSUS"),
    ("GloballyOpenPorts\\List", "137:udp:LocalSubNet:Enabled:names: two"),
    ("GloballyOpenPorts\\List", "2701:TCP:10.1.0.0/255.255.0.0,fd00::/64:enabled:Remote"),
    ("AuthorizedApplications\\List", "%windir%\\system32\\sessmgr.exe:*:enabled:@xpsp2res.dll,-22019"),
    ("AuthorizedApplications\\List", "C:\\a b\\c.exe:10.2.3.4,localsubnet:Enabled:C"),
    ("GloballyOpenPorts\\List", "4000:TCP:*:disabled:off"),
)
LIST_TOKENS = (
    ":",
    "*",
    ",",
    "enabled",
    "disabled",
    "TCP",
    "udp",
    "C:",
    "\\",
    "\0",
    "/32",
    "::",
    "99999",
    "localsubnet",
    "%",
    "\t",
    "\n",
)


def read_lines(content: bytes) -> tuple[list[HostRule], bool]:
    """(rules, whether anything is said to be lost) of the lines."""
    keys: dict[str, dict[str, object]] = {}
    for number, line in enumerate(content.decode("latin-1").split("\n")):
        key, tab, value = line.partition("\t")
        if tab and key in ("GloballyOpenPorts\\List", "AuthorizedApplications\\List"):
            keys.setdefault(f"DomainProfile\\{key}", {})[f"v{number}"] = value
    parts = read_group_policy(tree(**keys), "")
    if len(parts) == 1:
        return [], False
    # one entry may take another out of force, which says nothing of whether it was read
    return [bare(replace(rule, active=True)) for rule in parts[1].rules], bool(parts[1].gaps or parts[1].problems)


def check_lines(seed: Seed, mutation: Mutation) -> None:
    rules, is_lost = read_lines(mutation.content)
    if is_lost:
        return
    found = Counter(rules)
    for (start, end), wanted in seed.facts:
        # with the line end before and behind
        if mutation.leaves(start - 1, end + 1):
            assert found[wanted], f"{wanted!r}"[:300]


@pytest.mark.slow
def test_no_entry_of_an_old_list_is_lost_unsaid(soak, seed, record_count):
    lines = [f"{key}\t{value}" for key, value in ENTRIES]
    content, spans = spans_of("\n".join(["", *lines, ""]), lines)
    rules, is_lost = read_lines(content)
    assert (len(rules), is_lost) == (len(ENTRIES), False)
    assert all(rule.action is Action.ALLOW for rule in rules)
    assert {rule.protocol for rule in rules} == {TCP, 17, None}
    ports_first = sorted(range(len(ENTRIES)), key=lambda at: ENTRIES[at][0] != "GloballyOpenPorts\\List")
    facts = tuple((spans[at], rule) for at, rule in zip(ports_first, rules, strict=True))
    made = run(
        Target("old lists", (Seed("lines", content, facts=facts),), check_lines, tuple(t.encode() for t in LIST_TOKENS)),
        FEWER_INPUTS * soak,
        seed,
    )
    assert made.failures == [], "\n".join(made.failures)
    record_count("mutated inputs: old lists", made.inputs)
