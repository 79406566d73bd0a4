"""Reads back the SyncML that ``emit syncml`` writes, and nothing else: for translation validation.

Source: Microsoft, "Firewall CSP"; OMA-TS-DM_RepPro-V1_2 (SyncML representation).
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from cmfw.errors import Problem
from cmfw.ingest.csp_rule import read_csp_rule
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
    try:
        if b"<!" in content:
            raise ValueError("a document type or a marked section")  # noqa: TRY301
        root = fromstring(content)  # noqa: S314 - no document type, so no entities
        for block in root.findall(f"{{{SYNC}}}SyncBody/{{{SYNC}}}Atomic"):
            _read_block(block, path, rules, settings)
        _check_rest(root)
    except (ParseError, ValueError, KeyError, TypeError) as error:
        problems.append(Problem(path, "SyncML of our dialect", str(error)))
    merged = tuple((profile, ProfileSettings(**found)) for profile, found in settings.items())
    return StorePart(store=Store.MDM, name="mdm", rules=tuple(rules), settings=merged, problems=tuple(problems))


def _check_rest(root: Element) -> None:
    body = root.find(f"{{{SYNC}}}SyncBody")
    names = {f"{{{SYNC}}}{name}" for name in ("Atomic", "Final")}
    if root.tag != f"{{{SYNC}}}SyncML" or body is None or any(child.tag not in names for child in body):
        raise ValueError("other commands than Atomic")


def _read_block(block: Element, path: str, rules: list[HostRule], settings: dict[Profile, dict[str, Any]]) -> None:
    nodes: dict[str, dict[str, str]] = {}
    for command in block:
        if command.tag == f"{{{SYNC}}}CmdID":
            continue
        if command.tag != f"{{{SYNC}}}Replace":
            raise ValueError(f"the command {command.tag}")
        where = command.findtext(f"{{{SYNC}}}Item/{{{SYNC}}}Target/{{{SYNC}}}LocURI") or ""
        text = command.findtext(f"{{{SYNC}}}Item/{{{SYNC}}}Data") or ""
        if not where.startswith(BASE):
            raise ValueError(f"the node `{where}`")
        kind, _, rest = where.removeprefix(BASE).partition("/")
        name, _, leaf = rest.partition("/") if kind == "FirewallRules" else (kind, "", rest)
        found = nodes.setdefault(name, {})
        if leaf in found:
            raise ValueError(f"the node `{where}` twice")
        found[leaf] = text
    for name, found in nodes.items():
        profile = next((p for p, node in PROFILE_NODES.items() if node == name), None)
        if profile is None:
            rules.append(read_csp_rule(name, found, f"{path}!{name}"))
        else:
            settings[profile] = {field: value for leaf, text in found.items() for field, value in (_setting(leaf, text),)}


def _setting(name: str, text: str) -> tuple[str, bool]:
    field, negated = next((field, negated) for field, (node, negated) in SETTING_NODES.items() if node == name)
    return field, {"true": True, "1": True, "false": False, "0": False}[text] != negated
