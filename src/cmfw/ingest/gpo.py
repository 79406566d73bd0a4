"""GPO backups and copies of SYSVOL, as a folder or a zip: every machine Registry.pol in them, or the one of ``#{GUID}``.

Nothing is unpacked to disk, so a name in a zip leads nowhere. Names are compared without regard to case: SMB does, Linux
does not. Source: facts/windows_firewall.md 4.2.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from cmfw.errors import FormatError, InputError, Problem
from cmfw.ingest.archive import bound_bytes, bound_files, member_names, read_members
from cmfw.ingest.evidence import Evidence
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.registry_pol import read_policy_file
from cmfw.words.phrases import listed, phrase

FORMAT = "gpo"
_GUID = re.compile(r"\{[0-9A-Fa-f-]{36}\}")
_ZIP = b"PK\x03\x04"


def sniff(file: InputFile) -> bool:
    """Whether this is a folder, or a zip with a Registry.pol in it; a zip that cannot be read may be one."""
    if file.is_folder or file.head[:4] != _ZIP:
        return file.is_folder
    names = member_names(file)
    return names is None or bool(file.part) or any(name.lower().endswith("registry.pol") for name in names)


def read(file: InputFile) -> tuple[Evidence, ...]:
    """One evidence for each GPO, in order of their ids.

    Raises:
        InputError: there is no machine Registry.pol, the chosen GPO is not there, or the input is out of bounds.
    """
    found = sorted(_from_folder(file) if file.is_folder else _from_zip(file))
    known = sorted({guid for guid, _, _ in found if guid})
    if file.part:
        found = [entry for entry in found if entry[0].upper() == file.part.upper()]
    if not found:
        expected = (
            phrase("the GPO `{name}`", name=file.part) if file.part else phrase("a machine `Registry.pol` in a GPO backup")
        )
        names = listed(known[:20]) if known else phrase("none")
        raise InputError(
            Problem(
                file.path,
                expected,
                "no such GPO" if file.part else "no such file",
                hint=phrase("GPOs here: {names}", names=names),
            )
        )
    several = len(found) > 1
    out = []
    for guid, name, content in found:
        path = file.path if not several else f"{file.path}#{guid or name}"
        try:
            out.append(read_policy_file(content, path, FORMAT))
        except FormatError as error:
            raise InputError(Problem(path, "a Registry.pol", str(error), key=name, offset=error.offset)) from error
    telling = [one for one in out if _says_something(one)]
    return tuple(telling or out[:1])


def _says_something(one: Evidence) -> bool:
    """Whether a GPO bears on the firewall at all; a backup of twenty has one or two that do."""
    return bool(one.gaps) or any(
        part.settings or part.rules or part.connection_rules or part.gaps or part.problems for part in one.parts
    )


def _guid_of(name: str) -> str:
    """The id of the GPO that a file belongs to, the innermost GUID of its path; empty where the path has none."""
    guids = _GUID.findall(name)
    return guids[-1].upper() if guids else ""


def _is_machine_policy(name: str) -> bool:
    parts = [part.lower() for part in PurePosixPath(name).parts]
    return bool(parts) and parts[-1] == "registry.pol" and "user" not in parts[-2:-1]


def _from_folder(file: InputFile) -> Iterator[tuple[str, str, bytes]]:
    seen = 0
    root = Path(file.place)
    for folder, _, names in os.walk(root):
        seen += len(names)
        bound_files(file, seen)
        for name in names:
            path = Path(folder) / name
            relative = path.relative_to(root).as_posix()
            if _is_machine_policy(relative) and path.is_file() and not path.is_symlink():
                bound_bytes(file, path.stat().st_size)
                yield _guid_of(path.resolve().as_posix()), relative, path.read_bytes()


def _from_zip(file: InputFile) -> Iterator[tuple[str, str, bytes]]:
    return ((_guid_of(name), name, content) for name, content in read_members(file, _is_machine_policy))
