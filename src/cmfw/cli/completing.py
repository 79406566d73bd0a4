r"""What may stand where the cursor is, for the scripts of ``cmfw completion``.

A script runs the program with ``_CMFW_COMPLETE`` set and the words before the cursor as arguments; the last one is ``=`` and what is
typed of the word at the cursor, so that it is never empty (Windows PowerShell drops empty arguments). The answer has a line for each
candidate, ``value``, text and explanation between tabs, and a line ``file`` or ``dir`` where names of those fit.
Click's own scripts were no choice: they differ between the versions of click that we allow, and ask every command for its summary.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence

import click

from cmfw.errors import CmfwError
from cmfw.values import value
from cmfw.words import LANGUAGES, language, say
from cmfw.words.visible import visible

VARIABLE = "_CMFW_COMPLETE"


@value
class Candidate:
    """One word that fits, and what it means."""

    text: str
    about: str = ""


@value
class Fitting:
    """Everything that fits at the cursor: words, and which names of the file system (``file``, ``dir`` or nothing)."""

    candidates: tuple[Candidate, ...] = ()
    names: str = ""


def answer(group: click.Group, told: Sequence[str]) -> int:
    """Write what fits to stdout; the exit code is always 0, because a prompt is no place for errors."""
    *before, typed = told or [""]
    found = fitting(group, before, typed.removeprefix("="))
    lines = [f"value\t{visible(one.text)}\t{visible(one.about)}" for one in found.candidates if one.text]
    sys.stdout.write("".join(f"{line}\n" for line in [*lines, *([found.names] if found.names else [])]))
    sys.stdout.flush()
    return 0


def fitting(group: click.Group, before: Sequence[str], typed: str) -> Fitting:
    """What fits behind the words ``before`` where ``typed`` is typed so far."""
    words = [word for word in before if word != "="]
    # bash makes `--format=j` three words, and wants only the last of them back
    typed = "" if typed == "=" else typed
    command: click.Command | None = group
    while isinstance(command, click.Group):
        taken = _options_before_a_command(command, words)
        if taken is None or taken == len(words):
            return _of_group(command, words, typed)
        command = command.get_command(click.Context(command), words[taken])
        words = words[taken + 1 :]
    return Fitting() if command is None else _of_command(command, words, typed)


def _options_before_a_command(group: click.Group, words: list[str]) -> int | None:
    """How many words in front are options of the group and their values; None where the last one lacks its value."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        found = _option(group, words[at])
        at += 1 + (0 if found is None or found.is_flag or "=" in words[at] else found.nargs)
    return at if at <= len(words) else None


def _of_group(group: click.Group, words: list[str], typed: str) -> Fitting:
    if _options_before_a_command(group, words) is None:
        found = _option(group, words[-1])
        return _starting(_values(found, ""), typed) if found else Fitting()
    if typed.startswith("-"):
        return _of_options(group, set(), typed)
    names = group.list_commands(click.Context(group))
    prefix = "summary." if group.name in (None, "app") else f"summary.{group.name}."
    return _starting(Fitting(tuple(Candidate(name, say(prefix + name)) for name in names)), typed)


def _of_command(command: click.Command, words: list[str], typed: str) -> Fitting:
    arguments: list[str] = []
    used: set[str] = set()
    rest = list(words)
    only_arguments = False
    while rest:
        word = rest.pop(0)
        found = None if only_arguments or not word.startswith("-") else _option(command, word)
        if found is None:
            only_arguments = only_arguments or word == "--"
            arguments += [word] if word != "--" and (only_arguments or not word.startswith("-")) else []
            continue
        used.add(found.name or "")
        if found.is_flag or "=" in word:
            continue
        if len(rest) < found.nargs:
            return _starting(_values(found, _site(command, [*arguments, *rest[found.nargs :]])), typed)
        rest = rest[found.nargs :]
    if typed.startswith("-") and not only_arguments:
        return _of_options(command, used, typed, _site(command, arguments))
    return _of_arguments(command, arguments, typed)


def _of_arguments(command: click.Command, arguments: list[str], typed: str) -> Fitting:
    """What fits as the next argument: of one that takes many, and of those behind it as well."""
    left = len(arguments)
    found: list[Fitting] = []
    for parameter in command.params:
        if not isinstance(parameter, click.Argument):
            continue
        if not found and parameter.nargs > 0 and left >= parameter.nargs:
            left -= parameter.nargs
            continue
        found.append(_values(parameter, _site(command, arguments)))
        if parameter.nargs > 0:
            break
    candidates = tuple(one for fit in found for one in fit.candidates)
    return _starting(Fitting(candidates, next((fit.names for fit in found if fit.names), "")), typed)


