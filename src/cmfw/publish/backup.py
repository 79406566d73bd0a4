"""What was there before, in a local folder: taken before the first step, read again to roll back.

A backup also lists every state in which its run may have ended. Rolling back starts from one of those and from nothing else, so
what somebody changed afterwards stays. One folder a backup, numbered; ``gpo.json`` (``cmfw/gpo-backup/1``) and the files as they
were.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from cmfw.errors import InputError, Problem
from cmfw.publish.extension_names import with_names
from cmfw.publish.gpo import Entry, Gpo, Place
from cmfw.publish.gpt_ini import stamp_of
from cmfw.publish.server import Edited
from cmfw.publish.steps import Wanted, after, next_step
from cmfw.values import value
from cmfw.words.phrases import listed, phrase
from cmfw.words.system_errors import of_system

SCHEMA = "cmfw/gpo-backup/1"
_RECORD = "gpo.json"
_GPT, _POLICY = "GPT.INI", "Registry.pol"
TAKEN, PUBLISHED, ROLLED_BACK = "taken", "published", "rolled_back"


@value(kw_only=True)
class Backup:
    """One backup. ``ends`` are (part of the object, digest of a value that the run may have left there)."""

    folder: Path
    place: Place
    title: str
    before: Gpo
    ends: frozenset[tuple[str, str]]
    state: str = TAKEN


def take(root: Path, place: Place, title: str, found: Gpo, wanted: Wanted) -> Backup:
    """Write down what is there, through to the disk, before anything is changed.

    An earlier run that did not end and left exactly this has its backup already: that one is used, for it holds what was there
    before both.
    """
    ends = states_between(found, wanted)
    last = newest_unfinished(root, place, found)
    if last is not None:
        backup = replace(last, ends=last.ends | ends)
    else:
        folder = _folder_of(root, place)
        number = 1 + max((int(p.name) for p in folder.glob("[0-9]*") if p.name.isdecimal()), default=0)
        backup = Backup(folder=folder / f"{number:04}", place=place, title=title, before=found, ends=ends)
        backup.folder.mkdir(parents=True)
        for name, content in ((_GPT, found.gpt), (_POLICY, found.policy)):
            if content is not None:
                _write(backup.folder / name, content)
    _save(backup)
    return backup


def mark(backup: Backup, state: str) -> Backup:
    """The backup with what became of its run written down."""
    marked = replace(backup, state=state)
    _save(marked)
    return marked


def widen(backup: Backup, found: Gpo, wanted: Wanted) -> Backup:
    """The backup with the states of a rollback among the known ones, so that an interrupted rollback can be run again."""
    widened = replace(backup, ends=backup.ends | states_between(found, wanted))
    _save(widened)
    return widened


def newest_unfinished(root: Path, place: Place, found: Gpo) -> Backup | None:
    """The backup of a run that ended in exactly this and could not say so any more; None where there is none."""
    last = _newest(root, place)
    return last if last is not None and last.state == TAKEN and not what_is_unknown(last, found) else None


def allow_earlier(backup: Backup, found: Gpo) -> None:
    """Let the backup before this one be rolled back next: what a rollback left is known to it, too."""
    earlier = [p.parent for p in backup.folder.parent.glob(f"[0-9]*/{_RECORD}") if p.parent.name < backup.folder.name]
    for folder in sorted(earlier, reverse=True):
        one = load(folder)
        if one.state != ROLLED_BACK:
            _save(replace(one, ends=one.ends | frozenset(_parts(found))))
            return


def states_between(found: Gpo, wanted: Wanted) -> frozenset[tuple[str, str]]:
    """Every value that a part of the object has on the way from here to there."""
    ends = set(_parts(found))
    while step := next_step(found, wanted):
        found = after(step, found)
        ends |= set(_parts(found))
    return frozenset(ends)


def what_is_unknown(backup: Backup, found: Gpo) -> tuple[str, ...]:
    """The parts of the object that hold what no run of this backup left there."""
    return tuple(sorted({part for part, digest in _parts(found) if (part, digest) not in backup.ends}))


def wanted_back(backup: Backup, found: Gpo) -> Wanted:
    """What a rollback wants: what was there; an object that was not there is to be gone.

    Raises Edited where somebody changed the object since.
    """
    unknown = what_is_unknown(backup, found)
    before = backup.before
    was_there = before.entry is not None
    if not was_there and found.strangers:
        unknown += found.strangers
    if unknown:
        raise Edited(
            phrase("`{title}` was changed by somebody else since: {names}", title=backup.title, names=listed(unknown))
        )
    stamp = stamp_of(before.gpt)
    return Wanted(
        title=backup.title,
        policy=before.policy,
        # clients need a list in order, and that may not be how it was
        names=with_names(before.entry.names, "") if before.entry else "",
        members=stamp.members if stamp else (),
        links=before.links,
        is_gone=not was_there,
    )


def load(path: Path) -> Backup:
    """The backup in a folder; raises InputError for what is none."""
    record = path / _RECORD
    try:
        row = json.loads(record.read_text(encoding="utf-8"))
        files = {name: (path / name).read_bytes() for name in (_GPT, _POLICY) if row["files"][name] is not None}
    except OSError as error:
        raise InputError(Problem(str(record), "a backup", of_system(error))) from None
    except (ValueError, KeyError, TypeError):
        raise InputError(Problem(str(record), phrase("a document `{schema}`", schema=SCHEMA), "another one")) from None
    for name, content in files.items():
        if sha256(content).hexdigest() != row["files"][name]:
            raise InputError(Problem(str(path / name), "the file that was backed up", "one that was changed since"))
    try:
        return _backup(path, row, files)
    except (KeyError, TypeError, ValueError):
        raise InputError(Problem(str(record), phrase("a document `{schema}`", schema=SCHEMA), "another one")) from None


def find_last(root: Path, domain: str, title: str) -> Backup:
    """The newest backup of the object of that title that nobody has rolled back; raises InputError where there is none."""
    found = []
    for record in sorted(root.glob(f"{domain}_*/[0-9]*/{_RECORD}")):
        backup = load(record.parent)
        if backup.title == title and backup.state != ROLLED_BACK:
            found.append(backup)
    if not found:
        raise InputError(
            Problem(
                str(root),
                phrase("a backup of `{title}` in `{domain}` that is not rolled back", title=title, domain=domain),
                "none",
                key="--rollback",
            )
        )
    return max(found, key=lambda backup: int(backup.folder.name))


def _newest(root: Path, place: Place) -> Backup | None:
    numbered = [p.parent for p in _folder_of(root, place).glob(f"[0-9]*/{_RECORD}") if p.parent.name.isdecimal()]
    return load(max(numbered, key=lambda p: int(p.name))) if numbered else None


def _folder_of(root: Path, place: Place) -> Path:
    return root / f"{place.domain}_{place.guid}"


def _parts(gpo: Gpo) -> Iterable[tuple[str, str]]:
    """(part, digest) of everything that a run changes."""
    entry = gpo.entry
    values: dict[str, bytes | None] = {
        phrase("entry"): None if entry is None else entry.title.encode(),
        phrase("version"): None if entry is None else str(entry.version).encode(),
        phrase("names"): None if entry is None else entry.names.encode(),
        phrase("gpt"): gpo.gpt,
        phrase("policy"): gpo.policy,
        **{phrase("gPLink of {dn}", dn=dn): text.strip().encode() for dn, text in gpo.links},
    }
    return [(part, "none" if content is None else sha256(content).hexdigest()) for part, content in values.items()]


def _backup(folder: Path, row: dict[str, Any], files: dict[str, bytes]) -> Backup:
    if row["schema"] != SCHEMA or row["state"] not in (TAKEN, PUBLISHED, ROLLED_BACK):
        raise ValueError("another document")
    before = Gpo(
        entry=None if row["entry"] is None else Entry(**row["entry"]),
        containers=frozenset(row["containers"]),
        folders=frozenset(row["folders"]),
        gpt=files.get(_GPT),
        policy=files.get(_POLICY),
        links=tuple(row["links"].items()),
    )
    return Backup(
        folder=folder,
        place=Place(row["domain"], row["base"], row["guid"]),
        title=row["title"],
        before=before,
        ends=frozenset((part, digest) for part, digest in row["ends"]),
        state=row["state"],
    )


def _save(backup: Backup) -> None:
    before, place = backup.before, backup.place
    entry = before.entry
    row = {
        "schema": SCHEMA,
        "state": backup.state,
        "domain": place.domain,
        "base": place.base,
        "guid": place.guid,
        "title": backup.title,
        "entry": None
        if entry is None
        else {name: getattr(entry, name) for name in ("title", "version", "names", "flags", "functionality", "wmi_filter")},
        "containers": sorted(before.containers),
        "folders": sorted(before.folders),
        "files": {
            name: None if content is None else sha256(content).hexdigest()
            for name, content in ((_GPT, before.gpt), (_POLICY, before.policy))
        },
        "links": dict(before.links),
        "ends": sorted(backup.ends),
    }
    text = json.dumps(row, ensure_ascii=False, indent=2) + "\n"
    temporary = backup.folder / f"{_RECORD}.part"
    _write(temporary, text.encode("utf-8"))
    temporary.replace(backup.folder / _RECORD)


def _write(path: Path, content: bytes) -> None:
    """Write through to the disk: what is changed next may be the only other copy."""
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
