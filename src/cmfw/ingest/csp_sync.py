"""Reads back the SyncML that ``emit syncml`` writes, and nothing else: for translation validation.

Rules that are laid out as ours are are read by one pattern; everything else goes through the parser of XML. What the values
mean is read the same way of both. Source: Microsoft, "Firewall CSP"; OMA-TS-DM_RepPro-V1_2 (SyncML representation).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from cmfw.errors import Problem
from cmfw.ingest.csp_rule import ALWAYS, NODES, AddressReader, address_reader, read_csp_rule, read_csp_texts
from cmfw.ingest.evidence import StorePart
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
        laid, root = layout_of(content) or ([], _root(content))
        for name, *texts in laid:
            rules.append(read_csp_texts(name, texts, addresses, f"{path}!{name}"))
        for nodes in map(_nodes, _blocks(root)):
            for place, found in nodes.items():
                _take(place, found, (rules, settings), addresses, path)
    except (ParseError, ValueError, LookupError, TypeError) as error:
        problems.append(Problem(path, "SyncML of our dialect", str(error)))
    merged = tuple((profile, ProfileSettings(**found)) for profile, found in settings.items())
    return StorePart(store=Store.MDM, name="mdm", rules=tuple(rules), settings=merged, problems=tuple(problems))


Pair = tuple[str, str]
"""(place of a node, its value)."""
Nodes = dict[tuple[str, str], dict[str, str]]
"""(branch, name of the rule) -> node -> value, of one block."""
Laid = tuple[list[tuple[str, ...]], Element]
"""(name and values, in the order of ``NODES``, of each rule; the document without them)."""
_HEAD = f'<?xml version="1.0" encoding="utf-8"?>\n<SyncML xmlns="{SYNC}">\n  <SyncBody>\n'
_NAME, _TEXT = r"([^/<>&\x00-\x1f]*+)", r"([^<>&\x00-\x1f]*+)"


def _command(node: str, name: str = r"\1") -> str:
    """The pattern of the command that sets a node of a rule as we write it."""
    return (
        "      <Replace>\n        <CmdID>[0-9]++</CmdID>\n        <Item>\n"
        f"          <Target><LocURI>{re.escape(BASE)}FirewallRules/{name}/{node}</LocURI></Target>\n"
        f'          <Meta><Format xmlns="{META}">[a-z]++</Format><Type xmlns="{META}">text/plain</Type></Meta>\n'
        f"          <Data>{_TEXT}</Data>\n        </Item>\n      </Replace>\n"
    )


_RULE = re.compile(
    f"    <Atomic>\n      <CmdID>[0-9]++</CmdID>\n{_command(ALWAYS[0], _NAME)}"
    + "".join(_command(node) for node in ALWAYS[1:])
    + "".join(f"(?:{_command(node)})?" for node in NODES[len(ALWAYS) :])
    + "    </Atomic>\n"
)
"""A rule without anything that is escaped, laid out as ours are; its groups are its id and the values of ``NODES``."""


def layout_of(content: bytes) -> Laid | None:
    """The rules that begin the document as ours do, and what the parser makes of the rest; None where it takes none of it.

    INVARIANT: what the pattern matches are whole elements, which stand where the rest of them would.
    """
    try:
        text = content.decode("utf-8")
        rules, end = [], len(_HEAD)
        if not text.startswith(_HEAD) or "\ufffe" in text or "\uffff" in text:
            return None
        while found := _RULE.match(text, end):
            rules.append(found.groups())
            end = found.end()
        return (rules, _root(f"{_HEAD}{text[end:]}".encode())) if rules else None
    except (ParseError, ValueError):
        # whatever is wrong is told with its place in the whole document
        return None


def _root(content: bytes) -> Element:
    if b"<!" in content:
        raise ValueError(phrase("a document type or a marked section"))
    return fromstring(content)  # noqa: S314 - no document type, so no entities


def _blocks(root: Element) -> Iterator[list[Pair]]:
    """The pairs of every block; raises ValueError after the last one where there is anything else."""
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
