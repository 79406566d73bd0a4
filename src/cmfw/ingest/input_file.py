"""A file named on the command line: its first bytes, its content (also under xz), and the hive in it."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING

from cmfw.errors import FormatError, InputError, Problem
from cmfw.words.phrases import phrase
from cmfw.words.system_errors import of_system

if TYPE_CHECKING:
    from cmfw.ingest.regf import Hive

XZ = b"\xfd7zXZ\0"
LIMIT = 1 << 29
"""Most bytes that a file or its unpacked content may have: SYSTEM hives of today stay below a fifth of it."""


class InputFile:
    """One input; ``path`` is what the user wrote, ``part`` what stood behind ``#`` (one GPO of a backup).

    ``name`` is what the input is called instead, where the path means nothing to the user.
    """

    def __init__(self, path: str, name: str = "") -> None:
        self.path = name or path
        place, mark, part = path.rpartition("#")
        self.place, self.part = (place, part) if mark and not os.path.exists(path) else (path, "")
        self.is_folder = os.path.isdir(self.place)
        self.problems: list[Problem] = []
        self._content: bytes | None = None
        self._hive: Hive | None = None
        self.flaws_at_opening = 0
        """How many problems the hive had before anything was looked up: those of its base block, which lose no key."""
        self.head = b"" if self.is_folder else self._read_head()

    @property
    def name(self) -> str:
        """The file's name in lower case, without ``.xz``."""
        return os.path.basename(self.place).lower().removesuffix(".xz")

    @property
    def is_hive(self) -> bool:
        """Whether the content is a registry hive."""
        return self.head[:4] == b"regf"

    def hive(self) -> Hive:
        """The hive in the file, opened once and only as far as it is read."""
        if self._hive is None:
            from cmfw.ingest.regf_file import open_hive

            self._hive = open_hive(self.place, self.path)
            self.flaws_at_opening = len(self._hive.problems)
        return self._hive

    def content(self, most: int = LIMIT) -> bytes:
        """The whole content, unpacked; no more than ``most`` bytes are read, and no more unpacked.

        Raises:
            InputError: it is larger than ``most``.
        """
        if self._content is None:
            with open(self.place, "rb") as file:
                found = file.read(most + 1)
            if found[:6] == XZ:
                found = self._unpack(found, most + 1, whole=True)
            if len(found) > most:
                raise InputError(
                    Problem(
                        self.path,
                        phrase("at most {most} MiB", most=most >> 20),
                        "more",
                        hint="name the one file that matters",
                    )
                )
            self._content = found
        return self._content

    def holds(self, *words: str, most: int = 1 << 26) -> bool:
        """Whether the file is no larger than a text may be and has one of the (ASCII) words in it, in UTF-8 or UTF-16."""
        marks = [word.encode(code) for word in words for code in ("ascii", "utf-16-le", "utf-16-be")]
        if any(mark in self.head for mark in marks):
            return True
        if self.is_folder or self.is_hive or os.path.getsize(self.place) > most:
            return False
        return any(mark in self.content(most) for mark in marks)

    def close(self) -> None:
        """Give a mapped hive back."""
        if self._hive is not None:
            self._hive.close()

    def beginning(self, most: int) -> bytes:
        """At most ``most`` bytes from the start of the content; of a packed file, what as many packed bytes hold."""
        with open(self.place, "rb") as file:
            head = file.read(most)
        return self._unpack(head, most, whole=False) if head[:6] == XZ else head

    def _read_head(self) -> bytes:
        return self.beginning(4096)

    def _unpack(self, packed: bytes, most: int, *, whole: bool) -> bytes:
        """At most ``most`` bytes of an xz stream; what is wrong with a stream that was to be read whole is a problem."""
        import lzma

        unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LIMIT)
        found = b""
        try:
            found = unpacker.decompress(packed, max_length=most)
            flaw = "" if unpacker.eof else phrase("the end of the file")
        except lzma.LZMAError as error:
            flaw = str(error).lower()
        if flaw and whole:
            self.problems.append(Problem(self.path, "one whole xz stream", flaw, hint="what could be unpacked is read"))
        return found


def open_input(path: str, name: str = "") -> InputFile:
    """The file or folder at ``path``, called ``name`` (empty: by its path).

    Raises:
        InputError: there is none, or it cannot be read.
    """
    try:
        return InputFile(path, name)
    except OSError as error:
        found = phrase("nothing there") if isinstance(error, FileNotFoundError) else of_system(error)
        raise InputError(Problem(name or path, "a readable file or folder", found, hint="check the path")) from error


def not_readable(path: str, error: FormatError | OSError) -> InputError:
    """The error for a file that turned out to be something else than it looked like."""
    offset = error.offset if isinstance(error, FormatError) else None
    return InputError(Problem(path, "a file of the format that it starts as", str(error), offset=offset))
