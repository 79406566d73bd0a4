"""A ``netsh`` listing cut into the blocks of its rules and the sections of its settings, whatever stands around them.

Both begin with a line of dashes below a heading. Prompts, echoed commands, blank lines and closing words belong to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cmfw.ingest.netsh_words import LABELS, NAME, label_key

FEWEST_DASHES = 40
"""netsh prints 70; a console that wraps or cuts lines leaves fewer, other programs underline headings with fewer."""
SETTING_LABELS = (
    "LocalFirewallRules",
    "LocalConSecRules",
    "InboundUserNotification",
    "RemoteManagement",
    "UnicastResponseToMulticast",
    "LogAllowedConnections",
    "LogDroppedConnections",
    "StrongCRLCheck",
    "SAIdleTimeMin",
    "DefaultExemptions",
    "IPsecThroughNAT",
)
"""Labels of the settings that netsh translates into no language. Source: facts/windows_firewall.md 4.5."""
_POLICIES = ("BlockInbound", "AllowInbound")


class Row(NamedTuple):
    """One line of a block: its number in the file, its label (empty where it has none), the label's key, and what follows."""

    line: int
    label: str
    key: str
    value: str


class Block(NamedTuple):
    """A rule: where its name stands, the label of the name, the name, and the lines below the dashes."""

    line: int
    label: str
    name: str
    rows: tuple[Row, ...]


class Section(NamedTuple):
    """Settings: where the heading stands, its text, and (number, text) of the lines below the dashes."""

    line: int
    heading: str
    lines: tuple[tuple[int, str], ...]


def is_rule_of_dashes(line: str) -> bool:
    """Whether the line is the rule under a heading."""
    bare = line.strip()
    return len(bare) >= FEWEST_DASHES and bare.count("-") == len(bare)


def split_label(line: str) -> tuple[str, str]:
    """(label, value) at the first colon, also a full-width one; an indented line or one without colon has no label."""
    if not line or line[0].isspace():
        return "", line.strip()
    label, colon, value = line.partition(":")
    if not label.isascii() and "：" in label:
        label, colon, value = line.partition("：")
    return (label.rstrip(), value.strip()) if colon and label else ("", line.strip())


def cut(lines: Sequence[str]) -> tuple[list[Block], list[Section]]:
    """The blocks and the sections of a listing, in order."""
    heads = _heads(lines)
    blocks: list[Block] = []
    sections: list[Section] = []
    for order, (at, indent) in enumerate(heads):
        end = heads[order + 1][0] if order + 1 < len(heads) else len(lines)
        heading = _outdented(lines[at], indent)
        body = [(n + 1, _outdented(lines[n], indent)) for n in range(at + 2, end)]
        if _is_section(body):
            sections.append(Section(at + 1, heading, tuple(body)))
        else:
            label, name = split_label(heading.lstrip())
            if label:
                blocks.append(Block(at + 1, label, name, tuple(_rows(body))))
    return blocks, sections


def _heads(lines: Sequence[str]) -> list[tuple[int, int]]:
    """(index of the heading, indent) of every heading over a line of dashes.

    A heading follows a blank line, a known closing word, or the start; or it has the label of a rule's name. So a
    description that draws a line of its own begins no rule.
    """
    found = []
    for at in range(1, len(lines)):
        line = lines[at]
        # most lines are decided by one character
        if "--" not in line or not is_rule_of_dashes(line):
            continue
        heading = lines[at - 1]
        if not heading.strip():
            continue
        label, _ = split_label(heading.lstrip())
        stands_free = at < 2 or not lines[at - 2].strip() or is_prompt(lines[at - 2]) or len(lines[at - 2].strip()) <= 4
        if LABELS.get(label_key(label)) == NAME or stands_free:
            found.append((at - 1, len(line) - len(line.lstrip())))
    return found


def is_prompt(line: str) -> bool:
    """Whether the line is a command typed at a prompt of cmd or PowerShell."""
    bare = line.lstrip()
    bare = bare[3:] if bare[:3] == "PS " else bare
    return ">" in bare and (bare[1:3] == ":\\" or bare.lower().startswith(("netsh", "\\\\")))


def _outdented(line: str, indent: int) -> str:
    return line[indent:] if indent and line[:indent].isspace() else line


def _is_section(body: Sequence[tuple[int, str]]) -> bool:
    """Whether settings stand below the heading: their labels are English in every language, or their policy is."""
    rows = 0
    for _, line in body:
        if not line.strip():
            continue
        rows += 1
        if rows > 8:
            return False
        if line.startswith(SETTING_LABELS) or (":" not in line and is_policy(line)):
            return True
    return False


def is_policy(line: str) -> bool:
    """Whether the line ends in a pair such as ``BlockInbound,AllowOutbound``, which netsh does not translate."""
    first, comma, second = line.rsplit(maxsplit=1)[-1].partition(",") if line.split() else ("", "", "")
    return bool(comma) and first.startswith(_POLICIES) and second.endswith("Outbound")


def _rows(body: Sequence[tuple[int, str]]) -> Iterator[Row]:
    for number, line in body:
        if line.strip():
            label, value = split_label(line)
            yield Row(number, label, label_key(label), value)
