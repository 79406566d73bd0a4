"""The tables of ``$rules`` where they stand exactly as ``emit powershell`` lays them out, each by one pattern.

Nothing is read here: the pattern cuts a table into groups of lines, and each group goes to the ordinary reader, once for all
tables that have the same. A script of any other layout is not cut at all and goes there whole.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cmfw.ingest.powershell_tokens import DOUBLED, QUOTES

_PLAIN = rf"'[^{QUOTES}\n]*'"
_TEXT = rf"'([^{QUOTES}\n]*(?:(?:{'|'.join(q * 2 for q in QUOTES)})[^{QUOTES}\n]*)*)'"
_ITEMS = rf"{_PLAIN}(?:, {_PLAIN})*"


def _line(key: str, value: str, *, always: bool = False) -> str:
    line = rf"        {key} = {value}\n"
    return line if always else f"(?:{line})?"


_LIST = rf"@\({_ITEMS}\)"
_ENTRY = re.compile(
    r"    @\{\n"
    + _line("Name", _TEXT, always=True)
    + _line("DisplayName", _TEXT, always=True)
    + _line("Description", _TEXT)
    + _line("Group", _TEXT, always=True)
    + f"({_line('Enabled', _PLAIN, always=True)}{_line('Profile', _LIST, always=True)}"
    + f"{_line('Direction', _PLAIN, always=True)}{_line('Action', _PLAIN, always=True)}{_line('Protocol', _PLAIN)})"
    + f"({_line('LocalPort', _LIST)}{_line('RemotePort', _LIST)}{_line('IcmpType', _LIST)})"
    + _line("LocalAddress", rf"@\(({_ITEMS})\)")
    + _line("RemoteAddress", rf"@\(({_ITEMS})\)")
    + f"({_line('Program', _PLAIN)}{_line('Service', _PLAIN)}{_line('InterfaceType', _LIST)}"
    + f"{_line('EdgeTraversalPolicy', _PLAIN)})"
    + r"    \}\n"
)
_BEGIN = re.compile(rf"(?:\$[A-Za-z]+ = {_PLAIN}\n)*\$rules = @\(\n")


class Entry(NamedTuple):
    """One table in pieces as written: four texts without their quotes, lines, two lists without their brackets, lines."""

    name: str
    display_name: str
    description: str | None
    group: str
    circumstances: str
    ports: str
    local: str | None
    remote: str | None
    more: str


class Layout(NamedTuple):
    """All tables of ``$rules``, the data part without them, and whether no text has a quote (``plain_text`` changes none)."""

    entries: tuple[Entry, ...]
    rest: str
    is_plain: bool


def layout_of(body: str) -> Layout | None:
    """The tables of a data part; None where one of them, or what stands before them, is laid out in another way."""
    begin = _BEGIN.match(body)
    if begin is None:
        return None
    entries = []
    at = begin.end()
    while found := _ENTRY.match(body, at):
        entries.append(Entry(*found.groups()))
        at = found.end()
    # INVARIANT: between two entries stand whole tables only, so what is left has the same tokens but theirs
    if not body.startswith(")", at):
        return None
    return Layout(tuple(entries), body[: begin.end()] + body[at:], "''" not in body and body.isascii())


def plain_text(written: str | None) -> str:
    """The text of a literal without its quotes; empty where there is none."""
    if not written or ("'" not in written and written.isascii()):
        return written or ""
    return DOUBLED.sub(r"\1", written)


def texts_of(written: str) -> list[str]:
    """The texts of a list in which no text has a quote."""
    return written[1:-1].split("', '")
