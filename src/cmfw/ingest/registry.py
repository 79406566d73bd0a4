"""Registry values without their container, the view that every container offers, and a tree built entry by entry.

Key paths are written with backslashes and without a leading one; keys and value names are found without regard to case.
"""

from __future__ import annotations

from codecs import utf_16_le_decode, utf_16_le_encode
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from cmfw.errors import FormatError, Problem
from cmfw.words.phrases import phrase

REG_NONE, REG_SZ, REG_EXPAND_SZ, REG_BINARY, REG_DWORD, REG_DWORD_BE, REG_LINK, REG_MULTI_SZ = range(8)
REG_QWORD = 11
"""Value types. Source: MS-GPREG 2.2.1; winnt.h."""

TEXT_TYPES = frozenset({REG_SZ, REG_EXPAND_SZ, REG_LINK, REG_MULTI_SZ})
MAX_DEPTH = 512
"""Keys nest no deeper in Windows. Source: Microsoft, "Registry element size limits"."""


# a NamedTuple, not a frozen dataclass: a hive is read in about the time that its values take to be made
class RegistryValue(NamedTuple):
    """One value: its key and name as spelled in the container, its type number and raw bytes.

    ``offset`` (bytes from 0) and ``line`` (from 1) say where it stands, for the containers that have such places.
    """

    key: str
    name: str
    type: int
    data: bytes
    offset: int | None = None
    line: int | None = None


class RegistryView(Protocol):
    """What a container holds after its own rules were applied. A key that is not there has no subkeys and no values."""

    source: str

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything found wrong so far; reading more may add to it."""

    def has_key(self, key: str) -> bool:
        """Whether the key exists."""

    def subkeys(self, key: str) -> tuple[str, ...]:
        """The names (not paths) of the key's direct subkeys."""

    def values(self, key: str) -> tuple[RegistryValue, ...]:
        """The values of the key itself."""

    def walk(self, key: str = "") -> Iterator[str]:
        """The paths of the key and of everything below it, parents first, each once."""


def find_value(view: RegistryView, key: str, name: str) -> RegistryValue | None:
    """The value of that key and name, None where there is none."""
    wanted = fold(name)
    for value in view.values(key):
        if len(value.name) == len(name) and fold(value.name) == wanted:
            return value
    return None


def fold(name: str) -> str:
    """The name in upper case, character by character, as Windows compares key and value names.

    A character whose upper case would not map back is left alone: Windows' table pairs characters one to one.
    """
    if name.isascii():
        return name.upper()
    return "".join(map(_upper, name))


def _upper(char: str) -> str:
    upper = char.upper()
    return upper if len(upper) == 1 and upper.lower() == char else char


# --- data ------------------------------------------------------------------------------------------------------------


def decode_text(data: bytes) -> str:
    """The text of string data up to its first NUL; without one, all of it. A half character at the end is left out."""
    # not `bytes.decode`, which looks the codec up each time: this is asked for every rule
    text, _ = utf_16_le_decode(data if len(data) % 2 == 0 else data[:-1], "surrogatepass", True)
    end = text.find("\0")
    return text if end < 0 else text[:end]


def decode_texts(data: bytes) -> tuple[str, ...]:
    """The texts of a REG_MULTI_SZ, up to the empty one that ends the list."""
    texts = (data if len(data) % 2 == 0 else data[:-1]).decode("utf-16-le", "surrogatepass").split("\0")
    return tuple(texts[: texts.index("")]) if "" in texts else tuple(texts)


def text_flaw(data: bytes) -> str:
    """What is wrong with the data of one string, in a few words; empty where it is text, one NUL, and nothing else.

    The text can be read all the same: Windows counts bytes and does not insist on the NUL. Text behind a NUL is the
    one flaw that can hide something.
    """
    if len(data) % 2:
        return phrase("an odd number of bytes")
    text = data.decode("utf-16-le", "surrogatepass")
    end = text.find("\0")
    if end < 0:
        return phrase("no NUL at the end")
    return phrase("something after the NUL") if text[end:].strip("\0") else ""


def decode_number(value: RegistryValue) -> int:
    """The number in a REG_DWORD, REG_DWORD_BIG_ENDIAN or REG_QWORD value.

    Raises:
        FormatError: the value has another type, or the wrong number of bytes for its type.
    """
    size = {REG_DWORD: 4, REG_DWORD_BE: 4, REG_QWORD: 8}.get(value.type)
    if size is None or len(value.data) != size:
        found = phrase("type {type} with {count} bytes", type=value.type, count=len(value.data))
        raise FormatError(
            phrase("`{key}\\{name}`: expected a number, found {found}", key=value.key, name=value.name, found=found),
            offset=value.offset,
        )
    return int.from_bytes(value.data, "big" if value.type == REG_DWORD_BE else "little")


