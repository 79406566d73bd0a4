"""What a path between zones asks of a network target, and what each target can say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cmfw.emit.capability import HEAD, LOST, REFUSED, Loss, cell_of, unprintable
from cmfw.emit.crossings import ELSEWHERE, Gateway, PathFlow
from cmfw.errors import Unsupported
from cmfw.net.flow import ICMP4, ICMP6, TCP, UDP
from cmfw.values import value
from cmfw.words.phrases import phrase

PATH_CAPABILITIES: dict[str, str] = {
    "both-families": "IPv4 and IPv6",
    "address-ranges": "addresses that are no whole subnet",
    "ports": "port lists and ranges",
    "icmp": "ICMP type and code",
    "any-protocol": "any protocol",
    "rare-protocol": "protocols beyond TCP, UDP and ICMP",
    "elsewhere": "everything outside a zone as the other zone",
    "replies": "replies to what was opened, and nothing else",
    "datagram-replies": "replies of UDP and ICMP",
    "rest": "everything else between the zones stopped",
    "other-traffic": "traffic of other zones left alone",
    "ids": "stable ids of flows",
    "reasons": "reason and source of each flow",
    "counters": "a counter for each flow",
    "undo": "a way back",
    "room": "as many rules as a site needs",
}
"""Capability -> title, in the order of the table of docs/network-targets.md."""


COMMON = frozenset({TCP, UDP, ICMP4, ICMP6})


@value(kw_only=True)
class PathCapabilities:
    """What one network target can say. ``lacks`` maps a capability to the reason of the refusal, ``losses`` to what changes.

    ``checked_by`` is the program of somebody else that accepts what it writes; empty where only its structure is checked.
    """

    target: str
    title: str
    checked_by: str
    lacks: dict[str, str]
    losses: dict[str, str]

    def check(self, gateway: Gateway) -> None:
        """Raise Unsupported where a flow needs what the target lacks, or a name cannot stand in a file."""
        for crossing in gateway.crossings:
            if "elsewhere" in self.lacks and ELSEWHERE in (crossing.from_zone, crossing.to_zone):
                raise Unsupported(self.target, f"{crossing.from_zone} > {crossing.to_zone}", self.lacks["elsewhere"])
            for flow in crossing.flows if self.lacks else ():
                for capability in asked_by(flow):
                    if capability in self.lacks:
                        raise Unsupported(self.target, flow.id, self.lacks[capability])
        texts = [*gateway.zones]
        for crossing in gateway.crossings:
            for flow in crossing.flows:
                texts += texts_of(flow)
        if unprintable("".join(texts)):
            # the whole is asked first: hardly any plan has such a text
            text, reason = next((text, reason) for text in texts if (reason := unprintable(text)))
            raise Unsupported(self.target, ascii(text), phrase("its text has {reason}", reason=reason))

    def losses_of(self, gateway: Gateway) -> tuple[Loss, ...]:
        """What changes in form where these crossings are written."""
        whole = ("replies", "rest", "other-traffic", "ids", "reasons", "counters", "undo")
        out = [Loss(name, "", self.losses[name]) for name in whole if name in self.losses]
        for flow in (flow for crossing in gateway.crossings for flow in crossing.flows if self.losses):
            out += [Loss(name, flow.id, self.losses[name]) for name in asked_by(flow) if name in self.losses]
        out += [
            Loss("no-zone", item, "one of its ends is in no zone, so no filter of this site can speak of it")
            for item in gateway.outside
        ]
        return tuple(out)


def asked_by(flow: PathFlow) -> Iterator[str]:
    """The capabilities that a flow needs."""
    if flow.family == 6:
        yield "both-families"
    if any("-" in text for text in (*flow.source.texts(), *flow.target.texts())):
        yield "address-ranges"
    if not flow.ports.is_any:
        yield "ports"
    if flow.icmp is not None:
        yield "icmp"
    if flow.protocol is None:
        yield "any-protocol"
    elif flow.protocol not in COMMON:
        yield "rare-protocol"
    if flow.protocol != TCP:
        yield "datagram-replies"


def texts_of(flow: PathFlow) -> list[str]:
    """Every free text that a target may write of a flow."""
    found = [flow.id, flow.source_name, flow.target_name]
    for item in flow.items:
        found += (item.id, item.necessity, *item.features)
        for citation in item.citations:
            found += (citation.source, citation.at, citation.as_of)
    return found


def path_table(targets: Iterable[PathCapabilities], said: Callable[[str], str] = str) -> str:
    """The Markdown table target x capability of docs/network-targets.md, and below it each target's reasons and losses.

    ``said`` brings a text or template of it into the language of the page.
    """
    columns = list(targets)
    head = f"| {said('capability')} | " + " | ".join(f"`{c.target}`" for c in columns) + " |"
    lines = [head, "|---|" + "---|" * len(columns)]
    for name, title in PATH_CAPABILITIES.items():
        cells = [said(cell_of(name, c.lacks, c.losses)) for c in columns]
        lines.append(f"| {said(title)} | " + " | ".join(cells) + " |")
    checks = [said(c.checked_by or "*structure only*") for c in columns]
    lines.append(f"| {said('accepted by')} | " + " | ".join(checks) + " |")
    for column in columns:
        lines += ["", said(HEAD).format(target=column.target, title=said(column.title)), ""]
        for name, title in PATH_CAPABILITIES.items():
            if name in column.lacks:
                lines.append(said(REFUSED).format(what=said(title), reason=said(column.lacks[name])))
            elif name in column.losses:
                lines.append(said(LOST).format(what=said(title), reason=said(column.losses[name])))
        if not column.lacks and not column.losses:
            lines.append(said("- everything is said exactly"))
    return "\n".join(lines) + "\n"
