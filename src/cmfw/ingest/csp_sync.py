"""Reads back the SyncML that ``emit syncml`` writes, and nothing else: for translation validation.

A document that is laid out as ours are is cut by a pattern into places and values; any other goes through the parser of XML.
What places and values mean is read the same way of both. Source: Microsoft, "Firewall CSP"; OMA-TS-DM_RepPro-V1_2 (SyncML representation).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from cmfw.errors import Problem
from cmfw.ingest.csp_rule import AddressReader, address_reader, read_csp_rule
from cmfw.ingest.evidence import StorePart
from cmfw.model.rule import HostRule, Store
from cmfw.model.state import ProfileSettings
from cmfw.net.flow import Profile

SYNC = "SYNCML:SYNCML1.2"
META = "syncml:metinf"
BASE = "./Vendor/MSFT/Firewall/MdmStore/"
PROFILE_NODES = {Profile.DOMAIN: "DomainProfile", Profile.PRIVATE: "PrivateProfile", Profile.PUBLIC: "PublicProfile"}
SETTING_NODES = {
    "enable_firewall": ("EnableFirewall", False),
    "do_not_allow_exceptions": ("Shielded", False),
    "default_inbound_allow": ("DefaultInboundAction", True),
    "default_outbound_allow": ("DefaultOutboundAction", True),
    "allow_local_policy_merge": ("AllowLocalPolicyMerge", False),
    "allow_local_ipsec_policy_merge": ("AllowLocalIpsecPolicyMerge", False),
    "apps_allow_user_pref_merge": ("AuthAppsAllowUserPrefMerge", False),
    "ports_allow_user_pref_merge": ("GlobalPortsAllowUserPrefMerge", False),
    "disable_notifications": ("DisableInboundNotifications", False),
    "disable_stealth_mode": ("DisableStealthMode", False),
    "disable_unicast_responses": ("DisableUnicastResponsesToMulticastBroadcast", False),
}
"""Setting -> (node, whether the value says the opposite: 0 is allow)."""


def read_syncml(content: bytes, path: str) -> StorePart:
    """The MDM store that one document of ours sets; everything else in it is a problem."""
    rules: list[HostRule] = []
    settings: dict[Profile, dict[str, Any]] = {}
    problems: list[Problem] = []
    addresses = address_reader()
    try:
        for pairs in layout_of(content) or _parsed(content):
            for name, found in _nodes(pairs).items():
                _take(name, found, (rules, settings), addresses, path)
    except (ParseError, ValueError, KeyError, TypeError) as error:
        problems.append(Problem(path, "SyncML of our dialect", str(error)))
    merged = tuple((profile, ProfileSettings(**found)) for profile, found in settings.items())
    return StorePart(store=Store.MDM, name="mdm", rules=tuple(rules), settings=merged, problems=tuple(problems))


Pair = tuple[str, str]
"""(place of a node, its value)."""
_TEXT = r"[^<>&\x00-\x1f\ufffe\uffff]*(?:&(?:amp|lt|gt|#13|#123|#125);[^<>&\x00-\x1f\ufffe\uffff]*)*"
_REPLACE = re.compile(
    "      <Replace>\\n        <CmdID>[0-9]+</CmdID>\\n        <Item>\\n"
    f"          <Target><LocURI>({_TEXT})</LocURI></Target>\\n"
    f'          <Meta><Format xmlns="{META}">[a-z]+</Format><Type xmlns="{META}">text/plain</Type></Meta>\\n'
    f"          <Data>({_TEXT})</Data>\\n        </Item>\\n      </Replace>\\n"
)
_ATOMIC = re.compile("    <Atomic>\\n      <CmdID>[0-9]+</CmdID>\\n")
_HEAD = f'<?xml version="1.0" encoding="utf-8"?>\n<SyncML xmlns="{SYNC}">\n  <SyncBody>\n'
_END = "    </Atomic>\n"
_TAIL = "    <Final/>\n  </SyncBody>\n</SyncML>\n"
_ENTITY = re.compile(r"&([^;]+);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "#13": "\r", "#123": "{", "#125": "}"}


def layout_of(content: bytes) -> list[list[Pair]] | None:
    """The pairs of every block; None where the document is laid out in another way than ours."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    at = len(_HEAD)
    found = []
    while begin := _ATOMIC.match(text, at):
        at = begin.end()
        pairs: list[Pair] = []
        while command := _REPLACE.match(text, at):
            pairs.append(command.groups() if "&" not in command[0] else tuple(map(_plain, command.groups())))  # type: ignore[arg-type]
            at = command.end()
        if not text.startswith(_END, at):
            return None
        at += len(_END)
        found.append(pairs)
    return found if text.startswith(_HEAD) and text[at:] == _TAIL else None


