"""Spellings of the COM interface of Windows Firewall, and rules in them, for the targets ``dsc`` and ``ansible``.

Source: Microsoft, "INetFwRule interface"; facts/windows_firewall.md 4.8, 4.9.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from cmfw.ingest.kept_texts import kept
from cmfw.ingest.local_subnet import subnet_words
from cmfw.model.rule import AddressMatch, PortKeyword, PortMatch
from cmfw.net.addr import AddrSet
from cmfw.net.ports import PortSet

PORT_WORDS = {PortKeyword.RPC.value: "RPC", PortKeyword.RPC_EPMAP.value: "RPC-EPMap"}


def ports_text(match: PortMatch) -> str:
    """The ports as one text; the word ``any`` is the caller's."""
    return ",".join([*match.ports.texts(), *(PORT_WORDS[word] for word in match.keywords)])


@kept
def read_ports(text: str, every: str) -> PortMatch:
    """The condition of a list of ports in which ``every`` alone means all; raises ValueError for anything else."""
    if text == every:
        return PortMatch.ANY
    ours = {theirs: word for word, theirs in PORT_WORDS.items()}
    ports, words = PortSet.EMPTY, []
    for part in text.split(","):
        if part in ours:
            words.append(ours[part])
        else:
            ports |= PortSet.parse(part)
    return PortMatch(ports, tuple(sorted(words)))


def read_addresses(text: str, every: str, protocol: int | None) -> AddressMatch:
    """The condition of a list of addresses in which ``every`` alone means all; raises ValueError for anything else."""
    if text == every:
        return AddressMatch.ANY
    parts = text.split(",")
    plain = [part for part in parts if part != "LocalSubnet"]
    return AddressMatch(AddrSet.parse(*plain), subnet_words(protocol) if len(plain) < len(parts) else ())


def address_reader(every: str) -> Callable[[str, int | None], AddressMatch]:
    """``read_addresses`` for the rules of one document, which reads each text once."""
    return cache(lambda text, protocol: read_addresses(text, every, protocol))
