"""A Chinese page says what its English one says: the same parts in the same order, and in each the same numbers, links and code.

A page ``NAME.zh.md`` is held against ``NAME.md`` beside it. The pages of findings are made from the catalog and have tests of their own.

- Parts: headings with their levels, paragraphs, items, rows with their columns, and blocks.
- Blocks are the same byte for byte, but for what a reader reads: under a ``console`` command what is printed (tests run the page in its
  language), a comment behind ``#``, and in a ``text`` block that is no file a line with Chinese in it.
- Links are written as in English, without ``.zh``: the site leads to the Chinese page. ``pictures/*-zh_cn-*`` stands for ``*-en-*``. A
  heading to which a link with ``#name`` leads has ``<a id="name"></a>`` before it in Chinese, since its own name would be another.
- What stands in backticks is the same; a placeholder may be told in Chinese. Numbers of the English are there as digits.
- In a table, a column under ``英文`` holds English: names by which something is found elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from tests.docs.chinese import HAN, HAN_PER_WORD, MANY_WORDS, english_left, parts, places
from tests.docs.pages import CHINESE, DOCS, Block, blocks

IN_ENGLISH = "英文"
PAGES = sorted(page for page in DOCS.rglob(f"*{CHINESE}") if page.parent.name != "findings")
MORE_IN_CHINESE = {
    "index.zh.md": "除浸泡测试、基准测试和决策之外，每个页面都有中文；发现的中文页面只含要点。",
}
"""Page -> a paragraph that the English one has no need of."""


ENGLISH_ONLY = {"soak.md", "benchmarks.md"}
"""Pages without a Chinese one, beside the decisions."""


def test_every_other_page_is_there_in_chinese():
    told = [page for page in DOCS.rglob("*.md") if not page.name.endswith(CHINESE) and page.parent.name != "adr"]
    missing = {page.relative_to(DOCS).as_posix() for page in told if not page.with_name(f"{page.stem}{CHINESE}").is_file()}
    assert missing == ENGLISH_ONLY


def english(page: Path) -> Path:
    return page.with_name(page.name.replace(CHINESE, ".md"))


def pairs(page: Path):
    """(English part, Chinese part), which only parts of the same number and kind can be."""
    more = MORE_IN_CHINESE.get(page.relative_to(DOCS).as_posix())
    ours, theirs = parts(english(page)), [part for part in parts(page) if part.text != more]
    assert [part.kind for part in ours] == [part.kind for part in theirs]
    return list(zip(ours, theirs, strict=True))


every_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(DOCS).as_posix())


@every_page
def test_it_has_an_english_page_with_the_same_parts(page):
    assert len(pairs(page)) > 5


@every_page
def test_each_part_links_the_same(page):
    assert [(a.line, a.links, b.line, b.links) for a, b in pairs(page) if a.links != b.links] == []


@every_page
def test_each_part_says_the_same_code(page):
    wrong = []
    for ours, theirs in pairs(page):
        left_out, added = ours.typed - theirs.typed, theirs.typed - ours.typed
        if len(left_out) != len(added) or not all(HAN.search(text) for text in added):
            wrong.append((ours.line, left_out, theirs.line, added))
    assert wrong == []


@every_page
def test_each_part_says_the_same_numbers(page):
    assert [(a.line, b.line, a.numbers - b.numbers) for a, b in pairs(page) if not a.numbers <= b.numbers] == []


@every_page
def test_each_part_is_translated_whole(page):
    """By its length; words that stay as they are, such as names of documents, do not count."""
    long = [(a, b) for a, b in pairs(page) if a.words >= MANY_WORDS]
    assert [(a.line, b.line) for a, b in long if b.characters < HAN_PER_WORD * (a.words - b.words)] == []


def read_alone(page: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of every part of a Chinese page, rows by their cells without those that hold English on purpose."""
    names: list[str] = []
    said = parts(page)
    for part, after in pairwise([*said, said[0]]):
        if not part.is_row:
            yield part.line, part.prose
        elif "---" in after.text:
            names = part.cells
            yield part.line, part.prose
        else:
            yield from ((part.line, cell) for name, cell in zip(names, part.cells, strict=True) if IN_ENGLISH not in name)


@every_page
def test_nothing_is_left_in_english(page):
    assert [(line, left) for line, text in read_alone(page) if (left := english_left(text))] == []


def told_apart(line: str) -> tuple[str, str]:
    """What a program reads of a line, and the comment."""
    found = re.match(r"(?P<read>(?:.*\s)?)#(?P<comment>\s.*)", line)
    return (found["read"], found["comment"]) if found else (line, "")


