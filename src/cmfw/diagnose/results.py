"""What ``diagnose`` hands back: rows, repairs and findings, with the shape of ``cmfw/audit/1``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, assert_never

from cmfw.model.finding import Finding
from cmfw.model.rule import HostRule, Store
from cmfw.model.state import HostState, ProfileSettings
from cmfw.model.verdict import Answer, Bounds, Verdict
from cmfw.net.flow import Flow
from cmfw.values import value

if TYPE_CHECKING:
    from cmfw.model.path import PathLine, PathState

HOST = "host"
"""The firewall of the machine itself, as the box in a flow's way."""


class Action(StrEnum):
    """What one step of a repair changes on the machine."""

    ENABLE_RULE = "enable_rule"
    DISABLE_RULE = "disable_rule"
    ADD_RULE = "add_rule"
    ALLOW_LOCAL_RULES = "allow_local_rules"
    LEAVE_SHIELDS_UP = "leave_shields_up"
    OPEN_FILTER = "open_filter"


@value
class FilterLine:
    """A line in front of all others of one filter (by its zones and file); nothing where that filter does not exist."""

    from_zone: str
    to_zone: str
    file: str
    line: PathLine

    def apply(self, path: PathState) -> PathState:
        """The filters with the line."""
        mine = (self.from_zone, self.to_zone, self.file)
        filters = tuple(
            replace(one, lines=(self.line, *one.lines)) if (one.from_zone, one.to_zone, one.file) == mine else one
            for one in path.filters
        )
        return replace(path, filters=filters)


@value
class Step:
    """One change: what it does to which rule or (mask of) profiles in which store, and the PowerShell that does it.

    For ``OPEN_FILTER`` the command is the line to put first into the filter of ``passage``; the machine stays as it is.
    """

    action: Action
    command: str
    rule: HostRule | None = None
    profiles: int = 0
    store: Store = Store.LOCAL
    passage: FilterLine | None = None

    def apply(self, state: HostState) -> HostState:
        """The state after this step; an enabled or disabled rule is found by its value."""
        match self.action:
            case Action.ENABLE_RULE | Action.DISABLE_RULE:
                name = "" if self.rule is None else self.rule.id
                return replace(state, rules=tuple([self._switched(r) if r.id == name else r for r in state.rules]))
            case Action.ADD_RULE:
                return state if self.rule is None else replace(state, rules=(*state.rules, self.rule))
            case Action.ALLOW_LOCAL_RULES:
                return self._set(state, lambda value: replace(value, allow_local_policy_merge=True))
            case Action.LEAVE_SHIELDS_UP:
                return self._set(state, lambda value: replace(value, do_not_allow_exceptions=False))
            case Action.OPEN_FILTER:
                return state
            case _:
                assert_never(self.action)

    def apply_path(self, path: PathState) -> PathState:
        """The filters after this step."""
        return path if self.passage is None else self.passage.apply(path)

    def _switched(self, rule: HostRule) -> HostRule:
        wanted = self.rule
        if rule is not wanted and rule != wanted:
            return rule
        return replace(rule, active=self.action is Action.ENABLE_RULE)

    def _set(self, state: HostState, change: Callable[[ProfileSettings], ProfileSettings]) -> HostState:
        settings = tuple(
            (store, profile, change(value) if store is self.store and profile & self.profiles else value)
            for store, profile, value in state.settings
        )
        return replace(state, settings=settings)


@value
class Repair:
    """One whole change after which the row works: proved by applying it to the state in memory and judging again."""

    steps: tuple[Step, ...]

    def apply(self, state: HostState) -> HostState:
        """The state after every step."""
        for step in self.steps:
            state = step.apply(state)
        return state

    def apply_path(self, path: PathState) -> PathState:
        """The filters after every step."""
        for step in self.steps:
            path = step.apply_path(path)
        return path

    @property
    def commands(self) -> tuple[str, ...]:
        """The PowerShell of the steps, in order."""
        return tuple(step.command for step in self.steps)


