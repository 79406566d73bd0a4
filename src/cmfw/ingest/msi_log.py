"""The end of ``client.msi.log``, the verbose log of Windows Installer: whether the client was installed.

Source: Windows Installer, "Windows Installer Logging" (lines ``MSI (s) (..): ``); catalog, `push-troubleshooting` ("Return Value 3").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from cmfw.catalog.log_facts import canonical_code
from cmfw.errors import Problem
from cmfw.ingest.log_text import lines, readable
from cmfw.model.observation import LogEvent, Outcome, Place

STAGE = "setup_msi"
_STATUS = re.compile(r"Installation success or error status: (\d+)")
_ENGINE = re.compile(r"MainEngineThread is returning (\d+)")
_DAY = re.compile(r"=== Verbose logging (?:started|stopped): (\d{1,2})/(\d{1,2})/(\d{4})\s+(\d{1,2}):(\d{2}):(\d{2})")
_STARTED = re.compile(r"^(?:=== Verbose logging started|MSI \([cs]\) \([0-9A-F]{2}[:!])")


def looks_like_msi_log(text: str) -> bool:
    """Whether the beginning of a file is of such a log."""
    return any(_STARTED.match(line) for line in text.splitlines()[:20])


def read_msi_log(file: BinaryIO, path: str, host: str, note: Callable[[Problem], None]) -> Iterator[LogEvent]:
    """One event for each installation that the log shows the end of. Its days are month/day/year as written on an English Windows."""
    time = ""
    for number, line in lines(file, path, note):
        if day := _DAY.search(line):
            month, day_of_month, year, *clock = map(int, day.groups())
            time = "{}-{:02}-{:02}T{:02}:{:02}:{:02}.000".format(year, month, day_of_month, *clock)
        if found := _STATUS.search(line) or _ENGINE.search(line):
            code = canonical_code(found[1])
            yield LogEvent(
                host=host,
                time=time,
                component="client.msi",
                stage=STAGE,
                outcome=Outcome.FAILED if code else Outcome.REACHED,
                code=code,
                text=" ".join(readable(line[:200]).split()),
                place=Place(path, number),
            )
