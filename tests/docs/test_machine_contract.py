"""The contract page names exactly the keys of the published schemas."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from tests.docs.pages import DOCS, blocks

PAGE = DOCS / "machine-contract.md"
KINDS = (
    "trace",
    "search",
    "diff",
    "shadow",
    "audit",
    "plan",
    "check",
    "excess",
    "whatif",
    "emit",
    "publish",
    "explain",
    "convert",
    "lint",
    "logs",
    "probe",
)


def keys_of(part: Any, defs: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """(key, whether it is always there) of a schema and of all that it refers to."""
    if isinstance(part, list):
        for one in part:
            yield from keys_of(one, defs)
    elif isinstance(part, dict):
        required = part.get("required", [])
        for name, sub in part.get("properties", {}).items():
            yield name, name in required
            yield from keys_of(sub, defs)
        for word in ("items", "anyOf", "additionalProperties"):
            yield from keys_of(part.get(word), defs)
        if "$ref" in part:
            yield from keys_of(defs[part["$ref"].rpartition("/")[2]], defs)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_names_the_keys_of_the_schema(kind):
    done = subprocess.run([sys.executable, "-m", "cmfw", "schema", kind], capture_output=True, check=True)
    schema = json.loads(done.stdout)
    keys = set(keys_of(schema, schema.get("$defs", {})))
    # one profile is as good as another; the optional parts of `blocked` are told once
    keys = {(name, always) for name, always in keys if name not in ("domain", "private", "public")}
    (text,) = [block.text for block in blocks(PAGE) if f"cmfw/{kind}/1" in block.text]
    named = {(name, not mark) for name, mark in re.findall(r'"(\w+)"(\??)', text)}
    assert named == keys
