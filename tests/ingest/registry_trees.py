"""Registry keys in memory, written as Python values."""

from __future__ import annotations

from cmfw.ingest.registry import REG_BINARY, REG_DWORD, REG_SZ, RegistryTree, RegistryValue, encode_text


def tree(**keys: dict[str, object]) -> RegistryTree:
    """Keys (``__`` for a backslash) with values: an int is a DWORD, a str text, bytes binary, a tuple (type, data)."""
    out = RegistryTree("made.reg")
    for key, values in keys.items():
        path = key.replace("__", "\\")
        out.create_key(path)
        for name, value in values.items():
            match value:
                case int():
                    kind, data = REG_DWORD, value.to_bytes(4, "little")
                case str():
                    kind, data = REG_SZ, encode_text(value)
                case bytes():
                    kind, data = REG_BINARY, value
                case (kind, data):
                    pass
            out.set_value(RegistryValue(path, name, kind, data))
    return out
