"""What commands read: a catalog as names for flow text, machine states, and lists of flow texts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from cmfw.errors import COMMAND_LINE, InputError, Problem
from cmfw.model.state import HostState
from cmfw.words import say
from cmfw.words.phrases import constant, phrase, told
from cmfw.words.visible import visible

if TYPE_CHECKING:
    from cmfw.engine.path import PathEngine
    from cmfw.model.site import Site
    from cmfw.net.flowquery import FlowQuery, Names


def read_host(paths: Sequence[str], local_subnets: Sequence[str]) -> HostState:
    """The state of the one machine that the paths describe; what could not be read is told on stderr and is a gap of it."""
    return read_evidence(paths, local_subnets)[0]


def read_evidence(paths: Sequence[str], local_subnets: Sequence[str]) -> tuple[HostState, tuple[Problem, ...]]:
    """(the state of the one machine that the paths describe, what of them could not be read); the second is told on stderr, too."""
    from cmfw.ingest import read_state

    check_subnets(local_subnets)
    result = read_state(paths, local_subnets=local_subnets)
    for problem in result.problems:
        warn(problem.text())
    return result.state, tuple(result.problems)


def read_path(site: Site) -> PathEngine | None:
    """The filters of the site, None where it names none; what could not be read is told on stderr and leaves flows open."""
    return read_filters(site)[0]


def read_filters(site: Site) -> tuple[PathEngine | None, tuple[Problem, ...]]:
    """(the filters of the site, what of them could not be read); the second is told on stderr, too."""
    if not site.filters:
        return None, ()
    from cmfw.engine.path import PathEngine
    from cmfw.ingest.path_state import read_paths

    state, problems = read_paths(site)
    for problem in problems:
        warn(problem.text())
    return PathEngine(state), tuple(problems)


def check_subnets(texts: Sequence[str]) -> None:
    """Raise InputError naming every ``--local-subnet`` that is no address or CIDR."""
    from cmfw.net.addr import parse_range

    problems = []
    for text in texts:
        try:
            parse_range(text)
        except ValueError as error:
            problems.append(Problem(COMMAND_LINE, "an address or CIDR", str(error), key="--local-subnet"))
    if problems:
        raise InputError(*problems)


def warn(text: str) -> None:
    """Tell something that does not stop the work, as one line on stderr."""
    click.echo(f"cmfw: {say('warning')}: {visible(' '.join(told(text).split()))}", err=True)


def read_queries(asked: Sequence[tuple[str, str, int | None]], names: Names) -> list[FlowQuery]:
    """The questions of (flow text, where it stands, line), in order; raises InputError with every text that is wrong."""
    from cmfw.net.flowquery import parse_flow

    queries: list[FlowQuery] = []
    problems: list[Problem] = []
    for text, where, line in asked:
        try:
            queries.append(parse_flow(text, names))
        except ValueError as error:
            expected = getattr(error, "expected", phrase("flow text"))
            got = constant(getattr(error, "got", str(error)))
            at = getattr(error, "position", 0) + 1
            key = "--flow" if where == COMMAND_LINE else ""
            problems.append(
                Problem(
                    where,
                    expected,
                    phrase("{got} at character {at} of `{text}`", got=got, at=at, text=text),
                    key=key,
                    line=line,
                )
            )
    if problems:
        raise InputError(*problems)
    return queries


def flow_file(path: str) -> list[tuple[str, str, int | None]]:
    """(flow text, file, line) of every line of a file of flow texts; ``-`` is stdin, ``#`` begins a comment.

    UTF-8, or UTF-16 with its mark as Windows PowerShell redirects text. Raises InputError for anything else.
    """
    from cmfw.ingest.flow_lines import text_lines

    if path == "-":
        data = sys.stdin.buffer.read()
    else:
        with open(path, "rb") as stream:  # noqa: PTH123 - pathlib costs start-up
            data = stream.read()
    return [(line, path, number) for number, line in text_lines(data, path)]
