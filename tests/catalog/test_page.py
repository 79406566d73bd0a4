"""The catalog's edition 2016 and the source page say the same: every fact has its row, every row of the page its fact.

``tests/data/page_facts.toml`` was written from the page. Both sides are brought to the same plain records and compared as
multisets, so a fact without a row, a row without a fact, and any column that differs all show.
"""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT, need

from cmfw.catalog import load
from cmfw.catalog.types import Catalog, Cite, ExceptionRow, Necessity, Requirement
from cmfw.model.rule import group_id, program_basename

PAGE = "page-2016"
EDITION = "2016"
FACTS = tomllib.loads((ROOT / "tests" / "data" / "page_facts.toml").read_text(encoding="utf-8"))
PART_A = {fact["feature"] for fact in FACTS["exception"]}
SIDES = {"management_point": "mp", "distribution_point": "dp"}

Record = tuple[tuple[str, Any], ...]


def record(**columns: Any) -> Record:
    return tuple(sorted((k, tuple(v) if isinstance(v, list) else v) for k, v in columns.items()))


# --- what the page says


def facts() -> Iterator[Record]:
    for fact in FACTS["title"]:
        yield record(table="feature", id=fact["feature"], place=f"line {fact['line']}", title=fact["words"])
    for fact in FACTS["exception"]:
        yield record(
            table="exception",
            feature=fact["feature"],
            place=f"line {fact['line']}",
            on=fact["on"],
            kind=fact["kind"],
            directions=fact["directions"],
            protocol=fact.get("protocol", ""),
            port=fact.get("port", ""),
            program=fact.get("program", "").lower(),
            group=fact.get("group", ""),
            icmp=fact.get("icmp", ""),
            condition=fact.get("condition", []),
        )
    for fact in FACTS["row"]:
        yield from row_facts(fact)
    for fact in FACTS["note"]:
        yield record(table="note", place=fact["place"], kind=fact["kind"], features=sorted(note_features(fact)))
    for fact in FACTS["erratum"]:
        yield record(table="erratum", place=fact["place"])


def row_facts(fact: Mapping[str, Any]) -> Iterator[Record]:
    for feature in fact["features"]:
        for role in fact["to"]:
            yield record(
                table="requirement",
                feature=feature,
                place=f"line {fact['line']}",
                ends=(fact["from"], role),
                direction=fact["direction"],
                protocol=fact["protocol"],
                port=fact.get("port", []),
                level=fact["level"],
                condition=sorted(
                    f"{SIDES[role]}.{word}" if word in ("http", "https") else word for word in fact.get("condition", [])
                ),
                notes=fact.get("notes", []),
                erratum=fact.get("erratum", False),
            )


def note_features(fact: Mapping[str, Any]) -> set[str]:
    """A procedure is for all of part A; a numbered note for the rows that refer to it."""
    if "part" in fact:
        return PART_A
    if "referred_by" in fact:
        return {f for row in FACTS["row"] if fact["referred_by"] in row.get("notes", []) for f in row["features"]}
    return set(fact["features"])


# --- what the catalog says


def rows(catalog: Catalog) -> Iterator[Record]:
    for feature in catalog.features.values():
        if feature.cites[0].source == PAGE:
            yield record(table="feature", id=feature.id, place=feature.cites[0].at, title=feature.title.zh_CN)
    for exception in catalog.exceptions.values():
        if exception.cite.source == PAGE:
            yield exception_record(catalog, exception)
    for requirement in catalog.requirements.values():
        if requirement.cite.source == PAGE:
            yield requirement_record(catalog, requirement)
    for note in catalog.notes.values():
        if note.cite.source == PAGE:
            yield record(table="note", place=note.cite.at, kind=note.kind, features=sorted(note.features))
    for erratum in catalog.errata.values():
        if erratum.cite.source == PAGE:
            yield record(table="erratum", place=erratum.cite.at)


