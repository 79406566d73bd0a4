"""Reads back the CSV of a rule request (``emit request``): one flow a row, each of which lets its flow pass; nothing else passes."""

from __future__ import annotations

from cmfw.errors import Problem
from cmfw.ingest.flow_list import protocol_number
from cmfw.ingest.packet_chains import EITHER
from cmfw.ingest.packet_match import ICMP_OF, NotUnderstood, PacketMatch, address_of, icmp_type_of, port_of, protocol_of
from cmfw.model.path import EVERYTHING, PathLine
from cmfw.model.verdict import Answer
from cmfw.net import intervals
from cmfw.net.addr import AddrSet
from cmfw.net.box import ALL_PORTS, ALL_PROTOCOLS
from cmfw.net.intervals import Ranges
from cmfw.words.phrases import listed, phrase

COLUMNS = (
    "id",
    "from_zone",
    "source",
    "source_addresses",
    "to_zone",
    "target",
    "target_addresses",
    "protocol",
    "ports",
    "icmp",
    "necessity",
    "reason_en",
    "reason_zh",
    "places",
    "ipsec",
    "owner",
    "ticket",
    "expiry",
)
"""Keys of the columns; a heading is the key, its English and its Chinese words, with `` / `` between."""
ANY = "any"
GUARDED = "=+-@'\t\r"
"""A spreadsheet takes a cell that begins so for a formula or drops the sign; the writer puts an apostrophe in front."""
FIRST = f"{COLUMNS[0]} / "


def read_request(text: str, path: str) -> tuple[tuple[PathLine, ...], list[Problem]]:
    """(lines, problems) of a request; a row that is not as we write it is a problem, and may let anything pass."""
    import csv

    rows = csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True), strict=True)
    table: list[tuple[int, list[str]]] = []
    problems: list[Problem] = []
    try:
        table += [(rows.line_num, row) for row in rows if row]
    except csv.Error as error:
        problems.append(Problem(path, "CSV", str(error), line=rows.line_num))
    lines, more = request_lines(table, path)
    problems += more
    doubt = PathLine(answer=Answer.UNKNOWN, flows=EVERYTHING, text="", origin=path, may=EITHER)
    return ((*lines, doubt) if problems else lines), problems


def request_lines(table: list[tuple[int, list[str]]], path: str) -> tuple[tuple[PathLine, ...], list[Problem]]:
    """(lines, problems) of the rows with their numbers, the heading first."""
    heads = tuple(cell.partition(" / ")[0] for cell in table[0][1]) if table else ()
    if heads != COLUMNS:
        return (), [
            Problem(
                path,
                phrase("the headings of a rule request ({names})", names=listed(COLUMNS)),
                f"`{', '.join(heads)}`"[:200],
                line=1,
            )
        ]
    lines: list[PathLine] = []
    problems: list[Problem] = []
    for number, row in table[1:]:
        try:
            lines.append(_line([cell.removeprefix("'") for cell in row], f"{path}:{number}"))
        except (NotUnderstood, ValueError) as error:
            problems.append(Problem(path, "a flow", str(error), line=number))
    return tuple(lines), problems


def _line(row: list[str], origin: str) -> PathLine:
    if len(row) != len(COLUMNS):
        raise NotUnderstood(phrase("{count} cells", count=len(row)))
    cell = dict(zip(COLUMNS, row, strict=True))
    match = PacketMatch()
    for field, key in (("source", "source_addresses"), ("target", "target_addresses")):
        match.narrow(field, _addresses(cell[key]), AddrSet.ANY.ranges)
    protocol = protocol_number(cell["protocol"])
    if protocol is not None:
        match.narrow("protocol", (protocol_of(str(protocol)),), ALL_PROTOCOLS)
    if cell["ports"] not in ("", ANY):
        match.narrow("target_port", intervals.normalise(port_of(text) for text in cell["ports"].split(" ")), ALL_PORTS)
    if cell["icmp"]:
        kind, _, code = cell["icmp"].partition(":")
        family = 4 if ICMP_OF[4][0][0] == protocol else 6
        match.narrow("types", (icmp_type_of(kind, family),), ())
        if code != "*":
            match.narrow("codes", (icmp_type_of(code, family),), ())
    return PathLine(answer=Answer.ALLOW, flows=match.flows(), text=cell["id"], origin=origin)


def _addresses(text: str) -> Ranges:
    if text == ANY:
        return AddrSet.ANY.ranges
    return intervals.normalise(address_of(part, 6 if ":" in part else 4) for part in text.split(" "))
