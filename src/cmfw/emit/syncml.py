"""Target ``syncml``: the rules as SyncML for the Firewall CSP, one Atomic block a rule, and their deletion as undo.

A block is applied whole or not at all, so no rule is ever in force with half of its conditions. Source: Microsoft, "Firewall
CSP", "OMA DM protocol support" (Atomic); facts/windows_firewall.md 4.7.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import count

from cmfw.emit import Artifact, EmitRequest, Output
from cmfw.emit.capability import Capabilities
from cmfw.emit.csp_nodes import LACKS, LOSSES, Node, address_texts, as_written, nodes_of
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan
from cmfw.emit.xml_text import escaped
from cmfw.ingest.csp_sync import BASE, META, PROFILE_NODES, SETTING_NODES, SYNC, read_syncml
from cmfw.model.rule import HostRule, Store, changed_rule
from cmfw.model.state import DEFAULT_RPC_PORTS, ProfileSettings
from cmfw.net.flow import Profile

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
    block, text_of = _blocks(), address_texts()
    blocks = [block(_place(rule), nodes_of(rule, text_of)) for rule in rules]
    blocks += [block(_plain(BASE), _settings(profile, found)) for profile, found in policy.settings]
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


def _blocks() -> Callable[[str, Iterable[Node]], str]:
    """A writer of the blocks of one document, each from the place of its nodes; it numbers the commands from 1 on."""
    numbers = count(1)
    # what stands behind the place: the same for many rules
    ending = cache(_ending)

    def block(place: str, nodes: Iterable[Node]) -> str:
        lines = [f"    <Atomic>\n      <CmdID>{next(numbers)}</CmdID>\n"]
        lines += [
            f"      <Replace>\n        <CmdID>{next(numbers)}</CmdID>\n        <Item>\n"
            f"          <Target><LocURI>{place}{ending(node)}"
            for node in nodes
        ]
        lines.append("    </Atomic>\n")
        return "".join(lines)

    return block


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
