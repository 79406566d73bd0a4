"""Target ``syncml``: the rules as SyncML for the Firewall CSP, one Atomic block a rule, and their deletion as undo.

A block is applied whole or not at all, so no rule is ever in force with half of its conditions. Source: Microsoft, "Firewall
CSP", "OMA DM protocol support" (Atomic); facts/windows_firewall.md 4.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cmfw.emit import Artifact, EmitRequest, Output
from cmfw.emit.capability import Capabilities
from cmfw.emit.csp_nodes import LACKS, LOSSES, as_written, nodes_of
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan
from cmfw.emit.xml_text import escaped
from cmfw.ingest.csp_sync import BASE, META, PROFILE_NODES, SETTING_NODES, SYNC, read_syncml
from cmfw.model.rule import HostRule, Store
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
    members = tuple(replace(member, name=member.name or member.id) for member in policy.members)
    rules = tuple(as_written(rule, policy.rpc_ports, CAPABILITIES) for rule in (*policy.rules, *members))
    blocks = [
        _block(((f"FirewallRules/{r.id}/{path}", kind, text) for path, kind, text in nodes_of(r)), r.id) for r in rules
    ]
    blocks += [_block(_settings(profile, found), PROFILE_NODES[profile]) for profile, found in policy.settings]
    undo = [_deleted(rule.id) for rule in rules]
    used = {"group-members": policy.members, "rule-group": rules, "settings": policy.settings}
    return Output(
        (
            Artifact("cmfw.syncml.xml", _document(blocks), "application/xml", rules),
            Artifact("undo.syncml.xml", _document(undo), "application/xml"),
        ),
        CAPABILITIES.losses_of(policy.rules, [name for name, found in used.items() if found]),
    )


def _document(blocks: Iterable[list[str]]) -> bytes:
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f'<SyncML xmlns="{SYNC}">', "  <SyncBody>"]
    number = 0
    for block in blocks:
        for line in block:
            number += line.count("{number}")
            lines.append(line.replace("{number}", str(number)))
    lines += ["    <Final/>", "  </SyncBody>", "</SyncML>"]
    return ("\n".join(lines) + "\n").encode()


def _block(nodes: Iterable[tuple[str, str, str]], _name: str) -> list[str]:
    lines = ["    <Atomic>", "      <CmdID>{number}</CmdID>"]
    for path, kind, text in nodes:
        lines += [
            "      <Replace>",
            "        <CmdID>{number}</CmdID>",
            "        <Item>",
            f"          <Target><LocURI>{_plain(BASE + path)}</LocURI></Target>",
            f'          <Meta><Format xmlns="{META}">{kind}</Format><Type xmlns="{META}">text/plain</Type></Meta>',
            f"          <Data>{_plain(text)}</Data>",
            "        </Item>",
            "      </Replace>",
        ]
    return [*lines, "    </Atomic>"]


def _plain(text: str) -> str:
    """The text escaped; braces too, which stand for numbers while a document is put together."""
    return escaped(text).replace("{", "&#123;").replace("}", "&#125;")


def _deleted(rule_id: str) -> list[str]:
    return [
        "    <Delete>",
        "      <CmdID>{number}</CmdID>",
        f"      <Item><Target><LocURI>{_plain(f'{BASE}FirewallRules/{rule_id}')}</LocURI></Target></Item>",
        "    </Delete>",
    ]


def _settings(profile: Profile, found: ProfileSettings) -> Iterator[tuple[str, str, str]]:
    for field, (name, negated) in SETTING_NODES.items():
        wanted = getattr(found, field)
        if wanted is not None and name.startswith("Default"):
            yield f"{PROFILE_NODES[profile]}/{name}", "int", str(int(wanted != negated))
        elif wanted is not None:
            yield f"{PROFILE_NODES[profile]}/{name}", "bool", "true" if wanted != negated else "false"


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """What ``cmfw.syncml.xml`` makes of a device."""
    return PolicyReading(part=read_syncml(artifacts[0].content, artifacts[0].path))