def exception_record(catalog: Catalog, row: ExceptionRow) -> Record:
    flow = catalog.flows.get(row.value) if row.kind == "port" else None
    groups = {group_id(g.resource): g.title.zh_CN for g in catalog.groups.values()}
    whens = [row.when, flow.when if flow else ""]
    return record(
        table="exception",
        feature=row.feature,
        place=row.cite.at,
        on=row.on,
        kind=row.kind if EDITION in row.editions else "not in this edition",
        directions=row.directions,
        protocol=flow.protocol if flow else "",
        port=row.cell if row.kind == "port" else "",
        program=program_column(row),
        group=groups.get(group_id(row.value), "no such group") if row.kind == "group" else "",
        icmp=row.value if row.kind == "icmp" else "",
        condition=sorted(w for w in whens if w),
    )


def program_column(row: ExceptionRow) -> str:
    """The program as printed, which must be the one that the exception lets through."""
    if row.kind != "program":
        return ""
    name = program_basename(row.value).lower()
    return name if row.cell.lower() == name else f"{row.cell} is not {name}"


def requirement_record(catalog: Catalog, row: Requirement) -> Record:
    flow = catalog.flows.get(row.flow)
    ends = (flow.from_role, flow.to_role) if flow else ()
    return record(
        table="requirement",
        feature=row.feature,
        place=row.cite.at,
        ends=ends,
        direction=row.direction,
        protocol=flow.protocol if flow else "",
        port=row.cell.split(" or ") if row.cell else [],
        level=row.level.get(EDITION, "not in this edition"),
        condition=sorted(w for w in (row.when, flow.when if flow else "") if w),
        notes=row.notes,
        erratum=bool(row.printed),
    )


def differences(catalog: Catalog) -> list[str]:
    """Facts without a row and rows without a fact, each as text."""
    said, kept = Counter(facts()), Counter(rows(catalog))
    missing = [f"only on the page: {dict(r)}" for r in (said - kept).elements()]
    extra = [f"only in the catalog: {dict(r)}" for r in (kept - said).elements()]
    strangers = [f"a flow cites a line without a row: {flow}" for flow in flows_without_row(catalog)]
    return sorted(missing + extra + strangers)


def flows_without_row(catalog: Catalog) -> list[str]:
    """Flows that cite the page where no row of the page speaks of that traffic."""
    known = {(f"line {f['line']}", f["from"], to, f["protocol"]) for f in FACTS["row"] for to in f["to"]}
    return [
        flow.id
        for flow in catalog.flows.values()
        if flow.cite.source == PAGE and (flow.cite.at, flow.from_role, flow.to_role, flow.protocol) not in known
    ]


def test_the_page_has_nineteen_table_rows():
    assert len({fact["line"] for fact in FACTS["row"] if "table" in fact}) == 19
    assert Counter(fact["table"] for fact in FACTS["row"] if "table" in fact) == {1: 1, 2: 6, 3: 3, 4: 3, 5: 4, 6: 3}


def test_catalog_and_page_say_the_same():
    assert differences(load()) == []


def test_no_fact_is_written_twice():
    assert [dict(f) for f, times in Counter(facts()).items() if times > 1 and dict(f)["place"] != "line 89"] == []


# --- the test itself can fail

TABLES = ("flows", "features", "requirements", "exceptions", "notes", "errata", "groups")


def page_rows() -> list[tuple[str, str]]:
    catalog = load()
    used = {group_id(e.value) for e in catalog.exceptions.values() if e.kind == "group" and e.cite.source == PAGE}
    found = []
    for table in TABLES:
        for key, row in getattr(catalog, table).items():
            cite = row.cites[0] if table == "features" else row.cite
            if cite.source == PAGE or (table == "groups" and group_id(row.resource) in used):
                found.append((table, key))
    return found


def without(catalog: Catalog, table: str, key: str) -> Catalog:
    parts = {f.name: getattr(catalog, f.name) for f in dataclasses.fields(catalog)}
    parts[table] = {k: row for k, row in parts[table].items() if k != key}
    return Catalog(**parts)


