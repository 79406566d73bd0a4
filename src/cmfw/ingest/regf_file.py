"""Opens registry hives from disk, plain or compressed with xz, as they come out of forensic tools and archives."""

from __future__ import annotations

from mmap import ACCESS_READ, mmap

from cmfw.errors import FormatError
from cmfw.ingest.regf import Hive, is_hive
from cmfw.ingest.regf_cells import Buffer
from cmfw.words.phrases import phrase

XZ = b"\xfd7zXZ\0"
XZ_LIMIT = 1 << 29
"""Bytes that a compressed hive may unfold to; SYSTEM hives of today stay below a fifth of it."""


def is_xz(data: bytes) -> bool:
    """Whether a file that starts so is compressed with xz, as hives often are."""
    return data[:6] == XZ


def open_hive(path: str, name: str = "") -> Hive:
    """The hive in a file, plain or under xz; a plain one is mapped into memory where the system can.

    ``name`` is what problems call it (empty: its path).

    Raises:
        FormatError: the file is no hive.
        OSError: the file cannot be opened.
    """
    name = name or path
    with open(path, "rb") as file:
        start = file.read(len(XZ))
        file.seek(0)
        if is_xz(start):
            return _open_xz(file.read(), name)
        if not is_hive(start):
            raise FormatError("expected a registry hive (`regf`)", source=name, offset=0)
        buffer: Buffer
        try:
            buffer = mmap(file.fileno(), 0, access=ACCESS_READ)
        except (ValueError, OSError):  # some file systems and pipes cannot be mapped
            buffer = file.read()
    return Hive(buffer, name)


def _open_xz(packed: bytes, path: str) -> Hive:
    import lzma

    unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_LIMIT)
    parts: list[bytes] = []
    size, found = 0, ""
    try:
        while not unpacker.eof and size <= XZ_LIMIT:
            parts.append(unpacker.decompress(packed if not parts else b"", max_length=1 << 16))
            size += len(parts[-1])
            if not parts[-1] and unpacker.needs_input:
                found = phrase("the end of the file")
                break
    except lzma.LZMAError as error:
        found = str(error).lower()
    if size > XZ_LIMIT:
        found = phrase("more than {most} MiB", most=XZ_LIMIT >> 20)
    elif unpacker.unused_data.strip(b"\0"):
        found = phrase("{count} bytes behind it", count=len(unpacker.unused_data))
    if found and not size:
        raise FormatError(phrase("expected a registry hive under xz, found {found}", found=found), source=path, offset=0)
    hive = Hive(b"".join(parts), path)
    if found:
        hive.note("", "one whole xz stream", found, len(packed), hint="what could be unpacked is read")
    return hive
