"""Everything that a set of log files, folders and zips says, file by file, in bounded memory.

Each argument is one host unless its files name others; a file is known by its content, not its name, so renamed and rolled
files (``.lo_``, ``ccmsetup-20260101-120000.log``, ``pfirewall.log.old``) are read like any other. Archives are read without being
unpacked to disk, so their paths lead nowhere.
"""

from __future__ import annotations

import lzma
import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from cmfw.catalog.log_facts import LogFacts, load_log_facts
from cmfw.errors import InputError, Problem
from cmfw.ingest.ccm_log import looks_like_ccm_log, read_records
from cmfw.ingest.event_log import EVTX, Event, EventReader, evtx_events, json_events, looks_like_events
from cmfw.ingest.log_marks import Marker
from cmfw.ingest.log_text import encoding_of
from cmfw.ingest.msi_log import looks_like_msi_log, read_msi_log
from cmfw.ingest.pfirewall import looks_like_pfirewall, read_pfirewall
from cmfw.model.observation import LogEvent, Observation, RuleChange
from cmfw.values import value
from cmfw.words.phrases import phrase
from cmfw.words.system_errors import of_system

MOST_FILES = 20_000
MOST_UNPACKED = 4 << 30
"""Bytes that the members of one archive may have together."""
_HEAD = 65536
_STRANGE = frozenset(
    {".exe", ".dll", ".zip", ".cab", ".etl", ".sdf", ".png", ".jpg", ".dmp", ".7z", ".xml", ".ini", ".html", ".txt"}
)
"""Endings of files in a folder of logs that nobody needs to be told of."""
_FOLDERS = frozenset(
    {"logs", "log", "ccm", "windows", "ccmsetup", "firewall", "logfiles", "system32", "sms_ccm", "c", "c$", "d$"}
)
"""Names of folders that are no names of hosts."""
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError)
"""What reading a file or a member of an archive can raise."""
Note = Callable[[Problem], None]
Progress = Callable[[str, int], None]


@value(kw_only=True)
class LogFile:
    """One file that was read: its kind (``ccm`` | ``msi`` | ``pfirewall`` | ``events`` | ``evtx``) and how much it held."""

    path: str
    host: str
    kind: str
    size: int
    found: int


class LogReading(NamedTuple):
    """What all files say. ``problems`` are what could not be read of them."""

    files: tuple[LogFile, ...]
    events: tuple[LogEvent, ...]
    observations: tuple[Observation, ...]
    changes: tuple[RuleChange, ...]
    problems: tuple[Problem, ...]


class _Member(NamedTuple):
    """A file or a member of an archive."""

    path: str
    host: str
    size: int
    stream: Callable[[], BinaryIO]
    explicit: bool
    place: str = ""


def read_logs(paths: Sequence[str], progress: Progress | None = None) -> LogReading:
    """Everything that the paths (files, folders, zips) say.

    Raises:
        InputError: a path leads nowhere or cannot be read.
        MissingExtra: an ``.evtx`` file was given and the extra ``evtx`` is not installed.
    """
    wrong: list[Problem] = []
    members: list[_Member] = []
    for path in paths:
        try:
            members += _members(path, wrong.append)
        except OSError as error:
            found = phrase("nothing there") if isinstance(error, FileNotFoundError) else of_system(error)
            wrong.append(Problem(path, "a readable file or folder", found))
    if wrong and not members:
        raise InputError(*wrong)
    reader = _Reader(load_log_facts(), wrong)
    for member in members[:MOST_FILES]:
        if progress:
            progress(member.path, member.size)
        reader.read(member)
    if len(members) > MOST_FILES:
        wrong.append(Problem(paths[0], phrase("at most {most:,} files", most=MOST_FILES), f"{len(members):,}"))
    return reader.reading()


def _members(path: str, note: Note) -> Iterator[_Member]:
    place = Path(path)
    if place.is_dir():
        for folder, folders, names in os.walk(place):
            folders.sort()
            for name in sorted(names):
                yield _file(Path(folder) / name, _host_of(place, Path(folder)), explicit=False)
    elif zipfile.is_zipfile(place):
        yield from _zip_members(place, note)
    else:
        yield _file(place, _host_of(place.parent, place.parent) if len(place.parts) > 1 else "", explicit=True)


def _file(place: Path, host: str, *, explicit: bool) -> _Member:
    size = place.stat().st_size
    return _Member(str(place), host, size, lambda: cast("BinaryIO", place.open("rb")), explicit, str(place))


def _zip_members(place: Path, note: Note) -> Iterator[_Member]:
    try:
        archive = zipfile.ZipFile(place)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        note(Problem(str(place), "a zip archive", str(error).lower()))
        return
    total = 0
    for info in archive.infolist():
        if info.is_dir():
            continue
        path = f"{place}!{info.filename}"
        total += info.file_size
        if total > MOST_UNPACKED:
            note(
                Problem(
                    path, phrase("at most {most} GiB in one archive", most=MOST_UNPACKED >> 30), "more; the rest is not read"
                )
            )
            return
        if info.flag_bits & 1:
            note(Problem(path, "a member without a password", "an encrypted one"))
            continue
        inside = Path(info.filename).parent
        host = _host_of(Path(place.stem), Path(place.stem) / inside)
        yield _Member(path, host, info.file_size, lambda i=info: cast("BinaryIO", archive.open(i)), explicit=False)  # type: ignore[misc]


