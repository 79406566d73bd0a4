"""How written files and what changed in form are shown: by ``emit`` and ``convert``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cmfw.cli.output import Block, Heading, Line
from cmfw.emit import Artifact
from cmfw.emit.capability import Loss
from cmfw.emit.deployed import Deployment
from cmfw.words import say

MOST_ITEMS = 4


def file_rows(artifacts: Sequence[Artifact], paths: Sequence[Path]) -> list[dict[str, Any]]:
    """One row of JSON for each file written."""
    from hashlib import sha256

    return [
        {"path": str(path), "media_type": a.media_type, "bytes": len(a.content), "sha256": sha256(a.content).hexdigest()}
        for path, a in zip(paths, artifacts, strict=True)
    ]


def loss_row(loss: Loss) -> dict[str, Any]:
    """One loss as JSON; ``item`` is null where the whole policy is meant."""
    return {"code": loss.code, "item": loss.item or None, "detail": loss.detail}


def loss_lines(losses: Iterable[Loss]) -> list[Block]:
    """The losses for people: one line for each kind, with the rules it happened to."""
    items: dict[str, list[str]] = {}
    for loss in losses:
        items.setdefault(loss.code, []).append(loss.item)
    if not items:
        return []
    lines: list[Block] = [Heading(say("loss.heading"))]
    for code, names in items.items():
        named = [f"`{name}`" for name in dict.fromkeys(names) if name]
        shown = say("list").join(named[:MOST_ITEMS])
        more = say("loss.more", count=len(named) - MOST_ITEMS) if len(named) > MOST_ITEMS else ""
        where = f" ({shown}{more})" if shown else ""
        lines.append(Line(say(f"loss.{code}") + where, mark="- "))
    return lines


def check_row(found: Deployment) -> dict[str, Any]:
    """What a machine has of the rules, as JSON."""
    return {
        "same": found.same,
        "missing": list(found.missing),
        "different": [{"id": d.id, "origin": d.origin, "reasons": list(d.reasons)} for d in found.different],
        "extra": list(found.extra),
        "expired": list(found.expired),
    }


def check_lines(found: Deployment) -> list[Block]:
    """What a machine has of the rules, for people."""
    expired: list[Block] = [Line(say("deployed.expired", id=name), mark="- ") for name in found.expired]
    if found.is_as_asked:
        return [Line(say("deployed.same", count=found.same)), *expired]
    lines: list[Block] = [Line(say("deployed.differs", count=found.same))]
    lines += [Line(say("deployed.missing", id=name), mark="- ") for name in found.missing]
    for each in found.different:
        reasons = say("list").join(say(f"deployed.why.{reason}") for reason in each.reasons)
        lines.append(Line(say("deployed.different", id=each.id, reasons=reasons), mark="- "))
    lines += [Line(say("deployed.extra", id=name), mark="- ") for name in found.extra]
    return [*lines, *expired]
