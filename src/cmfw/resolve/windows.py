"""Which Windows a site file means by ``os``: SKU and build, the key of predefined firewall groups."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cmfw.catalog.types import GroupEdition

CLIENT, SERVER = "client", "server"

_CLIENT_BUILDS = {
    "7": 7601,
    "8": 9200,
    "8.1": 9600,
    "10": 19045,
    "10 1507": 10240,
    "10 1511": 10586,
    "10 1607": 14393,
    "10 1703": 15063,
    "10 1709": 16299,
    "10 1803": 17134,
    "10 1809": 17763,
    "10 1903": 18362,
    "10 1909": 18363,
    "10 2004": 19041,
    "10 20h2": 19042,
    "10 21h1": 19043,
    "10 21h2": 19044,
    "10 22h2": 19045,
    "11": 22631,
    "11 21h2": 22000,
    "11 22h2": 22621,
    "11 23h2": 22631,
    "11 24h2": 26100,
    "11 25h2": 26200,
}
_SERVER_BUILDS = {
    "2008 r2": 7601,
    "2012": 9200,
    "2012 r2": 9600,
    "2016": 14393,
    "2019": 17763,
    "2022": 20348,
    "2025": 26100,
}
_SERVER_ONLY = frozenset({20348})
"""Builds that only a server has; the others are shared and mean the client unless the text says server."""

_NT_BUILD = r"(?:\d+\.\d+\.)?(\d{4,5})(?:\.\d+)?"
_NAMES = r"\b(?:microsoft|windows|version|client|enterprise|pro|professional|education|standard|datacenter)\b"


def windows_version(text: str) -> tuple[str, int] | None:
    """(SKU, NT build) of ``Windows 10 22H2``, ``win11``, ``Server 2019``, ``10.0.20348`` or ``server 10.0.17763``.

    None where the text names no Windows that we know. A release without its half-year means the last one.
    Source: Microsoft, "Windows 10 release information", "Windows 11 release information", "Windows Server release
    information".
    """
    if not text:
        return None  # as most site files have it, and the patterns take their time to compile
    words = re.sub(r"\bwin(?=\s*\d)", "", text.lower().replace("-", " ").replace("_", " "))
    is_server = "server" in words
    words = re.sub(r"\bserver", " ", words)
    words = " ".join(re.sub(_NAMES, " ", words).replace("(", " ").replace(")", " ").split())
    named = (_SERVER_BUILDS if is_server else _CLIENT_BUILDS).get(words)
    if named is None and not is_server and words in _SERVER_BUILDS:
        is_server, named = True, _SERVER_BUILDS[words]
    if named is not None:
        return (SERVER if is_server else CLIENT), named
    build = re.fullmatch(_NT_BUILD, words)
    if build is None or int(build[1]) < 6000:
        return None
    number = int(build[1])
    return (SERVER if is_server or number in _SERVER_ONLY else CLIENT), number


def group_edition(editions: Sequence[GroupEdition], sku: str, build: int) -> GroupEdition | None:
    """The rules of a predefined group on that Windows, None where the catalog has none."""
    for edition in editions:
        low = edition.first_build is None or edition.first_build <= build
        high = edition.last_build is None or build <= edition.last_build
        if edition.sku in (sku, "any", "") and low and high:
            return edition
    return None
