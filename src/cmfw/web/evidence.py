"""Reads the exports of a machine that somebody uploaded: in a folder that is thrown away, under the names that they know.

Nothing of an upload becomes a path: files lie in numbered folders under a name made of plain characters. What is packed with xz is
unpacked onto the disk first and within bounds, so that no upload takes more memory than its readers do.
"""

from __future__ import annotations

import lzma
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from cmfw.errors import InputError, Problem
from cmfw.ingest.host_state import ReadResult, read_state
from cmfw.ingest.input_file import XZ
from cmfw.web.store import Given
from cmfw.words.phrases import phrase

MOST_UNPACKED = 1 << 28
_PIECE = 1 << 20
_PLAIN = re.compile(r"[^A-Za-z0-9._ -]")


def read_machine(given: Sequence[Given], local_subnets: Sequence[str] = ()) -> ReadResult:
    """The state of the machine, and what of its files could not be read; raises InputError."""
    with TemporaryDirectory(prefix="cmfw-", ignore_cleanup_errors=True) as folder:
        names = dict(_lay(Path(folder), number, one) for number, one in enumerate(given))
        return read_state(tuple(names), local_subnets=local_subnets, digests=True, names=names)


def _lay(folder: Path, number: int, given: Given) -> tuple[str, str]:
    """(where the file lies now, what it is called)."""
    place = folder / str(number)
    place.mkdir()
    path = place / plain_name(given.name)
    if given.content.startswith(XZ):
        path = path.with_name(path.name.removesuffix(".xz") or "file")
        _unpack(given, path)
    else:
        path.write_bytes(given.content)
    return str(path), given.name or path.name


def plain_name(name: str) -> str:
    """A name that every file system takes and that leads nowhere; readers look at how it ends."""
    plain = _PLAIN.sub("_", name)[-60:].strip(". ")
    return f"f-{plain}" if plain else "file"


def _unpack(given: Given, path: Path) -> None:
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_UNPACKED)
    size = 0
    packed = given.content
    try:
        with path.open("wb") as out:
            while not unpacker.eof:
                piece = unpacker.decompress(packed, max_length=_PIECE)
                packed = b""
                size += len(piece)
                if size > MOST_UNPACKED:
                    raise InputError(
                        Problem(given.name, phrase("at most {most} MiB unpacked", most=MOST_UNPACKED >> 20), "more")
                    )
                if not piece and unpacker.needs_input:
                    raise InputError(Problem(given.name, "one whole xz stream", "the end of the file"))
                out.write(piece)
    except lzma.LZMAError as error:
        raise InputError(Problem(given.name, "one whole xz stream", str(error).lower())) from error
    if unpacker.unused_data.strip(b"\0"):
        raise InputError(
            Problem(given.name, "one whole xz stream", phrase("{count} bytes behind it", count=len(unpacker.unused_data)))
        )
