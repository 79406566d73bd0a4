"""The page of the site file in both languages: every key with its type, its default and what it means.

``python -m tools.pages`` writes the part between the marks, ``tests/docs/test_site_file.py`` fails where a page and the code disagree.
"""

from __future__ import annotations

from pathlib import Path

from cmfw.ingest.site_keys import SITE_KEYS, SiteKey
from tools.finding_pages import cell, table_of, with_part

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = ((DOCS / "site-file.md", "en"), (DOCS / "site-file.zh.md", "zh_CN"))
MARKS = ("<!-- keys: written by tools/pages.py -->\n", "<!-- end of keys -->\n")
TABLES = ("site[]", "system[]", "clients[]", "clients[].install[]", "clients[].settings", "filter[]", "expect[]")
TOP = {"en": "Top of the file", "zh_CN": "文件顶层"}
COLUMNS = {"en": ("key", "type", "default", "meaning"), "zh_CN": ("键", "类型", "默认值", "含义")}
CHOICES = {"en": (": ", ", "), "zh_CN": ("：", "、")}
"""What stands before the words that a key may have, and between them."""
KINDS = {
    "addresses": "地址列表", "choice": "单选", "choices": "多选", "code": "站点代码", "day": "日期", "flag": "开关", "label": "标签",
    "name": "主机名", "port": "端口", "port_list": "端口列表", "port_range": "端口范围", "profiles": "配置文件列表", "table": "表",
    "tables": "表数组", "text": "文本", "texts": "文本列表",
}  # fmt: skip
"""The types in Chinese; in English they are called what the code calls them."""


def pages() -> dict[Path, str]:
    """Both pages as they should be."""
    return {path: with_part(path.read_text(encoding="utf-8"), MARKS, key_tables(lang)) for path, lang in PAGES}


def key_tables(lang: str) -> str:
    """All keys as one Markdown table for each table of the file."""
    return "\n".join(
        f"### {heading(table, lang)}\n\n"
        + table_of((COLUMNS[lang], *(row(key, table, lang) for key in SITE_KEYS if table_with(key) == table)))
        for table in ("", *TABLES)
    )


def heading(table: str, lang: str) -> str:
    """The table as it is written in a site file."""
    if not table:
        return TOP[lang]
    inner = table.removesuffix("[]").replace("[].", ".")
    return f"`[[{inner}]]`" if table.endswith("[]") else f"`[{inner}]`"


def table_with(key: SiteKey) -> str:
    """The longest of the page's sections that the key belongs to; empty for the top of the file."""
    inside = [table for table in TABLES if key.path.startswith(f"{table}.")]
    return max(inside, key=len, default="")


def row(key: SiteKey, table: str, lang: str) -> tuple[str, ...]:
    """The cells of one key."""
    name = key.path.removeprefix(f"{table}.") if table else key.path
    kind = key.kind.replace("_", " ") if lang == "en" else KINDS[key.kind]
    before, between = CHOICES[lang]
    meaning = key.meaning.in_language(lang)
    if key.choices:
        meaning += before + between.join(f"`{word}`" for word in key.choices)
    return (f"`{name}`", kind, cell(key.default.in_language(lang)), cell(meaning))
