"""Windows events about the firewall: connections allowed or blocked, rules that changed. From JSON lines or from ``.evtx``.

JSON lines are what log shippers write (one flat object an event, as in the Security Datasets); an ``.evtx`` file needs the
extra ``evtx``. Security 5156 (allowed), 5157 and 5152 (blocked), 4946, 4947, 4948 (rule added, modified, deleted); Windows
Firewall 2004, 2005, 2006 and in later Windows 2071, 2097, 2073, 2052; Sysmon 13 and 12 on the keys of firewall rules.
Source: Windows security auditing, events of those numbers; the SigmaHQ rules on changes of the firewall's exception list;
the corpus (OTRF Security-Datasets).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from cmfw.errors import MissingExtra, Problem
from cmfw.ingest.log_text import lines
from cmfw.ingest.pfirewall import one_family
from cmfw.ingest.seen import Sightings
from cmfw.model.observation import Observation, Place, RuleChange, Seen
from cmfw.model.rule import canonical_program
from cmfw.net.flow import ICMP_PROTOCOLS, PORT_PROTOCOLS, Direction
from cmfw.net.flowtext import FlowParts
from cmfw.net.ports import PortSet
from cmfw.words.phrases import phrase

EVTX = b"ElfFile\0"
_SECURITY, _SYSMON = "security", "microsoft-windows-sysmon/operational"
_FIREWALL = "microsoft-windows-windows firewall with advanced security/firewall"
_SEEN = {5156: Seen.ALLOWED, 5157: Seen.DROPPED, 5152: Seen.DROPPED}
_CHANGES = {
    (_SECURITY, 4946): "added",
    (_SECURITY, 4947): "modified",
    (_SECURITY, 4948): "deleted",
    (_FIREWALL, 2004): "added",
    (_FIREWALL, 2005): "modified",
    (_FIREWALL, 2006): "deleted",
    (_FIREWALL, 2071): "added",
    (_FIREWALL, 2073): "modified",
    (_FIREWALL, 2052): "deleted",
    (_FIREWALL, 2097): "added",
}
_DIRECTIONS = {"%%14592": Direction.IN, "%%14593": Direction.OUT, "inbound": Direction.IN, "outbound": Direction.OUT}
_RULES = re.compile(
    r"\\FirewallPolicy\\(?:[^\\]+\\)*(?:FirewallRules|Configurable\\System|Static\\System)\\(?P<id>.+)$", re.IGNORECASE
)
_GPO_RULES = re.compile(r"\\Policies\\Microsoft\\WindowsFirewall\\FirewallRules\\(?P<id>.+)$", re.IGNORECASE)
_EPHEMERAL = 49152
_LONGEST_FLAW = 100
_MOST_PROBLEMS = 20
Event = dict[str, Any]


def looks_like_events(text: str) -> bool:
    """Whether the beginning of a file is a Windows event as a line of JSON."""
    first = text.lstrip("\ufeff \r\n").partition("\n")[0]
    return first.startswith("{") and bool(re.search(r'"(?:EventID|EventCode|Event)"\s*:', first))


class EventReader:
    """Events of one file to observations and rule changes."""

    def __init__(self, path: str, host: str, note: Callable[[Problem], None]) -> None:
        self.path, self.host, self.note = path, host, note
        self.changes: list[RuleChange] = []
        self._seen: dict[str, Sightings] = {}
        self._own: dict[str, set[str]] = {}
        self._wrong = 0

    def read(self, events: Iterable[tuple[int, Event]]) -> None:
        """Take up every event; the number is the line or the record."""
        for number, event in events:
            try:
                self._take(number, event)
            except (ValueError, TypeError, KeyError) as error:
                self._wrong += 1
                if self._wrong <= _MOST_PROBLEMS:
                    found = phrase("no `{name}`", name=error.args[0]) if isinstance(error, KeyError) else _shortened(error)
                    self.note(Problem(self.path, "an event with its fields", found, line=number))
        if self._wrong > _MOST_PROBLEMS:
            self.note(
                Problem(
                    self.path, "events with their fields", phrase("{count} more without", count=self._wrong - _MOST_PROBLEMS)
                )
            )

    def observations(self) -> Iterator[Observation]:
        """What was seen, host by host."""
        for seen in self._seen.values():
            yield from seen.observations()

    def _take(self, number: int, event: Event) -> None:
        kind = int(event.get("EventID") or event.get("EventCode") or 0)
        channel = str(event.get("Channel", "")).lower()
        host = str(event.get("Hostname") or event.get("Computer") or self.host).lower()
        if channel == _SECURITY and kind in _SEEN:
            self._connection(number, event, host, _SEEN[kind])
        elif (channel, kind) in _CHANGES:
            self.changes.append(self._listed(number, event, host, _CHANGES[channel, kind]))
        elif channel == _SYSMON and kind in (12, 13):
            target = str(event.get("TargetObject", ""))
            gpo, local = _GPO_RULES.search(target), _RULES.search(target)
            if found := gpo or local:
                self.changes.append(self._written(number, event, host, found["id"], "gpo" if gpo else "local"))

    def _connection(self, number: int, event: Event, host: str, seen: Seen) -> None:
        flow = self._flow(event, host)
        sightings = self._seen.setdefault(host, Sightings(host, self.path, self.note))
        when = _time(event)
        if not sightings.again((flow, seen), when, number):
            sightings.add((flow, seen), flow, seen, when, number)

    def _flow(self, event: Event, host: str) -> FlowParts:
        """The connection. Its two ends are named Source and Dest; which of them is the machine's own depends on the direction."""
        direction = _DIRECTIONS.get(str(event["Direction"]).lower())
        if direction is None:
            raise ValueError(phrase("the direction `{direction}`", direction=event["Direction"]))
        protocol = int(event["Protocol"])
        source = (str(event["SourceAddress"]), int(event.get("SourcePort") or 0))
        other = (str(event["DestAddress"]), int(event.get("DestPort") or 0))
        own = self._own.setdefault(host, set())
        if direction is Direction.OUT:
            own.add(source[0])
        opener, answerer = (source, other) if direction is Direction.OUT else inbound_ends(source, other, own)
        opened_by, answered_by = one_family(opener[0], answerer[0])
        has_port = protocol in PORT_PROTOCOLS
        is_icmp = protocol in ICMP_PROTOCOLS
        return FlowParts(
            direction=direction,
            protocol=protocol,
            source=opened_by,
            destination=answered_by,
            destination_port=PortSet.of(answerer[1]) if has_port else None,
            icmp_type=min(opener[1], 255) if is_icmp else None,
            program=_program(str(event.get("Application", ""))),
        )

    def _listed(self, number: int, event: Event, host: str, change: str) -> RuleChange:
        """A change that Windows Firewall itself tells of."""
        return RuleChange(
            host=host,
            time=_time(event),
            change=change,
            id=str(event.get("RuleId", "")),
            name=str(event.get("RuleName", "")),
            program=str(event.get("ModifyingApplication", "")),
            account=str(event.get("ModifyingUser", "")),
            place=Place(self.path, number),
        )

    def _written(self, number: int, event: Event, host: str, rule_id: str, store: str) -> RuleChange:
        """A rule that was written to the registry, or deleted from it."""
        text = str(event.get("Details", "")) if int(event["EventID"]) == 13 else ""
        deleted = "delete" in str(event.get("EventType", "")).lower()
        name, problems = _rule_facts(rule_id, text)
        return RuleChange(
            host=host,
            time=_time(event),
            change="deleted" if deleted else "set",
            id=rule_id,
            name=name,
            program=str(event.get("Image", "")),
            account=str(event.get("User", "")),
            store=store,
            rule=text,
            problems=problems,
            place=Place(self.path, number),
        )