@value
class BlockedFlow:
    """One flow of a plan item that does not surely pass, as the reference engine judges it: the counterexample.

    ``end`` is the end of the item that this machine is. The answer of ``verdict`` is unknown where the evidence is open.
    ``box`` is what stands in the way: ``HOST``, or a filter's ``FILE:LINE`` (its file alone where no line decides).
    """

    item: str
    end: str
    flow: Flow
    verdict: Verdict
    box: str = HOST

    @property
    def is_unknown(self) -> bool:
        """Whether the evidence leaves open what happens to the flow."""
        return self.verdict.answer is Answer.UNKNOWN

    def as_dict(self) -> dict[str, Any]:
        """One member of ``blocking`` in ``cmfw/audit/1``."""
        return {
            "item": self.item,
            "end": self.end,
            "flow": self.flow.text(),
            "action": self.verdict.answer.value,
            "why": self.verdict.why.value,
            "by": [{"id": ref.id, "store": ref.store, "origin": ref.origin} for ref in self.verdict.by],
            "missing": list(self.verdict.missing),
            "box": self.box,
        }


@value
class AdvisoryResult:
    """An item that is reported but decides nothing: its bounds, and the flow that does not pass (None where all does)."""

    item: str
    bounds: Bounds
    blocked: BlockedFlow | None = None

    def as_dict(self) -> dict[str, Any]:
        """One member of ``advisory`` in ``cmfw/audit/1``."""
        found: dict[str, Any] = {"item": self.item, "status": self.bounds.word}
        if self.blocked is not None:
            found["blocked"] = self.blocked.as_dict()
        return found


@value(kw_only=True)
class RowResult:
    """What one feature gets for one client group against one peer (empty: peer to peer).

    ``bounds`` is None exactly where the site switches the feature off, for the reason in ``disabled``. ``blocking`` is a
    smallest set of items that keeps the row from working, one flow each. ``repair`` are whole changes, the smallest first.
    ``alternatives`` are features that reach the same end and work on this machine now. ``assumed`` are the items that
    this machine is no end of, taken as passing.
    """

    feature: str
    clients: str
    peer: str
    bounds: Bounds | None
    disabled: str = ""
    blocking: tuple[BlockedFlow, ...] = ()
    repair: tuple[Repair, ...] = ()
    alternatives: tuple[str, ...] = ()
    advisory: tuple[AdvisoryResult, ...] = ()
    assumed: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """``broken`` | ``degraded`` | ``works`` | ``unknown`` | ``disabled``."""
        return "disabled" if self.bounds is None else self.bounds.word

    def as_dict(self) -> dict[str, Any]:
        """One row of ``features`` in ``cmfw/audit/1``; ``repair`` is the smallest change, command by command."""
        return {
            "feature": self.feature,
            "clients": self.clients,
            "peer": self.peer or None,
            "status": self.status,
            "low": None if self.bounds is None else self.bounds.low.word,
            "high": None if self.bounds is None else self.bounds.high.word,
            "disabled": self.disabled or None,
            "blocking": [flow.as_dict() for flow in self.blocking],
            "repair": list(self.repair[0].commands) if self.repair else [],
            "alternatives": list(self.alternatives),
            "advisory": [one.as_dict() for one in self.advisory],
        }


class Presence(StrEnum):
    """Whether a machine has a documented exception as the document words it."""

    PRESENT = "present"
    PARTLY = "partly"
    MISSING = "missing"
    IGNORED = "ignored"
    """The rules are there and active, but local rules do not count."""
    LOCAL_SUBNET = "local_subnet"
    """Present, but it lets only the local subnet in and the peer is elsewhere."""


@value
class ExceptionResult:
    """One documented exception on this machine; ``missing`` are rule ids that are wanted and do not take part.

    ``by_default`` says that its traffic is outbound and the profile allows what no rule names.
    """

    id: str
    feature: str
    presence: Presence
    missing: tuple[str, ...] = ()
    by_default: bool = False


@value
class Diagnosis:
    """Rows in plan order, findings with the worst first, and every documented exception of the machine."""

    rows: tuple[RowResult, ...]
    findings: tuple[Finding, ...]
    exceptions: tuple[ExceptionResult, ...] = ()