@pytest.mark.parametrize(("table", "key"), page_rows(), ids=lambda v: v)
def test_deleting_a_row_shows(table: str, key: str):
    assert differences(without(load(), table, key)) != []


def changed(catalog: Catalog, key: str, **columns: Any) -> Catalog:
    rows = {k: dataclasses.replace(row, **columns) if k == key else row for k, row in catalog.requirements.items()}
    return Catalog(**{f.name: getattr(catalog, f.name) for f in dataclasses.fields(catalog)} | {"requirements": rows})


@pytest.mark.parametrize(
    "columns",
    [
        {"cell": "446"},
        {"direction": "out"},
        {"flow": "dp_smb"},
        {"feature": "gpo_install"},
        {"level": {"current": Necessity.REQUIRED}},
        {"level": {"2016": Necessity.ADVISORY}},
        {"when": "install.source"},
        {"notes": ("note1",)},
        {"printed": ("446",)},
        {"cite": Cite(PAGE, "line 116", "2016-09-02")},
        {"cite": Cite("ports", "line 117", "2016-09-02")},
    ],
    ids=lambda columns: next(iter(columns)),
)
def test_changing_a_column_shows(columns: dict[str, Any]):
    assert differences(changed(load(), "client_push.smb", **columns)) != []


def test_every_printed_433_has_its_erratum():
    catalog = load()
    printed = [r for r in catalog.requirements.values() if "433" in (r.cell, *r.printed)]
    lines = {int(r.cite.at.removeprefix("line ")) for r in printed}
    assert all(r.cell == "433" and r.printed == ("433",) and r.errata == ("E1",) for r in printed)
    assert tuple(sorted(lines)) == catalog.errata["E1"].lines
    assert all(catalog.flows[r.flow].default == ("443",) for r in printed)


# --- the page's own text


@pytest.fixture(scope="module")
def page() -> list[str]:
    """The lines of the page, where it is at hand."""
    corpus = Path(os.environ.get("CMFW_CORPUS", str(ROOT.parent / "shared" / "corpus")))
    path = corpus.parent / "reference" / "clients-firewall-ports-zh-CN-2016-09-02.md"
    need(path.is_file(), "no copy of the source page beside the corpus")
    return path.read_text(encoding="utf-8-sig").splitlines()


def texts_at(page: list[str], place: str) -> list[str]:
    """The text of ``line 53``, of ``lines 57-58`` together, of each of ``lines 121, 136``."""
    texts = []
    for part in place.removeprefix("lines ").removeprefix("line ").split(", "):
        first, _, last = part.partition("-")
        texts.append("\n".join(page[int(first) - 1 : int(last or first)]))
    return texts


def cited() -> Iterator[tuple[str, list[str]]]:
    """(place, words that must stand there) of every fact."""
    for table in ("title", "exception", "row"):
        for fact in FACTS[table]:
            words = fact.get("words", [])
            words = [words] if isinstance(words, str) else list(words)
            ports = fact.get("port", [])
            words += [ports] if isinstance(ports, str) else ports
            yield f"line {fact['line']}", [*words, *([fact["program"]] if "program" in fact else [])]
    for fact in (*FACTS["note"], *FACTS["erratum"]):
        yield fact["place"], fact["words"]


@pytest.mark.corpus
@pytest.mark.parametrize(("place", "words"), list(cited()), ids=lambda v: v if isinstance(v, str) else "")
def test_the_words_stand_in_the_line(page: list[str], place: str, words: list[str]):
    for text in texts_at(page, place):
        for word in words:
            found = re.search(rf"(?<!\d){word}(?!\d)", text) if word.isdigit() else word in text
            assert found, f"`{word}` is not in {place}"


@pytest.mark.corpus
def test_every_number_of_the_page_is_a_fact(page: list[str]):
    """No line with a port in bold or in a table's cell is left out."""
    lines = {fact["line"] for table in ("exception", "row") for fact in FACTS[table]}
    with_port = {n for n, text in enumerate(page, 1) if re.search(r"\*\*\d+\*\*|\|\d|\|DYNAMIC\|", text)}
    assert with_port <= lines
