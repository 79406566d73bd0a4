"""English words: what if."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "whatif.nothing": "Nothing changes: all {count} features stay as they are.",
    "whatif.sentence": "Features {told}; as before: {same}.",
    "whatif.features.worse": "worse: {count} ({names})",
    "whatif.features.undecided": "undecided: {count} ({names})",
    "whatif.features.off": "off: {count} ({names})",
    "whatif.features.better": "better: {count} ({names})",
    "whatif.by_plan": "on machines that have exactly what the plan wants: {names}",
    "whatif.by_state": "on the machine that was given, judged as {names}",
    "whatif.column.clients": "Clients",
    "whatif.column.feature": "Feature",
    "whatif.column.peer": "With",
    "whatif.column.before": "Before",
    "whatif.column.after": "After",
    "whatif.not_planned": "not planned",
    "whatif.head": "{feature} ({id}): {before} -> {after}",
    "whatif.fallback": "Carries it then: ",
    "whatif.proof.allow.block": "This passes now and would not:",
    "whatif.proof.allow.unknown": "This passes now, and could not be decided then:",
    "whatif.proof.block.allow": "This does not pass now and would:",
    "whatif.proof.block.unknown": "This does not pass now, and could not be decided then:",
    "whatif.proof.unknown.allow": "This cannot be decided now, and would pass:",
    "whatif.proof.unknown.block": "This cannot be decided now, and would not pass:",
    "whatif.blocked": "This would be needed, and does not pass:",
    "whatif.undecided": "This would be needed, and cannot be decided:",
    "whatif.filter": "the supposed line of the filter stops it",
    "whatif.incomplete": "`{option}` needs more words behind it",
    "whatif.alone": "`{option}` stands behind the --open or --close that it is about",
}
