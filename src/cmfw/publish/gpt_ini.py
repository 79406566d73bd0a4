"""``GPT.INI``: the version of an object's files, and under ``[cmfw]`` which Registry.pol that version stands for.

The stamp is what makes an interrupted run visible in the files alone: a Registry.pol that is not the stamped one has not
been announced to the clients yet. Everything else in the file keeps its bytes. Source: MS-GPOL 2.2.4.
"""

from __future__ import annotations

import re
from hashlib import sha256

from cmfw.errors import FormatError
from cmfw.publish.gpo import GPT
from cmfw.values import value
from cmfw.words.phrases import phrase

_SECTION = re.compile(rb"^[ \t]*\[([^\]\r\n]*)\][^\r\n]*(?:\r\n|\n|\r|\Z)", re.MULTILINE)
_VERSION = re.compile(rb"^[ \t]*Version[ \t]*=[ \t]*([^\r\n]*?)[ \t]*(?=[\r\n]|\Z)", re.MULTILINE | re.IGNORECASE)
_OURS = b"cmfw"
_LARGEST = 0xFFFFFFFF


@value
class Stamp:
    """Which Registry.pol the version stands for (SHA-256, or ``none``), and the rules in it that are ours by other names.

    Rules of predefined groups keep Windows' ids, so only this list tells ours from somebody else's.
    """

    digest: str
    members: tuple[str, ...] = ()


def digest_of(policy: bytes | None) -> str:
    """What a stamp says of a Registry.pol; ``none`` where there is no such file."""
    return "none" if policy is None else sha256(policy).hexdigest()


def version_of(content: bytes | None) -> int:
    """The version in the file; 0 where there is none.

    Raises:
        FormatError: the file is not text of one byte a character, or the version is no number.
    """
    found = _VERSION.search(content or b"", *_general(content or b""))
    if found is None:
        return 0
    text = found[1].decode("latin-1")
    if not text.isdecimal() or int(text) > _LARGEST:
        raise FormatError(
            phrase("expected a version of 32 bits, found `{text}`", text=text), source=GPT, offset=found.start(1)
        )
    return int(text)


def stamp_of(content: bytes | None) -> Stamp | None:
    """The stamp in the file; None where nobody stamped it."""
    start, end = _section(content or b"", _OURS)
    lines = (content or b"")[start:end].decode("latin-1").split("\r\n")
    fields = {name: text for name, mark, text in (line.partition("=") for line in lines) if mark}
    if "policy" not in fields:
        return None
    return Stamp(fields["policy"], tuple(filter(None, fields.get("rules", "").split(";"))))


def write_gpt(content: bytes | None, version: int, stamp: Stamp) -> bytes:
    """The file with this version and stamp, and all else of ``content`` as it was; raises FormatError as ``version_of``."""
    version_of(content)
    text = content or b"[General]\r\n"
    if _general(text) == (0, 0):
        text = _ended(text) + b"[General]\r\n"
    start, end = _general(text)
    number = str(version).encode("ascii")
    found = _VERSION.search(text, start, end)
    if found is None:
        text = _ended(text[:start]) + b"Version=" + number + b"\r\n" + text[start:]
    else:
        text = text[: found.start(1)] + number + text[found.end(1) :]
    lines = [f"policy={stamp.digest}", *([f"rules={';'.join(stamp.members)}"] if stamp.members else [])]
    ours = "".join(f"{line}\r\n" for line in lines).encode("ascii")
    start, end = _section(text, _OURS)
    if (start, end) == (0, 0):
        return _ended(text) + b"[" + _OURS + b"]\r\n" + ours
    return _ended(text[:start]) + ours + text[end:]


def _ended(text: bytes) -> bytes:
    return text if not text or text.endswith((b"\n", b"\r")) else text + b"\r\n"


def _general(content: bytes) -> tuple[int, int]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")) or b"\0" in content:
        raise FormatError("expected text in an ANSI code page", source=GPT, offset=0)
    return _section(content, b"general")


def _section(content: bytes, name: bytes) -> tuple[int, int]:
    """Where the lines of a section start and end; (0, 0) where there is no such section."""
    found = list(_SECTION.finditer(content))
    for at, heading in enumerate(found):
        if heading[1].strip().lower() == name:
            return heading.end(), found[at + 1].start() if at + 1 < len(found) else len(content)
    return 0, 0
