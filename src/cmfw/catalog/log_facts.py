"""What lines and codes of logs mean: stages, marks, URLs and error codes, read only by ``cmfw logs``.

The rows are authored in ``data/logs`` and compiled into a file of their own, because no other command needs them.
"""

from __future__ import annotations

import re
from functools import cache

from cmfw.catalog.build import Row, cite, text
from cmfw.catalog.types import Cite, Text
from cmfw.model.observation import Layer
from cmfw.values import value

ANY_COMPONENT = "*"
_HTTP_FACILITY = 0x8019
_WIN32_FACILITY = 0x8007


@value(kw_only=True)
class LogStage:
    """A step that logs tell of. ``story`` is ``push`` | ``setup`` | ``client``; ``flows`` are what the step uses."""

    id: str
    order: int
    story: str
    title: Text
    flows: tuple[str, ...]
    cite: Cite


@value(kw_only=True)
class LogMark:
    """A text that tells of a step, and a pattern that takes parts out of the message (None: nothing to take)."""

    components: tuple[str, ...]
    contains: str
    pattern: re.Pattern[str] | None
    stage: str
    outcome: str
    flows: tuple[str, ...]
    role: str
    cite: Cite


@value(kw_only=True)
class LogUrl:
    """What a URL with one of these pieces leads to, and its flows by (whether ccmsetup asks, whether it is HTTPS)."""

    contains: tuple[str, ...]
    role: str
    flows: tuple[tuple[tuple[bool, bool], tuple[str, ...]], ...]
    stage: str
    cite: Cite


@value(kw_only=True)
class LogError:
    """An error code: where its cause is, and whether it proves that something answered."""

    code: str
    name: str
    layer: Layer
    answered: bool
    meaning: Text
    flows: tuple[str, ...]
    cite: Cite


@value(kw_only=True)
class LogFacts:
    """All of it. ``marks`` holds the marks by component in lower case; ``stage_of`` the stage of a component's failures."""

    stages: dict[str, LogStage]
    marks: dict[str, tuple[LogMark, ...]]
    urls: tuple[LogUrl, ...]
    stage_of: dict[str, str]
    errors: dict[str, LogError]


@cache
def load_log_facts() -> LogFacts:
    """The facts about logs, read once."""
    import json
    from importlib.resources import files

    data = json.loads(files("cmfw.catalog").joinpath("data", "catalog-logs.json").read_text(encoding="utf-8"))
    marks: dict[str, list[LogMark]] = {}
    for row in data["log_mark"]:
        for component in row["components"]:
            marks.setdefault(component.lower(), []).append(_mark(row))
    return LogFacts(
        stages={key: _stage(key, row) for key, row in data["log_stage"].items()},
        marks={component: tuple(found) for component, found in marks.items()},
        urls=tuple(_url(row) for row in data["log_url"]),
        stage_of={name.lower(): row["stage"] for row in data["log_component"].values() for name in row["names"]},
        errors={key: _error(key, row) for key, row in data["log_error"].items()},
    )


def _words(row: Row, key: str) -> tuple[str, ...]:
    return tuple(row.get(key, ()))


def _stage(key: str, row: Row) -> LogStage:
    title, where = text(row["title"]), cite(row)
    return LogStage(id=key, order=row["order"], story=row["story"], title=title, flows=_words(row, "flows"), cite=where)


def _mark(row: Row) -> LogMark:
    return LogMark(
        components=_words(row, "components"),
        contains=row["contains"],
        pattern=re.compile(row["pattern"]) if "pattern" in row else None,
        stage=row.get("stage", ""),
        outcome=row["outcome"],
        flows=_words(row, "flows"),
        role=row.get("role", ""),
        cite=cite(row),
    )


def _url(row: Row) -> LogUrl:
    keys: dict[tuple[bool, bool], str] = {
        (False, False): "http",
        (False, True): "https",
        (True, False): "setup_http",
        (True, True): "setup_https",
    }
    flows = tuple((which, _words(row, key)) for which, key in keys.items())
    contains, where = _words(row, "contains"), cite(row)
    return LogUrl(contains=contains, role=row["role"], flows=flows, stage=row.get("stage", ""), cite=where)


def _error(key: str, row: Row) -> LogError:
    return LogError(
        code=key,
        name=row["name"],
        layer=Layer(row["layer"]),
        answered=row["answered"],
        meaning=text(row["meaning"]),
        flows=_words(row, "flows"),
        cite=cite(row),
    )


def canonical_code(written: str, *, status: bool = False) -> str:
    """The code as the table spells it: ``win32-N``, ``http-N``, ``0x8024402c``; the empty string where it is no code or success.

    ``written`` is decimal, negative decimal, or hexadecimal with ``0x`` or of eight digits that begin with 0 or 8. ``status`` says that a plain
    number is an HTTP status. An HRESULT of facility 7 carries a Win32 code, one of facility 25 an HTTP status.
    Source: winerror.h (HRESULT_FROM_WIN32), the source ``error-descriptions`` of the catalog.
    """
    plain = written.strip().lower()
    if plain.startswith("winhttp_callback_status_flag_"):
        return plain
    try:
        is_hex = plain.startswith("0x") or (len(plain) == 8 and (plain[0] in "08" or not plain.isdigit()))
        number = int(plain, 16 if is_hex else 10)
    except ValueError:
        return ""
    number &= 0xFFFFFFFF
    high, low = number >> 16, number & 0xFFFF
    if not number:
        return ""
    if not high:
        return f"http-{low}" if status else f"win32-{low}"
    if high == _WIN32_FACILITY:
        return f"win32-{low}"
    return f"http-{low}" if high == _HTTP_FACILITY else f"{number:#010x}"


def meaning_of(code: str, facts: LogFacts) -> LogError | None:
    """The row of a canonical code; None where the table has none (the code is shown as it is, and proves nothing)."""
    return facts.errors.get(code)


def url_of(url: str, facts: LogFacts) -> LogUrl | None:
    """What a URL (or its path) leads to; None where no piece of it is known."""
    plain = url.lower()
    for row in facts.urls:
        if any(piece in plain for piece in row.contains):
            return row
    return None