def _of_options(command: click.Command, used: set[str], typed: str, site: str = "") -> Fitting:
    name, equals, value_typed = typed.partition("=")
    if equals:
        found = _option(command, name)
        fit = Fitting() if found is None or found.is_flag else _starting(_values(found, site), value_typed)
        return Fitting(tuple(Candidate(f"{name}={one.text}", one.about) for one in fit.candidates), fit.names)
    options = [one for one in command.params if isinstance(one, click.Option) and (one.multiple or one.name not in used)]
    told = (Candidate(name, say(one.help) if one.help else "") for one in options for name in one.opts)
    return _starting(Fitting(tuple(told)), typed)


def _option(command: click.Command, word: str) -> click.Option | None:
    name = word.partition("=")[0]
    options = (one for one in command.params if isinstance(one, click.Option))
    return next((one for one in options if name in one.opts), None)


def _starting(found: Fitting, typed: str) -> Fitting:
    """What begins with what is typed; names of files are the shell's business."""
    return Fitting(tuple(one for one in found.candidates if one.text.startswith(typed)), found.names)


def _site(command: click.Command, arguments: list[str]) -> str:
    """The site file among the arguments, empty where there is none yet."""
    places = [one for one in command.params if isinstance(one, click.Argument)]
    return next((told for place, told in zip(places, arguments, strict=False) if place.metavar == "SITE"), "")


def _values(parameter: click.Parameter, site: str) -> Fitting:
    """What may be given to an option or argument, by its type, else by the word that stands for it in the help."""
    if isinstance(parameter.type, click.Choice):
        return Fitting(tuple(Candidate(str(choice)) for choice in parameter.type.choices))
    word = (parameter.metavar or "").replace("...", "").strip("[] ")
    if word in NAMES:
        return Fitting(names=NAMES[word])
    if "--feature" in parameter.opts:
        word = "FEATURE"
    if word in _FROM_SITE:
        return Fitting(tuple(_places(site)))
    if word in _FROM_CATALOG:
        return Fitting(tuple(dict.fromkeys(_FROM_CATALOG[word]())))
    if "--lang" in parameter.opts:
        return Fitting(tuple(map(Candidate, LANGUAGES)))
    # `on|off[:PROFILES]`
    choices = word.partition("[")[0].split("|")
    return Fitting(tuple(map(Candidate, choices)) if len(choices) > 1 and word[0].islower() else ())


NAMES = {
    "SITE": "file",
    "FILE": "file",
    "STATE": "file",
    "FROM": "file",
    "BEFORE [--] AFTER": "file",
    "SITE] FILE": "file",
    "DIR": "dir",
    "SCENARIO": "file",
}
"""What stands for names of files and folders in the help of a command."""
_FROM_SITE = frozenset(("GROUP|HOST", "ZONE ZONE"))


def _places(path: str) -> Iterable[Candidate]:
    """Client groups and hosts of the site file; none where it cannot be read."""
    from cmfw.ingest.site import read_site

    try:
        site = read_site(path)
    except (CmfwError, OSError, UnicodeError):
        return []
    found = [Candidate(group.name, ", ".join(group.subnets.texts()[:3])) for group in site.clients]
    return found + [Candidate(system.host, ", ".join(system.addresses.texts()[:3])) for system in site.systems]


def _features() -> Iterable[Candidate]:
    from cmfw.catalog import load

    return [Candidate(one.id, one.title.in_language(language())) for one in load().features.values()]


def _codes() -> Iterable[Candidate]:
    from cmfw.catalog import load

    return [Candidate(one.code, one.title.in_language(language())) for one in load().findings.values()]


def _groups() -> Iterable[Candidate]:
    from cmfw.catalog import load

    return [Candidate(one.id, one.title.in_language(language())) for one in load().groups.values()]


def _topics() -> Iterable[Candidate]:
    from cmfw.catalog import load
    from cmfw.report.topics import topics_of

    return [Candidate(one.id, one.title.in_language(language())) for one in topics_of(load())]


def _targets() -> Iterable[Candidate]:
    from cmfw.emit import NETWORK_TARGETS, TARGETS

    return map(Candidate, (*TARGETS, *NETWORK_TARGETS))


def _host_targets() -> Iterable[Candidate]:
    from cmfw.emit import HOST_TARGETS

    return map(Candidate, HOST_TARGETS)


_FROM_CATALOG: dict[str, Callable[[], Iterable[Candidate]]] = {
    "FEATURE": _features,
    "CODE": _codes,
    "GROUP": _groups,
    "TOPIC": _topics,
    "TARGET": _targets,
    "TO": _host_targets,
}
"""What stands for a name that the program knows -> the names."""
