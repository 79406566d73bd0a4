"""An audit as one JSON document: ``cmfw/audit/1``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cmfw.report.audit_view import Audit, document
from cmfw.report.safe_text import unhidden_json


def render(audit: Audit) -> bytes:
    """The document in UTF-8."""
    return json_bytes(document(audit))


def json_bytes(found: Mapping[str, Any]) -> bytes:
    """A JSON document, keys in its own order, with every character of it to be seen."""
    return (unhidden_json(json.dumps(found, ensure_ascii=False, indent=2)) + "\n").encode("utf-8")
