"""``pfirewall.log``: packets that Windows Firewall dropped and connections that it allowed.

The head names the columns, so none is expected at a place; ``-`` is empty. Direction is the column ``path`` (SEND or RECEIVE); XP has
``OPEN`` for outgoing and ``OPEN-INBOUND`` for incoming connections. A dropped TCP packet that does not open a connection is of
an old one and says nothing about rules. ``INFO-EVENTS-LOST`` counts events that were not written.
Source: facts/real_data_traps.md (pfirewall.log); Windows Firewall log file format 1.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from cmfw.errors import Problem
from cmfw.ingest.log_text import lines
from cmfw.ingest.seen import Sightings
from cmfw.model.observation import Observation, Seen
from cmfw.net.addr import AddrSet, is_v6, parse_address
from cmfw.net.flow import ICMP4, ICMP6, ICMP_PROTOCOLS, PORT_PROTOCOLS, TCP, UDP, Direction
from cmfw.net.flowtext import FlowParts
from cmfw.net.ports import PortSet
from cmfw.words.phrases import listed, phrase

FIELDS = "#Fields:"
NEEDED = ("date", "time", "action", "protocol", "src-ip", "dst-ip")
_ACTIONS = {
    "ALLOW": Seen.ALLOWED,
    "OPEN": Seen.ALLOWED,
    "OPEN-INBOUND": Seen.ALLOWED,
    "DROP": Seen.DROPPED,
    "DROP-INBOUND": Seen.DROPPED,
}
_PROTOCOLS = {"TCP": TCP, "UDP": UDP, "ICMP": ICMP4, "ICMPV6": ICMP6}
_KEY = ("action", "protocol", "src-ip", "dst-ip", "dst-port", "tcpflags", "icmptype", "icmpcode", "path")
"""The columns that make a kind of traffic; the port of the opening side is none of them."""
_LOST = "INFO-EVENTS-LOST"
_MOST_PROBLEMS = 20


def looks_like_pfirewall(text: str) -> bool:
    """Whether the beginning of a file is the head of such a log, or a row of one that was rolled over."""
    return "Microsoft Windows Firewall" in text[:400] or f"\n{FIELDS} date time action" in f"\n{text[:400]}"


def read_pfirewall(file: BinaryIO, path: str, host: str, note: Callable[[Problem], None]) -> Iterator[Observation]:
    """What the log saw, one observation for each kind of traffic, in the order of first sight."""
    reader = _Reader(path, host, note)
    for number, line in lines(file, path, note):
        reader.take(number, line)
    reader.finish()
    yield from reader.seen.observations()


class _Reader:
    """Rows into sightings; keeps the columns that the head named last."""

    def __init__(self, path: str, host: str, note: Callable[[Problem], None]) -> None:
        self.path, self.note = path, note
        self.seen = Sightings(host, path, note)
        self.columns: dict[str, int] = {}
        self.utc = ""
        self.wrong = 0
        self.lost = 0

    def take(self, number: int, line: str) -> None:
        """One line of the log."""
        if not line or line.isspace():
            return
        if line.startswith("#"):
            self._head(line)
            return
        cells = line.split()
        if not self.columns:
            self._problem(number, phrase("the line `{fields} ...` before the first row", fields=FIELDS), f"`{line[:60]}`")
            return
        cell = dict(zip(self.columns, cells, strict=False))
        if cell.get("action") == _LOST:
            count = cell.get("info", "-")
            self.lost += int(count) if count.isascii() and count.isdigit() else 1
            self.seen.at_least = True
            return
        try:
            self._row(number, cell)
        except ValueError as error:
            self._problem(number, "a row of the columns that the head names", str(error))

    def finish(self) -> None:
        """Tell how much was lost, in the log and by us."""
        if self.lost:
            found = phrase("{count} that Windows did not write ({signs})", count=self.lost, signs=_LOST)
            self.note(Problem(self.path, "every event", found, hint="counts are lower bounds"))
        if self.wrong > _MOST_PROBLEMS:
            self.note(
                Problem(
                    self.path, "rows of the columns", phrase("{count} more that are none", count=self.wrong - _MOST_PROBLEMS)
                )
            )

    def _head(self, line: str) -> None:
        if line.startswith(FIELDS):
            self.columns = {name.lower(): at for at, name in enumerate(line[len(FIELDS) :].split())}
            if missing := [name for name in NEEDED if name not in self.columns]:
                self.note(
                    Problem(
                        self.path,
                        phrase("the columns {names}", names=listed(NEEDED)),
                        phrase("none named {names}", names=listed(missing)),
                    )
                )
                self.columns = {}
        elif line.lower().startswith("#time format:"):
            self.utc = "Z" if "utc" in line.lower() or "gmt" in line.lower() else ""

    def _row(self, number: int, cell: dict[str, str]) -> None:
        for name in NEEDED:
            if name not in cell:
                raise ValueError(phrase("no `{name}`", name=name))
        action = cell["action"].upper()
        seen = _ACTIONS.get(action)
        if seen is None:
            if action != "CLOSE":
                raise ValueError(phrase("the action `{action}`", action=cell["action"][:20]))
            return
        when = f"{cell['date']}T{cell['time']}{self.utc}"
        key = tuple(map(cell.get, _KEY))
        if not self.seen.again(key, when, number):
            self.seen.add(key, flow_of_row(cell, action), seen, when, number)

    def _problem(self, number: int, expected: str, found: str) -> None:
        self.wrong += 1
        if self.wrong <= _MOST_PROBLEMS:
            self.note(Problem(self.path, expected, found, line=number))


def flow_of_row(cell: dict[str, str], action: str) -> FlowParts | None:
    """The flow that a row is about; None for a packet of a connection that was open before.

    Raises ValueError where a cell is not what its column says.
    """
    direction = _direction(cell.get("path", "-").upper(), action)
    protocol = _protocol(cell["protocol"].upper())
    ends = one_family(cell["src-ip"], cell["dst-ip"])
    port = kind = code = None
    if protocol in PORT_PROTOCOLS:
        port = _number(_cell(cell, "dst-port"), 65535)
    if protocol in ICMP_PROTOCOLS:
        protocol = ICMP6 if is_v6(ends[0].ranges[0][0]) else ICMP4
        kind, code = _number(_cell(cell, "icmptype"), 255), _number(_cell(cell, "icmpcode"), 255)
    if protocol == TCP and action.startswith("DROP") and not _opens(_cell(cell, "tcpflags").upper()):
        return None
    return FlowParts(
        direction=direction,
        protocol=protocol,
        source=ends[0],
        destination=ends[1],
        destination_port=None if port is None else PortSet.of(port),
        icmp_type=kind,
        icmp_code=None if kind is None else code,
    )


def one_family(source: str, destination: str) -> tuple[AddrSet, AddrSet]:
    """Both addresses as sets; raises ValueError where one is none, or they are of two families."""
    first, second = parse_address(source), parse_address(destination)
    if is_v6(first) != is_v6(second):
        raise ValueError(
            phrase("`{source}` and `{destination}`, of two families", source=source[:50], destination=destination[:50])
        )
    return AddrSet.from_pairs([(first, first)]), AddrSet.from_pairs([(second, second)])


def _cell(cell: dict[str, str], name: str) -> str:
    """A cell that a row of its protocol has to have: without the column a row would say more than it knows."""
    if name not in cell:
        raise ValueError(phrase("no `{name}`", name=name))
    return cell[name]


def _opens(flags: str) -> bool:
    """Whether a TCP packet with these flags opens a connection; Windows writes none for connections that it judges whole."""
    return flags in ("-", "0") or ("S" in flags and "A" not in flags)


def _direction(path: str, action: str) -> Direction:
    if action in ("OPEN-INBOUND", "DROP-INBOUND"):
        return Direction.IN
    if path == "RECEIVE":
        return Direction.IN
    if path == "SEND" or (path == "-" and action == "OPEN"):
        return Direction.OUT
    raise ValueError(phrase("the direction `{direction}`", direction=path[:20]))


def _protocol(text: str) -> int:
    if text in _PROTOCOLS:
        return _PROTOCOLS[text]
    found = _number(text, 255)
    if found is None:
        raise ValueError(phrase("the protocol `{text}`", text=text[:20]))
    return found


def _number(text: str, last: int) -> int | None:
    if text == "-":
        return None
    if text.isascii() and text.isdigit() and int(text) <= last:
        return int(text)
    raise ValueError(phrase("`{text}` where a number up to {last} belongs", text=text[:20], last=last))
