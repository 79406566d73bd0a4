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
from cmfw.emit.network import PathRequest
from cmfw.emit.path_names import identifier, stable_id
from cmfw.emit.path_words import mandates_of, summary
from cmfw.errors import MissingExtra, Unsupported
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ICMP4, TCP, UDP
from cmfw.words.phrases import phrase

_PROTOCOLS = {TCP: "tcp", UDP: "udp", ICMP4: "icmp"}
_ICMP_TYPES = {0: "echo-reply", 3: "unreachable", 8: "echo-request", 11: "time-exceeded", 13: "timestamp-request"}
_ICMP_ERROR = phrase("an access list of Aerleon knows no ICMP codes, and only the usual types")


class _Refusal(logging.Handler):
    """Turns whatever Aerleon would only log into a refusal."""

    def __init__(self, target: str) -> None:
        super().__init__(logging.WARNING)
        self.target = target

    def emit(self, record: logging.LogRecord) -> None:
        """Raise for every record."""
        raise Unsupported(self.target, phrase("access list"), " ".join(record.getMessage().split())[:200])


def access_list(target: str, header: dict[str, str], crossing: Crossing, replies: Crossing | None) -> str:
    """The access list of a crossing as Aerleon writes it for ``header``.

    ``replies`` is the other way, whose TCP replies pass here as well where the make keeps no state. Raises MissingExtra without Aerleon,
    Unsupported where a flow cannot be said or Aerleon complains.
    """
    names = _Names()
    terms = _terms(names, crossing, target)
    terms[-1:-1] = [_reply(names, number, flow) for number, flow in enumerate(replies.flows if replies else (), 1)]
    return _generated(target, names, [{"header": {"targets": header}, "terms": terms}])


def zone_configuration(target: str, generator: str, request: PathRequest) -> str:
    """The rules of all crossings between named zones, as Aerleon writes them for a firewall that knows zones and keeps state.

    Descriptions say what the flow is there for and who answers for it. Raises as ``access_list``.
    """
    # names of their own: what is loaded joins what the device has, and the members of a group of the same name with it
    names = _Names("CMFW")
    mandates = mandates_of(request.site)
    filters = []
    for number, crossing in enumerate(request.gateway.crossings, 1):
        zones = f"from-zone {identifier(crossing.from_zone)} to-zone {identifier(crossing.to_zone)}"
        header = {"targets": {generator: f"{zones} inet"}}
        terms = _terms(names, crossing, target, "cmfw-", f"{number}-")
        for term, flow in zip(terms, crossing.flows, strict=False):
            term["comment"] = _comment(summary(flow, mandates))
        filters.append({"header": header, "terms": terms})
    return _generated(target, names, filters)


_ENDING = frozenset('"\\*<>&')
"""What would end a comment or a text in one of the makes, or start a word of its own."""


def _comment(text: str) -> str:
    return "".join(char if char.isprintable() and char not in _ENDING else "_" for char in text)


def _terms(names: _Names, crossing: Crossing, target: str, lead: str = "", part: str = "") -> list[dict[str, Any]]:
    """A term for each flow, and a stop for what else goes from the one zone to the other."""
    terms = [_term(names, f"{lead}flow-{part}{number}", flow, target) for number, flow in enumerate(crossing.flows, 1)]
    rest = {"name": f"{lead}rest-{part}".rstrip("-"), "comment": "cmfw: not planned", "action": "deny"}
    ends = _ends(names, crossing.source.v4, crossing.target.v4)
    return [*terms, {**rest, **ends}]


def _generated(target: str, names: _Names, filters: list[dict[str, Any]]) -> str:
    """The one text that Aerleon makes of the filters."""
    try:
        from aerleon import api
        from aerleon.lib import naming
    except ImportError as error:
        raise MissingExtra("aerleon", phrase("target `{target}`", target=target)) from error
    definitions = naming.Naming()
    definitions.ParseDefinitionsObject({"networks": names.networks, "services": names.services}, "cmfw")
    policy: Any = {"filename": "cmfw", "filters": filters}
    listener, log = _Refusal(target), logging.getLogger()
    log.addHandler(listener)
    try:
        made = api.Generate([policy], definitions, shade_check=False, optimize=False)
    finally:
        log.removeHandler(listener)
    texts = list((made or {}).values())
    if len(texts) != 1:
        raise Unsupported(target, phrase("access list"), phrase("Aerleon wrote {count} files", count=len(texts)))
    return str(texts[0])


class _Names:
    """The names that Aerleon wants for addresses and ports, made as they are needed."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.networks: dict[str, Any] = {}
        self.services: dict[str, Any] = {}
        self._found: dict[object, str] = {}

    def of(self, addresses: AddrSet) -> str:
        """The name of the addresses."""
        name = self._found.setdefault(addresses, f"{self.prefix}N{len(self._found) + 1}")
        self.networks[name] = {"values": [{"address": text if "/" in text else f"{text}/32"} for text in addresses.cidrs()]}
        return name

    def ports(self, flow: PathFlow) -> str:
        """The name of the flow's ports."""
        key = (flow.protocol, flow.ports)
        name = self._found.setdefault(key, f"{self.prefix}P{len(self._found) + 1}")
        protocol = _PROTOCOLS[flow.protocol or 0]
        self.services[name] = [{"protocol": protocol, "port": text} for text in flow.ports.texts()]
        return name


def _ends(names: _Names, source: AddrSet, target: AddrSet) -> dict[str, str]:
    return {"source-address": names.of(source), "destination-address": names.of(target)}


def _term(names: _Names, name: str, flow: PathFlow, target: str) -> dict[str, Any]:
    """One flow as a term: one family, one protocol."""
    term = {
        "name": name,
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
