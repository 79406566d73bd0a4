"""One Registry.pol with our entries in it and every other record exactly as it was.

Ours are rules by our ids, rules that the stamp names, and what takes them out again; the policy version is never lowered.
Later records win, so ours come last. Source: MS-GPREG 2.2.1, 3.2.5.1; MS-GPFAS 2.2.1 (PolicyVersion).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from cmfw.emit.registry_pol import KEY, RULES_KEY
from cmfw.errors import FormatError
from cmfw.ingest.preg import HEADER, read_preg, write_preg
from cmfw.ingest.registry import REG_DWORD, RegistryValue, decode_number
from cmfw.publish.gpo import POLICY
from cmfw.values import value
from cmfw.words.phrases import phrase

OUR_IDS = "cmfw-"
_DELETE = "**del."
_VERSION = "policyversion"


@value
class Merged:
    """The whole file, and the ids in it that are ours although they do not begin as ours do."""

    content: bytes
    members: tuple[str, ...]


def merge(present: bytes | None, ours: bytes, members: Iterable[str] = ()) -> Merged:
    """``present`` with the entries of ``ours`` instead of our earlier ones; ``members`` are what the last stamp named.

    Of a rule by another's id only the last record can be ours: it is where the stamp names it, and where it is already
    what it is to be (a run that was interrupted before its stamp).

    Raises:
        FormatError: a record of ``present`` cannot be read, so it could not be kept.
    """
    new = read_preg(ours, POLICY).entries
    old = _records(present)
    versions = [decode_number(entry) for entry, _ in old if _is_version(entry)]
    added = [entry for entry in new if not _is_version(entry) or max(versions, default=-1) < decode_number(entry)]
    raised = any(_is_version(entry) for entry in added)
    gone = _earlier(old, {raw for _, raw in _records(write_preg(added))}, {name.lower() for name in members})
    kept = [raw for at, (entry, raw) in enumerate(old) if at not in gone and not (raised and _is_version(entry))]
    content = b"".join((HEADER, *kept, write_preg(added)[len(HEADER) :]))
    named = tuple(sorted(e.name for e in new if _is_rule(e) and not e.name.lower().startswith(OUR_IDS)))
    return Merged(content, named)


def _earlier(old: list[tuple[RegistryValue, bytes]], added: set[bytes], members: set[str]) -> set[int]:
    """Which records are ours: all with our ids, and the last one of each other name where it is ours."""
    found = set()
    seen: set[str] = set()
    for at, (entry, raw) in reversed(list(enumerate(old))):
        name = entry.name.lower()
        if not _is_rule(entry):
            is_ours = raw in added
        else:
            is_ours = name.removeprefix(_DELETE).startswith(OUR_IDS)
            is_ours = is_ours or (name not in seen and (raw in added or name in members))
            seen.add(name)
        if is_ours:
            found.add(at)
    return found


def _records(present: bytes | None) -> list[tuple[RegistryValue, bytes]]:
    """Every record with its own bytes."""
    if not present:
        return []
    entries, problems = read_preg(present, POLICY)
    lost = [problem for problem in problems if not problem.key]
    if lost:
        raise FormatError(
            phrase("what it holds cannot be kept: {lost}", lost=lost[0].text()), source=POLICY, offset=lost[0].offset
        )
    ends = [*(entry.offset or 0 for entry in entries), len(present)]
    return [(entry, present[start:end]) for entry, (start, end) in zip(entries, pairwise(ends), strict=True)]


def _is_rule(entry: RegistryValue) -> bool:
    return entry.key.strip("\\").lower() == RULES_KEY.lower()


def _is_version(entry: RegistryValue) -> bool:
    at_root = entry.key.strip("\\").lower() == KEY.lower() and entry.name.lower() == _VERSION
    return at_root and entry.type == REG_DWORD and len(entry.data) == 4
