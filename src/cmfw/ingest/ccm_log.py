"""Records of Configuration Manager logs, in both line forms, mixed or damaged, one after the other and never all at once.

The newer form is ``<![LOG[message]LOG]!><time="..." date="..." component="..." context="" type="1" thread="1" file="x.cpp:1">``
and its message may have many lines; the older is ``message  $$<component><date time+bias><thread=1 (0x1)>`` on one line, with
one or two ``~`` at the end of the message. Source: facts/real_data_traps.md (ccm logs), observed records.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from cmfw.errors import Problem
from cmfw.ingest.log_text import LONGEST, pieces
from cmfw.words.phrases import phrase

OPEN = "<![LOG["
_END = re.compile(
    r'\]LOG\]!><time="(?P<time>[^"<>\n]*)"\s+date="(?P<date>[^"<>\n]*)"\s+component="(?P<component>[^"\n]*)"(?P<rest>[^>\n]*)>'
)
"""Behind a message. Messages are found from their ends, so that no text, however built, is searched more than once."""
_OLD = re.compile(
    r"^(?P<message>.*?)~{0,2}\s*\$\$<(?P<component>[^<>\n]*)><(?P<stamp>[^<>\n]*)><thread=(?P<thread>\d+)[^>\n]*>[ \t\r]*$",
    re.MULTILINE,
)
_TYPE = re.compile(r'\btype="(\d)"')
_THREAD = re.compile(r'\bthread="(\d+)"')
RENAMED = "<MAXIMUM LOG FILE SIZE REACHED"
"""Starts the line that a server writes at the end of a log before it renames it to ``.lo_``."""
_MOST_PROBLEMS = 20


class LogRecord(NamedTuple):
    """One record. ``time`` and ``date`` are as written (the older form has both in ``date``); ``line`` is its first line.

    ``kind`` is the type: 0 or 1 information, 2 warning, 3 error; None where the form has none.
    """

    line: int
    message: str
    component: str
    time: str
    date: str
    kind: int | None
    thread: str


class _Notes:
    """Counts what is wrong with a file and tells the first few."""

    def __init__(self, path: str, note: Callable[[Problem], None]) -> None:
        self.path, self.note, self.count = path, note, 0

    def stray(self, text: str, line: int, expected: str = "a whole record") -> None:
        """Tell of text that belongs to no record."""
        self.count += 1
        if self.count <= _MOST_PROBLEMS:
            self.note(Problem(self.path, expected, f"`{' '.join(text.split())[:60]}`", line=line))

    def finish(self) -> None:
        """Tell how many there were beside those told."""
        if self.count > _MOST_PROBLEMS:
            found = phrase("{count} more pieces that belong to none", count=self.count - _MOST_PROBLEMS)
            self.note(Problem(self.path, "records only", found))


def looks_like_ccm_log(text: str) -> bool:
    """Whether the beginning of a file has a record of either form."""
    return bool(_END.search(text) or _OLD.search(text) or text.lstrip("\ufeff").startswith(OPEN))


def read_records(file: BinaryIO, path: str, note: Callable[[Problem], None]) -> Iterator[LogRecord]:
    """The records of the file in order; what belongs to no record is told with its line. Memory is bounded by ``LONGEST``."""
    notes = _Notes(path, note)
    rest, line = "", 1
    for piece in pieces(file, path, note):
        text = rest + piece
        used = 0
        for found in _END.finditer(text):
            opened = text.rfind(OPEN, used, found.start())
            start = found.end() if opened < 0 else opened
            if start > used:
                yield from _between(text[used:start], line, notes)
                line += text.count("\n", used, start)
            if opened >= 0:
                yield _record(text[start + len(OPEN) : found.start()], found, line)
                line += text.count("\n", start, found.end())
            used = found.end()
        settled = _settled(text, used)
        yield from _between(text[used:settled], line, notes)
        line += text.count("\n", used, settled)
        rest = text[settled:]
        if len(rest) > LONGEST:
            notes.stray(rest[:80], line, phrase("a record of at most {most} Mi characters", most=LONGEST >> 20))
            line += rest.count("\n", 0, len(rest) - len(OPEN))
            rest = rest[-len(OPEN) :]
    yield from _between(rest, line, notes)
    notes.finish()


def _settled(text: str, used: int) -> int:
    """Up to where nothing that follows can change what the text means: before an open record, else the last whole line.

    Of several open records only the last can still be closed.
    """
    opened = text.rfind(OPEN, used)
    if opened >= 0:
        return opened
    return max(text.rfind("\n") + 1, used)


def _record(message: str, found: re.Match[str], line: int) -> LogRecord:
    time, date, component, rest = found.groups()
    kind, thread = _TYPE.search(rest), _THREAD.search(rest)
    return LogRecord(line, message, component, time, date, int(kind[1]) if kind else None, thread[1] if thread else "")


def _between(text: str, line: int, notes: _Notes) -> Iterator[LogRecord]:
    """The records of the older form in text between those of the newer; the rest is told."""
    if not text or text.isspace():
        return
    used = 0
    for found in _OLD.finditer(text):
        _stray_lines(text[used : found.start()], line, notes)
        line += text.count("\n", used, found.start())
        yield LogRecord(line, found["message"], found["component"], "", found["stamp"], None, found["thread"])
        used = found.end()
        line += text.count("\n", found.start(), used)
    _stray_lines(text[used:], line, notes)


def _stray_lines(text: str, line: int, notes: _Notes) -> None:
    bare = text.strip("\0 \t\r\n\ufeff")
    if bare and not bare.startswith(RENAMED):
        notes.stray(bare, line + text[: len(text) - len(text.lstrip("\0 \t\r\n"))].count("\n"))


# --- moments ---------------------------------------------------------------------------------------------------------

_CLOCK = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})(?:[.:](\d{1,7}))?\s*([+-]\d{1,5})?$")
_DAY = re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})$")
_WORDY = re.compile(r"\w{3} (\w{3}) (\d{1,2}) (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))? (\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LARGEST_BIAS = 24 * 60


def moment(record: LogRecord) -> tuple[str, str]:
    """(local time, the same in UTC or the empty string) of a record in ISO 8601; two empty strings where it says none.

    The number behind the time is a bias: UTC is the local time plus so many minutes. A bias of a day or more is none.
    Source: facts/real_data_traps.md; the samples of plaso in the corpus (-330 is India).
    """
    day, clock = record.date, record.time
    if not clock:
        if wordy := _WORDY.match(day):
            return _wordy_moment(wordy), ""
        day, _, clock = day.partition(" ")
    dated, timed = _DAY.match(day.strip()), _CLOCK.match(clock.strip())
    if not dated or not timed:
        return "", ""
    month, day_of_month, year = map(int, dated.groups())
    hour, minute, second = map(int, timed.group(1, 2, 3))
    return _moments((year, month, day_of_month, hour, minute, second), timed[4] or "0", timed[5])


def _wordy_moment(found: re.Match[str]) -> str:
    """Of ``Thu Sep 17 10:13:21.530 2009 Eastern Daylight Time``, as SMS 2003 writes it; the zone's words are not read."""
    name, day, hour, minute, second, fraction, year = found.groups()
    if name.lower() not in _MONTHS:
        return ""
    month = _MONTHS.index(name.lower()) + 1
    return _moments((int(year), month, int(day), int(hour), int(minute), int(second)), fraction or "0", None)[0]


def _moments(parts: tuple[int, int, int, int, int, int], fraction: str, bias: str | None) -> tuple[str, str]:
    from datetime import datetime, timedelta

    year, month, day, hour, minute, second = parts
    try:
        # a clock without a zone is what the file has: its own time, compared with nothing but itself
        local = datetime(year, month, day, hour, minute, second, int(fraction.ljust(6, "0")[:6]))  # noqa: DTZ001
        known = bias is not None and abs(int(bias)) < _LARGEST_BIAS
        utc = local + timedelta(minutes=int(bias or 0)) if known else None
    except (ValueError, OverflowError):
        return "", ""
    return local.isoformat(timespec="milliseconds"), utc.isoformat(timespec="milliseconds") + "Z" if utc else ""
