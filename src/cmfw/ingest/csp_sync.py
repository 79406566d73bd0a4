"""Reads back the SyncML that ``emit syncml`` writes, and nothing else: for translation validation.

A document that is laid out as ours are is cut by patterns into places and values, each text of a command once; any other goes
through the parser of XML. What places and values mean is read the same way of both. Source: Microsoft, "Firewall CSP"; OMA-TS-DM_RepPro-V1_2 (SyncML representation).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from cmfw.errors import Problem
from cmfw.ingest.csp_rule import AddressReader, address_reader, read_csp_rule
from cmfw.ingest.evidence import StorePart
from cmfw.ingest.kept_texts import kept
from cmfw.model.rule import HostRule, Store
from cmfw.model.state import ProfileSettings
from cmfw.net.flow import Profile
from cmfw.words.phrases import listed, phrase

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
        for nodes in layout_of(content) or map(_nodes, _parsed(content)):
            for name, found in nodes.items():
                _take(name, found, (rules, settings), addresses, path)
    except (ParseError, ValueError, LookupError, TypeError) as error:
        problems.append(Problem(path, "SyncML of our dialect", str(error)))
    merged = tuple((profile, ProfileSettings(**found)) for profile, found in settings.items())
    return StorePart(store=Store.MDM, name="mdm", rules=tuple(rules), settings=merged, problems=tuple(problems))


Pair = tuple[str, str]
"""(place of a node, its value)."""
Nodes = dict[tuple[str, str], dict[str, str]]
"""(branch, name of the rule) -> node -> value, of one block."""
_TEXT = r"[^<>&\x00-\x1f\ufffe\uffff]*(?:&(?:amp|lt|gt|#13|#123|#125);[^<>&\x00-\x1f\ufffe\uffff]*)*"
_COMMAND = re.compile("      <Replace>\\n        <CmdID>[0-9]+</CmdID>\\n        <Item>\\n          <Target><LocURI>")
"""What stands before the place of a node; what stands behind it is the same for many rules."""
_REST = re.compile(
    f"({_TEXT})</LocURI></Target>\\n"
    f'          <Meta><Format xmlns="{META}">[a-z]+</Format><Type xmlns="{META}">text/plain</Type></Meta>\\n'
    f"          <Data>({_TEXT})</Data>\\n        </Item>\\n      </Replace>\\n"
)
_PLACE = re.compile(f"{re.escape(BASE)}FirewallRules/([^/<>&\\x00-\\x1f\\ufffe\\uffff]*)/")
_ATOMIC = re.compile("    <Atomic>\\n      <CmdID>[0-9]+</CmdID>\\n")
_NEXT = re.compile(f"    </Atomic>\\n{_ATOMIC.pattern}")
_HEAD = f'<?xml version="1.0" encoding="utf-8"?>\n<SyncML xmlns="{SYNC}">\n  <SyncBody>\n'
_TAIL = "    </Atomic>\n    <Final/>\n  </SyncBody>\n</SyncML>\n"
_ENTITY = re.compile(r"&([^;]+);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "#13": "\r", "#123": "{", "#125": "}"}


def layout_of(content: bytes) -> list[Nodes] | None:
    """The nodes of every block; None where the document is laid out in another way than ours, or something is wrong.

    INVARIANT: no place and no value has a ``<``, so what is cut at a mark is whole commands or none, and each must be one.
    """
    try:
        text = content.decode("utf-8")
        begin = _ATOMIC.match(text, len(_HEAD))
        if begin is None or not (text.startswith(_HEAD) and text.endswith(_TAIL)):
            return None
        return [_block(block) for block in _NEXT.split(text[begin.end() : -len(_TAIL)])]
    except ValueError:
        return None


def _block(text: str) -> Nodes:
    """The nodes of one block; raises ValueError where it is laid out in another way than ours."""
    before, *commands = _COMMAND.split(text)
    if before:
        raise ValueError("another command")
    place = _PLACE.match(commands[0]) if commands else None
    if place is None or not all(command.startswith(place[0]) for command in commands):
        return _nodes(map(_pair, commands))
    start = place.end()
    found = dict([_pair(command[start:]) for command in commands])
    if len(found) < len(commands):
        raise ValueError("a node twice")
    return {("FirewallRules", place[1]): found}


@kept
def _pair(command: str) -> Pair:
    """(what stands there of the place, value) of one command from its place on."""
    found = _REST.fullmatch(command)
    if found is None:
        raise ValueError("another layout")
    where, text = found.groups()
    return (_plain(where), _plain(text)) if "&" in command else (where, text)


def _plain(text: str) -> str:
    return _ENTITY.sub(lambda entity: _ENTITIES[entity[1]], text)


def _parsed(content: bytes) -> Iterator[list[Pair]]:
    """The pairs of every block of any document; raises ValueError after the last one where there is anything else."""
    if b"<!" in content:
        raise ValueError(phrase("a document type or a marked section"))
    root = fromstring(content)  # noqa: S314 - no document type, so no entities
    for block in root.findall(f"{{{SYNC}}}SyncBody/{{{SYNC}}}Atomic"):
        yield list(_pairs(block))
    _check_rest(root)


def _check_rest(root: Element) -> None:
    body = root.find(f"{{{SYNC}}}SyncBody")
    names = {f"{{{SYNC}}}{name}" for name in ("Atomic", "Final")}
    if root.tag != f"{{{SYNC}}}SyncML" or body is None or any(child.tag not in names for child in body):
        raise ValueError(phrase("other commands than Atomic"))


def _pairs(block: Element) -> Iterator[Pair]:
    for command in block:
        if command.tag == f"{{{SYNC}}}CmdID":
            continue
        if command.tag != f"{{{SYNC}}}Replace":
            raise ValueError(phrase("the command {tag}", tag=command.tag))
        where = command.findtext(f"{{{SYNC}}}Item/{{{SYNC}}}Target/{{{SYNC}}}LocURI") or ""
        yield where, command.findtext(f"{{{SYNC}}}Item/{{{SYNC}}}Data") or ""


_NOWHERE = "\0"
"""No place begins so: XML has no such character."""


def _nodes(pairs: Iterable[Pair]) -> Nodes:
    nodes: Nodes = {}
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
            raise ValueError(phrase("the node `{where}`", where=where))
        if leaf in found:
            raise ValueError(phrase("the node `{where}` twice", where=where))
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
        raise ValueError(phrase("nodes {names}", names=listed(sorted(found))))
    settings[profile] = dict(_setting(leaf, text) for leaf, text in found.items())


_FIELDS = {node: (field, negated) for field, (node, negated) in SETTING_NODES.items()}


def _setting(name: str, text: str) -> tuple[str, bool]:
    field, negated = _FIELDS[name]
    return field, {"true": True, "1": True, "false": False, "0": False}[text] != negated
