"""The pages of finding codes: what the catalog says stands at the head of the English page and makes up the Chinese one.

``python -m tools.pages`` writes them, ``tests/docs/test_findings.py`` fails where a page and the catalog disagree. The English prose below
the head is written by hand; the Chinese page is `cmfw explain CODE` with the example of the English one.
"""

from __future__ import annotations

import re
from pathlib import Path

from cmfw.catalog import PACKS, load
from cmfw.catalog.types import Catalog, FindingText, Text
from cmfw.words import said_in

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "findings"
HEAD = ("<!-- head: written by tools/pages.py -->\n", "<!-- end of head -->\n")
TABLE = ("<!-- table: written by tools/pages.py -->\n", "<!-- end of table -->\n")
COLUMNS = {"en": ("code", "severity", "says"), "zh_CN": ("代码", "严重性", "含义")}
FACTS = {"en": ("severity", "says", "follows from"), "zh_CN": ("严重性", "消息", "起因于")}
PARTS = ("为什么有害", "示例", "修复")
"""The sections of a Chinese page."""
MORE = "英文页面另有详细说明和出处。\n"
CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def pages() -> dict[Path, str]:
    """Every page of the folder as it should be."""
    catalog = load(PACKS)
    made = {path: with_part(path.read_text(encoding="utf-8"), TABLE, table(catalog, lang)) for path, lang in indexes()}
    for found in catalog.findings.values():
        path = FOLDER / f"{found.code}.md"
        text = path.read_text(encoding="utf-8")
        made[path] = with_part(text if HEAD[0] in text else begun(text), HEAD, head(found, "en"))
        made[path.with_suffix(".zh.md")] = chinese_page(found, text)
    return made


def indexes() -> tuple[tuple[Path, str], ...]:
    """The two index pages and their languages."""
    return (FOLDER / "index.md", "en"), (FOLDER / "index.zh.md", "zh_CN")


def begun(page: str) -> str:
    """A page that was written by hand, with the place for its head."""
    title, _, rest = page.partition("\n")
    return f"{title}\n\n{''.join(HEAD)}{rest}"


def with_part(page: str, marks: tuple[str, str], part: str) -> str:
    """The page with the part between the marks; ValueError where it has lost them."""
    before, start, rest = page.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not (start and end):
        raise ValueError(f"the page has lost its markers: {page[:60]}")
    return f"{before}{marks[0]}\n{part}\n{marks[1]}{after}"


def table(catalog: Catalog, lang: str) -> str:
    """All codes, errors first, in the order of the catalog."""
    order = ("error", "warning", "note")
    rows = sorted(catalog.findings.values(), key=lambda found: order.index(found.severity))
    told = [
        (f"[`{f.code}`]({f.code}.md)", said_in(lang, f"severity.{f.severity}"), cell(f.title.in_language(lang)))
        for f in rows
    ]
    return table_of((COLUMNS[lang], *told))


def table_of(rows: tuple[tuple[str, ...], ...]) -> str:
    """Rows as a Markdown table, the first of them as its head."""
    lines = [f"| {' | '.join(row)} |\n" for row in rows]
    return "".join([lines[0], f"|{' --- |' * len(rows[0])}\n", *lines[1:]])


def cell(text: str) -> str:
    """A text as a cell: a pipe would end it."""
    return text.replace("|", "\\|")


def head(found: FindingText, lang: str) -> str:
    """Severity, messages and what the finding follows from."""
    severity, says, follows = FACTS[lang]
    texts: list[Text] = [found.message, *found.variants.values()]
    told = [(severity, said_in(lang, f"severity.{found.severity}"))]
    told += [(says if at == 0 else "", cell(text.in_language(lang))) for at, text in enumerate(texts)]
    if found.depends_on:
        told.append((follows, ", ".join(f"[`{code}`]({code}.md)" for code in found.depends_on)))
    return table_of(((COLUMNS[lang][0], f"`{found.code}`"), *told))


def chinese_page(found: FindingText, english: str) -> str:
    """The whole Chinese page; examples are the code of the English one."""
    section = english.partition("## Example\n")[2].partition("\n## ")[0]
    example = "\n\n".join(CODE.findall(section))
    why, shown, repair = PARTS
    lang = "zh_CN"
    parts = [
        f"# {found.code}：{found.title.zh_CN}\n",
        head(found, lang),
        f"## {why}\n\n{found.why.in_language(lang)}\n",
        f"## {shown}\n\n{example}\n" if example else "",
        f"## {repair}\n\n{found.repair.in_language(lang)}\n",
        MORE,
    ]
    return "\n".join(part for part in parts if part)
