"""``cmfw convert``: the policy of a machine in another format, with the proof of what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cmfw.cli.app import CLEAN, FAILED, FINDINGS, INCOMPLETE
from cmfw.cli.options import make_command, option, subnet_option
from cmfw.words import say
from cmfw.words.phrases import told

if TYPE_CHECKING:
    from pathlib import Path

    from cmfw.cli.output import Block
    from cmfw.emit.convert import Conversion

SCHEMA = "cmfw/convert/1"
_EXIT = {"equal": CLEAN, "narrower": FINDINGS, "refused": FAILED, "undecided": INCOMPLETE}
"""What the answer was worth: source CONTRACT.md, "Interface contract"."""
MOST_REASONS = 8


@make_command("convert", "text", "json", "md")
@click.argument("states", metavar="FROM...", nargs=-1, required=True)
@click.argument("target", metavar="TO")
@option("-o", "--output", "directory", key="output", metavar="DIR")
@option("--allow-narrower", key="allow_narrower", is_flag=True)
@subnet_option
def command(
    states: tuple[str, ...],
    target: str,
    directory: str | None,
    allow_narrower: bool,
    local_subnets: tuple[str, ...],
    form: str,
) -> int:
    """Read the states, write the target's files where they are proved to be no wider."""
    from pathlib import Path

    from cmfw.cli.inputs import read_host
    from cmfw.emit import write
    from cmfw.emit.convert import convert, host_target

    host_target(target)
    state = read_host(states, local_subnets)
    where = ", ".join(Path(source.path).name or source.path for source in state.sources)
    found = convert(state, target, where=where, allow_narrower=allow_narrower)
    paths = write(found.output.artifacts, directory) if directory is not None and found.output.artifacts else ()
    if form == "json":
        from cmfw.cli import output

        output.show_json(_document(found, states, target, paths))
    else:
        _show(found, paths)
    return _EXIT[found.outcome]


def _document(found: Conversion, states: Sequence[str], target: str, paths: Sequence[Path]) -> dict[str, Any]:
    from cmfw.cli.emit_view import file_rows, loss_row

    compared = found.comparison
    return {
        "schema": SCHEMA,
        "from": list(states),
        "target": target,
        "outcome": found.outcome,
        "reasons": list(found.reasons),
        "proof": None
        if compared is None
        else {
            "answer": compared.answer,
            "rules": compared.compared_rules,
            "differences": [
                {"flow": each.flow.text(), "source": each.source, "written": each.written} for each in compared.shown
            ],
        },
        "left_out": [
            {"id": s.rule.id, "origin": s.rule.origin, "effect": s.effect, "reason": s.reason} for s in found.skipped
        ],
        "losses": [loss_row(loss) for loss in found.losses],
        "files": file_rows(found.output.artifacts, paths) if paths else [],
    }


def _show(found: Conversion, paths: Sequence[Path]) -> None:
    from cmfw.cli import output
    from cmfw.cli.emit_view import loss_lines

    blocks: list[Block] = [output.Line(say(f"convert.{found.outcome}"))]
    blocks += [output.Line(told(reason), mark="- ") for reason in found.reasons[:MOST_REASONS]]
    if len(found.reasons) > MOST_REASONS:
        blocks.append(output.Line(say("more", count=len(found.reasons) - MOST_REASONS)))
    for each in () if found.comparison is None else found.comparison.shown:
        before, after = say(f"answer.{each.source}"), say(f"answer.{each.written}")
        blocks += [output.Line(say("convert.flow", before=before, after=after)), output.Verbatim(each.flow.text())]
    if found.outcome in ("equal", "narrower"):
        gone = [s for s in found.skipped if s.effect != "none"]
        if gone:
            blocks.append(output.Heading(say("convert.left_out")))
            blocks += [output.Line(f"`{s.rule.id}`{say('colon')}{told(s.reason)}", mark="- ") for s in gone]
        blocks += loss_lines(found.losses)
        blocks += [output.Line(say("emit.wrote", path=path)) for path in paths]
        if not paths:
            blocks.append(output.Line(say("convert.not_written")))
    output.show(blocks)
