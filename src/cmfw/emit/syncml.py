"""Target ``syncml``: the rules as SyncML for the Firewall CSP, one Atomic block a rule, and their deletion as undo.

A block is applied whole or not at all, so no rule is ever in force with half of its conditions. Source: Microsoft, "Firewall
CSP", "OMA DM protocol support" (Atomic); facts/windows_firewall.md 4.7.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

from cmfw.emit import Artifact, EmitRequest, Output
from cmfw.emit.capability import Capabilities
from cmfw.emit.csp_nodes import LACKS, LOSSES, Node, address_texts, as_written, circumstances, conditions_of
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan
from cmfw.emit.xml_text import escaped
from cmfw.ingest.csp_sync import BASE, META, PROFILE_NODES, SETTING_NODES, SYNC, read_syncml
from cmfw.model.rule import Action, AddressMatch, HostRule, Store, changed_rule
from cmfw.model.state import DEFAULT_RPC_PORTS, ProfileSettings
from cmfw.net.flow import Direction, Profile

CAPABILITIES = Capabilities(
    target="syncml",
    title="SyncML for the Firewall CSP, and its undo",
    lacks=LACKS,
    losses={**LOSSES, "settings": "the undo leaves them as they are"},
    settings=tuple(SETTING_NODES),
    store=Store.MDM,
    bad_in_ids="/|",
)


def emit(request: EmitRequest) -> Output:
    """``cmfw.syncml.xml`` and ``undo.syncml.xml``; raises Unsupported."""
    from cmfw.emit.powershell import check_windows

    check_windows(CAPABILITIES, request)
    return write_policy(policy_of_plan(request, CAPABILITIES))


def check(rule: HostRule) -> None:
    """Raise Unsupported where the CSP cannot say the rule."""
    as_written(rule, DEFAULT_RPC_PORTS, CAPABILITIES)


def write_policy(policy: HostPolicy) -> Output:
    """``cmfw.syncml.xml`` and ``undo.syncml.xml``; raises Unsupported."""
    members = tuple(changed_rule(member, name=member.name or member.id) for member in policy.members)
    rules = tuple(as_written(rule, policy.rpc_ports, CAPABILITIES) for rule in (*policy.rules, *members))
    commands, text_of = _Commands(), address_texts()
    blocks = [commands.of_rule(rule, text_of) for rule in rules]
    blocks += [commands.of_profile(profile, found) for profile, found in policy.settings]
    undo = [_deleted(rule, number) for number, rule in enumerate(rules, 1)]
    used = {"group-members": policy.members, "rule-group": rules, "settings": policy.settings}
    return Output(
        (
            Artifact("cmfw.syncml.xml", _document(blocks), "application/xml", rules),
            Artifact("undo.syncml.xml", _document(undo), "application/xml"),
        ),
        CAPABILITIES.losses_of(policy.rules, [name for name, found in used.items() if found]),
    )


def _document(blocks: Iterable[str]) -> bytes:
    head = f'<?xml version="1.0" encoding="utf-8"?>\n<SyncML xmlns="{SYNC}">\n  <SyncBody>\n'
    return (head + "".join(blocks) + "    <Final/>\n  </SyncBody>\n</SyncML>\n").encode()


_BEGIN, _END = "    <Atomic>\n      <CmdID>{}</CmdID>\n", "    </Atomic>\n"
_SET = "      <Replace>\n        <CmdID>"
_AT = "</CmdID>\n        <Item>\n          <Target><LocURI>"


class _Commands:
    """A writer of the blocks of one document, which numbers their commands from 1 on."""

    def __init__(self) -> None:
        self.number = 1
        # what stands behind the place: the same for many rules
        self.ending = cache(_ending)

    def of_rule(self, rule: HostRule, text_of: Callable[[AddressMatch], str]) -> str:
        """The block of a rule that is ``as_written``."""
        place, n = _place(rule), self.number
        begin, used = _beginning(rule.active, rule.direction, rule.action, rule.profiles, rule.protocol)
        numbers: Any = (
            n,
            n + 1,
            place,
            _plain(rule.name),
            n + 2,
            place,
            n + 3,
            place,
            n + 4,
            place,
            n + 5,
            place,
            n + 6,
            place,
        )
        self.number = n + used // 2
        return f"{begin % numbers[:used]}{self._set(place, conditions_of(rule, text_of))}{_END}"

    def of_profile(self, profile: Profile, found: ProfileSettings) -> str:
        """The block of the settings of a profile."""
        self.number += 1
        return f"{_BEGIN.format(self.number - 1)}{self._set(_plain(BASE), _settings(profile, found))}{_END}"

    def _set(self, place: str, nodes: Iterable[Node]) -> str:
        number, ending, lines = self.number, self.ending, []
        for node in nodes:
            lines.append(f"{_SET}{number}{_AT}{place}{ending(node)}")
            number += 1
        self.number = number
        return "".join(lines)


@lru_cache(maxsize=1024)
def _beginning(active: bool, direction: Direction, action: Action, profiles: int, protocol: int | None) -> tuple[str, int]:
    """How the block of a rule begins, as a format for its numbers, its place and, once, its name; and how many these are."""
    nodes = circumstances(active, direction, action, profiles, protocol)
    name = _ending(("Name", "chr", "\0")).replace("\0", "%s")
    endings = (name, *(_ending(node).replace("%", "%%") for node in nodes))
    return _BEGIN.format("%d") + "".join(f"{_SET}%d{_AT}%s{ending}" for ending in endings), 4 + 2 * len(nodes)


def _ending(node: Node) -> str:
    path, kind, text = node
    return (
        f"{_plain(path)}</LocURI></Target>\n"
        f'          <Meta><Format xmlns="{META}">{kind}</Format><Type xmlns="{META}">text/plain</Type></Meta>\n'
        f"          <Data>{_plain(text)}</Data>\n        </Item>\n      </Replace>\n"
    )


def _place(rule: HostRule) -> str:
    return _plain(f"{BASE}FirewallRules/{rule.id}/")


def _plain(text: str) -> str:
    """The text escaped; braces too, as documents of ours always had them."""
    if _MEANS_SOMETHING.search(text) is None:
        return text
    return escaped(text).replace("{", "&#123;").replace("}", "&#125;")


_MEANS_SOMETHING = re.compile(r"[&<>\r{}]")


def _deleted(rule: HostRule, number: int) -> str:
    return (
        f"    <Delete>\n      <CmdID>{number}</CmdID>\n"
        f"      <Item><Target><LocURI>{_place(rule)[:-1]}</LocURI></Target></Item>\n    </Delete>\n"
    )


def _settings(profile: Profile, found: ProfileSettings) -> Iterator[Node]:
    for field, (name, negated) in SETTING_NODES.items():
        wanted = getattr(found, field)
        if wanted is not None and name.startswith("Default"):
            yield f"{PROFILE_NODES[profile]}/{name}", "int", str(int(wanted != negated))
        elif wanted is not None:
            yield f"{PROFILE_NODES[profile]}/{name}", "bool", "true" if wanted != negated else "false"


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """What ``cmfw.syncml.xml`` makes of a device."""
    return PolicyReading(part=read_syncml(artifacts[0].content, artifacts[0].path))
