"""Text as Windows' own tools write it: found out of bytes in any of their encodings, by the words that it has to hold.

``netsh`` writes the console's code page, PowerShell's ``>`` writes UTF-16, editors write UTF-8, and a wrong guess on the way
leaves mojibake. Which reading is right is decided by the words that a reader knows; where several fit equally well, text
that they read differently is not sure. Source: facts/windows_firewall.md 4.5 (encoding).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cmfw.errors import InputError, Problem
from cmfw.values import value
from cmfw.words.phrases import phrase

CODE_PAGES = (
    "cp936",
    "cp932",
    "cp949",
    "cp950",
    "cp850",
    "cp1252",
    "cp437",
    "cp852",
    "cp1250",
    "cp866",
    "cp1251",
    "cp857",
    "cp1254",
)
"""OEM and ANSI code pages of the languages that Windows comes in, likelier ones first."""
MOST_BYTES = 1 << 25
"""A listing of a thousand rules has less than a tenth of it, in UTF-16 too; what is read of more would fill the memory."""
LONGEST_LINE = 1 << 20
SAMPLE_BYTES = 1 << 13
"""Of the start and of the middle: enough for a dozen rules, and each code page is tried on it."""
_REPAIR_CHARS = 6000
_LOST = "\ufffd"
Score = Callable[[str], int]
"""How many words of a text a reader knows."""


@value
class WindowsText:
    """Decoded text. ``encodings`` are those that fit equally well, the first one used; empty where the bytes say it
    themselves (a mark, valid UTF-8). ``repaired``: the text went through a wrong encoding before it came here. ``flaw``: why
    part of it is no text at all.
    """

    text: str
    encodings: tuple[str, ...] = ()
    repaired: bool = False
    flaw: str = ""

    def is_sure(self, part: str) -> bool:
        """Whether a part of the text is known for certain, character for character."""
        if part.isascii():
            return True
        if self.repaired or _LOST in part:
            return False
        if len(self.encodings) < 2:
            return True
        try:
            raw = part.encode(self.encodings[0])
            return all(raw.decode(other) == part for other in self.encodings[1:])
        except UnicodeError:
            return False

    def split(self) -> list[str]:
        """The lines, without their ends; text that went through a second program ends them with two returns."""
        return self.text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def lines(self, path: str) -> list[str]:
        """The lines, as ``split`` gives them.

        Raises:
            InputError: one is longer than ``LONGEST_LINE``.
        """
        found = self.split()
        if len(self.text) > LONGEST_LINE:
            for number, line in enumerate(found, 1):
                if len(line) > LONGEST_LINE:
                    hint = phrase("this is no listing that a Windows tool writes")
                    expected = phrase("lines of at most {most} characters", most=LONGEST_LINE)
                    raise InputError(
                        Problem(path, expected, phrase("{count} characters", count=len(line)), hint=hint, line=number)
                    )
        return found


def decode(content: bytes, path: str, score: Score) -> WindowsText:
    """The text in the bytes, in the encoding in which ``score`` knows most of it.

    Raises:
        InputError: there are more than ``MOST_BYTES``.
    """
    if len(content) > MOST_BYTES:
        hint = phrase("name the one listing that matters")
        raise InputError(
            Problem(
                path, phrase("at most {most} MiB of text", most=MOST_BYTES >> 20), f"{len(content) >> 20} MiB", hint=hint
            )
        )
    marked = marked_encoding(content)
    if marked:
        text = content.decode(marked, "replace").replace("\ufeff", "")
        return _repaired(text, score) or WindowsText(text, flaw=_flaw(text, marked))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return _of_code_page(content, score)
    return _repaired(text, score) or WindowsText(text.replace("\ufeff", ""), flaw=_flaw(text))


def _flaw(text: str, marked: str = "") -> str:
    """What is wrong with the text: behind a byte too many in UTF-16, the ends of lines become two other characters."""
    if marked.startswith("utf-16") and ("\u0d00" in text or "\u0a00" in text):
        return "a byte too many or too few between characters of UTF-16"
    return "a zero, which no text has" if "\0" in text else ""


def marked_encoding(content: bytes) -> str:
    """The encoding that the first bytes name or show (UTF-16 without a mark has a zero in every other byte), else empty."""
    if content[:3] == b"\xef\xbb\xbf":
        return "utf-8-sig"
    if content[:2] == b"\xff\xfe":
        return "utf-16"
    if content[:2] == b"\xfe\xff":
        return "utf-16"
    start = content[:4096]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if 10 * odd > len(start) > 8 and 20 * even < odd:
        return "utf-16-le"
    return "utf-16-be" if 10 * even > len(start) > 8 and 20 * odd < even else ""


def _of_code_page(content: bytes, score: Score) -> WindowsText:
    """Text that is no UTF-8: every code page is asked, and UTF-8 with damage too."""
    middle = len(content) // 2
    sample = content[:SAMPLE_BYTES] + content[max(middle, SAMPLE_BYTES) : middle + SAMPLE_BYTES]
    scores = {name: score(sample.decode(name, "replace")) for name in ("utf-8", *CODE_PAGES)}
    best = max(scores.values())
    fitting = [name for name, found in scores.items() if found == best]
    if fitting[0] == "utf-8" and best:
        # damaged UTF-8 of a language that only UTF-8 reads; ASCII words fit every code page
        whole = len(fitting) == 1
        fitting = ["utf-8"] if whole else fitting[1:]
    elif fitting[0] == "utf-8":
        fitting = fitting[1:]
    text = content.decode(fitting[0], "replace")
    return WindowsText(text, tuple(fitting), flaw=_flaw(text))


def _repaired(text: str, score: Score) -> WindowsText | None:
    """The text put right, where a wrong encoding on the way explains more of it than the text as it is."""
    sample = text[:_REPAIR_CHARS]
    if sample.isascii():
        return None
    best, found = score(sample), None
    if 2 * best > sum(1 for line in sample.split("\n") if line.strip()):
        return None
    for wrong, right in _detours():
        repaired = _through(sample, wrong, right)
        known = score(repaired) if repaired else 0
        if known > best:
            best, found = known, (wrong, right)
    return WindowsText(_through(text, *found), repaired=True) if found else None


def _detours() -> Iterator[tuple[str, str]]:
    """(encoding that was taken, encoding that was right) of the mistakes that people's consoles and editors make."""
    for wrong in CODE_PAGES:
        for right in ("utf-8", *CODE_PAGES):
            if wrong != right:
                yield wrong, right


def _through(text: str, wrong: str, right: str) -> str:
    return text.encode(wrong, "replace").decode(right, "replace")
