"""An audit in sentences and short words: the same ones on a terminal, in a report and on the web."""

from __future__ import annotations

from collections.abc import Iterable

from cmfw.diagnose import BlockedFlow, RowResult
from cmfw.diagnose.results import HOST
from cmfw.net.flow import PROFILE_NAMES
from cmfw.report.audit_view import Audit, profile_row, rule_counts
from cmfw.report.finding_words import feature_title, plain_title
from cmfw.report.who import place_of
from cmfw.words import counted, known, say

ORDER = ("broken", "degraded", "unknown", "works", "disabled")
"""Statuses, the worst first."""


def verdict(audit: Audit) -> str:
    """The answer in one sentence; a feature counts as its worst row."""
    worst: dict[str, str] = {}
    for row in audit.diagnosis.rows:
        worst[row.feature] = min(worst.get(row.feature, row.status), row.status, key=ORDER.index)
    named = {status: [title_of(audit, name) for name, its in worst.items() if its == status] for status in ORDER}
    parts = [
        say(f"audit.{status}", count=len(names), names=say("audit.comma").join(names))
        for status, names in named.items()
        if names and status in ("broken", "degraded", "unknown")
    ]
    judged = len(worst) - len(named["disabled"])
    if not judged:
        return say("audit.none_planned", who=audit.who.name)
    if not parts:
        return counted("audit.all_work", judged, who=audit.who.name)
    works, rest = len(named["works"]), say("audit.and").join(parts)
    if works == 1:
        return say("audit.one_works", who=audit.who.name, count=judged, rest=rest)
    return counted("audit.some_work", judged, who=audit.who.name, works=works, rest=rest)


def title_of(audit: Audit, feature: str) -> str:
    """The title of a feature in the language of the call, with its id where another one looks like it."""
    return feature_title(feature, audit.catalog)


def title_with_id(audit: Audit, feature: str) -> str:
    """``Client Push Installation (client_push)``."""
    return f"{plain_title(feature, audit.catalog)} ({feature})"


def machine_lines(audit: Audit) -> list[str]:
    """What was read of the machine, what it was judged as, and the settings of its profile."""
    found: list[str] = []
    for source in audit.state.sources:
        total, active = rule_counts(source)
        found.append(counted("audit.source", total, path=source.path, format=source.format, active=active))
    profile = place_of(audit.site, audit.who).profile
    row = profile_row(audit.engine, profile)
    found.append(say("audit.judged_as", name=audit.who.name, by=say(f"who.{audit.who.by}")))
    settings = [say(f"audit.inbound.{row['inbound']}"), say(f"audit.outbound.{row['outbound']}")]
    settings += [say("audit.shields_up")] if row["block_all_inbound"] else []
    settings += [say("audit.local_rules_off")] if row["local_rules"] is False else []
    if row["firewall"] != "on":
        settings = [say(f"audit.firewall.{row['firewall']}")]
    said = say("audit.and").join(settings)
    return [*found, say("audit.profile", profile=say(f"profile.{PROFILE_NAMES[profile]}"), settings=said)]


def both_ends(clients: str, peers: str) -> str:
    """``between office and cm1``; without a peer, between the group and other clients."""
    return say("audit.between", clients=clients, peers=peers) if peers else say("audit.among", clients=clients)


def status_words(row: RowResult) -> str:
    """The status, with its bounds where they differ."""
    shown = say(f"status.{row.status}")
    if row.bounds is not None and row.bounds.low is not row.bounds.high:
        low, high = (say(f"status.{bound.word}") for bound in (row.bounds.low, row.bounds.high))
        shown += f" ({low} - {high})"
    return shown


def few(names: Iterable[str]) -> str:
    """The first three different names, and how many more there are."""
    return ", ".join(first_few(names))


def first_few(names: Iterable[str]) -> list[str]:
    """The first three different names, behind the last of them how many more there are."""
    listed = list(dict.fromkeys(names))
    more = f" (+{len(listed) - 3})" if len(listed) > 3 else ""
    return [*listed[:2], listed[2] + more] if len(listed) > 2 else listed


def reasons(audit: Audit, row: RowResult) -> list[str]:
    """Why, in a few words each: the flows in the way, or what switches the feature off."""
    if row.disabled:
        return [known(f"disabled.{row.disabled}") or say("audit.setting_off", setting=row.disabled)]
    return first_few(short(audit, blocked) for blocked in row.blocking)


def short(audit: Audit, blocked: BlockedFlow) -> str:
    """``in tcp 445``: the traffic of the item whose packet is stopped, and the filter where it is not the machine."""
    words_of = blocked.flow.text().split()[:2]
    item = audit.item(blocked.item)
    ports = [] if item is None or blocked.flow.endpoints()[3] is None else [str(item.ports)]
    return " ".join([*words_of, *ports, *([f"({blocked.box})"] if blocked.box != HOST else [])])


def stories(audit: Audit) -> list[list[RowResult]]:
    """Rows in trouble that have a packet or a repair to show, those that tell the same together, the worst first."""
    told: dict[tuple[object, ...], list[RowResult]] = {}
    for row in audit.diagnosis.rows:
        if row.status in ("broken", "degraded", "unknown") and (row.blocking or row.repair):
            reason = tuple((short(audit, b), b.verdict) for b in row.blocking)
            told.setdefault((row.feature, row.clients, row.status, reason), []).append(row)
    return sorted(told.values(), key=lambda story: ORDER.index(story[0].status))
