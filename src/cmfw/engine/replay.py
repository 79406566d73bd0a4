"""``Replay``: what the specification says of one flow after the other on one state, without walking rules that cannot matter."""

from __future__ import annotations

from dataclasses import replace

from cmfw.engine import reference
from cmfw.model.rule import HostRule, Store, canonical_program, is_resolved_program
from cmfw.model.state import HostState
from cmfw.model.verdict import Verdict
from cmfw.net.flow import Flow

_Key = tuple[int, int | None, str]


class Replay:
    """The judgement of ``reference`` on one state; a rule is left out only where it fails a condition that is plain to see."""

    def __init__(self, state: HostState) -> None:
        self.state = state
        self._verdicts: dict[Flow, Verdict] = {}
        self._sorted: dict[_Key, list[HostRule]] = {}
        for rule in state.rules:
            self._sorted.setdefault(_key(rule), []).append(rule)

    def judge(self, flow: Flow) -> Verdict:
        """What the specification says of the flow."""
        found = self._verdicts.get(flow)
        if found is None:
            found = self._verdicts[flow] = reference.judge(flow, self.without_strangers(flow))
        return found

    def without_strangers(self, flow: Flow) -> HostState:
        """The state without the rules of another direction, protocol, service or program. One app-container rule stays, for
        of these only the presence counts.
        """
        keys: list[_Key] = [(int(flow.direction), p, s) for p in (None, flow.protocol) for s in {"", flow.service}]
        keys += [(0, None, service) for service in {"", flow.service}]
        near = [rule for key in keys for rule in self._sorted.get(key, ()) if _may_run_in(rule, flow)]
        return replace(self.state, rules=(*near, *self._sorted.get(_APPISO, ())[:1]))


_APPISO: _Key = (0, 0, "appiso")


def _key(rule: HostRule) -> _Key:
    """Direction (0 for hardening, which is about both), protocol, service (empty for any)."""
    if rule.store is Store.APPISO:
        return _APPISO
    service = "" if rule.service in (None, "*") else (rule.service or "").lower()
    return (0, None, service) if rule.store is Store.HARDENING else (int(rule.direction), rule.protocol, service)


def _may_run_in(rule: HostRule, flow: Flow) -> bool:
    if rule.program is None or (rule.store is Store.HARDENING and rule.service is not None):
        return True  # with the firewall off, a hardening rule is about its service, whatever program it names
    path = canonical_program(rule.program)
    return path == flow.program or not is_resolved_program(path)
