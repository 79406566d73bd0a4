"""What the page says besides features: findings, what is open beyond the plan, documented exceptions, and the ledger of evidence."""

from __future__ import annotations

from cmfw.diagnose.beyond import Excess, OpenBox, find_excess
from cmfw.model.finding import Finding
from cmfw.model.rule import HostRule
from cmfw.model.state import Gap, StateSource
from cmfw.net.flow import PROFILE_NAMES
from cmfw.report.audit_view import Audit
from cmfw.report.audit_words import title_of
from cmfw.report.box_view import box_text
from cmfw.report.finding_text import ORDER, message_of
from cmfw.report.finding_words import exception_title, gap_detail, missing_word, rule_title
from cmfw.report.markup import Content, Markup, element
from cmfw.report.page import block, code, table
from cmfw.words import language, say
from cmfw.words.phrases import told

_MOST_BOXES = 30
_MOST_PROBLEMS = 100
_SEVERITY_SIGNS = {"error": "\u2716", "warning": "\u25b2", "note": "\u25cb"}


def findings_part(audit: Audit) -> Content:
    """Every finding, the worst first."""
    findings = sorted(audit.diagnosis.findings, key=lambda one: ORDER.index(one.severity))
    return [_finding(audit, found) for found in findings] or element("p", say("none"))


def _finding(audit: Audit, found: Finding) -> Markup:
    text = audit.catalog.findings.get(found.code)
    lang = language()
    severity = found.severity.value
    sign = element("span", _SEVERITY_SIGNS[severity], class_="sign", aria_hidden="true")
    mark = element("span", sign, " ", say(f"severity.{severity}"), class_=f"chip {severity}")
    title = element("span", text.title.in_language(lang) if text else found.code, class_="title")
    summary = element("summary", mark, title, message_of(found, audit.catalog), " ", code(f"[{found.code}]"))
    told: list[Content] = [element("p", say("finding.subject", subject=found.subject).rstrip(" :\uff1a"), class_="soft")]
    told += [element("p", text.why.in_language(lang))] if text else []
    told += [element("h3", say("report.witness")), block(found.witness)] if found.witness else []
    told += [element("h3", say("explain.repair")), block(*found.repair)] if found.repair else []
    told += [element("p", text.repair.in_language(lang))] if text and not found.repair else []
    if found.evidence:
        places = [element("li", code(place)) for place in found.evidence[:_MOST_BOXES]]
        told += [element("h3", say("report.stands_in")), element("ul", places)]
    named = {"data_code": found.code, "data_subject": found.subject}
    return element("details", summary, element("div", told), **named)


def excess_part(audit: Audit) -> Content:
    """The least-privilege score, and each set of flows that is let in beyond the plan."""
    from cmfw.diagnose.place import find_place

    who = audit.who
    if find_place(audit.site, who.name, host=who.host).is_other_product:
        return element("p", say("report.other_product"))
    found = find_excess(audit.site, audit.plan, audit.engine, who.name, host=who.host)
    key = "excess.some" if found.boxes else "excess.none"
    told: list[Content] = [
        element("p", say(key, who=who.name, count=len(found.boxes), score=score_text(found.score))),
        element(
            "p",
            element("meter", score_text(found.score), min=0, max=100, value=found.score[0], aria_label=say("report.score")),
        ),
        element("p", say("excess.meaning", site=audit.site.code, baseline=score_text(found.with_baseline)), class_="soft"),
    ]
    if found.boxes:
        columns = [say("report.flows"), say("report.opened_by"), say("report.witness")]
        told.append(table(columns, [_box(one) for one in found.boxes[:_MOST_BOXES]], heads=False))
    if len(found.boxes) > _MOST_BOXES:
        told.append(element("p", say("audit.more", count=len(found.boxes) - _MOST_BOXES)))
    if found.baseline:
        told.append(element("p", say("report.baseline", count=len(found.baseline))))
    return [*told, *_unsure(found)]


def score_text(pair: tuple[float, float]) -> str:
    """``49.2``, or both bounds where evidence is missing."""
    low, high = pair
    return f"{low:g}" if low == high else f"{low:g} - {high:g}"


def _box(one: OpenBox) -> list[Content]:
    opened: list[Content] = [element("li", told) for told in map(_rule, one.rules)]
    by = element("ul", opened) if opened else say(f"why.{one.verdict.why.value}")
    return [code(box_text(one.parts)), by, code(one.witness.text())]


def _rule(rule: HostRule) -> str:
    return rule_title(rule.id, rule.name)


def _unsure(found: Excess) -> list[Content]:
    told = [rule_title(rule.id, rule.name) for rule in found.doubtful]
    told += [say("missing") + missing_word(word) for word in found.unseen]
    if not told:
        return []
    return [element("h3", say("excess.unsure")), element("ul", [element("li", text) for text in told[:_MOST_BOXES]])]


def exceptions_part(audit: Audit) -> Content:
    """Every documented exception and whether the machine has it as the document words it."""
    if not audit.diagnosis.exceptions:
        return element("p", say("none"))
    columns = [say("audit.column.feature"), say("report.exception"), say("report.presence"), say("report.missing_rules")]
    rows: list[list[Content]] = []
    for found in audit.diagnosis.exceptions:
        title = exception_title(found.id, audit.catalog, "")
        missing = ", ".join(found.missing[:_MOST_BOXES])
        rows.append([title_of(audit, found.feature), title, say(f"presence.{found.presence.value}"), missing])
    return table(columns, rows)


def ledger_part(audit: Audit) -> Content:
    """The files with their hashes and what was read of them, what could not be read, and what the evidence does not show."""
    columns = [say(f"report.{name}") for name in ("file", "format", "hash", "rules_read", "profiles")]
    parts: list[Content] = [table(columns, [_source(source) for source in audit.state.sources])]
    if audit.problems:
        unread = [element("li", code(told(problem.text()))) for problem in audit.problems[:_MOST_PROBLEMS]]
        parts += [element("h3", say("report.not_read", count=len(audit.problems))), element("ul", unread)]
        if len(audit.problems) > _MOST_PROBLEMS:
            parts.append(element("p", say("audit.more", count=len(audit.problems) - _MOST_PROBLEMS)))
    if audit.state.gaps:
        rows = [_gap(gap) for gap in audit.state.gaps]
        parts += [element("h3", say("audit.gaps"))]
        parts.append(table([say("report.gap"), say("report.code"), say("report.may")], rows))
    return parts


def _source(source: StateSource) -> list[Content]:
    counts = [element("li", say("report.counted", store=s, total=t, active=a)) for s, t, a in source.counts]
    profiles = (
        ""
        if source.live_profiles is None
        else say("list").join(say(f"profile.{PROFILE_NAMES[p]}") for p in source.live_profiles)
    )
    digest = element("code", source.sha256 or "-", class_="hash")
    return [code(source.path), source.format, digest, element("ul", counts) if counts else say("none"), profiles or "-"]


def _gap(gap: Gap) -> list[Content]:
    may = [say(f"report.{name}") for name, holds in (("may_allow", gap.may_allow), ("may_block", gap.may_block)) if holds]
    return [gap_detail(gap.code, gap.detail), code(gap.code), "; ".join(may) or say("report.may_nothing")]
