"""How a publication is shown: what would change for the machines, the steps, and what is worth knowing of the object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from cmfw.cli.emit_view import loss_lines, loss_row
from cmfw.cli.output import Block, Gap, Heading, Line
from cmfw.emit.capability import Loss
from cmfw.publish.backup import Backup
from cmfw.publish.effect import effect_of
from cmfw.publish.gpo import Gpo
from cmfw.publish.gpt_ini import digest_of, stamp_of, version_of
from cmfw.publish.session import Proposal
from cmfw.publish.steps import (
    AddContainer,
    AddEntry,
    AddFolder,
    ModifyEntry,
    ModifyLinks,
    RemoveEntry,
    RemoveFile,
    RemoveFolder,
    ReplaceFile,
    Secure,
    Step,
    after,
)
from cmfw.values import value
from cmfw.words import say

_COMPUTER_OFF = 2
"""The bit of ``flags`` that switches the computer part off. Source: MS-GPOL 2.2.2."""


@value(kw_only=True)
class View:
    """A publication: proposed, or done where ``is_done``. ``backup`` is what is rolled back, or what was taken."""

    server: str
    proposal: Proposal
    losses: tuple[Loss, ...] = ()
    backup: Backup | None = None
    is_rollback: bool = False
    is_done: bool = False

    def done(self, backup: Backup | None) -> View:
        """The same, done."""
        return replace(self, backup=backup, is_done=True)

    @property
    def outcome(self) -> str:
        """``unchanged``, ``planned``, ``published`` or ``rolled_back``."""
        if not self.proposal.steps:
            return "unchanged"
        if not self.is_done:
            return "planned"
        return "rolled_back" if self.is_rollback else "published"


def notes_of(found: Gpo) -> list[str]:
    """Codes of what an administrator should know of the object as it is."""
    entry = found.entry
    if entry is None:
        return []
    stamp = stamp_of(found.gpt)
    known = {
        "computer_part_off": bool(entry.flags & _COMPUTER_OFF),
        "wmi_filter": bool(entry.wmi_filter),
        "versions_differ": version_of(found.gpt) != entry.version,
        "unannounced": stamp is not None and stamp.digest != digest_of(found.policy),
    }
    return [code for code, holds in known.items() if holds]


def document(view: View) -> dict[str, Any]:
    """The publication as ``cmfw/publish/1``, without its schema line."""
    from cmfw.report.box_view import box_row
    from cmfw.report.diff_view import change_row, rule_change_row
    from cmfw.report.question_view import preferences

    proposal = view.proposal
    found, last = proposal.found, _last(proposal)
    effect, rules = effect_of(found.policy, last.policy, preferences())
    return {
        "server": view.server,
        "dns_domain": proposal.place.domain,
        "gpo": {
            "id": proposal.place.guid,
            "title": proposal.title,
            "version_before": found.entry.version if found.entry else None,
            "version_after": last.entry.version if last.entry else None,
        },
        "outcome": view.outcome,
        "steps": [{"step": kind, "subject": subject or None} for kind, subject in map(_told, proposal.steps)],
        "changes": [change_row(change) for change in effect.changes],
        "not_compared": [box_row((box,)) for box in effect.not_compared],
        "rules": [rule_change_row(change) for change in rules],
        "notes": notes_of(found),
        "losses": [loss_row(loss) for loss in view.losses],
        "backup": str(view.backup.folder) if view.backup else None,
    }


def blocks(view: View, count: int) -> Iterable[Block]:
    """The publication for people; at most ``count`` changes of each kind."""
    from cmfw.report.diff_view import difference_blocks
    from cmfw.report.question_view import preferences

    proposal = view.proposal
    effect, _ = effect_of(proposal.found.policy, _last(proposal).policy, preferences())
    where = say("publish.head", title=proposal.title, id=proposal.place.guid, domain=proposal.place.domain)
    shown: list[Block] = [Heading(where, level=1), Gap()]
    shown += [Line(say(f"publish.note.{code}"), style="warn", mark="! ") for code in notes_of(proposal.found)]
    shown += difference_blocks(effect, count)
    shown += loss_lines(view.losses)
    if proposal.steps and not view.is_done:
        shown.append(Heading(say("publish.steps")))
        shown += [Line(step_text(step), mark=f"{number}. ") for number, step in enumerate(proposal.steps, 1)]
    shown += [Gap(), Line(say(f"publish.outcome.{view.outcome}"), style="strong")]
    if view.is_done and view.backup:
        shown.append(Line(say("publish.backup", path=view.backup.folder)))
    return shown


def step_text(step: Step) -> str:
    """A step in words."""
    kind, subject = _told(step)
    return say(f"publish.step.{kind}", subject=subject)


def _last(proposal: Proposal) -> Gpo:
    found = proposal.found
    for step in proposal.steps:
        found = after(step, found)
    return found


def _told(step: Step) -> tuple[str, str]:
    """(kind, what it is about) of a step."""
    match step:
        case AddEntry(entry):
            return "add_entry", entry.title
        case AddContainer(name):
            return "add_container", name
        case AddFolder(below):
            return "add_folder", below or "."
        case Secure(below):
            return "secure", below or "."
        case ReplaceFile(below):
            return "replace_file", below
        case RemoveFile(below):
            return "remove_file", below
        case ModifyEntry(old, new):
            return "modify_entry", f"versionNumber {old.version} -> {new.version}, gPCMachineExtensionNames {new.names}"
        case ModifyLinks(dn):
            return "modify_links", dn
        case RemoveEntry():
            return "remove_entry", ""
        case RemoveFolder(below):
            return "remove_folder", below or "."