def differs(ours: Block, theirs: Block) -> list[str]:
    """The lines of a Chinese block that may not be as they are."""
    if ours.kind == "console":
        commands = [Counter(re.findall(r"^(?:\$ .*|exit \d+)$", block.text, re.MULTILINE)) for block in (ours, theirs)]
        return sorted((commands[0] - commands[1]) + (commands[1] - commands[0]))
    mine, yours = ours.text.splitlines(), theirs.text.splitlines()
    if len(mine) != len(yours):
        return ["other number of lines"]
    wrong = []
    for one, other in zip(mine, yours, strict=True):
        (read, _), (other_read, comment) = told_apart(one), told_apart(other)
        is_read_by_people = ours.kind in ("", "text") and not ours.words and HAN.search(other)
        is_translated = read == other_read and HAN.search(comment)
        if english_left(comment) or not (one == other or is_read_by_people or is_translated):
            wrong.append(other)
    return wrong


@every_page
def test_its_blocks_are_the_same(page):
    ours, theirs = blocks(english(page)), blocks(page)
    assert [(block.kind, block.words) for block in ours] == [(block.kind, block.words) for block in theirs]
    assert [(b.line, wrong) for a, b in zip(ours, theirs, strict=True) if (wrong := differs(a, b))] == []


def test_places_that_are_linked_are_there_in_chinese():
    """Pages that are English only are shown on the Chinese site, too, and lead to the Chinese page."""
    missing = set()
    for page in DOCS.rglob("*.md"):
        for target in {link for part in parts(page) for link in part.links if "#" in link and "://" not in link}:
            path, _, name = target.partition("#")
            linked = english((page.parent / path).resolve() if path else page)
            sibling = linked.with_name(linked.name.replace(".md", CHINESE))
            if sibling.exists() and places(sibling).get(name) != heading(linked, name):
                missing.add(f'{sibling.relative_to(DOCS)}: <a id="{name}"></a>')
    assert sorted(missing) == []


def heading(page: Path, name: str) -> int:
    """Which heading of an English page a link with ``#name`` leads to, from 0."""
    told = [part.text.lstrip("# ").lower() for part in parts(page) if part.kind.startswith("#")]
    return [re.sub(r"[^\w\- ]", "", text).strip().replace(" ", "-") for text in told].index(name)


LEFT = {
    "全是中文": "",
    "Windows Server Update Services 的端口": "",
    "BranchCache": "",
    "《Ports used in Configuration Manager》中的“Client to distribution point configured for multicast”": "",
    "Nothing comes in here.": "Nothing comes in here.",
    "入站：the client opens everything and nothing ever comes in": "the client opens everything and nothing ever comes in",
}


@pytest.mark.parametrize("text", LEFT)
def test_a_sentence_in_english_is_seen(text):
    assert english_left(text) == LEFT[text]


def block(kind: str, text: str, *words: str) -> Block:
    return Block(kind, words, text, 1)


SAME = {
    "the same": (block("toml", 'code = "P01"'), block("toml", 'code = "P01"')),
    "a comment is translated": (block("flows", "# the fallback"), block("flows", "# 后备途径")),
    "a comment behind code is translated": (block("toml", "a = 1  # the first"), block("toml", "a = 1  # 第一个")),
    "what a command prints": (block("console", "$ cmfw demo\ntwo rules"), block("console", "$ cmfw demo\n两条规则")),
    "text to be read": (block("text", "NAME the name"), block("text", "NAME 名称")),
}
OTHER = {
    "another value": (block("toml", 'code = "P01"'), block("toml", 'code = "P02"')),
    "a line more": (block("flows", "a"), block("flows", "a\nb")),
    "a comment is left out": (block("flows", "# the fallback"), block("flows", "")),
    "a comment is left in English": (block("flows", "# what falls back to it"), block("flows", "# what falls back to it")),
    "another command": (block("console", "$ cmfw demo"), block("console", "$ cmfw plan")),
    "another exit code": (block("console", "$ cmfw demo\nexit 1"), block("console", "$ cmfw demo\nexit 2")),
    "a file in Chinese": (block("text", "NAME the name", "file", "a"), block("text", "NAME 名称", "file", "a")),
    "other text to be read": (block("text", "NAME the name"), block("text", "NAME a name")),
}


@pytest.mark.parametrize("case", SAME)
def test_a_block_may_differ_where_people_read(case):
    assert differs(*SAME[case]) == []


@pytest.mark.parametrize("case", OTHER)
def test_a_block_may_not_differ_elsewhere(case):
    assert differs(*OTHER[case]) != []