def _plain(text: str) -> str:
    return _ENTITY.sub(lambda entity: _ENTITIES[entity[1]], text)


def _parsed(content: bytes) -> Iterator[list[Pair]]:
    """The pairs of every block of any document; raises ValueError after the last one where there is anything else."""
    if b"<!" in content:
        raise ValueError("a document type or a marked section")
    root = fromstring(content)  # noqa: S314 - no document type, so no entities
    for block in root.findall(f"{{{SYNC}}}SyncBody/{{{SYNC}}}Atomic"):
        yield list(_pairs(block))
    _check_rest(root)


def _check_rest(root: Element) -> None:
    body = root.find(f"{{{SYNC}}}SyncBody")
    names = {f"{{{SYNC}}}{name}" for name in ("Atomic", "Final")}
    if root.tag != f"{{{SYNC}}}SyncML" or body is None or any(child.tag not in names for child in body):
        raise ValueError("other commands than Atomic")


def _pairs(block: Element) -> Iterator[Pair]:
    for command in block:
        if command.tag == f"{{{SYNC}}}CmdID":
            continue
        if command.tag != f"{{{SYNC}}}Replace":
            raise ValueError(f"the command {command.tag}")
        where = command.findtext(f"{{{SYNC}}}Item/{{{SYNC}}}Target/{{{SYNC}}}LocURI") or ""
        yield where, command.findtext(f"{{{SYNC}}}Item/{{{SYNC}}}Data") or ""


_NOWHERE = "\0"
"""No place begins so: XML has no such character."""


def _nodes(pairs: Iterable[Pair]) -> dict[tuple[str, str], dict[str, str]]:
    """(branch, name of the rule) -> node -> value, of one block."""
    nodes: dict[tuple[str, str], dict[str, str]] = {}
    place, found = _NOWHERE, {}
    for where, text in pairs:
        if where.startswith(place):
            leaf = where[len(place) :]
        elif where.startswith(BASE):
            branch, _, leaf = where[len(BASE) :].partition("/")
            name, place = "", _NOWHERE
            if branch == "FirewallRules":
                name, slash, leaf = leaf.partition("/")
                place = f"{BASE}{branch}/{name}/" if slash else _NOWHERE
            found = nodes.setdefault((branch, name), {})
        else:
            raise ValueError(f"the node `{where}`")
        if leaf in found:
            raise ValueError(f"the node `{where}` twice")
        found[leaf] = text
    return nodes


def _take(
    place: tuple[str, str],
    found: dict[str, str],
    out: tuple[list[HostRule], dict[Profile, dict[str, Any]]],
    addresses: AddressReader,
    path: str,
) -> None:
    """Add the rule or the settings of a profile that the nodes of one place make."""
    branch, name = place
    rules, settings = out
    if branch == "FirewallRules":
        rules.append(read_csp_rule(name, found, addresses, f"{path}!{name}"))
        return
    profile = next((p for p, node in PROFILE_NODES.items() if node == branch), None)
    if profile is None:
        raise ValueError(f"nodes {', '.join(sorted(found))}")
    settings[profile] = dict(_setting(leaf, text) for leaf, text in found.items())


_FIELDS = {node: (field, negated) for field, (node, negated) in SETTING_NODES.items()}


def _setting(name: str, text: str) -> tuple[str, bool]:
    field, negated = _FIELDS[name]
    return field, {"true": True, "1": True, "false": False, "0": False}[text] != negated
