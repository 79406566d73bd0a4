"""Reads what ``reg query KEY [/s]`` prints, as the entries of a ``.reg`` file.

A key stands at the start of a line, its values below it, indented: name, type and data, four blanks (or a tab) apart. A key
without values is printed by its name alone whether its values were asked for or not, so it is no key here.

Source: Microsoft, "reg query"; output of reg.exe 3.0 (Windows XP) to 10 in public case files.
"""

from __future__ import annotations

import re

from cmfw.errors import Problem
from cmfw.ingest.export_text import decode
from cmfw.ingest.netsh_blocks import is_prompt
from cmfw.ingest.reg_text import MAX_PROBLEMS, ROOTS, RegReading
from cmfw.ingest.registry import (
    REG_BINARY,
    REG_DWORD,
    REG_EXPAND_SZ,
    REG_MULTI_SZ,
    REG_NONE,
    REG_QWORD,
    REG_SZ,
    RegistryValue,
    encode_text,
)
from cmfw.words.phrases import phrase

_TYPES = {
    "REG_SZ": REG_SZ,
    "REG_EXPAND_SZ": REG_EXPAND_SZ,
    "REG_MULTI_SZ": REG_MULTI_SZ,
    "REG_DWORD": REG_DWORD,
    "REG_QWORD": REG_QWORD,
    "REG_BINARY": REG_BINARY,
    "REG_NONE": REG_NONE,
}
_VALUE = re.compile(
    r"(?: {4}|\t)(?P<name>(?:(?! {4})[^\t])+)(?: {4}|\t)(?P<type>REG_[A-Z_]+)(?:(?: {4}|\t)(?P<data>.*))?", re.DOTALL
)
_KEY = re.compile(r"(HKEY_[A-Z_]+)\\[^\r\n]+")
_BANNER = "! REG.EXE VERSION"
_UNNAMED = re.compile(r"\(.+\)|<.+>")
"""How the value without a name is called, in any language: ``(Default)``, ``<NO NAME>``."""
_OPAQUE = re.compile(r"\|(?:App|Svc)=[^|]*[^\x00-\x7f]", re.IGNORECASE)
_PROGRAMS = "AUTHORIZEDAPPLICATIONS\\LIST"
"""End of the keys of old exception lists, whose values are programs."""
_SHIFTED = frozenset("\u0a00\u0d00")
"""What line ends become where a byte of UTF-16 is lost."""
_LOOKED_AT = 40
"""Lines in which a key and a value below it have to stand."""


def is_query_text(data: bytes) -> bool:
    """Whether a file that starts so is the output of ``reg query``: a key, and the first value right below it."""
    if b"HKEY_" not in data.replace(b"\0", b""):
        return False
    lines = [line for line in decode(data).text.splitlines()[:_LOOKED_AT] if line.strip()]
    found = [n for n, line in enumerate(lines) if _KEY.fullmatch(line.rstrip())]
    return any(_VALUE.fullmatch(line) for n in found for line in lines[n + 1 : n + 2])


def read_query(data: bytes, source: str = "") -> RegReading:
    """Everything the output says; a line that cannot be read is a problem, and may have been a value."""
    decoded = decode(data)
    entries: list[RegistryValue] = []
    problems: list[Problem] = []
    key = ""
    if decoded.flaw is not None:
        problems.append(
            Problem(
                source, phrase("text in {encoding}", encoding=decoded.encoding), "other bytes", line=1, offset=decoded.flaw
            )
        )
    for number, line in enumerate(decoded.text.split("\n"), 1):
        text = line.rstrip("\r")
        value = _VALUE.fullmatch(text)
        if not text.strip() or text.startswith(_BANNER) or is_prompt(text):
            continue
        if _KEY.fullmatch(text.rstrip()) and text.partition("\\")[0] in ROOTS:
            key = text.strip()
            continue
        flaw = phrase("a line of another form") if value is None or not key else ""
        if value is not None and key:
            try:
                entries.append(_value(key, value, number))
            except (ValueError, OverflowError) as error:
                flaw = str(error)
            if decoded.encoding == "latin-1" and _is_opaque(key, text):
                flaw = phrase("a program in a code page that is not certain")
            if not _SHIFTED.isdisjoint(text):
                flaw = phrase("text whose bytes are shifted by one")
        if flaw and len(problems) < MAX_PROBLEMS:
            problems.append(Problem(source, "a key or a value", flaw, key=key, line=number))
    if len(entries) == 1:
        hint = phrase("ask without `/v` for all of them")
        problems.append(Problem(source, "the values of a key", "one value", key=key, line=entries[0].line, hint=hint))
    return RegReading(tuple(entries), tuple(problems), 0)


def _value(key: str, found: re.Match[str], line: int) -> RegistryValue:
    """The value of one line. Raises ValueError where the data is not of its type."""
    kind = _TYPES.get(found["type"])
    if kind is None:
        raise ValueError(phrase("the type `{type}`", type=found["type"]))
    text = found["data"] or ""
    name = "" if _UNNAMED.fullmatch(found["name"]) and "|" not in text else found["name"]
    if kind in (REG_SZ, REG_EXPAND_SZ):
        data = encode_text(text)
    elif kind == REG_MULTI_SZ:
        data = b"".join(encode_text(part) for part in text.split("\\0") if part) + encode_text("")
    elif kind in (REG_DWORD, REG_QWORD):
        data = int(text, 16).to_bytes(4 if kind == REG_DWORD else 8, "little")
    else:
        data = bytes.fromhex(text)
    return RegistryValue(key, name, kind, data, line=line)


def _is_opaque(key: str, text: str) -> bool:
    """Whether the line names a program or service in letters that another code page has elsewhere."""
    return bool(_OPAQUE.search(text)) or (key.upper().endswith(_PROGRAMS) and not text.isascii())
