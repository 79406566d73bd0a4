"""The answer of ``cmfw whatif`` as values, as text and as JSON data (``cmfw/whatif/1``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cmfw.catalog.types import Catalog
from cmfw.diagnose.changes import SUPPOSED
from cmfw.diagnose.results import HOST, RowResult, Step
from cmfw.diagnose.whatif import Case, Outcome, RowChange, Witness
from cmfw.engine.path import STORE
from cmfw.model.site import Site
from cmfw.model.verdict import Verdict
from cmfw.report.audit_words import both_ends
from cmfw.report.blocks import Block, Gap, Heading, Line, Table, Verbatim
from cmfw.report.finding_view import rule_blocks
from cmfw.report.finding_words import feature_title, missing_word, plain_title
from cmfw.report.who import Who
from cmfw.values import value
from cmfw.words import language, say

SCHEMA = "cmfw/whatif/1"
_TOLD = (Outcome.WORSE, Outcome.UNDECIDED, Outcome.OFF, Outcome.BETTER)
_STYLES = {Outcome.WORSE: "bad", Outcome.UNDECIDED: "warn", Outcome.OFF: "dim", Outcome.BETTER: "good"}
_MOST_FLOWS = 4


@value
class Part:
    """What becomes of one client group or host, and the two sides that were compared."""

    who: Who
    rows: tuple[RowChange, ...]
    before: Case
    after: Case


@value(kw_only=True)
class Answer:
    """The whole answer; ``by`` is ``state`` for a machine that was given, else ``plan``."""

    site: Site
    catalog: Catalog
    by: str
    changes: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def rows(self) -> tuple[RowChange, ...]:
        """All rows."""
        return tuple(row for part in self.parts for row in part.rows)


def document(answer: Answer) -> dict[str, Any]:
    """The answer as ``cmfw/whatif/1``."""
    counts = {outcome.value: sum(row.outcome is outcome for row in answer.rows) for outcome in Outcome}
    return {
        "schema": SCHEMA,
        "site": answer.site.code,
        "by": answer.by,
        "as": [{"name": part.who.name, "host": part.who.host, "by": part.who.by} for part in answer.parts],
        "changes": list(answer.changes),
        "counts": counts,
        "features": [_row(row) for row in answer.rows],
    }


def _row(row: RowChange) -> dict[str, Any]:
    after = row.after
    return {
        "feature": row.feature,
        "clients": row.clients,
        "peer": row.peer or None,
        "outcome": row.outcome.value,
        "before": _side(row.before),
        "after": _side(after),
        "witnesses": [one.as_dict() for one in row.witnesses],
        "fallback": list(row.fallback),
        "blocking": [flow.as_dict() for flow in after.blocking] if after else [],
        "repair": list(repair_of(row)),
        "alternatives": list(after.alternatives) if after else [],
    }


def repair_of(row: RowChange) -> tuple[str, ...]:
    """The smallest repair after the change; none where it would only take the change back."""
    chosen = row.after.repair[0] if row.after and row.after.repair else None
    if (
        chosen is None
        or any(one.box == SUPPOSED for one in row.witnesses)
        or any(_takes_back(step) for step in chosen.steps)
    ):
        return ()
    return chosen.commands


def _takes_back(step: Step) -> bool:
    passage = step.passage
    return (step.rule is not None and step.rule.origin == SUPPOSED) or (passage is not None and passage.file == SUPPOSED)


def _side(row: RowResult | None) -> dict[str, Any] | None:
    if row is None:
        return None
    bounds = row.bounds
    return {
        "status": row.status,
        "low": None if bounds is None else bounds.low.word,
        "high": None if bounds is None else bounds.high.word,
        "disabled": row.disabled or None,
    }


def blocks(answer: Answer) -> list[Block]:
    """The answer as text: one sentence, the changes, what changes for whom, and a flow for each as proof."""
    found: list[Block] = [Heading(_sentence(answer), 1), Gap()]
    found += [Verbatim(text, 2) for text in answer.changes]
    found.append(Line(say("whatif.by_plan" if answer.by == "plan" else "whatif.by_state", names=_names(answer))))
    rows = [row for row in answer.rows if row.outcome is not Outcome.SAME]
    if not rows:
        return found
    found += [Gap(), _table(answer, rows)]
    for part in answer.parts:
        for story in _stories(part.rows):
            found += _story(answer, part, story)
    return found


def _names(answer: Answer) -> str:
    return say("list").join(part.who.name for part in answer.parts)


def _sentence(answer: Answer) -> str:
    """``Client Push Installation gets worse; 10 features stay as they are.``: a feature counts as its worst row."""
    outcomes: dict[str, Outcome] = {}
    for row in answer.rows:
        order = (*_TOLD, Outcome.SAME)
        outcomes[row.feature] = min(outcomes.get(row.feature, row.outcome), row.outcome, key=order.index)
    if set(outcomes.values()) <= {Outcome.SAME}:
        return say("whatif.nothing", count=len(outcomes))
    said = []
    for outcome in _TOLD:
        names = [feature_title(name, answer.catalog) for name, its in outcomes.items() if its is outcome]
        if names:
            said.append(say(f"whatif.features.{outcome.value}", count=len(names), names=say("audit.comma").join(names)))
    same = sum(outcome is Outcome.SAME for outcome in outcomes.values())
    return say("whatif.sentence", told=say("audit.and").join(said), same=same)


def _table(answer: Answer, rows: Iterable[RowChange]) -> Table:
    columns = tuple(say(f"whatif.column.{name}") for name in ("clients", "feature", "peer", "before", "after"))
    cells: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        key = (row.clients, feature_title(row.feature, answer.catalog), _status(row.before), _status(row.after))
        cells.setdefault(key, []).append(row.peer or say("audit.peers"))
    shown = tuple((clients, title, _few(peers), old, new) for (clients, title, old, new), peers in cells.items())
    styles = {say(f"status.{name}"): style for name, style in (("broken", "bad"), ("degraded", "warn"), ("works", "good"))}
    return Table(columns, shown, tuple(styles.items()))


def _status(row: RowResult | None) -> str:
    return say("whatif.not_planned") if row is None else say(f"status.{row.status}")


def _few(names: Iterable[str]) -> str:
    listed = list(dict.fromkeys(names))
    return ", ".join(listed[:3]) + (f" (+{len(listed) - 3})" if len(listed) > 3 else "")


def _stories(rows: Iterable[RowChange]) -> list[list[RowChange]]:
    """Changed rows that tell the same together, the worst first."""
    stories: dict[tuple[object, ...], list[RowChange]] = {}
    for row in rows:
        if row.outcome in _TOLD and row.outcome is not Outcome.OFF:
            proof = tuple((w.before.answer, w.after, w.box) for w in row.witnesses)
            stories.setdefault((row.feature, row.clients, row.outcome, _status(row.after), proof), []).append(row)
    return sorted(stories.values(), key=lambda story: _TOLD.index(story[0].outcome))


def _story(answer: Answer, part: Part, story: list[RowChange]) -> Iterator[Block]:
    row = story[0]
    title = plain_title(row.feature, answer.catalog)
    yield Gap()
    yield Heading(say("whatif.head", feature=title, id=row.feature, before=_status(row.before), after=_status(row.after)))
    peers = _few(one.peer for one in story if one.peer)
    yield Line(both_ends(row.clients, peers))
    # two items can come down to one packet
    packets = list({(one.flow, one.before, one.after): one for one in row.witnesses}.values())
    for one in packets[:_MOST_FLOWS]:
        yield from _proof(part, one)
    if len(packets) > _MOST_FLOWS:
        yield Line(say("more", count=len(packets) - _MOST_FLOWS))
    if not row.witnesses and row.after and row.outcome in (Outcome.WORSE, Outcome.UNDECIDED):
        yield from _new_proofs(part, row.after)
    if row.fallback:
        carried = say("audit.comma").join(dict.fromkeys(_carrier(answer, part, name) for name in row.fallback))
        yield Line(carried, mark=say("whatif.fallback"))
    after = row.after
    if after is None:
        return
    if row.outcome is Outcome.WORSE and after.alternatives:
        yield Line(
            say("list").join(feature_title(name, answer.catalog) for name in after.alternatives),
            mark=say("audit.alternatives"),
        )
    repair = dict.fromkeys(command for one in story for command in repair_of(one))
    if row.outcome is not Outcome.BETTER and repair:
        yield Line(say("audit.repair"), style="strong")
        yield from (Verbatim(command) for command in repair)


def _carrier(answer: Answer, part: Part, name: str) -> str:
    """An item by the title of its flow, with its traffic."""
    item = next((item for item in part.after.plan.items if item.id == name), None)
    if item is None:
        return name
    kind = answer.catalog.flows.get(item.flow)
    return f"{kind.title.in_language(language())} ({name})" if kind else name


def _proof(part: Part, one: Witness) -> Iterator[Block]:
    closing = one.after.answer.value != "allow"
    told = say(f"whatif.proof.{one.before.answer.value}.{one.after.answer.value}")
    yield Line(told, style=_STYLES[Outcome.WORSE if one.after.answer.value == "block" else Outcome.BETTER])
    yield Verbatim(one.flow.text())
    verdict = one.after if closing or one.after.by else one.before
    side = part.after if verdict is one.after else part.before
    yield from verdict_lines(verdict, one.box if verdict is not one.after or closing else HOST, side)


def _new_proofs(part: Part, after: RowResult) -> Iterator[Block]:
    """What stands in the way where the plan asks for other flows than before."""
    for blocked in after.blocking[:_MOST_FLOWS]:
        yield Line(say("whatif.undecided" if blocked.is_unknown else "whatif.blocked"), style="strong")
        yield Verbatim(blocked.flow.text())
        yield from verdict_lines(blocked.verdict, blocked.box, part.after)


def verdict_lines(verdict: Verdict, box: str, side: Case) -> Iterator[Block]:
    """Why, and the deciding rules or line."""
    if box != HOST:
        lines = [ref.id for ref in verdict.by if ref.store == STORE and ref.id]
        if box == SUPPOSED:
            yield Line(say("whatif.filter"), indent=4)
        else:
            yield Line(say("audit.filter" if lines or verdict.missing else "audit.filter_default", box=box), indent=4)
        yield from (Verbatim(text, 6) for text in lines)
    else:
        yield Line(say(f"why.{verdict.why.value}"), indent=4)
        for ref in verdict.by[:2]:
            yield from rule_blocks(ref, side.engine.state.rules, indent=4)
    if verdict.missing:
        yield Line(say("audit.comma").join(map(missing_word, verdict.missing)), indent=4, mark=say("missing"))
