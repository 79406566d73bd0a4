"""JSON from outside: whatever is wrong with it is one clear error, however deep it nests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cmfw.errors import InputError, Problem
from cmfw.ingest.export_text import read_text
from cmfw.ingest.input_file import InputFile
from cmfw.words.phrases import phrase

MOST_DEPTH = 200
"""Exports of Windows and Intune nest about twenty deep."""


def read_json(file: InputFile) -> Any:
    """The value that the file holds.

    Raises:
        InputError: it is no JSON, nests too deep or is too large.
    """
    return parse_json(read_text(file), file.path)


def parse_json(text: str, path: str) -> Any:
    """The value in the text; ``path`` is for messages. Raises as ``read_json``."""
    import json

    try:
        found = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise InputError(Problem(path, "JSON", error.msg.lower(), line=error.lineno)) from error
    except (RecursionError, ValueError) as error:
        found_text = phrase("more") if isinstance(error, RecursionError) else str(error)
        raise InputError(
            Problem(path, phrase("JSON that nests at most {most} deep", most=MOST_DEPTH), found_text)
        ) from error
    if _depth(found) > MOST_DEPTH:
        raise InputError(Problem(path, phrase("JSON that nests at most {most} deep", most=MOST_DEPTH), "more"))
    return found


def objects(found: Any) -> Iterator[dict[str, Any]]:
    """Every object in the value, outer ones first."""
    waiting = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(reversed(one.values()))
        elif isinstance(one, list):
            waiting.extend(reversed(one))


def _depth(found: Any) -> int:
    depth, level = 0, [found]
    while level := [inner for one in level for inner in _inside(one)]:
        depth += 1
        if depth > MOST_DEPTH:
            break
    return depth


def _inside(one: Any) -> list[Any]:
    values: Any = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return [value for value in values if isinstance(value, dict | list)]
