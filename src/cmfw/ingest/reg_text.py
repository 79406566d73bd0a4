"""Reads ``.reg`` files: version 5.00 and REGEDIT4, in UTF-16, UTF-8 or an ANSI code page.

What cannot be read is a problem with its line; the next line is then read for itself, so a lost quote costs one value.
Source: Microsoft, "How to add, modify, or delete registry subkeys and values by using a .reg file"; files by regedit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from cmfw.errors import FormatError, Problem
from cmfw.ingest.registry import (
    REG_BINARY,
    REG_DWORD,
    REG_EXPAND_SZ,
    REG_MULTI_SZ,
    REG_SZ,
    RegistryTree,
    RegistryValue,
    encode_text,
)
from cmfw.words.phrases import phrase

HEADERS = {"windows registry editor version 5.00": 5, "regedit4": 4}
ROOTS = frozenset(
    {"HKEY_LOCAL_MACHINE", "HKEY_CURRENT_USER", "HKEY_CLASSES_ROOT", "HKEY_USERS", "HKEY_CURRENT_CONFIG"}
    | {"HKLM", "HKCU", "HKCR", "HKU", "HKCC", ""}
)
"""First parts of key paths. The short ones occur in files made by hand; hivexregedit writes none before the backslash."""

_LINE_END = re.compile(r"\r\n|\n|\r")
_QUOTED = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_KEY_AND_COMMENT = re.compile(r"\][ \t]*;")
_NAME_END = re.compile(r"[ \t]*=[ \t]*")
_REST_OF_LINE = re.compile(r"[ \t]*(?:;[^\r\n]*)?(?=[\r\n]|\Z)")
_NUMBER = re.compile(r"dword:[ \t]*([0-9a-f]{1,8})(?![0-9a-z])", re.IGNORECASE)
_HEX = re.compile(r"hex(?:\([ \t]*([0-9a-f]{1,8})[ \t]*\))?:", re.IGNORECASE)
# no possessive quantifier: in Python 3.11.0 to 3.11.2 one around alternatives also takes what an alternative began in vain
_HEX_DATA = re.compile(r"[0-9a-f, \t]*(?:\\[ \t]*(?:\r\n|\n|\r)[0-9a-f, \t]*)*", re.IGNORECASE)
_USUAL = re.compile(r'"([^"\\\r\n]*)"="([^"\\\r\n]*(?:\\[\\"][^"\\\r\n]*)*)"\r\n')
"""A string value on a line of its own, as regedit writes it."""
_CONTINUED = re.compile(r"\\[ \t]*(?:\r\n|\n|\r)")
MAX_PROBLEMS = 1000
_VALUE_NAME, _STRING = phrase("a value name"), phrase("a string")


class Deletion(NamedTuple):
    """A key (``name`` None) or a value that the file removes."""

    key: str
    name: str | None
    line: int


class KeyMention(NamedTuple):
    """A key line: it makes the key even where no value follows."""

    key: str
    line: int


RegEntry = RegistryValue | Deletion | KeyMention


class RegReading(NamedTuple):
    """Everything a ``.reg`` file says, in its order, and what was wrong with it. ``version`` is 5 or 4."""

    entries: tuple[RegEntry, ...]
    problems: tuple[Problem, ...]
    version: int


def is_reg_text(data: bytes) -> bool:
    """Whether a file that starts so is a ``.reg`` file."""
    text, _, _ = _decode(data[:512] if len(data) > 512 else data)
    return _header(text) is not None


def read_reg(data: bytes, source: str = "") -> RegReading:
    """What a ``.reg`` file says. String data are UTF-16LE in the result, whatever the file holds.

    Raises:
        FormatError: the file does not start as a ``.reg`` file does.
    """
    text, encoding, flaw = _decode(data)
    found = _header(text)
    if found is None:
        raise FormatError(
            "expected a .reg file (`Windows Registry Editor Version 5.00` or `REGEDIT4`)", source=source, offset=0
        )
    version, start = found
    reader = _Reader(text, start, source, version, encoding)
    if flaw:
        reader.note("text in UTF-16, UTF-8 or plain ASCII", flaw[0], line=text.count("\n", 0, flaw[1]) + 1)
    reader.read()
    return RegReading(tuple(reader.entries), tuple(reader.problems), version)


def apply_reg(entries: Iterable[RegEntry], tree: RegistryTree) -> None:
    """Change the tree as an import of the file would."""
    for entry in entries:
        try:
            match entry:
                case RegistryValue():
                    tree.set_value(entry)
                case KeyMention(key=key):
                    tree.create_key(key)
                case Deletion(key=key, name=None):
                    tree.delete_key(key)
                case Deletion(key=key, name=str(name)):
                    tree.delete_value(key, name)
        except FormatError as error:
            tree.note(Problem(tree.source, "a key that Windows can hold", str(error), line=entry.line))


def _header(text: str) -> tuple[int, int] | None:
    """The version, and where the text goes on behind the header line."""
    start = re.match(r"[ \t\r\n]*", text)
    at = start.end() if start else 0
    end = _LINE_END.search(text, at)
    version = HEADERS.get(text[at : end.start() if end else len(text)].strip().lower())
    return None if version is None else (version, end.end() if end else len(text))


def _decode(data: bytes) -> tuple[str, str, tuple[str, int] | None]:
    """The text, the code page of its ANSI bytes, and what could not be decoded with its place in the text."""
    if data[:3] == b"\xef\xbb\xbf":
        return _decode_utf8(data[3:])
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or (len(data) > 1 and 0 in data[:2]):
        marked = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
        little = data[0] == 0xFF if marked else data[1] == 0
        body = data[2:] if marked else data
        text = body[: len(body) & ~1].decode("utf-16-le" if little else "utf-16-be", "surrogatepass")
        return text, "cp1252", ("half a character at the end", len(text)) if len(body) & 1 else None
    try:
        return data.decode("utf-8"), "cp1252", None
    except UnicodeDecodeError as error:
        if error.end == len(data) and error.reason == "unexpected end of data" and not data[: error.start].isascii():
            return _decode_utf8(data)
        # which code page it was is not in the file; the bytes are kept apart, so none of them is lost
        text = data.decode("cp1252", "replace") if _is_cp1252(data) else data.decode("latin-1")
        return text, "cp1252", ("bytes of a code page that the file does not name", error.start)


def _decode_utf8(data: bytes) -> tuple[str, str, tuple[str, int] | None]:
    text = data.decode("utf-8", "replace")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return text, "utf-8", ("bytes that are not UTF-8", len(data[: error.start].decode("utf-8")))
    return text, "utf-8", None


def _is_cp1252(data: bytes) -> bool:
    return not any(byte in data for byte in b"\x81\x8d\x8f\x90\x9d")


class _Unreadable(Exception):
    """A line that says nothing; ``args`` are expected and found."""


class _Reader:
    """Walks the text line by line; a value may take several."""

    def __init__(self, text: str, start: int, source: str, version: int, ansi: str) -> None:
        self.text = text
        self.at = start
        self.source = source
        self.version = version
        self.ansi = ansi
        self.line = len(_LINE_END.findall(text, 0, start)) + 1
        self.key: str | None = None
        self.entries: list[RegEntry] = []
        self.problems: list[Problem] = []

    def note(self, expected: str, found: str, *, line: int = 0) -> None:
        """Add a problem of the current line, or of the one given."""
        if len(self.problems) == MAX_PROBLEMS - 1:
            expected, found = f"fewer than {MAX_PROBLEMS} problems", "more, not listed"
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(self.source, expected, found, key=self.key or "", line=line or self.line))

    def read(self) -> None:
        """Read everything from here to the end."""
        while self.at < len(self.text):
            if self.key is not None and (usual := _USUAL.match(self.text, self.at)) is not None:
                name, string = usual.groups()
                self.entries.append(RegistryValue(self.key, name, REG_SZ, encode_text(_unescaped(string)), None, self.line))
                self.line += 1
                self.at = usual.end()
                continue
            end = _LINE_END.search(self.text, self.at)
            stop, following = (end.start(), end.end()) if end else (len(self.text), len(self.text))
            line = self.text[self.at : stop]
            went = following
            try:
                went = self._read_line(line.strip(" \t"), self.at + len(line) - len(line.lstrip(" \t")), following)
            except _Unreadable as error:
                self.note(*error.args)
            self.line += 1 if went == following else len(_LINE_END.findall(self.text, self.at, went))
            self.at = went

    def _read_line(self, line: str, at: int, following: int) -> int:
        """Read the line that starts at ``at``; where the next one starts."""
        if not line or line[0] == ";":
            return following
        if line[0] == "[":
            self._read_key(line)
            return following
        if line[0] not in '"@':
            raise _Unreadable(phrase("a key, a value or a comment"), _shown(line))
        return self._read_value(at)

    def _read_key(self, line: str) -> None:
        self.key = None
        end = line.rfind("]")
        rest = line[end + 1 :].strip()
        if end < 0 or (rest and rest[0] != ";"):
            # a comment may hold a bracket of its own
            end = line.rfind("]", 0, line.find(";")) if ";" in line else -1
            if end < 0 or line[end + 1 :].strip()[:1] != ";":
                raise _Unreadable(phrase("`[KEY]`, its values are lost"), _shown(line))
        key = line[1:end]
        removes = key.startswith("-")
        key = key.removeprefix("-")
        if not key.strip("\\"):
            raise _Unreadable(phrase("a key between the brackets"), _shown(line))
        if _KEY_AND_COMMENT.search(key):
            self.note("a key, without a comment that has a bracket", _shown(line))
        if key.partition("\\")[0].upper() not in ROOTS:
            self.note("a key that starts with a root such as `HKEY_LOCAL_MACHINE`", _shown(key))
        if removes:
            self.entries.append(Deletion(key.strip("\\"), None, self.line))
            return
        self.key = key.strip("\\")
        self.entries.append(KeyMention(self.key, self.line))

    def _read_value(self, at: int) -> int:
        name, at = self._read_name(at)
        equals = _NAME_END.match(self.text, at)
        if not equals:
            raise _Unreadable(phrase("`=` after the name"), self._rest(at))
        value, at = self._read_data(equals.end(), name)
        rest = _REST_OF_LINE.match(self.text, at)
        if not rest:
            raise _Unreadable(phrase("nothing behind the data"), self._rest(at))
        if self.key is None:
            raise _Unreadable(phrase("a key before its values"), phrase("the value `{name}`", name=name))
        self.entries.append(value)
        end = _LINE_END.match(self.text, rest.end())
        return end.end() if end else rest.end()

    def _read_name(self, at: int) -> tuple[str, int]:
        if self.text[at] == "@":
            return "", at + 1
        return self._read_quoted(at, _VALUE_NAME)

    def _read_quoted(self, at: int, what: str) -> tuple[str, int]:
        quoted = _QUOTED.match(self.text, at)
        if not quoted:
            raise _Unreadable(phrase("{what} in quotes", what=what), phrase("no end of it"))
        raw = quoted[1]
        if "\\" not in raw:
            return raw, quoted.end()
        odd = {found for found in _ESCAPE.findall(raw) if found not in '\\"'}
        if odd:
            # regedit itself never writes one; what it would make of it is not documented
            self.note(
                '`\\\\` or `\\"` after a backslash',
                phrase("`\\{sign}` in {place}: kept as it stands", sign=min(odd), place=what),
            )
        return _ESCAPE.sub(lambda m: m[1] if m[1] in '\\"' else m[0], raw), quoted.end()

    def _read_data(self, at: int, name: str) -> tuple[RegistryValue | Deletion, int]:
        text, key = self.text, self.key or ""
        if text[at : at + 1] == "-":
            return Deletion(key, name, self.line), at + 1
        if text[at : at + 1] == '"':
            string, end = self._read_quoted(at, _STRING)
            return RegistryValue(key, name, REG_SZ, encode_text(string), line=self.line), end
        number = _NUMBER.match(text, at)
        if number:
            data = int(number[1], 16).to_bytes(4, "little")
            return RegistryValue(key, name, REG_DWORD, data, line=self.line), number.end()
        prefix = _HEX.match(text, at)
        if not prefix:
            raise _Unreadable(phrase("a string, `dword:`, `hex:` or `-` for `{name}`", name=name), self._rest(at))
        kind = int(prefix[1], 16) if prefix[1] else REG_BINARY
        found = _HEX_DATA.match(text, prefix.end())
        end = found.end() if found else prefix.end()
        data = self._hex_bytes(text[prefix.end() : end], name)
        return RegistryValue(key, name, kind, self._as_utf16(kind, data), line=self.line), end

    def _hex_bytes(self, text: str, name: str) -> bytes:
        text = _CONTINUED.sub("\n", text).rstrip(" \t")
        if text.endswith("\n"):
            raise _Unreadable(phrase("more bytes after the last `\\` for `{name}`", name=name), phrase("no more of them"))
        parts = [part.strip() for part in text.split(",")]
        if parts[-1] == "":
            parts.pop()  # a comma at the end is common
        if any(len(part) not in {1, 2} for part in parts):
            raise _Unreadable(phrase("bytes such as `0a,ff` for `{name}`", name=name), _shown(text))
        return bytes([int(part, 16) for part in parts])

    def _as_utf16(self, kind: int, data: bytes) -> bytes:
        """String data as UTF-16LE: REGEDIT4 writes them in the ANSI code page, unless a tool only changed the header."""
        if self.version == 5 or kind not in {REG_SZ, REG_EXPAND_SZ, REG_MULTI_SZ}:
            return data
        if len(data) % 2 == 0 and data[-2:] == b"\0\0" and any(data[::2]) and not any(data[1::2]):
            return data
        if not data.isascii():
            self.note("ASCII in the bytes of a string", "bytes of a code page that the file does not name")
        return data.decode(self.ansi, "replace").encode("utf-16-le")

    def _rest(self, at: int) -> str:
        end = _LINE_END.search(self.text, at)
        return _shown(self.text[at : end.start() if end else len(self.text)])


def _unescaped(text: str) -> str:
    """The text with each escaped backslash and quote as itself; it has no other escapes."""
    if "\\" not in text:
        return text
    return "\\".join([part.replace('\\"', '"') for part in text.split("\\\\")])


def _shown(text: str) -> str:
    return f"`{text[:60]}...`" if len(text) > 63 else f"`{text}`" if text else phrase("nothing")
