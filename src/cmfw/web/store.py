"""``Store``: named workspaces in one SQLite file, each with a site, its filters, and machines with their exports.

Contents are kept as they came; what is read of them is worked out when it is asked for.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from cmfw.errors import InputError, Problem
from cmfw.values import value
from cmfw.web.exchange import NotThere
from cmfw.words.phrases import phrase
from cmfw.words.system_errors import of_system

VERSION = 1
MOST_SPACES = 500
MOST_MACHINES = 1000
MOST_FILES = 20
"""Of one machine, and filters of one site."""
_WAIT_S = 10.0
_TABLES = """
CREATE TABLE space (name TEXT PRIMARY KEY, made REAL NOT NULL) STRICT;
CREATE TABLE machine (
  space TEXT NOT NULL REFERENCES space (name) ON DELETE CASCADE, name TEXT NOT NULL, asked TEXT NOT NULL,
  subnets TEXT NOT NULL, made REAL NOT NULL, PRIMARY KEY (space, name)
) STRICT;
CREATE TABLE file (
  id INTEGER PRIMARY KEY, space TEXT NOT NULL REFERENCES space (name) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('site', 'filter', 'machine')), owner TEXT NOT NULL, name TEXT NOT NULL,
  digest TEXT NOT NULL, size INTEGER NOT NULL, content BLOB NOT NULL
) STRICT;
CREATE INDEX file_of ON file (space, kind, owner);
"""


@value
class Stored:
    """One file: what its owner calls it, and the SHA-256 and size of its content."""

    id: int
    name: str
    digest: str
    size: int


@value
class Machine:
    """One machine: whom it stands for (empty: found out), its own subnets, and its exports."""

    name: str
    asked: str
    subnets: tuple[str, ...]
    files: tuple[Stored, ...]


@value
class Given:
    """A file to be kept."""

    name: str
    content: bytes


class Store:
    """The workspaces. Each call is one transaction on a connection of its own, so that threads need no lock."""

    def __init__(self, path: str, most: int) -> None:
        self._path = path
        self._most = most
        _make(path)
        try:
            with self._open() as base:
                self._prepare(base)
        except sqlite3.DatabaseError as error:
            raise InputError(Problem(path, "a file of workspaces", str(error).lower())) from error

    def _prepare(self, base: sqlite3.Connection) -> None:
        version = base.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            raise InputError(
                Problem(
                    self._path,
                    phrase("workspaces of version {version}", version=VERSION),
                    phrase("version {version}", version=version),
                )
            )
        if version == 0:
            for statement in _TABLES.split(";\n"):
                base.execute(statement)
            base.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        base = sqlite3.connect(self._path, timeout=_WAIT_S, isolation_level="IMMEDIATE")
        try:
            base.execute("PRAGMA foreign_keys = ON")
            # what is thrown away is gone
            base.execute("PRAGMA secure_delete = ON")
            with base:
                yield base
        finally:
            base.close()

    def spaces(self) -> tuple[tuple[str, int], ...]:
        """(name, how many machines) of every workspace, the newest first."""
        told = "SELECT name, (SELECT count(*) FROM machine WHERE space = s.name) FROM space AS s ORDER BY made DESC, name"
        with self._open() as base:
            return tuple(base.execute(told))

    def has(self, space: str) -> bool:
        """Whether there is such a workspace."""
        with self._open() as base:
            return base.execute("SELECT 1 FROM space WHERE name = ?", (space,)).fetchone() is not None

    def make(self, space: str) -> None:
        """A new, empty workspace; InputError where there is one of that name, or too many."""
        with self._open() as base:
            if base.execute("SELECT count(*) FROM space").fetchone()[0] >= MOST_SPACES:
                raise InputError(Problem("workspace", phrase("at most {most} workspaces", most=MOST_SPACES), "one more"))
            try:
                base.execute("INSERT INTO space VALUES (?, ?)", (space, time.time()))
            except sqlite3.IntegrityError as error:
                raise InputError(Problem("workspace", "a name that is free", f"`{space}`")) from error

    def drop(self, space: str) -> None:
        """Throw the workspace away with all that is in it."""
        with self._open() as base:
            base.execute("DELETE FROM space WHERE name = ?", (space,))

    def site(self, space: str) -> Stored | None:
        """The site file of a workspace, None where it has none yet; raises NotThere."""
        with self._open() as base:
            self._known(base, space)
            return next(iter(_files(base, space, "site", "")), None)

    def filters(self, space: str) -> tuple[Stored, ...]:
        """The filters beside the site file."""
        with self._open() as base:
            return _files(base, space, "filter", "")

    def set_site(self, space: str, given: Given) -> None:
        """Keep this site file in place of the one before."""
        with self._open() as base:
            self._known(base, space)
            base.execute("DELETE FROM file WHERE space = ? AND kind = 'site'", (space,))
            self._add(base, space, "site", "", given)

    def add_filters(self, space: str, given: Sequence[Given]) -> None:
        """Keep these filters; one of the same name is replaced."""
        with self._open() as base:
            self._known(base, space)
            for one in given:
                base.execute("DELETE FROM file WHERE space = ? AND kind = 'filter' AND name = ?", (space, one.name))
                self._add(base, space, "filter", "", one)
            _bound(len(_files(base, space, "filter", "")), MOST_FILES, "filters")

    def machines(self, space: str) -> tuple[Machine, ...]:
        """The machines of a workspace by name; raises NotThere."""
        with self._open() as base:
            self._known(base, space)
            rows = base.execute("SELECT name, asked, subnets FROM machine WHERE space = ? ORDER BY name", (space,))
            return tuple(_machine(base, space, row) for row in rows.fetchall())

    def machine(self, space: str, name: str) -> Machine:
        """One machine; raises NotThere."""
        with self._open() as base:
            told = "SELECT name, asked, subnets FROM machine WHERE space = ? AND name = ?"
            row = base.execute(told, (space, name)).fetchone()
            if row is None:
                raise NotThere(name)
            return _machine(base, space, row)

    def set_machine(self, space: str, name: str, asked: str, subnets: Sequence[str], given: Sequence[Given]) -> None:
        """Keep this machine in place of the one before of that name."""
        _bound(len(given), MOST_FILES, "files")
        with self._open() as base:
            self._known(base, space)
            self._drop_machine(base, space, name)
            _bound(
                base.execute("SELECT count(*) FROM machine WHERE space = ?", (space,)).fetchone()[0] + 1,
                MOST_MACHINES,
                "machines",
            )
            base.execute("INSERT INTO machine VALUES (?, ?, ?, ?, ?)", (space, name, asked, " ".join(subnets), time.time()))
            for one in given:
                self._add(base, space, "machine", name, one)

    def set_asked(self, space: str, name: str, asked: str) -> None:
        """Say whom a machine stands for; raises NotThere."""
        with self._open() as base:
            told = "UPDATE machine SET asked = ? WHERE space = ? AND name = ?"
            if base.execute(told, (asked, space, name)).rowcount != 1:
                raise NotThere(name)

    def drop_machine(self, space: str, name: str) -> None:
        """Throw a machine away."""
        with self._open() as base:
            self._drop_machine(base, space, name)

    def content(self, file: Stored) -> bytes:
        """What the file holds; raises NotThere where it was thrown away meanwhile."""
        with self._open() as base:
            row = base.execute("SELECT content FROM file WHERE id = ? AND digest = ?", (file.id, file.digest)).fetchone()
        if row is None:
            raise NotThere(file.name)
        found: bytes = row[0]
        return found

    def _known(self, base: sqlite3.Connection, space: str) -> None:
        if base.execute("SELECT 1 FROM space WHERE name = ?", (space,)).fetchone() is None:
            raise NotThere(space)

    def _drop_machine(self, base: sqlite3.Connection, space: str, name: str) -> None:
        base.execute("DELETE FROM file WHERE space = ? AND kind = 'machine' AND owner = ?", (space, name))
        base.execute("DELETE FROM machine WHERE space = ? AND name = ?", (space, name))

    def _add(self, base: sqlite3.Connection, space: str, kind: str, owner: str, given: Given) -> None:
        kept = base.execute("SELECT coalesce(sum(size), 0) FROM file").fetchone()[0]
        if kept + len(given.content) > self._most:
            hint = phrase("throw a workspace away")
            raise InputError(
                Problem(given.name, phrase("at most {most} MiB in all workspaces", most=self._most >> 20), "more", hint)
            )
        told = "INSERT INTO file (space, kind, owner, name, digest, size, content) VALUES (?, ?, ?, ?, ?, ?, ?)"
        digest = sha256(given.content).hexdigest()
        base.execute(told, (space, kind, owner, given.name, digest, len(given.content), given.content))


def _files(base: sqlite3.Connection, space: str, kind: str, owner: str) -> tuple[Stored, ...]:
    told = "SELECT id, name, digest, size FROM file WHERE space = ? AND kind = ? AND owner = ? ORDER BY id"
    return tuple(Stored(*row) for row in base.execute(told, (space, kind, owner)))


def _machine(base: sqlite3.Connection, space: str, row: tuple[str, str, str]) -> Machine:
    name, asked, subnets = row
    return Machine(name, asked, tuple(subnets.split()), _files(base, space, "machine", name))


def _make(path: str) -> None:
    """Make the file where there is none, with its folders; raises InputError."""
    wanted = phrase("a file of workspaces")
    if Path(path).is_dir() or path.endswith(("/", os.sep)):
        hint = phrase("a file in it would be `{file}`", file=str(Path(path, "workspaces.sqlite")))
        raise InputError(Problem(path, wanted, "a folder", hint))
    if Path(path).exists():
        return
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        # exports say much about a machine: nobody else's eyes
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise InputError(Problem(path, wanted, of_system(error))) from error


def _bound(count: int, most: int, what: str) -> None:
    if count > most:
        raise InputError(Problem("workspace", phrase("at most {most} {what}", most=most, what=what), str(count)))
