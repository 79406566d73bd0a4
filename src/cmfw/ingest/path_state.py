"""Reads the filters of a site: configurations of vendors (``ingest.path_formats``), a flow list (the CSV of ``emit list``), or
lines of ``allow`` and ``block`` with a flow.

The text form is one flow a line, as the end that opens it sends it::

    allow tcp 10.2.0.0/24 > 10.1.0.5:445
    block any * > 10.1.0.0/24

It is flow text (``net.flowtext``) without ``in`` or ``out``: a filter between two zones is neither end, and sees no program,
service or profile. ``#`` begins a comment. The first line that holds a flow decides; what no line holds is blocked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PureWindowsPath

from cmfw.errors import InputError, Problem
from cmfw.ingest.flow_lines import decoded, text_lines
from cmfw.ingest.flow_list import COLUMNS, read_list
from cmfw.ingest.path_formats import MOST_HEAD, read_vendor, vendor_format
from cmfw.model.path import EVERYTHING, PathFilter, PathLine, PathState, ZoneMember, path_flows
from cmfw.model.rule import HostRule
from cmfw.model.site import Filter, Site
from cmfw.model.verdict import Answer
from cmfw.net.flow import Direction
from cmfw.net.flowset import ALL_ICMP, ALL_PROTOCOLS, Box, FlowSet, boxes, icmp_range
from cmfw.net.flowtext import FlowTextError, parse_parts
from cmfw.words.phrases import phrase
from cmfw.words.system_errors import of_system

ANSWERS = {"allow": Answer.ALLOW, "block": Answer.BLOCK}
_EITHER = (Answer.ALLOW, Answer.BLOCK)
_OPENING = "out "
"""Stands in front of a line's flow for the parser: a filter sees it as the opening end does."""
_SEEN = frozenset({"direction", "protocol", "source", "destination", "source_port", "destination_port", "type", "code"})
MOST_BYTES = 64 << 20
"""A configuration that is larger was not made for people; it is not read."""


def read_paths(site: Site, contents: Mapping[str, bytes] | None = None) -> tuple[PathState, tuple[Problem, ...]]:
    """(the filters of the site, what is wrong with their files). A file stands beside the site file.

    With ``contents``, name to bytes, no file is opened: a site of somebody else may name any.

    What cannot be read becomes a line that may do anything, so that no verdict rests on it.
    """
    filters, problems = [], []
    for row in site.filters:
        lines, found = _read(row, site.path) if contents is None else _given(row, contents)
        filters.append(PathFilter(from_zone=row.from_zone, to_zone=row.to_zone, file=row.file, lines=lines))
        problems += found
    members = [ZoneMember(name=one.host, zone=one.zone, addresses=one.addresses) for one in site.systems]
    members += [ZoneMember(name=one.name, zone=one.zone, addresses=one.subnets) for one in site.clients]
    return PathState(filters=tuple(filters), members=tuple(members)), tuple(dict.fromkeys(problems))


def _read(row: Filter, site_path: str) -> tuple[tuple[PathLine, ...], list[Problem]]:
    path = Path(site_path).parent / (PureWindowsPath(row.file).as_posix() if "\\" in row.file else row.file)
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        return _unread(row, of_system(error))
    if len(content) > MOST_BYTES:
        return _unread(row, "a larger file")
    return read_filter(content, row.file)


def _given(row: Filter, contents: Mapping[str, bytes]) -> tuple[tuple[PathLine, ...], list[Problem]]:
    content = contents.get(row.file)
    return _unread(row, "no such file") if content is None else read_filter(content, row.file)


def _unread(row: Filter, found: str) -> tuple[tuple[PathLine, ...], list[Problem]]:
    return (_open_line("", row.file),), [Problem(row.file, "a readable list of flows", found)]


