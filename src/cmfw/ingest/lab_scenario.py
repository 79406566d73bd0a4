"""Reads a scenario of the lab: steps of changes, and the status that each feature has to get. Strict; every problem at once.

schema = "cmfw/scenario/1"
site = "site.toml"

[[step]]
name = "the branch closes SMB"
close = ["tcp/445"]
between = ["centre", "branch"]
expect = { client_push = "broken", client_requests = "works" }
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import Any

from cmfw.errors import InputError, Problem
from cmfw.ingest.site_values import closest
from cmfw.ingest.toml_document import toml_document
from cmfw.values import value
from cmfw.words.phrases import listed, phrase
from cmfw.words.system_errors import of_system

SCHEMA = "cmfw/scenario/1"
STATUSES = ("broken", "degraded", "works", "unknown")
_TOP = ("schema", "site", "step")
_LISTS = ("open", "close", "remove", "enable", "disable", "on")
_STEP = ("name", *_LISTS, "between", "expect")


@value(kw_only=True)
class ScenarioStep:
    """One step: changes on top of the site as it is, and what is expected then.

    ``opened`` and ``closed`` are traffic texts; ``between`` two zones, or empty for the hosts in ``on`` (empty: every client
    group). ``rules`` are (``remove`` | ``enable`` | ``disable``, rule id). ``expected`` are (feature, status word).
    """

    name: str
    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    rules: tuple[tuple[str, str], ...] = ()
    between: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    expected: tuple[tuple[str, str], ...] = ()


@value(kw_only=True)
class Scenario:
    """The site file (its path beside the scenario's) and the steps, each of which starts from the site as it is."""

    site: str
    steps: tuple[ScenarioStep, ...]


def read_scenario(path: str) -> Scenario:
    """The scenario of the file; raises InputError with every problem."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(Problem(path, "a readable scenario", of_system(error))) from error
    return read_scenario_text(content, path)


def read_scenario_text(content: bytes, path: str) -> Scenario:
    """The scenario that the bytes hold; raises InputError with every problem."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(Problem(path, "TOML in UTF-8", str(error))) from error
    document = toml_document(text, path)
    problems = list(_problems(document, path))
    if problems:
        raise InputError(*problems)
    site = str(document["site"])
    beside = PureWindowsPath(site).as_posix() if "\\" in site else site
    return Scenario(site=str(Path(path).parent / beside), steps=tuple(map(_step, document["step"])))


def _step(row: dict[str, Any]) -> ScenarioStep:
    rules = [(word, name) for word in ("remove", "enable", "disable") for name in row.get(word, ())]
    return ScenarioStep(
        name=row["name"],
        opened=tuple(row.get("open", ())),
        closed=tuple(row.get("close", ())),
        rules=tuple(rules),
        between=tuple(row.get("between", ())),
        on=tuple(row.get("on", ())),
        expected=tuple(row.get("expect", {}).items()),
    )


def _problems(document: dict[str, Any], path: str) -> Iterator[Problem]:
    yield from _unknown(document, _TOP, "", path)
    if document.get("schema", SCHEMA) != SCHEMA:
        yield Problem(path, f"`{SCHEMA}`", f"`{document['schema']}`", key="schema")
    if not isinstance(document.get("site"), str) or not document["site"]:
        yield Problem(path, "the path of a site file", _found(document.get("site")), key="site")
    steps = document.get("step")
    if not isinstance(steps, list) or not steps:
        yield Problem(path, "at least one `[[step]]`", _found(steps), key="step")
        return
    for number, row in enumerate(steps):
        key = f"step[{number}]"
        if isinstance(row, dict):
            yield from _step_problems(row, key, path)
        else:
            yield Problem(path, "a table", _found(row), key=key)


def _step_problems(row: dict[str, Any], key: str, path: str) -> Iterator[Problem]:
    yield from _unknown(row, _STEP, f"{key}.", path)
    if not isinstance(row.get("name"), str) or not row["name"]:
        yield Problem(path, "a name", _found(row.get("name")), key=f"{key}.name")
    for name in (*_LISTS, "between"):
        given = row.get(name, [])
        if not isinstance(given, list) or not all(isinstance(one, str) and one for one in given):
            yield Problem(path, "a list of texts", _found(given), key=f"{key}.{name}")
    between = row.get("between", [])
    if isinstance(between, list) and len(between) not in (0, 2):
        yield Problem(path, "two zones", f"{len(between)}", key=f"{key}.between")
    if between and row.get("on"):
        yield Problem(path, "`between` or `on`, not both", "both", key=f"{key}.on")
    expected = row.get("expect", {})
    if not isinstance(expected, dict):
        yield Problem(path, "a table of feature and status", _found(expected), key=f"{key}.expect")
        return
    for feature, status in expected.items():
        if status not in STATUSES:
            words = listed(f"`{word}`" for word in STATUSES)
            yield Problem(path, phrase("one of {names}", names=words), _found(status), key=f"{key}.expect.{feature}")


def _unknown(row: dict[str, Any], known: tuple[str, ...], prefix: str, path: str) -> Iterator[Problem]:
    for name in row:
        if name not in known:
            yield Problem(
                path,
                phrase("one of {names}", names=listed(known)),
                f"`{name}`",
                closest(name, set(known)),
                key=f"{prefix}{name}",
            )


def _found(given: object) -> str:
    return phrase("nothing") if given is None else f"`{given}`"
