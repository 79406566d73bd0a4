"""``FlowQuery``: a flow text as a question, with the process that usually answers filled in where the text does not say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cmfw.net import intervals
from cmfw.net.flow import PORT_PROTOCOLS, PROFILE_NAMES, PROTOCOL_NAMES, Direction, Profile
from cmfw.net.flowset import FlowSet
from cmfw.net.flowtext import EVERY, FlowParts, parse_parts
from cmfw.net.ports import PortSet
from cmfw.values import value


@value(kw_only=True)
class Names:
    """Who usually answers or opens what, for texts that do not say. ``net`` knows no catalog, so plain tuples come in.

    ``usual`` are (direction ``in`` or ``out``, protocol name, ports, program, service) in order of preference; ports are
    as ``PortSet.parse`` takes them, ``TYPE:CODE`` or empty for ICMP. ``programs`` are (program, service) of every known
    process, the likeliest place of a program first. ``canonical`` gives the comparable form of a program path.
    """

    usual: tuple[tuple[str, str, str, str, str], ...] = ()
    programs: tuple[tuple[str, str], ...] = ()
    canonical: Callable[[str], str] = str.lower


@value(kw_only=True)
class FlowQuery:
    """A question about traffic: the text as asked, all flows that it means, and what had to be assumed.

    ``normal`` is canonical flow text with the assumptions written in; ``given`` names the parts that the text says;
    ``assumed`` are (``program`` | ``service`` | ``interface`` | ``profile``, value) in that order.
    """

    text: str
    parts: FlowParts
    flows: FlowSet
    normal: str
    given: frozenset[str]
    assumed: tuple[tuple[str, str], ...] = ()


_NO_NAMES = Names()


def parse_flow(text: str, names: Names = _NO_NAMES) -> FlowQuery:
    """The question that the flow text asks; raises FlowTextError where it does not follow the grammar."""
    said = parse_parts(text)
    parts, assumed = complete(said, names)
    if said.interface is None:
        assumed = (*assumed, ("interface", "lan,wireless"))
    return FlowQuery(text=text, parts=parts, flows=parts.flows(), normal=parts.text(), given=said.given, assumed=assumed)


def in_profile(query: FlowQuery, profile: Profile) -> FlowQuery:
    """The question for one profile, as an assumption; a question that names a profile stays as it is."""
    if query.parts.profile is not None:
        return query
    parts = replace(query.parts, profile=profile)
    assumed = (*query.assumed, ("profile", PROFILE_NAMES[profile]))
    return replace(query, parts=parts, flows=parts.flows(), normal=parts.text(), assumed=assumed)


def complete(parts: FlowParts, names: Names) -> tuple[FlowParts, tuple[tuple[str, str], ...]]:
    """The parts with program and service filled in from what is usual, and what was filled in.

    An omitted program is that of the usual process of direction, protocol and port; where none is known, every program.
    A bare file name becomes the likeliest known path that ends in it. An omitted service is that of the usual process when its
    program is meant, else the known service of the program; where svchost.exe is meant, or services differ, every one.
    """
    if parts.program is None:
        return _complete_program(parts, names)
    if parts.program == EVERY:
        return parts, ()
    assumed: list[tuple[str, str]] = []
    program = names.canonical(parts.program)
    if "\\" not in program and "/" not in program:
        known = [path for path in (names.canonical(p) for p, _ in names.programs) if _file_name(path) == program]
        if known and known[0] != program:
            program = known[0]
            assumed.append(("program", program))
    parts = replace(parts, program=program)
    if parts.service is None:
        service = _service_of(parts, program, names)
        parts = replace(parts, service=service)
        assumed.append(("service", service))
    return parts, tuple(assumed)


def _complete_program(parts: FlowParts, names: Names) -> tuple[FlowParts, tuple[tuple[str, str], ...]]:
    for program, service in _usual(parts, names):
        if parts.service is None:
            return replace(parts, program=program, service=service), (("program", program), ("service", service))
        if parts.service == service:
            return replace(parts, program=program), (("program", program),)
    return parts, ()


def _service_of(parts: FlowParts, program: str, names: Names) -> str:
    for usual_program, usual_service in _usual(parts, names):
        if usual_program == program:
            return usual_service
    known = {service.lower() for path, service in names.programs if names.canonical(path) == program}
    if len(known) == 1:
        return known.pop()
    return EVERY if known or _file_name(program) == "svchost.exe" else ""


def _usual(parts: FlowParts, names: Names) -> list[tuple[str, str]]:
    """(canonical program, service) of the usual processes of this traffic, the narrowest row first."""
    if parts.protocol is None:
        return []
    direction = "in" if parts.direction is Direction.IN else "out"
    protocol = PROTOCOL_NAMES.get(parts.protocol, f"ip/{parts.protocol}")
    found = []
    for order, (its_direction, its_protocol, ports, program, service) in enumerate(names.usual):
        if its_direction == direction and its_protocol == protocol:
            width = _fits(parts, ports)
            if width:
                found.append((width, order, names.canonical(program), service.lower()))
    return [(program, service) for _, _, program, service in sorted(found)]


def _fits(parts: FlowParts, ports: str) -> int:
    """How many ports the row speaks of, 0 where the asked traffic is not wholly inside it."""
    if parts.protocol in PORT_PROTOCOLS:
        row = PortSet.parse(ports or EVERY)
        asked = parts.destination_port
        return intervals.size(row.ranges) if (asked or PortSet.ANY) <= row else 0
    icmp_type = ports.partition(":")[0]
    return 1 if icmp_type in ("", EVERY) or icmp_type == str(parts.icmp_type) else 0


def _file_name(path: str) -> str:
    return path.replace("/", "\\").rpartition("\\")[2]
