"""An audit as one JSON object a line: ``cmfw/audit-row/1``, for pipelines that read line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cmfw.report.audit_view import Audit, document
from cmfw.report.safe_text import unhidden_json

SCHEMA = "cmfw/audit-row/1"


def render(audit: Audit) -> bytes:
    """One line for each file, feature row, finding and documented exception, in this order."""
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows(audit))
    return "".join(unhidden_json(line) + "\n" for line in lines).encode("utf-8")


def rows(audit: Audit) -> Iterator[dict[str, Any]]:
    """The rows: what they are in ``row``, whose they are in ``site`` and ``as``, then the keys of ``cmfw/audit/1``."""
    whole = document(audit)
    head = {"schema": SCHEMA, "site": whole["site"], "as": whole["as"]}
    for kind, name in (("state", "states"), ("feature", "features"), ("finding", "findings"), ("exception", "exceptions")):
        for row in whole[name]:
            yield {**head, "row": kind, **row}