def read_filter(content: bytes, path: str) -> tuple[tuple[PathLine, ...], list[Problem]]:
    """(lines, problems) of one file; a line that is not as it has to be is a problem and a line that may do anything."""
    if content.removeprefix(b"\xef\xbb\xbf").startswith(",".join(COLUMNS[:3]).encode()):
        return _from_list(content, path)
    try:
        found = text_lines(content, path)
    except InputError as error:
        return (_open_line("", path),), list(error.problems)
    if (format_name := vendor_format([line for _, line in found[:MOST_HEAD]])) is not None:
        return read_vendor(format_name, decoded(content, path), path)
    lines: list[PathLine] = []
    problems: list[Problem] = []
    for number, line in found:
        origin = f"{path}:{number}"
        try:
            lines.append(parse_line(line, origin))
        except FlowTextError as error:
            lines.append(_doubtful(line, origin))
            got = phrase("{got} at character {at} of `{line}`", got=error.got, at=error.position + 1, line=line)
            problems.append(Problem(path, error.expected, got, line=number))
    if not lines:
        problems.append(Problem(path, "lines of `allow` or `block` and a flow", "none", "a filter that blocks all says so"))
        lines.append(_open_line("", path))
    return tuple(lines), problems


def parse_line(text: str, origin: str) -> PathLine:
    """The line that ``allow FLOW`` or ``block FLOW`` means; raises FlowTextError (``position`` in ``text``)."""
    word, _, flow = text.partition(" ")
    answer = ANSWERS.get(word.lower())
    if answer is None:
        raise FlowTextError("`allow` or `block` and a flow", f"`{word}`", 0)
    rest = flow.lstrip()
    start = len(text) - len(rest)
    if rest[:3].lower() == "in " or rest[:4].lower() == _OPENING:
        raise FlowTextError("a flow without `in` or `out`", f"`{rest.partition(' ')[0]}`", start)
    try:
        parts = parse_parts(_OPENING + rest)
    except FlowTextError as error:
        raise FlowTextError(error.expected, error.got, max(error.position - len(_OPENING), 0) + start) from None
    foreign = sorted(parts.given - _SEEN)
    if foreign:
        at = rest.lower().find(f" {foreign[0]}=") + 1
        raise FlowTextError("what a filter sees (addresses, protocol, ports, ICMP)", f"`{foreign[0]}=`", start + at)
    return PathLine(answer=answer, flows=path_flows(parts), text=" ".join(text.split()), origin=origin)


def _doubtful(text: str, origin: str) -> PathLine:
    """A line of which only the first word was understood, if that."""
    answer = ANSWERS.get(text.partition(" ")[0].lower())
    may = _EITHER if answer is None else (answer,)
    return PathLine(answer=Answer.UNKNOWN, flows=EVERYTHING, text=text, origin=origin, may=may)


def _open_line(text: str, origin: str) -> PathLine:
    return PathLine(answer=Answer.UNKNOWN, flows=EVERYTHING, text=text, origin=origin, may=_EITHER)


def _from_list(content: bytes, path: str) -> tuple[tuple[PathLine, ...], list[Problem]]:
    """The rows of a flow list; those for the own subnet never meet a filter."""
    rules, problems = read_list(content, path)
    lines = [
        PathLine(answer=Answer.ALLOW, flows=FlowSet.of(_sent(rule)), text=rule.id, origin=rule.origin) for rule in rules
    ]
    found = [line for line in lines if not line.flows.is_empty]
    if problems:
        # a row that was lost can only have let something pass
        found.append(
            PathLine(answer=Answer.UNKNOWN, flows=EVERYTHING, text="", origin=path, may=(Answer.ALLOW,)),
        )
    return tuple(found), list(problems)


def _sent(rule: HostRule) -> Iterator[Box]:
    """What the row lets pass, as the opening end sends it."""
    if rule.remote_address.keywords:
        return
    incoming = rule.direction is Direction.IN
    ends = (rule.local_address.addresses.ranges, rule.remote_address.addresses.ranges)
    ports = (rule.local_port.ports.ranges, rule.remote_port.ports.ranges)
    source, target = ends[::-1] if incoming else ends
    source_port, target_port = ports[::-1] if incoming else ports
    yield from boxes(
        direction=int(Direction.OUT),
        protocol=ALL_PROTOCOLS if rule.protocol is None else ((rule.protocol, rule.protocol),),
        local=source,
        remote=target,
        local_port=source_port,
        remote_port=target_port,
        icmp=ALL_ICMP if rule.icmp is None else tuple(icmp_range(*one) for one in rule.icmp),
    )
