"""Lists that the console "Windows Defender Firewall with Advanced Security" exports ("Export List"): tabs or commas.

The console shows inbound and outbound rules in two lists and writes the direction into neither. Only inbound rules can name
authorized users, so a list with that column is inbound and one with authorized computers alone is outbound; of a list with
fewer columns the file's name or ``FILE#inbound`` has to say it.

Source: public lists of Windows 7 to 11; limits in ``about/mmc.toml``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cmfw.errors import InputError, Problem
from cmfw.ingest import mmc_words as words
from cmfw.ingest.evidence import Evidence, StorePart
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.listed_rules import Ids
from cmfw.ingest.mmc_rows import read_row
from cmfw.ingest.mmc_words import known_columns
from cmfw.ingest.netsh_words import label_key
from cmfw.ingest.windows_text import MOST_BYTES, decode
from cmfw.model.rule import HostRule, Store
from cmfw.model.state import Gap
from cmfw.net.flow import Direction
from cmfw.words.phrases import phrase

FORMAT = "mmc"
_NEEDED = frozenset({words.NAME, words.ACTION, words.ENABLED})
_DIRECTIONS = {"in": Direction.IN, "out": Direction.OUT}
_TOLD_BY_COLUMNS = {
    Direction.IN: phrase("a list with authorized users, which is inbound"),
    Direction.OUT: phrase("a list without authorized users, which is outbound"),
}


class _Head(NamedTuple):
    """The columns of a list; empty text for one that is not known. ``width`` is the number of heads."""

    columns: tuple[str, ...]
    separator: str
    width: int


def sniff(file: InputFile) -> bool:
    """Whether the first line has the columns of such a list, or as many as one in a language that is not known."""
    if file.is_folder or file.is_hive or file.head[:1] in (b"{", b"["):
        return False
    text = decode(file.head, "", known_columns)
    return not text.flaw and _head(text.split()) is not None


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The local rules of one direction.

    Raises:
        InputError: nothing says which direction the list is of, or the file is no list.
    """
    text = decode(file.content(MOST_BYTES), file.path, known_columns)
    lines = text.lines(file.path)
    head = _head(lines)
    if head is None:
        raise InputError(Problem(file.path, "the columns of a list of rules", f"`{lines[0][:60]}`", line=1))
    direction = _direction(file, head)
    ids = Ids()
    rules: list[HostRule] = []
    problems: list[Problem] = []
    lost: list[Problem] = []
    if text.flaw:
        lost.append(Problem(file.path, "text", text.flaw, hint="what could be read is read", line=1))
    for line, cells in _rows(lines, head.separator):
        if len(cells) != head.width:
            expected = phrase("{count} columns", count=head.width)
            lost.append(Problem(file.path, expected, f"{len(cells)}", key=cells[0][:60], line=line))
            continue
        fields = dict(zip(head.columns, cells, strict=True))
        strange = [cell for column, cell in zip(head.columns, cells, strict=True) if not column]
        found, doubts = read_row(fields, strange, direction, ids, f"{file.path}:{line}")
        rules += found
        for field, value in doubts:
            expected = phrase("a `{field}` in known words", field=field)
            problems.append(Problem(file.path, expected, f"`{value[:60]}`", key=fields[words.NAME], line=line))
    part = StorePart(
        store=Store.LOCAL,
        name=Store.LOCAL.value,
        rules=tuple(rules),
        gaps=tuple(_gaps(file.path, lost)),
        shows_settings=False,
        directions=int(direction),
    )
    return (Evidence(path=file.path, format=FORMAT, parts=(part,), problems=(*lost, *problems)),)


def _gaps(path: str, lost: Sequence[Problem]) -> Iterator[Gap]:
    detail = (
        "the console lists no service, ICMP type, interface type or device condition: rules that may have one prove nothing"
    )
    yield Gap("unshown_conditions", detail, source=path)
    if lost:
        detail = f"the local store is damaged: {lost[0].text()}"
        yield Gap("store:local", detail, may_allow=True, may_block=True, source=path)


