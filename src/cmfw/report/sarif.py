"""Findings as SARIF 2.1.0, for code scanning and for viewers of static analysis; statuses beside them as properties.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", sections cited below.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cmfw import __version__
from cmfw.catalog.types import Catalog, FindingText
from cmfw.model.finding import Finding, Severity
from cmfw.report.audit_view import Audit, document
from cmfw.report.audit_words import verdict
from cmfw.report.finding_text import message_of
from cmfw.report.json_document import json_bytes
from cmfw.report.origins import Origin, origin_of
from cmfw.report.safe_text import shown
from cmfw.words import language

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_MOST_PLACES = 20


def render(audit: Audit) -> bytes:
    """A log of one run: a result for each finding, the rows of ``cmfw/audit/1`` in the properties of the run."""
    whole = document(audit)
    artifacts = [
        {"location": {"uri": Origin(source.path).uri}} | ({"hashes": {"sha-256": source.sha256}} if source.sha256 else {})
        for source in audit.state.sources
    ]
    found = log(
        audit.diagnosis.findings,
        audit.catalog,
        audit.site.path or "site",
        files=[source.path for source in audit.state.sources],
        artifacts=artifacts,
        properties={"verdict": shown(verdict(audit)), **{name: whole[name] for name in ("site", "as", "features")}},
    )
    return json_bytes(found)


def log(
    findings: Sequence[Finding],
    catalog: Catalog,
    home: str,
    *,
    files: Sequence[str] = (),
    artifacts: Sequence[Mapping[str, Any]] = (),
    properties: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The log; ``home`` is the file at which a finding without evidence is shown, because a viewer wants a place."""
    codes = list(dict.fromkeys(found.code for found in findings))
    run: dict[str, Any] = {
        "tool": {
            "driver": {"name": "cmfw", "version": __version__, "rules": [_rule(code, catalog.findings) for code in codes]}
        },
        "language": "zh-CN" if language() == "zh_CN" else "en-US",
        "columnKind": "unicodeCodePoints",
        "results": [_result(found, codes.index(found.code), catalog, home, files) for found in findings],
    }
    run |= {"artifacts": list(artifacts)} if artifacts else {}
    run |= {"properties": dict(properties)} if properties else {}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, findings: Mapping[str, FindingText]) -> dict[str, Any]:
    """The reporting descriptor of a finding code (3.49), in the language of the call."""
    text = findings.get(code)
    if text is None:
        return {"id": code}
    lang = language()
    return {
        "id": code,
        "shortDescription": {"text": text.title.in_language(lang)},
        "fullDescription": {"text": text.why.in_language(lang)},
        "help": {"text": text.repair.in_language(lang)},
        "defaultConfiguration": {"level": _LEVELS[Severity(text.severity)]},
    }


def _result(found: Finding, index: int, catalog: Catalog, home: str, files: Sequence[str]) -> dict[str, Any]:
    """One result (3.27): its message says what, the flow as proof and the repair."""
    parts = [f"{found.subject}: {message_of(found, catalog)}", found.witness, *found.repair]
    origins = list(dict.fromkeys(one for one in (origin_of(text, files) for text in found.evidence) if one.file))
    return {
        "ruleId": found.code,
        "ruleIndex": index,
        "level": _LEVELS[found.severity],
        "message": {"text": "\n".join(shown(part) for part in parts if part)},
        "locations": [_location(origins[0] if origins else Origin(home))],
        **({"relatedLocations": [_location(one) for one in origins[1:_MOST_PLACES]]} if origins[1:] else {}),
        "partialFingerprints": {"cmfw/1": _fingerprint(found)},
        "properties": {
            "subject": found.subject,
            "args": dict(found.args),
            "witness": found.witness or None,
            "repair": list(found.repair),
            "evidence": list(found.evidence),
            "depends_on": list(found.depends_on),
        },
    }


def _location(origin: Origin) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": origin.uri}}
    if origin.line:
        physical["region"] = {"startLine": origin.line}
    inside = {"logicalLocations": [{"fullyQualifiedName": origin.inside}]} if origin.inside else {}
    return {"physicalLocation": physical, **inside}


def _fingerprint(found: Finding) -> str:
    """The same for the same finding in another run, whatever the language and wherever the files lie (3.27.17)."""
    parts: Iterable[str] = (found.code, found.subject, *(f"{name}={text}" for name, text in found.args))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]
