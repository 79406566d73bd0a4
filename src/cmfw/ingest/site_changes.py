"""``KEY=VALUE`` changes of a site file: applied to its tables before the strict reader sees them, so its problems are the file's own.

A key is a path of names, and a system, client group, site or install method stands by its name: ``ports.http``,
``system.mp1.mp.mode``, ``clients.office.settings.remote_control``, ``clients.office.install.push.source``. A value is TOML; what is no
TOML is text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from cmfw.errors import COMMAND_LINE, InputError, Problem
from cmfw.ingest.site import Change, read_site
from cmfw.ingest.site_values import closest
from cmfw.ingest.toml_document import toml_document
from cmfw.model.site import Site
from cmfw.net.flow import PROFILE_NAMES
from cmfw.words.phrases import listed, phrase

OPTION = "--set"
_NAMED = {"system": "host", "clients": "name", "site": "code", "install": "method"}
"""Lists of tables, and the key that names each of their tables."""


def read_changed_site(path: str, site: Site, settings: Sequence[str]) -> Site:
    """The site of the file after the settings; raises InputError with what is wrong with them."""
    return changed_site(lambda change: read_site(path, change), site, settings)


def changed_site(read: Callable[[Change], Site], site: Site, settings: Sequence[str]) -> Site:
    """The site that ``read`` gives after the settings; raises InputError with what is wrong with them."""
    places: list[str] = []

    def change(raw: Any) -> None:
        problems: list[Problem] = []
        for setting in settings:
            try:
                places.append(_apply(raw, site, setting))
            except InputError as error:
                problems += error.problems
        if problems:
            raise InputError(*problems)

    try:
        return read(change)
    except InputError as error:
        raise InputError(*(_told(problem, places) for problem in error.problems)) from error


def in_profile(site: Site, profile: str, names: Collection[str]) -> Site:
    """The site with the client groups and hosts of these names in another firewall profile."""
    chosen = next(bit for bit, name in PROFILE_NAMES.items() if name == profile)
    return replace(
        site,
        systems=tuple(replace(one, profile=chosen) if one.host in names else one for one in site.systems),
        clients=tuple(replace(one, profile=chosen) if one.name in names else one for one in site.clients),
    )


def _told(problem: Problem, places: Sequence[str]) -> Problem:
    """A problem of a changed key is one of the command line."""
    mine = any(problem.key == place or problem.key.startswith((f"{place}.", f"{place}[")) for place in places)
    return replace(problem, file=phrase("command line: {option}", option=OPTION), line=None) if mine else problem


def _wrong(expected: str, found: str, hint: str = "") -> InputError:
    return InputError(Problem(COMMAND_LINE, expected, found, hint, key=OPTION))


def _apply(raw: Any, site: Site, setting: str) -> str:
    """Write the setting into the raw tables; the place that it went to, as problems name it."""
    key, equals, text = setting.partition("=")
    names = _names(key.strip())
    if not equals or not names:
        raise _wrong("`KEY=VALUE`", f"`{setting}`")
    table, place = raw, ""
    while len(names) > 1:
        name = names.pop(0)
        child = table.get(name)
        if isinstance(child, list) and name in _NAMED:
            at, used = _find(child, name, names, site)
            names = names[used:]
            table, place = child[at], _join(place, f"{name}[{at}]")
            if not names:
                raise _wrong(phrase("a key of `{key}`", key=key.strip()), "none")
            continue
        table, place = table.setdefault(name, {}), _join(place, name)
        if not isinstance(table, dict):
            raise _wrong(phrase("a table at `{place}`", place=place), "a value")
    table[names[0]] = _value(text.strip())
    return _join(place, names[0])


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _names(key: str) -> list[str]:
    """The parts of a dotted key; one in double quotes may hold dots."""
    parts, quoted = [""], False
    for char in key:
        if char == '"':
            quoted = not quoted
        elif char == "." and not quoted:
            parts.append("")
        else:
            parts[-1] += char
    return [] if "" in parts or quoted else parts


def _find(tables: list[Any], kind: str, names: Sequence[str], site: Site) -> tuple[int, int]:
    """(index of the table that the next names mean, how many of them its name takes): a host name may hold dots."""
    known = _known(tables, kind, site)
    for used in range(len(names), 0, -1):
        asked = ".".join(names[:used]).lower()
        found = [at for at, name in enumerate(known) if name.lower() == asked]
        found = found or [
            at for at, name in enumerate(known) if kind == "system" and name.partition(".")[0].lower() == asked
        ]
        if len(found) == 1:
            return found[0], used
    names_known = listed(f"`{name}`" for name in known)
    raise _wrong(
        phrase("the name of one of `{kind}`", kind=kind),
        f"`{names[0]}`",
        closest(names[0], known) or phrase("one of {names}", names=names_known),
    )


def _known(tables: list[Any], kind: str, site: Site) -> list[str]:
    """The names of the tables in order; those of systems and clients as the reader made them."""
    if kind == "clients":
        return [group.name for group in site.clients]
    if kind == "system":
        return [system.host for system in site.systems]
    return [str(table.get(_NAMED[kind], "")) if isinstance(table, dict) else "" for table in tables]


def _value(text: str) -> Any:
    try:
        return toml_document(f"value = {text}", OPTION)["value"]
    except InputError:
        return text