def _host_of(root: Path, folder: Path) -> str:
    """The host whose logs stand in a folder: the nearest folder name from the root up that is no usual folder of Windows."""
    with suppress(ValueError):
        for inner in folder.relative_to(root).parts[:1]:
            if inner.lower() not in _FOLDERS and not inner.endswith(":"):
                return inner.lower()
    for outer in (root, *root.parents):
        if outer.name and outer.name.lower() not in _FOLDERS:
            return outer.name.lower()
    return ""


class _Reader:
    """Reads members one after the other and keeps what they say."""

    def __init__(self, facts: LogFacts, problems: list[Problem]) -> None:
        self.facts, self.problems = facts, problems
        self.files: list[LogFile] = []
        self.events: list[LogEvent] = []
        self.observations: list[Observation] = []
        self.changes: list[RuleChange] = []
        self.names: dict[str, str] = {}

    def read(self, member: _Member) -> None:
        """One member, by what its beginning looks like."""
        try:
            with member.stream() as file:
                head = file.read(_HEAD)
            kind = _kind_of(head)
            if kind:
                held = len(self.events) + len(self.observations) + len(self.changes)
                self._take(member, kind)
                found = len(self.events) + len(self.observations) + len(self.changes) - held
                self.files.append(LogFile(path=member.path, host=member.host, kind=kind, size=member.size, found=found))
            elif member.explicit or (head and not _is_strange(member.path)):
                start = head[:8].hex(" ") if head else "an empty file"
                self.problems.append(Problem(member.path, "a log that is known", f"`{start}`", hint="nothing of it is used"))
        except _UNREADABLE as error:
            self.problems.append(Problem(member.path, "a file that can be read", " ".join(str(error).lower().split())[:100]))

    def reading(self) -> LogReading:
        """All of it; a host that a file names itself is called so."""

        def named(host: str) -> str:
            return self.names.get(host, host)

        return LogReading(
            files=tuple(replace(file, host=named(file.host)) for file in self.files),
            events=tuple(replace(event, host=named(event.host)) for event in self.events),
            observations=tuple(replace(seen, host=named(seen.host)) for seen in self.observations),
            changes=tuple(replace(change, host=named(change.host)) for change in self.changes),
            problems=tuple(self.problems),
        )

    def _take(self, member: _Member, kind: str) -> None:
        path, note = member.path, self.problems.append
        if kind == "evtx":
            self._take_evtx(member)
            return
        with member.stream() as file:
            if kind == "ccm":
                marker = Marker(self.facts, member.host, path)
                self.events += folded(marker.events(read_records(file, path, note)))
                if marker.named:
                    self.names[member.host] = marker.named
            elif kind == "msi":
                self.events += folded(read_msi_log(file, path, member.host, note))
            elif kind == "pfirewall":
                self.observations += read_pfirewall(file, path, member.host, note)
            else:
                self._keep(member, json_events(file, path, note))

    def _take_evtx(self, member: _Member) -> None:
        if member.place:
            self._keep(member, evtx_events(member.place, self.problems.append))
        else:
            self.problems.append(Problem(member.path, "an .evtx file outside an archive", "one inside", hint="unpack it"))

    def _keep(self, member: _Member, events: Iterable[tuple[int, Event]]) -> None:
        reader = EventReader(member.path, member.host, self.problems.append)
        reader.read(events)
        self.observations += reader.observations()
        self.changes += reader.changes


def folded(events: Iterable[LogEvent]) -> list[LogEvent]:
    """The first and the last of all events that say the same, with how many there were; what differs is kept apart."""
    kinds: dict[tuple[object, ...], list[LogEvent]] = {}
    counts: Counter[tuple[object, ...]] = Counter()
    for event in events:
        key: tuple[object, ...] = (
            event.subject,
            event.component,
            event.stage,
            event.outcome,
            event.flows,
            event.peer,
            event.port,
            event.code,
        )
        counts[key] += 1
        kinds.setdefault(key, [event])[1:] = [event]
    found = []
    for key, (first, *later) in kinds.items():
        found.append(first)
        if later and later[0] is not first:
            found.append(replace(later[0], count=counts[key] - 1))
    return found


def _kind_of(head: bytes) -> str:
    """The kind of a file that starts so; the empty string where it is none that we read."""
    if head.startswith(EVTX):
        return "evtx"
    name, skipped = encoding_of(head)
    text = head[skipped:].decode(name, "replace")
    for kind, looks in _LOOKS:
        if looks(text):
            return kind
    return ""


_LOOKS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("pfirewall", looks_like_pfirewall),
    ("ccm", looks_like_ccm_log),
    ("msi", looks_like_msi_log),
    ("events", looks_like_events),
)


def _is_strange(path: str) -> bool:
    return Path(path).suffix.lower() in _STRANGE
