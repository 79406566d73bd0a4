"""JSON of PowerShell's firewall cmdlets, ``Get-NetFirewallRule | ConvertTo-Json`` and what people make of it.

Source: facts/windows_firewall.md 4.6.
"""

from __future__ import annotations

import json
import re
from typing import Any

from cmfw.errors import FormatError, Problem
from cmfw.ingest.evidence import Evidence
from cmfw.ingest.export_text import MOST_OBJECTS, head_text, read_text
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.netsec_objects import evidence_of, objects_in
from cmfw.words.phrases import phrase

FORMAT = "ps-json"
_PROPERTY = re.compile(
    r'"(CimClass|InstanceID|EdgeTraversalPolicy|PolicyStoreSource(Type)?|DefaultInboundAction|Direction|LocalPort|RemoteAddress'
    r'|IcmpType|DisplayGroup|DisplayName|NetworkCategory)"\s*:'
)
"""Spelled as .NET spells properties; other formats of JSON spell theirs in camel case."""
_MOST_PARTS = 4 * MOST_OBJECTS
"""Every exported object may hold others, of its class and of lists."""
_FOREIGN = ('"@odata.', '"omaUri"', '"$schema"', '"schema"')


def sniff(file: InputFile) -> bool:
    """Whether this is JSON with properties of the firewall cmdlets near its beginning."""
    head = head_text(file).lstrip()
    return head[:1] in ("[", "{") and _PROPERTY.search(head) is not None and not any(mark in head for mark in _FOREIGN)


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The rules, filters and profiles in the document.

    Raises:
        FormatError: it is no JSON, or nests deeper than any export.
        InputError: it is too large.
    """
    text = read_text(file)
    content, lost = load_json(text, file)
    objects = tuple(objects_in(content, file.path))
    return (evidence_of(objects, path=file.path, form=FORMAT, lost=lost),)


def load_json(text: str, file: InputFile) -> tuple[Any, str]:
    """(the document, what it lost): of a name that stands twice in one object the first counts, and that is a problem.

    Raises:
        FormatError: it is no JSON, or nests too deep for any reader.
    """
    doubled: list[str] = []
    count = 0

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal count
        count += 1
        if count > _MOST_PARTS:
            raise FormatError(phrase("more than {most:,} objects in one document", most=_MOST_PARTS), source=file.path)
        found = dict(pairs)
        if len(found) < len(pairs):
            found = {}
            for name, value in pairs:
                if name in found:
                    doubled.append(name)
                else:
                    found[name] = value
        return found

    try:
        content = json.loads(text, object_pairs_hook=unique)
    except RecursionError:
        raise FormatError("JSON that nests too deep", source=file.path) from None
    except json.JSONDecodeError as error:
        raise FormatError(
            phrase("no JSON: {reason} in line {line}", reason=error.msg.lower(), line=error.lineno), source=file.path
        ) from error
    except ValueError as error:
        # a number of thousands of digits
        raise FormatError(phrase("no JSON: {reason}", reason=str(error).split(";")[0].lower()), source=file.path) from error
    for name in dict.fromkeys(doubled):
        file.problems.append(
            Problem(
                file.path, "every property once in an object", phrase("`{name}` twice, and the first counts", name=name[:60])
            )
        )
    return content, f"`{doubled[0][:60]}` stands twice in one object" if doubled else ""
