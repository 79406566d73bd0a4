"""What others read out of a report: (feature, clients, peer, status) of every row and (code, severity, subject) of every finding.

Each form is read by a program that is not ours where there is one, and the shape of what it reads is kept beside it: names that
others chose may change texts, never shapes.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import html5lib
from junitparser import JUnitXml, Properties
from markdown_it import MarkdownIt
from python_calamine import CalamineWorkbook

from cmfw import words
from cmfw.report.signs import SIGNS

Read = tuple[Counter, Counter]
SEVERITIES = ("error", "warning", "note")


def status_of(word: str) -> str:
    """The status that a word of the language in use means."""
    return next(name for name in SIGNS if words.say(f"status.{name}") == word.split(" (", maxsplit=1)[0])


def levels_left_out(tree) -> list[str]:
    """Headings of a page that stand more than one level below the one before them; the first may only be an ``h1``."""
    found, above = [], 0
    for node in tree.iter():
        if not re.fullmatch("h[1-6]", str(node.tag)):
            continue
        level = int(node.tag[1])
        if level > above + 1:
            found.append(f"{node.tag} {''.join(node.itertext())}")
        above = level
    return found


def _severity_of(word: str) -> str:
    return next(name for name in SEVERITIES if words.say(f"severity.{name}") == word)


def _rows(rows: list[dict]) -> Counter:
    return Counter((row["feature"], row["clients"], row["peer"] or "", row["status"]) for row in rows)


def _findings(rows: list[dict]) -> Counter:
    return Counter((row["code"], row["severity"], row["subject"]) for row in rows)


def read_json(data: bytes) -> Read:
    whole = json.loads(data)
    return _rows(whole["features"]), _findings(whole["findings"])


def read_jsonl(data: bytes) -> Read:
    lines = [json.loads(line) for line in data.decode().splitlines()]
    kinds = {kind: [line for line in lines if line["row"] == kind] for kind in ("feature", "finding")}
    return _rows(kinds["feature"]), _findings(kinds["finding"])


def read_csv(data: bytes) -> Read:
    lines = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    rows = Counter((r["id"], r["clients"], r["peer"], r["status"]) for r in lines if r["row"] == "feature")
    return rows, Counter((r["id"], r["severity"], r["subject"]) for r in lines if r["row"] == "finding")


def read_sarif(data: bytes) -> Read:
    (run,) = json.loads(data)["runs"]
    results = run["results"]
    found = Counter((r["ruleId"], r["level"], r["properties"]["subject"]) for r in results)
    return _rows(run["properties"]["features"]), found


def read_junit(data: bytes) -> Read:
    features, findings = JUnitXml.fromstring(data)
    told = [{p.name: p.value for p in case.child(Properties)} for case in [*features, *findings]]
    return _rows([t for t in told if "feature" in t]), _findings([t for t in told if "code" in t])


def read_md(data: bytes) -> Read:
    tokens = MarkdownIt("commonmark").enable("table").parse(data.decode())
    texts = [token.content for token in tokens if token.type == "inline"]
    plain = [re.sub(r"\\(.)", r"\1", text) for text in texts]
    start = next(at for at, text in enumerate(plain) if text == words.say("audit.column.reason")) + 1
    rows: Counter = Counter()
    while start + 4 < len(plain) and plain[start + 3][:1] in SIGNS.values():
        clients, title, peer, status, _ = plain[start : start + 5]
        rows[re.search(r"\((\w+)\)$", title)[1], clients, peer, status_of(status[2:])] += 1
        start += 5
    found: Counter = Counter()
    for at, text in enumerate(plain):
        head = re.fullmatch(r"\*\*(.+?)[:\uff1a].*\[([\w-]+)\]\*\*", text)
        if head:
            found[head[2], _severity_of(head[1].strip()), re.split(r": ", plain[at + 1])[0]] += 1
    return rows, found


def read_github(data: bytes) -> Read:
    lines = data.decode().splitlines()
    rows: Counter = Counter()
    for line in (line for line in lines[1:] if line.startswith("cmfw: ")):
        told = re.fullmatch(r"cmfw: (.+?)(?:: |\uff1a).*\((\w+)\) (\S+) ?(\S*)", line)
        rows[told[2], told[3], told[4], status_of(told[1])] += 1
    kinds = {"error": "error", "warning": "warning", "notice": "note"}
    heads = [re.match(r"::(\w+) title=[^,]*\[([\w-]+)\] ([^,:]*)", line) for line in lines if line.startswith("::")]
    return rows, Counter((head[2], kinds[head[1]], head[3]) for head in heads)


def read_html(data: bytes) -> Read:
    tree = html5lib.parse(data, namespaceHTMLElements=False)
    rows: Counter = Counter()
    for story in tree.iterfind(".//*[@data-feature]"):
        word = "".join(story.find("h3/span").itertext()).split(" ", 1)[1]
        rows[story.get("data-feature"), story.get("data-clients"), story.get("data-peer"), status_of(word)] += 1
    found: Counter = Counter()
    for one in tree.iterfind(".//*[@data-code]"):
        word = "".join(one.find("summary/span").itertext()).split(" ", 1)[1]
        found[one.get("data-code"), _severity_of(word), one.get("data-subject")] += 1
    return rows, found


def _sheets(data: bytes) -> list[list[list[str]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [book.get_sheet_by_index(at).to_python(skip_empty_area=False) for at in range(len(book.sheet_names))]


def read_xlsx(data: bytes) -> Read:
    _, matrix, findings = _sheets(data)
    rows = Counter((re.search(r"\((\w+)\)$", r[1])[1], r[0], r[2], status_of(r[3][2:])) for r in matrix[1:])
    return rows, Counter((r[1], _severity_of(r[0]), r[2]) for r in findings[1:])


READERS: dict[str, Callable[[bytes], Read]] = {
    "html": read_html,
    "json": read_json,
    "jsonl": read_jsonl,
    "csv": read_csv,
    "sarif": read_sarif,
    "junit": read_junit,
    "md": read_md,
    "github": read_github,
    "xlsx": read_xlsx,
}


def _json_shape(found: object, at: str = "") -> Counter:
    if isinstance(found, dict):
        return sum((_json_shape(value, f"{at}.{key}") for key, value in found.items()), Counter([at]))
    if isinstance(found, list):
        return sum((_json_shape(value, f"{at}[]") for value in found), Counter([at]))
    return Counter([at])


def _xml_shape(data: bytes) -> Counter:
    return Counter((e.tag, tuple(sorted(e.keys()))) for e in ET.fromstring(data).iter())


def _md_shape(data: bytes) -> Counter:
    tokens = MarkdownIt("commonmark").enable("table").parse(data.decode())
    inline = [child.type for token in tokens for child in token.children or () if child.type not in ("text", "softbreak")]
    return Counter([*(token.type for token in tokens), *(kind for kind in inline if kind != "text_special")])


def _html_shape(data: bytes) -> Counter:
    """Every element with its ancestors, the names of its attributes, and the links, which names may not make or change."""
    found: Counter = Counter()

    def walk(node, above: tuple[str, ...]) -> None:
        here = (*above, str(node.tag))
        found[here, tuple(sorted(node.keys())), node.get("href", "")[:7]] += 1
        for child in node:
            walk(child, here)

    walk(html5lib.parse(data, namespaceHTMLElements=False), ())
    return found


def _xlsx_shape(data: bytes) -> Counter:
    """Every element of every part of the file: no formula, link or part may come with a name."""
    with ZipFile(io.BytesIO(data)) as parts:
        found = Counter(parts.namelist())
        for name in parts.namelist():
            # a shared text stands once however often it is used, and is rich only where somebody made it so
            # neighbours of one width share an entry for columns
            tags = (e.tag for e in ET.fromstring(parts.read(name)).iter() if not e.tag.endswith("}col"))
            found.update((name, tag) for tag in (set(tags) if "sharedStrings" in name else tags))
    return found


SHAPES: dict[str, Callable[[bytes], Counter]] = {
    "html": _html_shape,
    "json": lambda data: _json_shape(json.loads(data)),
    "jsonl": lambda data: sum((_json_shape(json.loads(line)) for line in data.decode().split("\n")[:-1]), Counter()),
    "csv": lambda data: Counter(len(row) for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))),
    "sarif": lambda data: _json_shape(json.loads(data)),
    "junit": _xml_shape,
    "md": _md_shape,
    "xlsx": _xlsx_shape,
    "github": lambda data: Counter(re.match(r"::\w+|cmfw: ", line)[0] for line in data.decode().split("\n")[:-1]),
}
