"""``Finding``: one thing to tell the user, as data. The words live in the catalog, keyed by code and language."""

from __future__ import annotations

from enum import StrEnum

from cmfw.values import value


class Severity(StrEnum):
    """How bad a finding is; only ``ERROR`` sets the exit code by itself."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@value(kw_only=True)
class Finding:
    """One coded observation.

    ``args`` are (name, text) pairs that fill the message template of ``code``; ``witness`` is flow text or empty;
    ``repair`` are commands or sentences; ``evidence`` are rule origins, file positions or page places; ``depends_on``
    are codes that make this one redundant where they also hold for the same subject.
    """

    code: str
    severity: Severity
    subject: str
    args: tuple[tuple[str, str], ...] = ()
    witness: str = ""
    repair: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
