"""Write ``docs/lab-behaviour.md``: every row of the source page, the scenario that plays it with stand-ins, and the packets that show it.

    python -m tools.lab_behaviour_page

Needs Linux, root, nginx, OpenSSL and Samba. The table is the record of one run; what differs from run to run (ports of openers,
dynamic ports, numbers of tasks) is left out of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cmfw import catalog
from cmfw.catalog.types import Catalog, Edition
from cmfw.diagnose.planned_state import all_windows
from cmfw.ingest.site import read_site_text
from cmfw.lab.layout import make_layout
from cmfw.lab.packet_bytes import key_of
from cmfw.lab.stand.behave import Behaviour, ExchangeSeen, Round, behave, make_script
from cmfw.lab.stand.run import StandRunner
from cmfw.model.need import leaves
from cmfw.model.plan import Plan
from cmfw.model.site import Site
from cmfw.net.addr import format_address
from cmfw.net.flow import ICMP_PROTOCOLS, PROTOCOL_NAMES
from cmfw.resolve import resolve
from tools.lab_page import ROOT, SOURCE, WITH_SOURCE

PAGE = ROOT / "docs" / "lab-behaviour.md"
SYSTEMS = """
code = "P01"

[ports]
http = [80, 8081]

[[system]]
host = "cm1"
addresses = ["10.9.0.5"]
roles = ["site_server"]

[[system]]
host = "mp1"
addresses = ["10.9.0.6"]
roles = ["management_point", "fallback_status_point"]
MP

[[system]]
host = "dp1"
addresses = ["10.9.0.9"]
roles = ["distribution_point"]
DP

[[system]]
host = "sup1"
addresses = ["10.9.0.7"]
roles = ["software_update_point"]
sup = { ssl = SSL }

[[system]]
host = "desk1"
addresses = ["10.9.0.8"]
roles = ["console"]

[[clients]]
name = "office"
subnets = ["10.9.64.0/24"]
os = "10.0.19045"
default_outbound = "block"
INSTALL
"""


def _site(mode: str, install: str = "") -> str:
    is_https = mode == "https"
    text = SYSTEMS.replace("MP\n", 'mp = { mode = "https" }\n' if is_https else "\n").replace("INSTALL", install)
    return text.replace("DP\n", 'dp = { mode = "https" }\n' if is_https else "\n").replace("SSL", str(is_https).lower())


SCENARIOS = {"HTTP": _site("http"), "HTTPS": _site("https"), "/source": _site("http", WITH_SOURCE)}
VARIES = frozenset({"task", "tls"})
DYNAMIC = frozenset({"push_epm", "push_wmi"})
HEAD = """# The source page, row by row, with real servers and clients

Written by `python -m tools.lab_behaviour_page`, which plays the features in the [lab](lab.md#features-with-stand-ins) with stand-ins: nginx as
management point, distribution point, fallback status point and software update point, Samba as the machine that client push copies
to, and programs of our own for notification, remote control and the wake-up proxy. **None of them is Configuration Manager's.**

A row is a line of the source page. Its flow is played with the plan's rules; then its port is closed by one block rule, everything is played
again, and then once more with the port open. The evidence of the first is what both sides exchanged and the rules that let it through,
that of the second the packet that the firewall reported as dropped. What the features then are is what the stand-ins came to
themselves; it is the same as the formula says of the exchanges and the specification of the rules, or this page would not be written.
In every row all features work again once the port is open.

Scenarios: a site over HTTP with an alternative port, one over HTTPS (client certificates, WSUS with TLS), and one whose install methods
name a `/source` share. Rows whose flows have no stand-in are played by [bare packets](lab-page.md) alone; they are listed at the end.

| line | asks for | scenario | open: exchanged | closed: dropped | then |
| --- | --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True, order=True)
class Row:
    """One row of the table."""

    line: int
    asks: str
    scenario: str
    exchanged: str
    dropped: str
    then: str

    def text(self) -> str:
        """The row in Markdown."""
        return f"| {self.line} | {self.asks} | {self.scenario} | {self.exchanged} | {self.dropped} | {self.then} |"


def main() -> None:
    """Play everything and write the page."""
    PAGE.write_text(page_text(), encoding="utf-8", newline="\n")


def page_text() -> str:
    """The page of one run."""
    found = sorted(set(rows()))
    played = {row.line for row in found}
    left = sorted(wanted_lines() - played)
    tail = "\nPlayed by [bare packets](lab-page.md) only: lines " + ", ".join(map(str, left)) + ".\n"
    return HEAD + "".join(f"{row.text()}\n" for row in found) + tail


def wanted_lines() -> set[int]:
    """Every line of the page that asks for something, as the page of bare packets has them."""
    text = (ROOT / "docs" / "lab-page.md").read_text(encoding="utf-8")
    return {int(line) for line in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}


