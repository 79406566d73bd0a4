"""Foreign text made visible: what would move a cursor, recolour, reorder or hide stands there as its number.

Names of rules, hosts and files come from machines that nobody vouches for. A terminal obeys control characters, and a reader
believes what the bidirectional ones show, so that none of them may reach either. Cutting them out was no choice: two different names
would look the same. Source: Unicode TR36 and CVE-2021-42574 (direction), ECMA-48 (terminals), XML 1.0 section 2.2 (characters).
"""

from __future__ import annotations

from unicodedata import category

_LONGEST_PILE = 4
"""Marks on one character; Vietnamese, Thai and Hebrew need at most three, more cover the lines around them."""
_SHOW_NOTHING = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xE0100, 0xE01EF),
)
"""What shows nothing although its category says otherwise: (first, last), inclusive. Two terminals do not agree about the width of an
emoji with a variation selector either. Source: Unicode, DerivedCoreProperties.txt, Default_Ignorable_Code_Point; U+2800 is a blank.
"""


def visible(text: str) -> str:
    """The text on one line, with control, direction and invisible characters written as their number: ``{U+202E}``."""
    if text.isascii() and text.isprintable():
        return text
    out, marks = [], 0
    for char in text:
        # letters that every answer is full of, Chinese ones since the first version of Unicode
        if " " <= char <= "~" or "\u4e00" <= char <= "\u9fa5":
            marks = 0
            out.append(char)
            continue
        marks = marks + 1 if category(char) in ("Mn", "Me") else 0
        out.append(f"{{U+{ord(char):04X}}}" if is_hidden(char) or marks > _LONGEST_PILE else char)
    return "".join(out)


def is_hidden(char: str) -> bool:
    """Whether the character shows nothing by itself, or makes a terminal do something else than show it."""
    if " " <= char <= "~":
        return False
    if category(char)[0] in "CZ":
        return char != "\u3000"
    code = ord(char)
    return any(first <= code <= last for first, last in _SHOW_NOTHING)
