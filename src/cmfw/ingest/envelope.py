"""Reads an envelope: one line for each acceptable flow. Strict; every problem at once, with its line.

    about    in any * > *                       what the envelope is about (several add up; default: all that comes in)
    allow    in tcp 10.1.0.0/24 > *:445         acceptable
    need     in tcp 10.1.0.5 > 10.2.0.9:445     acceptable, and has to be open
    baseline                                    what the rules of Windows open is acceptable

``#`` begins a comment. In ``about`` and ``allow`` whatever the flow text leaves out is free. ``need`` asks like every question: an
omitted program is the usual process of that port.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cmfw.errors import InputError, Problem
from cmfw.ingest.flow_lines import text_lines
from cmfw.model.envelope import EVERYTHING_IN, Envelope, EnvelopeRow
from cmfw.model.rule import canonical_program, is_resolved_program
from cmfw.net.flow import ALL_INTERFACES
from cmfw.net.flowquery import Names, parse_flow
from cmfw.net.flowset import Box, FlowSet
from cmfw.net.flowtext import EVERY, FlowTextError, parse_parts
from cmfw.words.phrases import listed, phrase
from cmfw.words.system_errors import of_system

WORDS = ("about", "allow", "need", "baseline")


def read_envelope(path: str, names: Names) -> Envelope:
    """The envelope of the file; raises InputError with every problem."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(Problem(path, "a readable envelope", of_system(error))) from error
    return read_envelope_text(content, path, names)


def read_envelope_text(content: bytes, path: str, names: Names) -> Envelope:
    """The envelope that the bytes hold; raises InputError with every problem."""
    rows: dict[str, list[EnvelopeRow]] = {word: [] for word in WORDS}
    problems: list[Problem] = []
    for number, line in text_lines(content, path):
        word, _, rest = line.partition(" ")
        text = rest.strip()
        try:
            rows[_word(word, text)].append(EnvelopeRow(text, _flows(word.lower(), text, names), f"{path}:{number}"))
        except FlowTextError as error:
            at = line.find(text) + error.position if text else len(line)
            found = phrase("{got} at character {at} of `{line}`", got=error.got, at=at + 1, line=line)
            problems.append(Problem(path, error.expected, found, line=number))
    if not problems and not (rows["allow"] or rows["need"] or rows["baseline"]):
        problems.append(Problem(path, "lines of `allow` or `need` and a flow", "none"))
    if problems:
        raise InputError(*problems)
    about = FlowSet.of(box for row in rows["about"] for box in row.flows) if rows["about"] else EVERYTHING_IN
    return Envelope(
        path=path,
        about=about,
        allowed=tuple(rows["allow"]),
        needed=tuple(rows["need"]),
        with_baseline=bool(rows["baseline"]),
    )


def _word(word: str, text: str) -> str:
    lowered = word.lower()
    if lowered not in WORDS:
        # the position is that of the word itself, before the flow
        raise FlowTextError(listed((f"`{each}`" for each in WORDS), " or "), f"`{word}`", -len(word) - 1 if text else 0)
    if lowered == "baseline" and text:
        raise FlowTextError("nothing behind `baseline`", f"`{text}`", 0)
    return lowered


def _flows(word: str, text: str, names: Names) -> FlowSet:
    if word == "baseline":
        return FlowSet.EMPTY
    if word == "need":
        return parse_flow(text, names).flows
    return FlowSet(tuple(_free(text)))


def _free(text: str) -> Iterator[Box]:
    """The flows of a text in which whatever is not said is free."""
    parts = parse_parts(text)
    if parts.program not in (None, EVERY):
        program = canonical_program(parts.program or "")
        if not is_resolved_program(program):
            at = text.lower().find("program=")
            raise FlowTextError("the whole path of a program, or `System`", f"`{parts.program}`", at)
        parts = replace(parts, program=program)
    for box in parts.flows():
        yield box if parts.interface is not None else replace(box, interface=ALL_INTERFACES)
