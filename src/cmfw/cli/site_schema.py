"""The JSON Schema of the site file, made from ``SITE_KEYS``: ``python -m cmfw.cli.site_schema`` writes schemas/site.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cmfw.ingest.site_keys import SITE_KEYS, SiteKey

TARGET = Path(__file__).with_name("schemas") / "site.json"
_PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
_ONE_LINE = {"type": "string", "pattern": "^[^\\u0000-\\u001f]*$"}
_KINDS: dict[str, dict[str, Any]] = {
    "text": _ONE_LINE,
    "name": {"type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9._-]*$"},
    "code": {"type": "string", "pattern": "^([A-Za-z0-9]{3})?$"},
    "flag": {"type": "boolean"},
    "port": _PORT,
    "port_list": {"type": "array", "items": _PORT, "minItems": 1, "uniqueItems": True},
    "port_range": {"anyOf": [_PORT, {"type": "string", "pattern": "^\\d+(-\\d+)?(, *\\d+(-\\d+)?)*$"}]},
    "label": {"type": "string", "pattern": "^[^\\u0000-\\u001f;|\"\\\\'`]*$"},
    "day": {"type": "string", "pattern": "^(\\d{4}-\\d{2}-\\d{2})?$"},
    "texts": {"type": "array", "items": _ONE_LINE},
    "addresses": {"type": "array", "items": {"type": "string", "minLength": 2}},
    "profiles": {
        "anyOf": [
            {"enum": [0, *range(8, 16)]},
            {"type": "array", "items": {"enum": ["domain", "private", "public"]}},
        ]
    },
}


def site_schema() -> dict[str, Any]:
    """The schema; every key with its meaning and default, unknown keys refused."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:cmfw:site:1",
        "title": "A Configuration Manager site or hierarchy, as cmfw reads it (TOML, or JSON of this shape)",
    }
    return head | _table("")


def _table(path: str) -> dict[str, Any]:
    prefix = f"{path}." if path else ""
    own = [k for k in SITE_KEYS if k.path.startswith(prefix) and "." not in k.path[len(prefix) :]]
    table: dict[str, Any] = {
        "type": "object",
        "properties": {key.path[len(prefix) :]: _value(key) for key in own},
        "additionalProperties": False,
    }
    required = [key.path[len(prefix) :] for key in own if key.is_required]
    return table | ({"required": required} if required else {})


def _value(key: SiteKey) -> dict[str, Any]:
    if key.kind == "table":
        value = _table(key.path)
    elif key.kind == "tables":
        value = {"type": "array", "items": _table(f"{key.path}[]")}
        value |= {"minItems": 1} if key.is_required else {}
    elif key.kind == "choice":
        value = {"enum": list(key.choices)}
    elif key.kind == "choices":
        value = {"type": "array", "items": {"enum": list(key.choices)}, "minItems": 1}
    else:
        value = dict(_KINDS[key.kind])
    told = key.meaning.en if key.is_required else f"{key.meaning.en}; default: {key.default.en}"
    return {"description": told} | value


def schema_text() -> str:
    """The schema as the bytes of the file."""
    import json

    return json.dumps(site_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(schema_text(), encoding="utf-8", newline="\n")
