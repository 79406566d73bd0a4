"""Reads firewall policies of FortiOS, as far as Aerleon writes them, as the lines of a filter between zones.

Source: Fortinet, "FortiOS CLI Reference", config firewall address, addrgrp, service custom, policy.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator

from cmfw.errors import FormatError
from cmfw.ingest.packet_match import NotUnderstood, address_of, port_of, protocol_of
from cmfw.ingest.zone_rules import ZoneObjects, ZoneRule
from cmfw.model.verdict import Answer
from cmfw.net import intervals
from cmfw.words.phrases import phrase

Settings = dict[str, list[str]]
_POLICY = frozenset(
    {"name", "srcintf", "dstintf", "action", "srcaddr", "dstaddr", "schedule", "service", "logtraffic", "comments"}
)


def read_policies(text: str, path: str) -> ZoneObjects:
    """The addresses, services and policies of one device, policies in their order."""
    found = ZoneObjects(path, any_service="ALL")
    kinds: dict[str, Callable[[str, Settings, ZoneObjects, int], None]] = {
        "firewall address": _address,
        "firewall addrgrp": _group,
        "firewall service custom": _service,
        "firewall policy": _policy,
    }
    try:
        for table, name, settings, line in _entries(text, path):
            if table in kinds:
                kinds[table](name, settings, found, line)
            else:
                found.wrong("addresses, services or policies", table, line)
    except FormatError as error:
        found.wrong("a FortiOS configuration", str(error))
    return found


def _entries(text: str, path: str) -> Iterator[tuple[str, str, Settings, int]]:
    """(table, name, settings, line) of each ``edit``. Raises FormatError where blocks do not close."""
    table, name, settings, first = "", "", Settings(), 0
    inside = False
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip() or raw.lstrip().startswith("#"):
            continue
        try:
            words = shlex.split(raw)
        except ValueError as error:
            raise FormatError(f"line {number}: {error}".lower(), source=path) from error
        match words:
            case ["config", *rest] if not table and rest:
                table = " ".join(rest)
            case ["edit", entry] if table and not inside:
                name, settings, first, inside = entry, {}, number, True
            case ["set", key, *values] if inside and key not in settings:
                settings[key] = values
            case ["next"] if inside:
                yield table, name, settings, first
                inside = False
            case ["end"] if table and not inside:
                table = ""
            case _:
                raise FormatError(
                    phrase("line {number}: expected a block of ours, found `{text}`", number=number, text=raw.strip()[:60]),
                    source=path,
                )
    if table:
        raise FormatError("expected `end`, found the end of the file", source=path)


def _address(name: str, settings: Settings, found: ZoneObjects, line: int) -> None:
    try:
        if set(settings) != {"type", "subnet"} or settings["type"] != ["ipmask"]:
            found.wrong("an address by its subnet", name, line)
        else:
            found.addresses[name] = address_of("/".join(settings["subnet"]), 4)
    except NotUnderstood as error:
        found.wrong("an address by its subnet", str(error), line)


def _group(name: str, settings: Settings, found: ZoneObjects, line: int) -> None:
    if set(settings) != {"member"}:
        found.wrong("a group of addresses", name, line)
    found.groups[name] = tuple(settings.get("member", ()))


def _service(name: str, settings: Settings, found: ZoneObjects, line: int) -> None:
    services = []
    try:
        for key, values in settings.items():
            kind, _, rest = key.partition("-")
            if rest != "portrange" or kind not in ("tcp", "udp"):
                found.wrong("ports of TCP or UDP", f"{name}: {key}", line)
                continue
            # a colon would be followed by ports of the source
            services.append((protocol_of(kind), intervals.normalise(map(port_of, values)), None))
    except NotUnderstood as error:
        found.wrong("ports of TCP or UDP", str(error), line)
    found.services[name] = tuple(services)


def _policy(_number: str, settings: Settings, found: ZoneObjects, line: int) -> None:
    name = " ".join(settings.get("name", ()))
    zones = [settings.get(key, []) for key in ("srcintf", "dstintf")]
    # without an action a policy denies
    answer = {("accept",): Answer.ALLOW, ("deny",): Answer.BLOCK, (): Answer.BLOCK}.get(tuple(settings.get("action", ())))
    is_ours = set(settings) <= _POLICY and settings.get("schedule") == ["always"]
    if not is_ours or any(len(zone) != 1 for zone in zones) or answer is None:
        found.wrong("a policy between two zones", name, line)
        return
    found.rules.append(
        ZoneRule(
            name=name,
            from_zone=zones[0][0],
            to_zone=zones[1][0],
            sources=tuple(settings.get("srcaddr", ())),
            targets=tuple(settings.get("dstaddr", ())),
            services=tuple(settings.get("service", ())),
            answer=answer,
            origin=f"{found.path}:{line}",
        )
    )