def encode_text(text: str) -> bytes:
    """The bytes of a REG_SZ or REG_EXPAND_SZ value, with the NUL."""
    found, _ = utf_16_le_encode(f"{text}\0", "surrogatepass")
    return found


# --- a tree that is built entry by entry -----------------------------------------------------------------------------


class _Key:
    __slots__ = ("children", "path", "values")

    def __init__(self, path: str) -> None:
        self.path = path
        self.values: dict[str, RegistryValue] = {}
        self.children: dict[str, str] = {}


class RegistryTree:
    """A view in memory that Registry.pol entries or a ``.reg`` file are applied to, in order."""

    def __init__(self, source: str = "", problems: tuple[Problem, ...] = ()) -> None:
        self.source = source
        self._problems = list(problems)
        self._keys: dict[str, _Key] = {"": _Key("")}
        self._last = ("", self._keys[""])
        """The key that a value was last set in, as it was spelled: most values follow one of the same key."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything found wrong while the tree was built."""
        return tuple(self._problems)

    def note(self, problem: Problem) -> None:
        """Add a problem."""
        self._problems.append(problem)

    def has_key(self, key: str) -> bool:
        """Whether the key exists."""
        return fold(key.strip("\\")) in self._keys

    def subkeys(self, key: str) -> tuple[str, ...]:
        """The names of the key's direct subkeys, in the order of their making."""
        found = self._keys.get(fold(key.strip("\\")))
        return tuple(found.children.values()) if found else ()

    def values(self, key: str) -> tuple[RegistryValue, ...]:
        """The values of the key itself, in the order of their making."""
        found = self._keys.get(fold(key.strip("\\")))
        return tuple(found.values.values()) if found else ()

    def walk(self, key: str = "") -> Iterator[str]:
        """The paths of the key and of everything below it, parents first."""
        waiting = [fold(key.strip("\\"))]
        while waiting:
            at = waiting.pop()
            if at in self._keys:
                yield self._keys[at].path
                waiting.extend(f"{at}\\{name}" if at else name for name in reversed(self._keys[at].children))

    def create_key(self, key: str) -> None:
        """Make the key and its parents where they do not exist.

        Raises:
            FormatError: the path nests deeper than Windows allows, or has an empty part.
        """
        self._make(key)

    def set_value(self, value: RegistryValue) -> None:
        """Set the value, in the place of an older one of that name; its key is made where needed.

        Raises:
            FormatError: as ``create_key``.
        """
        key = value.key
        if key != self._last[0]:
            self._last = (key, self._make(key))
        self._last[1].values[fold(value.name)] = value

    def has_value(self, key: str, name: str) -> bool:
        """Whether the key has a value of that name."""
        found = self._keys.get(fold(key.strip("\\")))
        return found is not None and fold(name) in found.values

    def delete_value(self, key: str, name: str) -> None:
        """Remove one value; nothing happens where there is none."""
        found = self._keys.get(fold(key.strip("\\")))
        if found:
            found.values.pop(fold(name), None)

    def delete_values(self, key: str) -> None:
        """Remove all values of the key itself."""
        found = self._keys.get(fold(key.strip("\\")))
        if found:
            found.values.clear()

    def delete_key(self, key: str) -> None:
        """Remove the key and everything below it; the top itself stays, empty."""
        top = fold(key.strip("\\"))
        for path in [fold(path) for path in self.walk(key)]:
            del self._keys[path]
        parent, _, name = top.rpartition("\\")
        if top and parent in self._keys:
            self._keys[parent].children.pop(name, None)
        self._keys.setdefault("", _Key(""))
        self._last = ("", self._keys[""])

    def _make(self, key: str) -> _Key:
        key = key.strip("\\")
        found = self._keys.get(fold(key))
        if found:
            return found
        if key.count("\\") >= MAX_DEPTH:
            raise FormatError(
                phrase(
                    "a key path of {count} levels; Windows has at most {most}",
                    count=key.count(chr(92)) + 1,
                    most=MAX_DEPTH,
                )
            )
        if "\\\\" in key:
            raise FormatError(phrase("an empty part in the key path `{key}`", key=key))
        parent = self._keys[""]
        path = ""
        for name in key.split("\\"):
            path = f"{path}\\{name}" if path else name
            child = self._keys.get(fold(path))
            if child is None:
                child = self._keys[fold(path)] = _Key(path)
                parent.children[fold(name)] = name
            parent = child
        return parent
