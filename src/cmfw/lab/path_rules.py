"""The perimeter filters of a site as the forwarding rules of the lab's router: the first line that holds a packet decides.

A line that could not be read is left out; whoever asks about a flow that it may hold is refused before any packet is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cmfw.engine.path import STORE, PathEngine
from cmfw.lab.firewall_rules import LOG_GROUP, TABLE
from cmfw.lab.nft_match import box_matches
from cmfw.lab.shots import LOG_PATH_DROP, LOG_PATH_PASS
from cmfw.model.path import PathFilter
from cmfw.model.verdict import Answer, RuleRef
from cmfw.values import value


@value(kw_only=True)
class PathText:
    """The router's rule set, and the line of a filter for what stands in front of each log entry."""

    text: str
    labels: tuple[tuple[str, tuple[Answer, RuleRef]], ...] = ()


def path_text(path: PathEngine | None, zones: Sequence[str]) -> PathText:
    """The filters between the zones of the lab's hosts, in the order of their numbers; without any, everything is forwarded."""
    lines = [f"add table {TABLE}"]
    base = [f"add chain {TABLE} forward {{ type filter hook forward priority 0; policy accept; }}"]
    base.append(f"add rule {TABLE} forward ct state established,related accept")
    labels: dict[str, tuple[Answer, RuleRef]] = {}
    filters = () if path is None else path.state.filters
    for number, one in enumerate(filters):
        sources, targets = (_interfaces(zones, zone) for zone in (one.from_zone, one.to_zone))
        if not sources or not targets:
            continue
        lines.append(f"add chain {TABLE} filter{number}")
        lines += [f"add rule {TABLE} filter{number} {line}" for line in _lines(number, one, labels)]
        base.append(f"add rule {TABLE} forward iifname {sources} oifname {targets} jump filter{number}")
    return PathText(text="\n".join([*lines, *base]), labels=tuple(labels.items()))


def _interfaces(zones: Sequence[str], zone: str) -> str:
    names = [f'"h{number}"' for number, its in enumerate(zones) if its == zone and zone]
    return "{ " + ", ".join(names) + " }" if names else ""


def _lines(number: int, one: PathFilter, labels: dict[str, tuple[Answer, RuleRef]]) -> Iterator[str]:
    """Every line that is certain; an allow goes on to the next filter."""
    for place, line in enumerate(one.lines):
        if line.answer is Answer.UNKNOWN:
            continue
        blocks = line.answer is Answer.BLOCK
        prefix = f"{LOG_PATH_DROP if blocks else LOG_PATH_PASS}{number}.{place}"
        labels[prefix] = (line.answer, RuleRef(line.text, STORE, line.origin))
        for box in line.flows:
            for match in box_matches(box):
                yield f'{match}log prefix "{prefix}" group {LOG_GROUP} {"drop" if blocks else "return"}'
    prefix = f"{LOG_PATH_DROP}{number}"
    labels[prefix] = (Answer.BLOCK, RuleRef("", STORE, one.file))
    yield f'log prefix "{prefix}" group {LOG_GROUP} drop'
