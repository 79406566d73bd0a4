"""Target ``request``: the flows between zones as a request to whoever keeps the firewall, in English and Chinese, one row a flow.

For a team that takes requests and no configuration. Owner, ticket and expiry come from the site file, or are columns to fill in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cmfw.catalog.types import Catalog, Text
from cmfw.emit import Artifact
from cmfw.emit.crossings import Crossing, PathFlow
from cmfw.emit.network import Found, PathRequest
from cmfw.emit.path_capability import PathCapabilities
from cmfw.emit.path_words import mandates_of
from cmfw.ingest.flow_list import protocol_text
from cmfw.ingest.rule_request import ANY, COLUMNS, GUARDED, read_request
from cmfw.model.mandate import Mandate
from cmfw.model.plan import PlanItem
from cmfw.net.addr import AddrSet
from cmfw.net.flow import PORT_PROTOCOLS
from cmfw.words import said_in

LOSSES = {
    "replies": "said in words: whoever makes the rules makes them stateful",
    "rest": "said in words: a request opens, it stops nothing",
    "counters": "a request has no counters",
    "undo": "a request that is not granted changes nothing, so there is nothing to undo",
}
CAPABILITIES = PathCapabilities(
    target="request",
    title="rule request for a firewall team as CSV, English and Chinese",
    checked_by="Python's `csv`",
    lacks={},
    losses=LOSSES,
)
_NOTE = "note1"
"""The page's note on alternate ports, which asks to name them in IP filters of IPsec policies. Source: page-2016 line 157."""


def emit(request: PathRequest) -> tuple[Artifact, ...]:
    """``cmfw-request.csv``."""
    lines = (",".join('"' + _guarded(cell).replace('"', '""') + '"' for cell in row) for row in table(request))
    # the mark makes spreadsheets and old editors read Chinese as UTF-8
    content = b"\xef\xbb\xbf" + "".join(f"{line}\r\n" for line in lines).encode()
    return (Artifact("cmfw-request.csv", content, "text/csv; charset=utf-8"),)


def read_back(artifacts: tuple[Artifact, ...], crossings: Sequence[Crossing]) -> list[Found]:
    """The lines that our own reader finds in what was written; the same for every crossing, because addresses tell them apart."""
    return [read_request(artifacts[0].content.decode(), artifacts[0].path)] * len(crossings)


def table(request: PathRequest) -> Iterator[tuple[str, ...]]:
    """The headings, and one row for each flow."""
    from cmfw.catalog import load

    yield tuple(f"{key} / {said_in('en', f'request.{key}')} / {said_in('zh_CN', f'request.{key}')}" for key in COLUMNS)
    catalog = load(request.site.packs)
    alternate = {one.flow for one in catalog.requirements.values() if _NOTE in one.notes}
    mandates = mandates_of(request.site)
    for crossing in request.gateway.crossings:
        for flow in crossing.flows:
            yield (*_row(crossing, flow, catalog, alternate), *_mandate(flow, mandates))


def _row(crossing: Crossing, flow: PathFlow, catalog: Catalog, alternate: set[str]) -> tuple[str, ...]:
    """The cells of a flow in the order of ``COLUMNS``, all but the last three."""
    ports = "" if flow.protocol not in PORT_PROTOCOLS else ANY if flow.ports.is_any else " ".join(flow.ports.texts())
    icmp = "" if flow.icmp is None else f"{flow.icmp[0]}:{'*' if flow.icmp[1] is None else flow.icmp[1]}"
    noted = any(item.flow in alternate for item in flow.items)
    note = catalog.notes[_NOTE].text if noted else Text("", "")
    return (
        flow.id,
        crossing.from_zone,
        flow.source_name,
        _addresses(flow.source),
        crossing.to_zone,
        flow.target_name,
        _addresses(flow.target),
        protocol_text(flow.protocol),
        ports,
        icmp,
        " ".join(_once(item.necessity for item in flow.items)),
        "; ".join(_once(reason.en for item in flow.items for reason in _reasons(item, catalog))),
        "；".join(_once(reason.zh_CN for item in flow.items for reason in _reasons(item, catalog))),
        "; ".join(_once(f"{c.source} {c.at}" for item in flow.items for c in item.citations)),
        " / ".join(text for text in (note.en, note.zh_CN) if text),
    )


def _mandate(flow: PathFlow, mandates: Mapping[str, Mandate]) -> tuple[str, ...]:
    """Owners, tickets and last days of both ends."""
    ends = [mandates[name] for name in (flow.source_name, flow.target_name) if name in mandates]
    return tuple("; ".join(_once(getattr(end, name) for end in ends if getattr(end, name))) for name in COLUMNS[-3:])


def _reasons(item: PlanItem, catalog: Catalog) -> Iterator[Text]:
    """What the flow does, for each feature that needs it; ids where the catalog does not know them."""
    what = catalog.flows[item.flow].title if item.flow in catalog.flows else Text(item.flow, item.flow)
    for name in item.features:
        feature = catalog.features[name].title if name in catalog.features else Text(name, name)
        yield Text(f"{feature.en}: {what.en}", f"{feature.zh_CN}：{what.zh_CN}")


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _addresses(found: AddrSet) -> str:
    return " ".join(found.texts())


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell[:1] in GUARDED and cell else cell
