"""The parts of a CCMSetup command line that decide where a client connects during installation."""

from __future__ import annotations

import re

from cmfw.values import value

_WORD = r'(?:[^\s"]|"[^"]*")+'


@value(kw_only=True)
class CcmSetup:
    """What a command line says; empty or None where it is silent. ``wrong`` are (property, value) that are no port."""

    source: str = ""
    mp: str = ""
    http_port: int | None = None
    https_port: int | None = None
    fsp: str = ""
    install_dir: str = ""
    wrong: tuple[tuple[str, str], ...] = ()


def parse_ccmsetup(text: str) -> CcmSetup:
    """The command line read; switches and properties without a say in connections are passed over.

    Switches are ``/name:value`` (also ``-name:value``), properties ``NAME=value``; either may be quoted, and case does
    not matter. ``/mp`` wins over ``SMSMP`` because CCMSetup contacts it first.
    Source: facts/configmgr.md 3.6 (about-client-installation-properties).
    """
    switches: dict[str, str] = {}
    properties: dict[str, str] = {}
    for word in re.findall(_WORD, text):
        bare = word.replace('"', "")
        if bare[:1] in "/-":
            name, _, rest = bare[1:].partition(":")
            switches.setdefault(name.lower(), rest)
        elif "=" in bare:
            name, _, rest = bare.partition("=")
            properties[name.upper()] = rest
    wrong: list[tuple[str, str]] = []
    ports: dict[str, int | None] = {}
    for name in ("CCMHTTPPORT", "CCMHTTPSPORT"):
        given = properties.get(name, "")
        is_port = given.isascii() and given.isdigit() and 0 < int(given) < 65536
        ports[name] = int(given) if is_port else None
        if name in properties and not is_port:
            wrong.append((name, given))
    return CcmSetup(
        source=switches.get("source", ""),
        mp=switches.get("mp", "") or properties.get("SMSMP", ""),
        http_port=ports["CCMHTTPPORT"],
        https_port=ports["CCMHTTPSPORT"],
        fsp=properties.get("FSP", ""),
        install_dir=properties.get("CCMINSTALLDIR", ""),
        wrong=tuple(wrong),
    )
