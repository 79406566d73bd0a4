"""The document of ``cmfw logs`` (``cmfw/logs/1``), and what text and document share."""

from __future__ import annotations

from typing import Any

from cmfw.catalog.log_facts import LogFacts
from cmfw.catalog.types import Catalog
from cmfw.diagnose.log_plan import is_planned, is_serious, items_of, next_flows
from cmfw.diagnose.log_story import Connection, Doubt, Story
from cmfw.diagnose.seen_flows import SeenItem, SeenKind
from cmfw.ingest.log_files import LogReading
from cmfw.model.observation import RuleChange
from cmfw.model.plan import Plan
from cmfw.model.site import Site
from cmfw.net.flow import PROTOCOL_NAMES, Direction
from cmfw.values import value

SCHEMA = "cmfw/logs/1"


@value(kw_only=True)
class Reading:
    """Everything that one call found out."""

    catalog: Catalog
    facts: LogFacts
    site: Site | None
    plan: Plan | None
    logs: LogReading
    stories: tuple[Story, ...]
    kinds: tuple[SeenKind, ...]
    planned: tuple[SeenItem, ...]

    @property
    def is_serious(self) -> bool:
        """Whether a planned flow was seen dropped, or is put in doubt by an error of the network."""
        doubts = (doubt for story in self.stories for doubt in story.doubts)
        return any(seen.dropped for seen in self.planned) or any(is_serious(doubt, self.plan) for doubt in doubts)

    @property
    def is_usable(self) -> bool:
        """Whether the logs told anything at all."""
        return bool(self.stories or self.kinds or self.logs.changes)


def document(reading: Reading) -> dict[str, Any]:
    """The reading as ``cmfw/logs/1``."""
    return {
        "schema": SCHEMA,
        "site": reading.site.code if reading.site else None,
        "files": [
            {"path": f.path, "host": f.host or None, "kind": f.kind, "size": f.size, "found": f.found}
            for f in reading.logs.files
        ],
        "hosts": [_story(story, reading) for story in reading.stories],
        "planned": [_planned(seen) for seen in reading.planned],
        "seen": [_kind(kind) for kind in reading.kinds],
        "changes": [_change(change) for change in reading.logs.changes],
        "problems": [problem.as_dict() for problem in reading.logs.problems],
    }


def _story(story: Story, reading: Reading) -> dict[str, Any]:
    return {
        "host": story.host or None,
        "subject": story.subject or None,
        "verdict": story.verdict,
        "last_stage": story.last_stage or None,
        "stages": [
            {
                "stage": state.stage,
                "state": state.state.value,
                "first": state.first or None,
                "last": state.last or None,
                "peer": state.peer or None,
                "code": state.code or None,
                "recovered": state.recovered,
                "place": str(state.place),
            }
            for state in story.stages
        ],
        "doubts": [_doubt(doubt, story, reading) for doubt in story.doubts],
        "works": list(story.works),
        "connections": [_connection(each, reading) for each in story.connections],
    }


def _doubt(doubt: Doubt, story: Story, reading: Reading) -> dict[str, Any]:
    return {
        "stage": doubt.stage or None,
        "layer": doubt.layer.value,
        "code": doubt.code or None,
        "name": doubt.name or None,
        "answered": doubt.answered,
        "flows": list(doubt.flows),
        "items": list(items_of(doubt, reading.plan)) if reading.plan else [],
        "peer": doubt.peer or None,
        "port": doubt.port,
        "role": doubt.role or None,
        "count": doubt.count,
        "text": doubt.text,
        "places": [str(place) for place in doubt.places],
        "next": list(next_flows(doubt, story, reading.catalog, reading.plan)),
    }


def _connection(each: Connection, reading: Reading) -> dict[str, Any]:
    return {
        "role": each.role or None,
        "peer": each.peer,
        "port": each.port,
        "protocol": each.protocol or None,
        "flows": list(each.flows),
        "count": each.count,
        "failed": each.failed,
        "planned": is_planned(each, reading.plan) if reading.plan else None,
        "place": str(each.place),
    }


def _planned(seen: SeenItem) -> dict[str, Any]:
    return {
        "host": seen.host or None,
        "item": seen.item,
        "flow": seen.flow,
        "end": seen.end,
        "allowed": seen.allowed,
        "dropped": seen.dropped,
        "first": seen.first or None,
        "last": seen.last or None,
        "at_least": seen.at_least,
        "places": [str(place) for place in seen.places],
    }


def _kind(kind: SeenKind) -> dict[str, Any]:
    return {
        "host": kind.host or None,
        "direction": direction_word(kind.direction),
        "protocol": protocol_word(kind.protocol),
        "port": kind.port,
        "icmp": kind.icmp,
        "seen": kind.seen.value,
        "count": kind.count,
        "peers": kind.peers,
        "first": kind.first,
        "last": kind.last,
        "at_least": kind.at_least,
        "place": str(kind.place),
    }


def _change(change: RuleChange) -> dict[str, Any]:
    return {
        "host": change.host or None,
        "time": change.time or None,
        "change": change.change,
        "id": change.id,
        "name": change.name or None,
        "program": change.program or None,
        "account": change.account or None,
        "store": change.store,
        "rule": change.rule or None,
        "problems": list(change.problems),
        "place": str(change.place),
    }


def direction_word(direction: Direction) -> str:
    """``in`` or ``out``."""
    return "in" if direction is Direction.IN else "out"


def protocol_word(protocol: int | None) -> str:
    """The protocol as flow text writes it."""
    return "any" if protocol is None else PROTOCOL_NAMES.get(protocol, f"ip/{protocol}")