def _head(lines: Sequence[str]) -> _Head | None:
    """The columns of the first line; by place where no head is known and a row has the protocol in its place."""
    if not lines:
        return None
    separator = "\t" if "\t" in lines[0] else ","
    heads = _cells(lines[0], separator)
    count = len(heads)
    keys = [label_key(cell) for cell in heads]
    if set(keys) & words.FOREIGN or not 3 <= count <= words.MOST_COLUMNS + 4:
        return None
    known = _placed(tuple(words.COLUMNS.get(key, "") for key in keys))
    named = [column for column in known if column]
    if len(set(named)) == len(named) and set(named) >= _NEEDED:
        return _Head(known, separator, count)
    if len(words.FIRST) < count <= words.MOST_COLUMNS:
        place = words.FIRST.index(words.PROTOCOL)
        rows = [cells for _, cells in _rows(lines[:50], separator) if len(cells) == count]
        if any(cells[place].casefold() in words.PROTOCOLS for cells in rows):
            return _Head((*words.FIRST, *[""] * (count - len(words.FIRST))), separator, count)
    return None


def _placed(known: tuple[str, ...]) -> tuple[str, ...]:
    """The columns with those of a full list by place, where the known ones stand in their places."""
    first = known[: len(words.FIRST)]
    if len(first) < len(words.FIRST):
        return known
    agree = sum(column == its for column, its in zip(first, words.FIRST, strict=False))
    others = sum(bool(column) for column in first) - agree
    return (*words.FIRST, *known[len(words.FIRST) :]) if agree >= len(words.FIRST) // 2 and not others else known


def _rows(lines: Sequence[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of every row below the head."""
    for number, line in enumerate(lines[1:], 2):
        if line.strip():
            yield number, _cells(line, separator)


def _cells(line: str, separator: str) -> list[str]:
    """The cells of a line. The console ends lines with a tab, and in its comma lists only the commas of lists have a blank."""
    if separator == "\t":
        cells = line.split("\t")
    elif '"' in line:
        import csv

        cells = next(csv.reader([line]), [])
    else:
        cells = line.replace(", ", "\0").split(",")
        cells = [cell.replace("\0", ", ") for cell in cells]
    if len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    return [cell.strip() for cell in cells]


def _direction(file: InputFile, head: _Head) -> Direction:
    """The direction that the columns, the mark behind ``#`` or the file's name say."""
    said = _named(file.part.lower())
    by_columns = _by_columns(head)
    expected = phrase("`#inbound` or `#outbound` behind the file's name")
    if file.part and said is None:
        raise InputError(Problem(file.path, expected, f"`#{file.part}`"))
    if said is not None and by_columns is not None and said is not by_columns:
        found = _TOLD_BY_COLUMNS[by_columns]
        raise InputError(Problem(file.path, phrase("a list of {direction} rules", direction=file.part), found))
    found_direction = by_columns or said or _named(file.name)
    if found_direction is None:
        hint = phrase("name it: `{path}#inbound` or `{path}#outbound`", path=file.path)
        raise InputError(Problem(file.path, "the direction of the rules", "a list that does not say it", hint=hint))
    return found_direction


def _named(text: str) -> Direction | None:
    found = {_DIRECTIONS[key] for key, names in words.DIRECTION_NAMES.items() if any(name in text for name in names)}
    return found.pop() if len(found) == 1 else None


def _by_columns(head: _Head) -> Direction | None:
    if words.USERS in head.columns:
        return Direction.IN
    if words.COMPUTERS in head.columns:
        return Direction.OUT
    if any(head.columns[len(words.FIRST) :]):
        return None
    # unknown words behind the common columns: their number alone
    if head.width in words.INBOUND_COUNTS:
        return Direction.IN
    return Direction.OUT if head.width in words.OUTBOUND_COUNTS else None
