"""Results of probes as JSON rows, and read back from ``cmfw/probe/1``. An unknown key or word is an error: evidence is not guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from cmfw.errors import InputError, Problem
from cmfw.model.wire import ProbeResult, Service, Speaks, Word
from cmfw.net.addr import format_address, parse_address
from cmfw.net.flow import PROTOCOL_NAMES, PROTOCOL_NUMBERS
from cmfw.probe.plan import Probe
from cmfw.words.parser_errors import of_parser
from cmfw.words.phrases import listed, phrase

SCHEMA = "cmfw/probe/1"
_MOST_CHARS = 64 << 20
_LONGEST_MS = 1e9
"""Eleven days; the longest time-out is a minute."""
_KEYS = (
    "items", "protocol", "target", "port", "mapped", "source", "word", "answer", "by", "attempts", "ms", "evidence", "service",
)  # fmt: skip


def probe_row(probe: Probe) -> dict[str, Any]:
    """One probe that would be sent."""
    return {
        "items": list(probe.items),
        "protocol": PROTOCOL_NAMES[probe.protocol],
        "target": format_address(probe.address),
        "host": probe.host,
        "port": probe.port,
        "mapped": probe.mapped,
        "talk": probe.talk or None,
    }


def result_row(result: ProbeResult) -> dict[str, Any]:
    """One result."""
    service = result.service
    return {
        "items": list(result.items),
        "protocol": PROTOCOL_NAMES[result.protocol],
        "target": format_address(result.address),
        "port": result.port,
        "mapped": result.mapped,
        "source": None if result.source is None else format_address(result.source),
        "word": result.word.value,
        "answer": result.answer.value,
        "by": None if result.by is None else format_address(result.by),
        "attempts": result.attempts,
        "ms": result.ms,
        "evidence": list(result.evidence),
        "service": None
        if service is None
        else {"kind": service.kind, "speaks": service.speaks.value, "facts": dict(service.facts)},
    }


def read_results(text: str, path: str) -> tuple[ProbeResult, ...]:
    """The results of a document that ``cmfw probe`` wrote; raises InputError that names every row that is not one."""
    if len(text) > _MOST_CHARS:
        raise InputError(Problem(path, phrase("at most {most} characters", most=_MOST_CHARS), str(len(text))))
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(Problem(path, "JSON", of_parser(error.msg), line=error.lineno)) from error
    except (ValueError, RecursionError) as error:
        # a number of thousands of digits, or what nests as deep
        raise InputError(Problem(path, "JSON", str(error))) from error
    rows = document.get("results") if isinstance(document, dict) and document.get("schema") == SCHEMA else None
    if not isinstance(rows, list):
        raise InputError(
            Problem(path, phrase("a document of schema `{schema}` with results", schema=SCHEMA), "another document")
        )
    found, problems = [], []
    for at, row in enumerate(rows):
        try:
            found.append(_result(row))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            problems.append(Problem(path, "a result of a probe", str(error) or type(error).__name__, key=f"results[{at}]"))
    if problems:
        raise InputError(*problems)
    return tuple(found)


def _result(row: dict[str, Any]) -> ProbeResult:
    strangers = [key for key in row if key not in _KEYS] + [key for key in _KEYS if key not in row]
    if strangers:
        raise ValueError(phrase("keys {names}", names=listed(strangers)))
    result = ProbeResult(
        items=tuple(map(_text, _list(row["items"]))),
        protocol=PROTOCOL_NUMBERS[row["protocol"]],
        address=parse_address(row["target"]),
        port=None if row["port"] is None else _whole(row["port"], 65535),
        mapped=bool(row["mapped"]),
        source=None if row["source"] is None else parse_address(row["source"]),
        word=Word(row["word"]),
        by=None if row["by"] is None else parse_address(row["by"]),
        attempts=_whole(row["attempts"], 1 << 20),
        ms=None if row["ms"] is None else _duration(row["ms"]),
        evidence=tuple(map(_text, _list(row["evidence"]))),
        service=None if row["service"] is None else _service(row["service"]),
    )
    if result.answer.value != row["answer"]:
        raise ValueError(phrase("the answer `{answer}` of the word `{word}`", answer=row["answer"], word=result.word.value))
    return result


def _service(row: dict[str, Any]) -> Service:
    from cmfw.probe.proto import TALKS

    if sorted(row) != ["facts", "kind", "speaks"]:
        raise ValueError(phrase("the keys of a service"))
    if row["kind"] not in TALKS:
        raise ValueError(phrase("`{kind}` is no kind of service", kind=row["kind"]))
    return Service(
        _text(row["kind"]), Speaks(row["speaks"]), tuple((name, _text(text)) for name, text in row["facts"].items())
    )


def _of(kind: type, word: str) -> Callable[[Any], Any]:
    def check(given: Any) -> Any:
        if not isinstance(given, kind) or isinstance(given, bool):
            raise TypeError(phrase("`{given}` is not {word}", given=given, word=word))
        return given

    return check


_text: Callable[[Any], str] = _of(str, phrase("a text"))
_list: Callable[[Any], list[Any]] = _of(list, phrase("a list"))
_number: Callable[[Any], int] = _of(int, phrase("a whole number"))


def _duration(given: Any) -> float:
    # JSON has no infinity, though Python reads one
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given < _LONGEST_MS:
        raise ValueError(phrase("`{given}` is not a number of milliseconds", given=given))
    return float(given)


def _whole(given: Any, most: int) -> int:
    if not 0 <= _number(given) <= most:
        raise ValueError(phrase("`{given}` is not between 0 and {most}", given=given, most=most))
    return int(given)
