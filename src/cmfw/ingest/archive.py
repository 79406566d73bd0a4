"""Members of a zip, read in memory within bounds; nothing is written to disk, and a name that leads out of it is refused.

Source: PKWARE APPNOTE 4.3 (structure), David Fifield, "A better zip bomb" (members that overlap, so sizes stated may be lies).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from cmfw.errors import InputError, Problem
from cmfw.ingest.input_file import InputFile
from cmfw.words.phrases import phrase

MOST_FILES = 20_000
MOST_BYTES = 1 << 26
"""Of one member: the largest Registry.pol that is known has a few hundred KiB."""
MOST_TOTAL = 1 << 28
"""Of all members that are read."""


def read_members(file: InputFile, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """(name with forward slashes, content) of the wanted members, in the order of the directory.

    Raises:
        InputError: the zip is damaged, encrypted or out of bounds, or a name leads out of it.
    """
    import zipfile

    total = 0
    try:
        with zipfile.ZipFile(file.place) as archive:
            entries = archive.infolist()
            bound_files(file, len(entries))
            _count(file, len(entries))
            for entry in entries:
                name = entry.filename.replace("\\", "/")
                _refuse_traversal(file, name)
                # opening compares the two names that a zip keeps of each file: a spoilt one would hide a policy
                with archive.open(entry) as stream:
                    if entry.is_dir() or not wanted(name):
                        continue
                    bound_bytes(file, entry.file_size)
                    # the stated size may be a lie
                    content = stream.read(MOST_BYTES + 1)
                bound_bytes(file, len(content))
                total += len(content)
                _bound_total(file, total)
                yield name, content
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            Problem(file.path, "a zip that can be read", str(error).lower(), hint="pack it again, without a password")
        ) from error


def member_names(file: InputFile) -> tuple[str, ...] | None:
    """The names in the directory of a zip; None where it cannot be read."""
    import zipfile

    try:
        with zipfile.ZipFile(file.place) as archive:
            return tuple(name.replace("\\", "/") for name in archive.namelist())
    except Exception:  # noqa: BLE001 - whatever is wrong with a zip, reading it will say so
        return None


def bound_files(file: InputFile, count: int) -> None:
    """Refuse more files than any backup has.

    Raises:
        InputError: there are more.
    """
    if count > MOST_FILES:
        raise InputError(
            Problem(
                file.path,
                phrase("at most {most} files", most=MOST_FILES),
                f"{count}",
                hint="name the GPO's own folder",
            )
        )


def bound_bytes(file: InputFile, size: int) -> None:
    """Refuse a file that is larger than any of its kind.

    Raises:
        InputError: it is larger.
    """
    if size > MOST_BYTES:
        raise InputError(
            Problem(
                file.path, phrase("files of at most {most} MiB", most=MOST_BYTES >> 20), phrase("{count} bytes", count=size)
            )
        )


def _bound_total(file: InputFile, total: int) -> None:
    if total > MOST_TOTAL:
        hint = phrase("unpack the one file that matters")
        raise InputError(Problem(file.path, phrase("at most {most} MiB in all", most=MOST_TOTAL >> 20), "more", hint=hint))


def _refuse_traversal(file: InputFile, name: str) -> None:
    parts = PurePosixPath(name).parts
    if ".." in parts or name.startswith("/") or name[1:2] == ":":
        raise InputError(
            Problem(file.path, "names inside the archive", phrase("`{name}`, which leads out of it", name=name[:100]))
        )


def _count(file: InputFile, found: int) -> None:
    """Hold the entries found against the number that the end of a zip states. Source: PKWARE APPNOTE 4.3.16.

    A spoilt length in the directory swallows the entries behind it, and zipfile says nothing.
    """
    with Path(file.place).open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - 0x10016))
        end = stream.read()
    at = end.rfind(b"PK\5\6")
    stated = int.from_bytes(end[at + 10 : at + 12], "little")
    if stated not in (found, 0xFFFF):
        raise InputError(
            Problem(
                file.path,
                phrase("a zip of {count} entries", count=stated),
                phrase("{count} of them", count=found),
                hint="pack the backup again",
            )
        )
