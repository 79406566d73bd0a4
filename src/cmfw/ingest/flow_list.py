"""Reads back the CSV that ``emit list`` writes: one flow a line, as rules of a firewall of any make."""

from __future__ import annotations

from cmfw.errors import Problem
from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ALL_PROFILES, PROFILE_NAMES, PROTOCOL_NAMES, PROTOCOL_NUMBERS, Direction, Profile
from cmfw.net.ports import PortSet
from cmfw.words.phrases import phrase

COLUMNS = (
    "id",
    "direction",
    "protocol",
    "ports",
    "ports_needed",
    "icmp",
    "local_addresses",
    "peer_role",
    "peer",
    "peer_addresses",
    "program",
    "service",
    "profiles",
    "flow",
    "features",
    "necessity",
    "places",
)
ANY = "any"
SAME_SUBNET = "same subnet"
SUBNET = AddressMatch(AddrSet.EMPTY, ("LocalSubnet4", "LocalSubnet6"))
GUARDED = "=+-@'\t\r"
"""A spreadsheet takes a cell that begins so for a formula or drops the sign; the writer puts an apostrophe in front."""


def read_list(content: bytes, path: str) -> tuple[tuple[HostRule, ...], tuple[Problem, ...]]:
    """(rules, problems) of a list; a row that is not exactly as we write it is a problem and gives no rule."""
    import csv

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return (), (Problem(file=path, expected="UTF-8", found="other bytes", offset=error.start),)
    rules, problems = [], []
    rows = csv.reader(text.split("\n"), strict=True)
    try:
        for row in rows:
            if rows.line_num == 1:
                if tuple(row) != COLUMNS:
                    problems.append(Problem(file=path, line=1, expected=",".join(COLUMNS), found=",".join(row)))
                    break
                continue
            if not row:
                continue
            try:
                rules.append(_rule([cell.removeprefix("'") for cell in row], f"{path}:{rows.line_num}"))
            except (ValueError, KeyError) as error:
                problems.append(Problem(file=path, line=rows.line_num, expected="a flow", found=str(error)))
    except csv.Error as error:
        problems.append(Problem(file=path, line=rows.line_num, expected="CSV", found=str(error)))
    return tuple(rules), tuple(problems)


def _rule(row: list[str], origin: str) -> HostRule:
    if len(row) != len(COLUMNS):
        raise ValueError(phrase("{count} cells", count=len(row)))
    cell = dict(zip(COLUMNS, row, strict=True))
    direction = {"in": Direction.IN, "out": Direction.OUT}[cell["direction"]]
    ports = PortMatch.ANY if cell["ports"] in (ANY, "") else PortMatch(PortSet.parse(cell["ports"].replace(" ", ",")))
    incoming = direction is Direction.IN
    return HostRule(
        id=cell["id"],
        action=Action.ALLOW,
        direction=direction,
        protocol=protocol_number(cell["protocol"]),
        local_port=ports if incoming else PortMatch.ANY,
        remote_port=PortMatch.ANY if incoming else ports,
        icmp=(_icmp(cell["icmp"]),) if cell["icmp"] else None,
        local_address=_addresses(cell["local_addresses"]),
        remote_address=_addresses(cell["peer_addresses"]),
        program=cell["program"] or None,
        service=cell["service"] or None,
        profiles=_profiles(cell["profiles"]),
        name=cell["flow"],
        description=cell["places"],
        group="cmfw",
        origin=origin,
    )


def protocol_text(number: int | None) -> str:
    """``tcp``, ``icmp4``, ``ip/47`` or ``any``."""
    return ANY if number is None else PROTOCOL_NAMES.get(number, f"ip/{number}")


def protocol_number(text: str) -> int | None:
    """The reverse of ``protocol_text``; raises ValueError."""
    if text == ANY:
        return None
    if text in PROTOCOL_NUMBERS:
        return PROTOCOL_NUMBERS[text]
    head, slash, number = text.partition("/")
    if head != "ip" or not slash or not (number.isascii() and number.isdigit() and int(number) < 256):
        raise ValueError(phrase("`{text}` is no protocol", text=text))
    return int(number)


def profiles_text(mask: int) -> str:
    """``any`` or the names of the profiles, separated by blanks."""
    return ANY if mask == ALL_PROFILES else " ".join(name for bit, name in PROFILE_NAMES.items() if mask & bit)


def _profiles(text: str) -> int:
    if text == ANY:
        return ALL_PROFILES
    named: dict[str, Profile] = {name: bit for bit, name in PROFILE_NAMES.items()}
    return sum(int(named[word]) for word in text.split(" "))


def _addresses(text: str) -> AddressMatch:
    if text == ANY:
        return AddressMatch.ANY
    return SUBNET if text == SAME_SUBNET else AddressMatch(AddrSet.parse(*text.split(" ")))


def _icmp(text: str) -> tuple[int, int | None]:
    kind, _, code = text.partition(":")
    return int(kind), None if code == "*" else int(code)