def inbound_ends(first: tuple[str, int], second: tuple[str, int], own: set[str]) -> tuple[tuple[str, int], tuple[str, int]]:
    """(who opened, who answers) of an incoming connection whose ends are ``first`` (Source) and ``second`` (Dest).

    Real events have the opener as Source (corpus, OTRF); the documentation of 5156 calls the machine's own end so. An address
    that the machine opened connections from is its own; else the end with a port below the dynamic range answers; else
    Source opened.
    """
    if (first[0] in own) != (second[0] in own):
        return (second, first) if first[0] in own else (first, second)
    if first[1] < _EPHEMERAL <= second[1]:
        return second, first
    return first, second


def _program(path: str) -> str | None:
    """The program of an event. A device path is kept: which drive letter its volume has is not in the event."""
    return None if path in ("", "-") else canonical_program(path)


def _time(event: Event) -> str:
    """When it happened, ISO 8601; UTC where the event says so."""
    text = str(event.get("UtcTime") or event.get("@timestamp") or event.get("TimeCreated") or event.get("SystemTime") or "")
    if event.get("UtcTime"):
        return text.replace(" ", "T") + "Z"
    return text.replace(" ", "T")


def _rule_facts(rule_id: str, text: str) -> tuple[str, tuple[str, ...]]:
    """(name, what is wrong) of a rule string, by our own reader; nothing of an empty one."""
    if "|" not in text:
        return "", ()
    from cmfw.ingest.rulestring import parse_rule

    rule, problems = parse_rule(text, id=rule_id)
    return (rule.name if rule else ""), problems


