"""Lines of an nftables ruleset as most are: what each part of them says is looked up once for all lines that say it.

What a part means is for ``nft_text`` to say; here is only where the parts of a usual line are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cmfw.ingest.packet_chains import ACCEPT, PacketRule, sure_rule
from cmfw.ingest.packet_match import WITH_PORTS_ALONE, NotUnderstood, PacketMatch
from cmfw.net.addr import V6_BASE
from cmfw.net.box import packet_box
from cmfw.net.flowset import FlowSet
from cmfw.net.intervals import Ranges

Effect = tuple[tuple[str, Ranges], ...]
"""(field, what is kept of it) of each field of a match that a condition narrows."""
_RULE = re.compile(
    r"""[ \t]*((ip6? saddr @[\w.]+) (ip6? daddr @[\w.]+) ([a-z0-9]+ [a-z0-9]+ [\w-]+) counter accept comment "[^"\s{};,#]*")"""
)
_KIND = re.compile(r"[ \t]*type ipv[46]_addr")
_ELEMENTS = re.compile(r"[ \t]*elements = \{ ([\w.:/-]+(?:, [\w.:/-]+)*) \}")


class UsualRules:
    """Reads the usual rules of one table; ``effect`` says what a condition does, or raises NotUnderstood."""

    def __init__(self, effect: Callable[[str], Effect], path: str) -> None:
        self._effect = effect
        self._path = path
        self._effects: dict[str, Effect] = {}
        self._ends: dict[str, tuple[Ranges, Ranges]] = {}
        self._ports: dict[str, tuple[Ranges, Ranges]] = {}

    def rules(self, lines: Sequence[str], at: int) -> tuple[list[PacketRule], int]:
        """The rules from a line on, up to the first that is no usual one, and where that is."""
        found: list[PacketRule] = []
        split = _RULE.fullmatch
        while at < len(lines):
            parts = split(lines[at])
            if parts is None:
                if lines[at].lstrip()[:1] != "#":
                    break
                at += 1
                continue
            text, near, far, what = parts.groups()
            try:
                flows = self._flows(near, far, what)
            except NotUnderstood:
                break
            at += 1
            found.append(sure_rule(flows, ACCEPT, "", text, f"{self._path}:{at}"))
        return found, at

    def _flows(self, near: str, far: str, what: str) -> FlowSet:
        ends = self._ends.get(near + far) or self._ends_of(near, far)
        ports = self._ports.get(what) or self._ports_of(what)
        if ends and ports:
            return FlowSet((packet_box(ports[0], *ends, remote_port=ports[1]),))
        match = PacketMatch()
        for condition in (near, far, what):
            match.take(self._known(condition))
        return match.flows()

    def _known(self, condition: str) -> Effect:
        effect = self._effects.get(condition)
        if effect is None:
            effect = self._effects[condition] = self._effect(condition)
        return effect

    def _ends_of(self, near: str, far: str) -> tuple[Ranges, Ranges] | tuple[()]:
        """Source and target where that is all that two conditions say, both of one family; nothing where it is not."""
        said = dict(self._known(near) + self._known(far))
        source, target = said.get("source"), said.get("target")
        if len(said) != 2 or not source or not target:
            return ()
        if max(source[-1][1], target[-1][1]) >= V6_BASE > min(source[0][0], target[0][0]):
            return ()
        found = self._ends[near + far] = (source, target)
        return found

    def _ports_of(self, what: str) -> tuple[Ranges, Ranges] | tuple[()]:
        """Protocol and target ports where that is all that a condition says; nothing where it is not."""
        said = dict(self._known(what))
        protocol, ports = said.get("protocol"), said.get("target_port")
        if len(said) != 2 or protocol not in WITH_PORTS_ALONE or not ports:
            return ()
        found = self._ports[what] = (protocol, ports)
        return found


def usual_elements(lines: Sequence[str]) -> list[str] | None:
    """The elements of a set whose body is these lines, None where it is not a usual one: no value is looked at here."""
    if len(lines) != 4 or lines[1].strip() != "flags interval" or lines[3].strip() != "}":
        return None
    found = _ELEMENTS.fullmatch(lines[2])
    return found[1].split(", ") if found and _KIND.fullmatch(lines[0]) else None
