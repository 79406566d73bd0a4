"""Fuzz targets for the readers of PowerShell's exports and of the collector's output.

A rule whose own bytes no change touched is read back as it was, or there is a problem, or a gap that leaves verdicts open, or the
file is refused. What each rule was is taken from the sound seed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from tests.fuzz.harness import Mutation, Seed, Target
from tests.ingest.collector_writer import GPO, LOCAL, PARTS, interface
from tests.ingest.netsec_exports import as_clixml, as_csv, as_list, as_table, flat
from tests.ingest.netsec_writer import document

from cmfw.errors import FormatError, InputError, Problem
from cmfw.ingest import format_module
from cmfw.ingest.rulestring import parse_rule
from cmfw.model.rule import HostRule

STRINGS = (
    "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|LPort=445|App=System|Name=SMB|EmbedCtxt=@FirewallAPI.dll,-28502|",
    "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=1|ICMP4=8:*|RA4=LocalSubnet|Name=Echo|",
    "v2.10|Action=Block|Active=TRUE|Dir=Out|Protocol=17|RPort=53|RPort2_10=5000-5010|RA4=10.0.0.0/255.0.0.0|RA6=fe80::/64|Name=Lists|",
    "v2.10|Action=Allow|Active=FALSE|Dir=In|Protocol=6|LPort=RPC|Svc=Winmgmt|Name=Off|Desc=a longer text, with a comma|",
)


class Content:
    """An input file that is only its bytes."""

    def __init__(self, content: bytes) -> None:
        self.path = self.place = "x"
        self.head = content[:4096]
        self.problems: list[Problem] = []
        self.is_hive = self.is_folder = False
        self._content = content

    def content(self, most: int = 1 << 29) -> bytes:
        assert len(self._content) <= most
        return self._content


class Facts(NamedTuple):
    """The format, and of each rule the range of its bytes and what it is."""

    form: str
    rules: tuple[tuple[int, int, HostRule], ...]


def rules() -> list[HostRule]:
    out = []
    for number, text in enumerate(STRINGS):
        found, _ = parse_rule(text, id=f"rule-{number}")
        assert found is not None
        out.append(replace(found, version=(2, 10)))
    return out


def read(form: str, content: bytes) -> tuple[list[HostRule], bool]:
    """(the rules that are read, whether something is said to be wrong or missing)."""
    file = Content(content)
    try:
        found = format_module(form).read(file)
    except (FormatError, InputError):
        return [], True
    problems = [
        *file.problems,
        *(p for one in found for p in (*one.problems, *(q for part in one.parts for q in part.problems))),
    ]
    gaps = [gap for one in found for gap in (*one.gaps, *(g for part in one.parts for g in part.gaps))]
    made = [replace(rule, origin="", version=(2, 10)) for one in found for part in one.parts for rule in part.rules]
    return made, bool(problems) or any(gap.may_allow or gap.may_block for gap in gaps)


def seed(
    form: str, name: str, text: str, pieces: list[str], *, encoding: str = "utf-8", known: list[HostRule] | None = None
) -> Seed:
    """A seed whose rules stand where these pieces of the text are."""
    content = text.encode(encoding)
    parts = []
    for piece, rule in zip(pieces, known if known is not None else rules(), strict=True):
        raw = piece.encode(encoding.replace("utf-16", "utf-16-le"))
        at = content.index(raw)
        # with the end of the line before: a change there can make the line part of another
        parts.append((at - 1 if form == "ps-csv" else at, at + len(raw), rule))
    made, wrong = read(form, content)
    assert not wrong
    assert made == [rule for *_, rule in parts], f"the seed `{name}` of {form} is not sound"
    return Seed(name, content, 1, tuple((low, high) for low, high, _ in parts), Facts(form, tuple(parts)))


def check(origin: Seed, mutation: Mutation) -> None:
    facts: Facts = origin.facts
    made, wrong = read(facts.form, mutation.content)
    if not wrong and not head_is_changed(facts, mutation, made):
        for low, high, rule in facts.rules:
            assert not mutation.leaves(low, high) or rule in made, f"rule `{rule.id}`"


def head_is_changed(facts: Facts, mutation: Mutation, made: list[HostRule]) -> bool:
    """Whether the row of column names was changed, and every rule says so: all are there and prove nothing, or lost a text alone."""
    first = facts.rules[0][0]
    if facts.form not in ("ps-csv", "ps-text") or mutation.leaves(0, first):
        return False
    whole = [bare(rule) for low, high, rule in facts.rules if mutation.leaves(low, high)]
    found = [bare(rule) for rule in made]
    return (all(rule.extras.unknown for rule in made) and len(made) >= len(whole)) or all(rule in found for rule in whole)


def bare(rule: HostRule) -> HostRule:
    """The rule without what no verdict depends on."""
    return replace(rule, id="", name="", description="", group="", edge=False)


JSON_TOKENS = (
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b'"Any"',
    b'""',
    b"{}",
    b'"value":',
    b'"System.String[]"',
    b"\\u0000",
)


def fuzz_ps_json(_corpus: object = None) -> Target:
    seeds = []
    for shape in ("flat", "nested", "bundled"):
        made = document(rules(), shape, numbers=shape != "flat")
        pieces = [json.dumps(one) for one in made]
        seeds.append(seed("ps-json", shape, json.dumps(made), pieces))
    text = json.dumps({"Rules": document(rules(), "flat", numbers=True)})
    seeds.append(seed("ps-json", "section", text, [json.dumps(one) for one in document(rules(), "flat", numbers=True)]))
    return Target("ps-json", tuple(seeds), check, JSON_TOKENS)


def fuzz_ps_csv(_corpus: object = None) -> Target:
    seeds = []
    for mark in (",", ";", "\t"):
        text = as_csv(flat(rules()), delimiter=mark)
        seeds.append(seed("ps-csv", repr(mark), text, text.split("\r\n")[1:5]))
    return Target("ps-csv", tuple(seeds), check, (b'"', b'""', b",", b";", b"\r\n", b"\n", b"Any", b'","', b"#TYPE x\r\n"))


def fuzz_ps_text(_corpus: object = None) -> Target:
    text = as_list(flat(rules()))
    lists = [piece for piece in text.split("\r\n\r\n") if piece.strip()]
    table = as_table(flat(rules()))
    seeds = [
        seed("ps-text", "list", text, lists),
        seed("ps-text", "list in utf-16", text, lists, encoding="utf-16"),
        seed("ps-text", "table", table, table.split("\r\n")[3:7]),
    ]
    return Target("ps-text", tuple(seeds), check, (b" : ", b"{", b"}", b"...", b"\r\n", b"\n", b"  ", b"-----", b"Any"))


def fuzz_clixml(_corpus: object = None) -> Target:
    seeds = []
    for shape in ("flat", "nested"):
        text = as_clixml(rules(), shape=shape)
        seeds.append(seed("clixml", shape, text, text.split("\n")[1:5]))
    tokens = (
        b"<",
        b">",
        b"/>",
        b"<S>",
        b"</S>",
        b"<Nil />",
        b"<LST>",
        b"&amp;",
        b"&x;",
        b'<Ref RefId="0" />',
        b"_x0000_",
        b"<!DOCTYPE a>",
        b'N="',
    )
    return Target("clixml", tuple(seeds), check, tokens)


def fuzz_collector(_corpus: object = None) -> Target:
    values = [[f"rule-{number}", 1, text] for number, text in enumerate(STRINGS)]
    content = {
        "schema": "cmfw/collector/1",
        "parts": dict.fromkeys(PARTS, "ok"),
        "keys": [
            {"key": LOCAL, "values": [["PolicyVersion", 4, 542]]},
            {"key": f"{LOCAL}\\FirewallRules", "values": values},
            {"key": f"{LOCAL}\\DomainProfile", "values": [["EnableFirewall", 4, 1]]},
            {"key": GPO, "absent": True},
        ],
        "running": {"MpsSvc": True, "BFE": True},
        "interfaces": [interface("{A}", 6, [["10.1.2.3", 24]], dns=["10.1.9.53"])],
        "networks": [{"interface": "{A}", "category": 2}],
        "dynamic_ports": {"tcp": [49152, 16384], "udp": [49152, 16384]},
        "listeners": [{"protocol": "tcp", "address": "::", "port": 445, "process": "System", "path": None}],
        "products": [],
    }
    pieces = [json.dumps(value, separators=(",", ":")) for value in values]
    text = json.dumps(content, separators=(",", ":"))
    return Target(
        "collector",
        (seed("collector", "line", text, pieces),),
        check,
        (*JSON_TOKENS, b"|", b'"absent":true', b'"error":"x"'),
    )


TARGETS: dict[str, Callable[[object], Target]] = {
    "ps-json": fuzz_ps_json,
    "ps-csv": fuzz_ps_csv,
    "ps-text": fuzz_ps_text,
    "clixml": fuzz_clixml,
    "collector": fuzz_collector,
}
