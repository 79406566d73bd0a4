"""Access lists of other makes, written by Aerleon (extra ``aerleon``) and believed only as far as they read back.

Aerleon chooses families, merges protocols and drops what it cannot say in ways of its own. So each term handed over holds one family
and one protocol and excludes nothing, whatever it would log is refused, and its input is made anew for each call. Then its output
is read by our own reader and compared, as everything is (``emit.network``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from cmfw.emit.crossings import Crossing, PathFlow
from cmfw.emit.path_names import stable_id
from cmfw.errors import MissingExtra, Unsupported
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ICMP4, TCP, UDP

_PROTOCOLS = {TCP: "tcp", UDP: "udp", ICMP4: "icmp"}
_ICMP_TYPES = {0: "echo-reply", 3: "unreachable", 8: "echo-request", 11: "time-exceeded", 13: "timestamp-request"}
_ICMP_ERROR = "an access list of Aerleon knows no ICMP codes, and only the usual types"


class _Refusal(logging.Handler):
    """Turns whatever Aerleon would only log into a refusal."""

    def __init__(self, target: str) -> None:
        super().__init__(logging.WARNING)
        self.target = target

    def emit(self, record: logging.LogRecord) -> None:
        """Raise for every record."""
        raise Unsupported(self.target, "access list", " ".join(record.getMessage().split())[:200])


def access_list(target: str, header: dict[str, str], crossing: Crossing, replies: Crossing | None) -> str:
    """The access list of a crossing as Aerleon writes it for ``header``.

    ``replies`` is the other way, whose TCP replies pass here as well where the make keeps no state. Raises MissingExtra without Aerleon,
    Unsupported where a flow cannot be said or Aerleon complains.
    """
    try:
        from aerleon import api
        from aerleon.lib import naming
    except ImportError as error:
        raise MissingExtra("aerleon", f"target `{target}`") from error
    names = _Names()
    terms = [_term(names, number, flow, target) for number, flow in enumerate(crossing.flows, 1)]
    terms += [_reply(names, number, flow) for number, flow in enumerate(replies.flows if replies else (), 1)]
    rest = {"name": "rest", "comment": "cmfw: not planned", "action": "deny"}
    terms.append(
        {**rest, "source-address": names.of(crossing.source.v4), "destination-address": names.of(crossing.target.v4)}
    )
    definitions = naming.Naming()
    definitions.ParseDefinitionsObject({"networks": names.networks, "services": names.services}, "cmfw")
    policy: Any = {"filename": "cmfw", "filters": [{"header": {"targets": header}, "terms": terms}]}
    listener, log = _Refusal(target), logging.getLogger()
    log.addHandler(listener)
    try:
        made = api.Generate([policy], definitions, shade_check=False, optimize=False)
    finally:
        log.removeHandler(listener)
    texts = list((made or {}).values())
    if len(texts) != 1:
        raise Unsupported(target, "access list", f"Aerleon wrote {len(texts)} files")
    return str(texts[0])


class _Names:
    """The names that Aerleon wants for addresses and ports, made as they are needed."""

    def __init__(self) -> None:
        self.networks: dict[str, Any] = {}
        self.services: dict[str, Any] = {}
        self._found: dict[object, str] = {}

    def of(self, addresses: AddrSet) -> str:
        """The name of the addresses."""
        name = self._found.setdefault(addresses, f"N{len(self._found) + 1}")
        self.networks[name] = {"values": [{"address": text if "/" in text else f"{text}/32"} for text in addresses.cidrs()]}
        return name

    def ports(self, flow: PathFlow) -> str:
        """The name of the flow's ports."""
        key = (flow.protocol, flow.ports)
        name = self._found.setdefault(key, f"P{len(self._found) + 1}")
        protocol = _PROTOCOLS[flow.protocol or 0]
        self.services[name] = [{"protocol": protocol, "port": text} for text in flow.ports.texts()]
        return name


def _ends(names: _Names, source: AddrSet, target: AddrSet) -> dict[str, str]:
    return {"source-address": names.of(source), "destination-address": names.of(target)}


def _term(names: _Names, number: int, flow: PathFlow, target: str) -> dict[str, Any]:
    """One flow as a term: one family, one protocol."""
    term = {
        "name": f"flow-{number}",
        "comment": stable_id(flow.id),
        "action": "accept",
        **_ends(names, flow.source, flow.target),
    }
    term["protocol"] = _PROTOCOLS[flow.protocol or 0]
    if flow.icmp is not None:
        if flow.icmp[1] is not None or flow.icmp[0] not in _ICMP_TYPES:
            raise Unsupported(target, flow.id, _ICMP_ERROR)
        return {**term, "icmp-type": [_ICMP_TYPES[flow.icmp[0]]]}
    return term if flow.ports.is_any else {**term, "destination-port": names.ports(flow)}


def _reply(names: _Names, number: int, flow: PathFlow) -> dict[str, Any]:
    """The replies of a TCP flow of the other way: none of them opens a connection."""
    term = {"name": f"reply-{number}", "comment": f"replies: {stable_id(flow.id)}", "action": "accept", "protocol": "tcp"}
    whole: dict[str, Any] = {**term, **_ends(names, flow.target, flow.source), "option": ["tcp-established"]}
    return whole if flow.ports.is_any else {**whole, "source-port": names.ports(flow)}


def lists_of(crossings: tuple[Crossing, ...]) -> Iterator[tuple[str, Crossing, Crossing]]:
    """(name of its access list, crossing, the crossing of the other way) of each crossing."""
    for number, crossing in enumerate(crossings):
        yield f"cmfw-{number + 1}", crossing, crossings[number ^ 1]
