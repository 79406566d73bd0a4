"""What a change of an object's Registry.pol means: which flows it newly allows or blocks on a machine that has no other policy."""

from __future__ import annotations

from cmfw.engine.difference import Difference, differ
from cmfw.engine.rule_changes import RuleChange, rule_changes
from cmfw.ingest.host_state import state_of
from cmfw.ingest.preg import HEADER
from cmfw.ingest.registry_pol import FORMAT, read_policy_file
from cmfw.model.state import HostState
from cmfw.net.flowset import Preferences
from cmfw.publish.gpo import POLICY


def effect_of(before: bytes | None, after: bytes | None, wanted: Preferences) -> tuple[Difference, tuple[RuleChange, ...]]:
    """The difference in verdicts, and the rules that differ. Raises FormatError for a file that is no policy."""
    old, new = _state(before, "before"), _state(after, "after")
    return differ(old, new, wanted), rule_changes(old.rules, new.rules)


def _state(content: bytes | None, side: str) -> HostState:
    # an object without the file sets nothing, as an empty file does
    evidence = read_policy_file(content or HEADER, f"{side}\\{POLICY}", FORMAT)
    return state_of([evidence]).state
