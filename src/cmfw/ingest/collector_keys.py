"""The registry keys in the collector's output, as a registry tree like that of a ``.reg`` file."""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

from cmfw.errors import FormatError, Problem
from cmfw.ingest.registry import (
    REG_DWORD,
    REG_EXPAND_SZ,
    REG_MULTI_SZ,
    REG_QWORD,
    REG_SZ,
    RegistryTree,
    RegistryValue,
    encode_text,
    fold,
)
from cmfw.words.phrases import phrase

_SIZES = {REG_DWORD: 4, REG_QWORD: 8}


class KeyReading(NamedTuple):
    """The tree; the keys that were asked for (in upper case), those that failed; whether a row could not be read at all."""

    tree: RegistryTree
    wanted: frozenset[str]
    failed: tuple[str, ...]
    is_damaged: bool

    def asked(self, key: str) -> bool:
        """Whether the script came to this key and could open it, or saw that it is not there."""
        return fold(key) in self.wanted


def read_keys(rows: Any, path: str) -> KeyReading:
    """The keys as a tree; every row or value that cannot be read is a problem of the tree."""
    tree = RegistryTree(path)
    wanted = set()
    failed = []
    damaged = not isinstance(rows, list)
    for number, row in enumerate(rows if isinstance(rows, list) else ()):
        key = row.get("key") if isinstance(row, dict) else None
        if not isinstance(key, str) or not key:
            tree.note(Problem(path, "a registry key", "something else", key=f"keys[{number}]"))
            damaged = True
            continue
        if "error" in row:
            failed.append(key)
            tree.note(Problem(path, "a key that can be read", str(row["error"])[:60], key=key))
            continue
        wanted.add(fold(key))
        if row.get("absent") is True:
            continue
        values = row.get("values")
        if not isinstance(values, list):
            tree.note(Problem(path, "the key's values", "none", key=key))
            damaged = True
            continue
        damaged |= not _fill(tree, key, values, path)
    return KeyReading(tree, frozenset(wanted), tuple(failed), damaged)


def _fill(tree: RegistryTree, key: str, values: list[Any], path: str) -> bool:
    """Put the values into the tree; False, and problems, where one is lost."""
    sound = True
    try:
        tree.create_key(key)
    except FormatError as error:
        tree.note(Problem(path, "a registry key", str(error), key=key[:120]))
        return False
    for number, row in enumerate(values):
        value = _value(key, row)
        if value is None:
            tree.note(Problem(path, "a name, a type and data", "something else", key=f"{key}\\[{number}]"))
            sound = False
        elif tree.has_value(key, value.name):
            tree.note(Problem(path, "every value once", phrase("`{name}` twice", name=value.name[:60]), key=key))
            sound = False
        else:
            tree.set_value(value)
    return sound


def _value(key: str, row: Any) -> RegistryValue | None:
    if not isinstance(row, list) or len(row) != 3 or not isinstance(row[0], str) or type(row[1]) is not int:
        return None
    name, kind, found = row
    data = _data(kind, found)
    return None if data is None else RegistryValue(key, name, kind, data)


def _data(kind: int, found: Any) -> bytes | None:
    """The bytes that the value has in a hive; None where type and data do not go together."""
    if kind in (REG_SZ, REG_EXPAND_SZ) and isinstance(found, str):
        return encode_text(found)
    if kind in _SIZES and type(found) is int and 0 <= found + (1 << 63) < 1 << 64:
        size = _SIZES[kind]
        return (found & ((1 << 8 * size) - 1)).to_bytes(size, "little")
    if kind == REG_MULTI_SZ and isinstance(found, list) and all(isinstance(text, str) for text in found):
        return b"".join(map(encode_text, found)) + encode_text("")
    if kind not in (REG_SZ, REG_EXPAND_SZ, REG_MULTI_SZ, *_SIZES) and (found is None or isinstance(found, str)):
        try:
            return base64.b64decode(found or "", validate=True)
        except ValueError:  # binascii.Error is one, and so is a character outside ASCII
            return None
    return None