# --- where events come from -------------------------------------------------------------------------------------------


def json_events(file: BinaryIO, path: str, note: Callable[[Problem], None]) -> Iterator[tuple[int, Event]]:
    """(line, event) of a file with one JSON object a line; only lines that may be of interest are parsed."""
    wrong = 0
    for number, line in lines(file, path, note):
        if not line.strip() or not _MAY_MATTER.search(line):
            continue
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            wrong += 1
            if wrong <= _MOST_PROBLEMS:
                note(Problem(path, "one JSON object a line", f"`{line[:40]}`", line=number))
            continue
        if isinstance(event, dict):
            yield number, flat(event)
    if wrong > _MOST_PROBLEMS:
        note(
            Problem(path, "one JSON object a line", phrase("{count} more lines that are none", count=wrong - _MOST_PROBLEMS))
        )


_MAY_MATTER = re.compile(r"\b(?:5156|5157|5152|494[678]|200[456]|2071|2073|2052|2097)\b|FirewallPolicy|WindowsFirewall")


def flat(event: Event) -> Event:
    """The event with its system and data fields side by side, whichever way its JSON nests them."""
    inner = event.get("Event")
    if not isinstance(inner, dict):
        return event
    system = inner.get("System")
    found: Event = dict(system) if isinstance(system, dict) else {}
    kind = found.get("EventID")
    found["EventID"] = kind.get("#text") if isinstance(kind, dict) else kind
    created = found.get("TimeCreated")
    if isinstance(created, dict):
        attributes = created.get("#attributes") or created
        found["TimeCreated"] = attributes.get("SystemTime", "") if isinstance(attributes, dict) else ""
    for name in ("EventData", "UserData"):
        part = inner.get(name)
        if isinstance(part, dict):
            found |= {key: item for key, item in part.items() if key != "#attributes"}
    return found


def evtx_events(path: str, note: Callable[[Problem], None]) -> Iterator[tuple[int, Event]]:
    """(record number, event) of an ``.evtx`` file.

    Raises:
        MissingExtra: the package that reads them is not installed.
    """
    try:
        from evtx import PyEvtxParser
    except ImportError as error:
        raise MissingExtra("evtx", "reading .evtx files") from error
    try:
        for record in PyEvtxParser(path).records_json():
            if record is None:
                continue
            text = record["data"]
            if _MAY_MATTER.search(text):
                written = {"TimeCreated": record["timestamp"].removesuffix(" UTC")}
                yield int(record["event_record_id"]), written | flat(json.loads(text))
    except (OSError, RuntimeError, ValueError) as error:
        note(Problem(path, "a whole event log", " ".join(str(error).split())[:120], hint="what could be read is used"))


def _shortened(error: Exception) -> str:
    """What is wrong with an event, which may hold text of any length."""
    found = str(error)
    return found if len(found) <= _LONGEST_FLAW else found[:_LONGEST_FLAW]