def rows() -> Iterator[Row]:
    """Every row that cites the page and has stand-ins, from the first scenario that plays it."""
    done: set[tuple[int, str]] = set()
    for name, text in SCENARIOS.items():
        site = all_windows(read_site_text(text, "site.toml"))
        facts = catalog.load(site.packs)
        plan = resolve(facts, site, advisory=True)
        seen = _played(plan, site)
        lines = _lines(facts, site, plan)
        for one in _first_of_each(seen):
            for line in lines.get(one.exchange.item, ()):
                row = _row(line, name, facts, seen, one)
                if (row.line, row.asks) not in done:
                    done.add((row.line, row.asks))
                    yield row


def _first_of_each(seen: Behaviour) -> Iterator[ExchangeSeen]:
    """The first completed exchange of each item; a fallback is taken only where something else is closed."""
    known: set[str] = set()
    for one in (one for each in seen.rounds for one in each.exchanges):
        if one.exchange.is_done and one.exchange.item not in known:
            known.add(one.exchange.item)
            yield one


def _played(plan: Plan, site: Site) -> Behaviour:
    script = make_script(plan, make_layout(site, plan))
    with StandRunner(script) as lab:
        seen = behave(script, lab)
    if seen.wrong or seen.lame or not seen.returns:
        raise SystemExit(f"not as predicted: {[(row.row.feature, row.seen.word) for row in (*seen.wrong, *seen.lame)]}")
    return seen


def _lines(facts: Catalog, site: Site, plan: Plan) -> dict[str, list[int]]:
    """The lines of the page behind each item, in both editions: the current one cites other documents too."""
    old = resolve(facts, site, edition=Edition("2016"), advisory=True)
    found: dict[str, set[int]] = {}
    for item in (*old.items, *plan.items):
        cited = (re.match(r"line (\d+)", c.at) for c in item.citations if c.source == SOURCE)
        # an item whose printed port is corrected has the name of its erratum
        found.setdefault(re.sub(r"\.E\d+", "", item.id), set()).update(int(match[1]) for match in cited if match)
    return {item: sorted(lines) for item, lines in found.items()}


def _row(line: int, name: str, facts: Catalog, seen: Behaviour, one: ExchangeSeen) -> Row:
    item = one.exchange.item
    flow = item.partition(":")[0]
    closed = _closed(seen, item)
    (failed,) = (each for each in closed.exchanges if each.exchange.item == item and not each.exchange.is_done)
    ids = ", ".join(f"`{ref.id}`" for ref in dict.fromkeys(one.outcome.verdict.by))
    return Row(
        line=line,
        asks=facts.flows[flow].title.en,
        scenario=name,
        exchanged=f"{_facts(flow, one)}; let through by {ids or 'the default'}",
        dropped=_dropped(seen, failed),
        then=_then(seen, closed, item),
    )


def _closed(seen: Behaviour, item: str) -> Round:
    """The round in which the item's port was closed, all of it, and the item was tried."""
    for each, _ in seen.changes:
        failed = {one.exchange.item for one in each.exchanges if not one.exchange.is_done}
        if each.closing is not None and item in each.closing.items and item in failed:
            return each
    raise SystemExit(f"`{item}` was never tried with its port closed")


def _facts(flow: str, one: ExchangeSeen) -> str:
    told = []
    for name, text in one.exchange.facts:
        if name == "port" and flow in DYNAMIC:
            told.append("a dynamic port")
        elif name not in VARIES:
            told.append(f"{name.replace('_', ' ')} `{text}`")
    return ", ".join(told)


def _dropped(seen: Behaviour, failed: ExchangeSeen) -> str:
    """The packet that was dropped, without the port that it left from, and where."""
    key = key_of(failed.exchange.packet)
    if key is None or failed.outcome.place is None:
        raise SystemExit(f"`{failed.exchange.item}` has no packet")
    is_dynamic = failed.exchange.item.partition(":")[0] in DYNAMIC and key.target_port != 135
    door = "dynamic" if is_dynamic else str(key.target_port)
    end = f" type={key.target_port}" if key.protocol in ICMP_PROTOCOLS else f":{door}"
    packet = f"{PROTOCOL_NAMES[key.protocol]} {format_address(key.source)} > {format_address(key.target)}{end}"
    return f"`{packet}` at {seen.script.layout.hosts[failed.outcome.place].name}"


def _then(seen: Behaviour, closed: Round, item: str) -> str:
    """What became of the features that count on the item."""
    told: dict[str, None] = {}
    for row in closed.rows:
        if item in (*leaves(row.row.need), *row.row.advisory):
            by = f" by {', '.join(dict.fromkeys(one.partition(':')[0] for one in row.through))}" if row.seen == 1 else ""
            told[f"{row.row.feature} {row.seen.word}{by}"] = None
    del seen
    return ", ".join(told)


if __name__ == "__main__":
    main()
