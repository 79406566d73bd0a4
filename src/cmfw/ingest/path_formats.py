"""The formats of packet filters that a ``[[filter]]`` may name, and how a file is known to be of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cmfw.errors import Problem
from cmfw.model.path import PathLine

Read = Callable[[str, str], tuple[tuple[PathLine, ...], list[Problem]]]
PATH_FORMATS: dict[str, tuple[str, str, str]] = {
    "nftables": ("cmfw.ingest.nftables", "read_nftables", r"(table|flush|delete|add table|destroy)\b"),
    "iptables-save": ("cmfw.ingest.iptables_save", "read_iptables", r"\*(filter|nat|mangle|raw|security)\s*$"),
    "azure-nsg": ("cmfw.ingest.azure_nsg", "read_nsg", r"[{\[]"),
    "cisco": (
        "cmfw.ingest.cisco_acl",
        "read_acl",
        r"(access-list\s+\S+\s+(line\s|extended|standard|remark|permit|deny)|ip access-list\s|ASA Version)",
    ),
    "rule-request": ("cmfw.ingest.rule_request", "read_request", r"\ufeff?\"?id / "),
}
"""Format name -> module, its function, and the pattern that begins one of the first lines of a file of the format."""
MOST_HEAD = 12
"""Lines that are looked at to know a format."""


def vendor_format(head: Sequence[str]) -> str | None:
    """The format that a file's first lines (without comments) are of, or None where they are of none known here."""
    for name, (_, _, pattern) in PATH_FORMATS.items():
        if any(re.match(pattern, line) for line in head):
            return name
    return None


def read_vendor(name: str, text: str, path: str) -> tuple[tuple[PathLine, ...], list[Problem]]:
    """(lines, problems) of a file of the format."""
    from importlib import import_module

    module, function, _ = PATH_FORMATS[name]
    read: Read = getattr(import_module(module), function)
    return read(text, path)
