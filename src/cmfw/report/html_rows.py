"""One cell of the matrix, opened: formula, legs with their sources, the packet that does not pass and why, repair, alternatives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cmfw.catalog.types import Catalog
from cmfw.diagnose import BlockedFlow, RowResult
from cmfw.diagnose.commands import GPO_PLACE
from cmfw.diagnose.leaves import Judge
from cmfw.diagnose.results import HOST
from cmfw.engine.path import STORE
from cmfw.model.need import leaves, need_text
from cmfw.model.plan import Citation, FeatureRow, PlanItem
from cmfw.report.audit_view import Audit
from cmfw.report.audit_words import both_ends, reasons, status_words, title_with_id
from cmfw.report.cited_place import cited_place
from cmfw.report.edges import kind_of
from cmfw.report.finding_text import rule_string, short_origin
from cmfw.report.finding_words import missing_word
from cmfw.report.markup import Content, Markup, element
from cmfw.report.page import between, block, chip, code, table
from cmfw.report.plan_rows import end_name, traffic_words
from cmfw.words import language, say

CALM = ("works", "disabled")
"""Statuses that nobody has to do anything about."""
_MOST_LEGS = 60
_STATUS_OF = {"allowed": "works", "fallback": "works", "blocked": "broken", "undecided": "unknown"}


def feature_part(audit: Audit, judge: Judge, rows: list[RowResult], number: int, worst: RowResult) -> Markup:
    """The feature for one client group, with all its peers."""
    title = element("span", title_with_id(audit, worst.feature), class_="title")
    summary = element("summary", chip(worst.status, status_words(worst)), title, worst.clients)
    inside = element(
        "div", formula_part(audit, worst.feature), [row_part(audit, judge, row) for row in rows], id=f"row-{number}"
    )
    # on paper what works is only named; what is in the way is opened
    return element("details", summary, inside, class_="calm" if worst.status in CALM else None)


def formula_part(audit: Audit, feature: str) -> Content:
    """What the feature is for, and its formula."""
    row = audit.catalog.features.get(feature)
    if row is None:
        return None
    lang = language()
    told: list[Content] = [element("p", row.summary.in_language(lang))]
    need = row.need.get(audit.plan.edition, "")
    if need:
        told.append(element("p", element("b", say("explain.need")), code(need)))
    return told


def row_part(audit: Audit, judge: Judge, row: RowResult) -> Markup:
    """The whole story of one row."""
    head = element("h3", chip(row.status, status_words(row)), " ", both_ends(row.clients, row.peer))
    named = {"class_": "story", "data_feature": row.feature, "data_clients": row.clients, "data_peer": row.peer}
    if row.disabled:
        return element("div", head, [element("p", text) for text in reasons(audit, row)], **named)
    planned = next(
        (p for p in audit.plan.rows if (p.feature, p.clients, p.peer) == (row.feature, row.clients, row.peer)), None
    )
    return element(
        "div",
        head,
        [part for blocked in row.blocking for part in _proof(audit, blocked)],
        _repair(row),
        _alternatives(audit, row),
        None if planned is None else _legs(audit, judge, planned),
        **named,
    )


def _proof(audit: Audit, blocked: BlockedFlow) -> Iterator[Markup]:
    """The packet, why it does not pass, and the deciding rules as they stand on the machine."""
    yield element("h4", say("audit.undecided" if blocked.is_unknown else "audit.blocked"))
    yield block(blocked.flow.text())
    verdict = blocked.verdict
    if blocked.box == HOST:
        yield element("p", say(f"why.{verdict.why.value}"))
    else:
        lines = [ref.id for ref in verdict.by if ref.store == STORE and ref.id]
        yield element("p", say("audit.filter" if lines or verdict.missing else "audit.filter_default", box=blocked.box))
        if lines:
            yield block(*lines)
    if verdict.missing:
        yield element("p", say("missing"), say("audit.comma").join(map(missing_word, verdict.missing)))
    for ref in verdict.by if blocked.box == HOST else ():
        yield element("p", say("by"), code(ref.id), f" ({ref.store}), ", code(short_origin(ref.origin)))
        yield from (block(text) for text in _rule_strings(audit, (ref.id, ref.store, ref.origin)))


def _rule_strings(audit: Audit, wanted: tuple[str, str, str]) -> Iterator[str]:
    yield from (rule_string(r) for r in audit.state.rules if (r.id, r.store.value, r.origin) == wanted)


def _repair(row: RowResult) -> Content:
    if not row.repair:
        return None
    commands = row.repair[0].commands
    told, note = repair_words(commands)
    return [element("h4", told), block(*commands), note and element("p", note)]


def repair_words(commands: Iterable[str]) -> tuple[str, str]:
    """What stands before the commands of a repair, and behind them: where they are run."""
    if any(GPO_PLACE in command for command in commands):
        return say("audit.repair"), say("audit.gpo_place", place=GPO_PLACE)
    return say("report.repair.here"), ""


def _alternatives(audit: Audit, row: RowResult) -> Content:
    if not row.alternatives:
        return None
    names = say("list").join(title_with_id(audit, name) for name in row.alternatives)
    return element("p", element("b", say("audit.alternatives")), names)


def _legs(audit: Audit, judge: Judge, planned: FeatureRow) -> Content:
    """Every flow of the formula with what becomes of it here, how much it is needed, and where that is written."""
    names = [*dict.fromkeys((*leaves(planned.need), *planned.advisory))]
    items = [judge.items[name] for name in names if name in judge.items]
    columns = [say(f"plan.column.{name}") for name in ("traffic", "from", "to", "level")]
    rows = [_leg(audit, judge, item) for item in items[:_MOST_LEGS]]
    told: list[Content] = [element("h4", say("report.legs")), element("p", code(need_text(planned.need)), class_="soft")]
    told.append(table([say("audit.column.status"), *columns, say("report.source")], rows, heads=False))
    if len(items) > _MOST_LEGS:
        told.append(element("p", say("audit.more", count=len(items) - _MOST_LEGS)))
    errata = dict.fromkeys(name for item in items for name in item.errata)
    return [*told, *(erratum_part(audit.catalog, name) for name in errata)]


def _leg(audit: Audit, judge: Judge, item: PlanItem) -> list[Content]:
    leaf = judge.leaf(item.id)
    if judge.place.is_other_product:
        shown: Content = chip("unknown", say("report.map.undecided"))
    elif leaf.ends:
        kind = kind_of(item, leaf.bounds)
        shown = chip(_STATUS_OF[kind], say(f"report.map.{kind}"))
    else:
        shown = element("span", say("report.elsewhere"), class_="soft")
    flow = audit.catalog.flows.get(item.flow)
    purpose = "" if flow is None else flow.title.in_language(language())
    traffic: Content = [code(traffic_words(item)), element("span", purpose, class_="why")]
    if item.printed:
        traffic = [traffic, element("span", say("plan.printed", printed=", ".join(item.printed)), class_="why")]
    level = say(f"necessity.{item.necessity}") + (f" ({', '.join(item.errata)})" if item.errata else "")
    cites = between([cited(audit.catalog, cite) for cite in item.citations], element("br"))
    return [shown, traffic, end_name(item.source), end_name(item.target), level, cites]


def cited(catalog: Catalog, cite: Citation) -> Markup:
    """The document with a link where it has an address, the place in it, and as of when."""
    source = catalog.sources.get(cite.source)
    name = cite.source if source is None else source.title.in_language(language())
    is_web = source is not None and source.url.startswith(("https://", "http://"))
    told = element("a", name, href=source.url, rel="noreferrer") if is_web and source is not None else name
    return element("span", told, f", {cited_place(cite.at)} ({cite.as_of})")


def erratum_part(catalog: Catalog, name: str, level: int = 4) -> Markup | None:
    """What a document prints, what is meant, and why, under a heading of the level."""
    found = catalog.errata.get(name)
    if found is None:
        return None
    lang = language()
    pairs = ((say("explain.printed"), found.printed), (say("explain.effective"), found.effective))
    told = [(element("dt", head), element("dd", text.in_language(lang))) for head, text in pairs]
    title = element(f"h{level}", f"{say('explain.erratum')} {found.id}{say('colon')}{found.title.in_language(lang)}")
    return element("div", title, element("dl", told), element("p", found.reason.in_language(lang)))
