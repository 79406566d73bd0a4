"""Write the parts of the documentation that follow from the code: site keys, what formats show, what targets can say, finding codes, verbs.

    python -m tools.pages

``test_site_file.py``, ``test_formats.py``, ``test_findings.py`` and ``test_verbs.py`` in ``tests/docs`` fail where a page and the code disagree.
"""

from __future__ import annotations

from pathlib import Path

from cmfw.ingest.site_keys import SITE_KEYS, SiteKey
from tools import finding_pages, format_pages, lab_records, target_pages, verb_pages

PAGE = Path(__file__).resolve().parent.parent / "docs" / "site-file.md"
START, END = "<!-- keys: written by tools/pages.py -->\n", "<!-- end of keys -->\n"
TABLES = ("site[]", "system[]", "clients[]", "clients[].install[]", "clients[].settings", "filter[]", "expect[]")


def table_of(key: SiteKey) -> str:
    """The longest of the page's sections that the key belongs to; empty for the top of the file."""
    inside = [table for table in TABLES if key.path.startswith(f"{table}.")]
    return max(inside, key=len, default="")


def row(key: SiteKey, table: str) -> str:
    """One line of a Markdown table."""
    name = key.path.removeprefix(f"{table}.") if table else key.path
    meaning = key.meaning.en
    if key.choices:
        meaning += ": " + ", ".join(f"`{word}`" for word in key.choices)
    # a pipe would end the cell
    cells = [f"`{name}`", key.kind.replace("_", " "), key.default, meaning]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def key_tables() -> str:
    """All keys as one Markdown table for each table of the file."""
    out = []
    for table in ("", *TABLES):
        keys = [key for key in SITE_KEYS if table_of(key) == table]
        heading = f"`[[{table.removesuffix('[]')}]]`" if table.endswith("[]") else f"`[{table}]`"
        heading = heading.replace("[].", ".") if table else "Top of the file"
        out.append(f"### {heading}\n\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n")
        out += [row(key, table) for key in keys]
        out.append("\n")
    return "".join(out)


def with_tables(page: str) -> str:
    """The page with its generated part as it should be."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError("the page has lost its markers")
    return f"{before}{START}\n{key_tables()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    for made in (finding_pages, format_pages, lab_records, target_pages, verb_pages):
        for path, text in made.pages().items():
            path.write_text(text, encoding="utf-8", newline="\n")
