"""Nodes of the Firewall CSP, ``./Vendor/MSFT/Firewall/MdmStore/...``, read into the MDM store.

Whoever carries them (SyncML, the settings catalog, custom OMA-URIs) names the same nodes. What the documentation and the
schema of the CSP say differently about a node that was not sent (whether a new rule is enabled) leaves the rule in doubt.

Source: Microsoft, Firewall CSP and its DDF; facts/windows_firewall.md 4.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

from cmfw.errors import Problem
from cmfw.ingest.evidence import StorePart
from cmfw.ingest.rule_parts import Written, items_of, with_conditions
from cmfw.ingest.rule_validity import invalid_reasons
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, Store
from cmfw.model.state import Gap, ProfileSettings
from cmfw.net.flow import ALL_PROFILES, Direction, Profile
from cmfw.words.phrases import phrase

ROOTS = ("vendor/msft/firewall/mdmstore", "device/vendor/msft/firewall/mdmstore")
PROFILES = {"domainprofile": Profile.DOMAIN, "privateprofile": Profile.PRIVATE, "publicprofile": Profile.PUBLIC}
_FLAGS = {
    "enablefirewall": "enable_firewall",
    "shielded": "do_not_allow_exceptions",
    "allowlocalpolicymerge": "allow_local_policy_merge",
    "allowlocalipsecpolicymerge": "allow_local_ipsec_policy_merge",
    "authappsallowuserprefmerge": "apps_allow_user_pref_merge",
    "globalportsallowuserprefmerge": "ports_allow_user_pref_merge",
    "disableinboundnotifications": "disable_notifications",
    "disablestealthmode": "disable_stealth_mode",
    "disableunicastresponsestomulticastbroadcast": "disable_unicast_responses",
}
_ACTIONS = {"defaultinboundaction": "default_inbound_allow", "defaultoutboundaction": "default_outbound_allow"}
_COSMETIC = frozenset({"disable_notifications", "disable_stealth_mode", "disable_unicast_responses"})
_OTHER_SETTINGS = frozenset(
    {
        "enablelogdroppedpackets",
        "enablelogsuccessconnections",
        "enablelogignoredrules",
        "logmaxfilesize",
        "logfilepath",
        "disablestealthmodeipsecsecuredpacketexemption",
    }
)
"""Settings of a profile that turn no verdict."""
_OTHER_BRANCHES = frozenset({"global", "hypervvmsettings", "hypervfirewallrules", "dynamickeywords"})
"""Branches beside profiles and rules: of IPsec's global options, and of virtual machines."""
_TRUE, _FALSE = frozenset({"true", "1", "allowed"}), frozenset({"false", "0", "blocked"})
EVERY_PROFILE = 0x7FFFFFFF


class Node(NamedTuple):
    """One node that was set: its path below ``MdmStore`` in lower case, its values, and where it stands."""

    path: tuple[str, ...]
    values: tuple[str, ...]
    line: int | None = None


class RuleTexts(NamedTuple):
    """One rule as a carrier has it: its id, property (``action_type``, ``app_filepath`` ...) to values, where it stands."""

    id: str
    properties: dict[str, tuple[str, ...]]
    origin: str
    line: int | None = None


def node_path(uri: str) -> tuple[str, ...] | None:
    """The path of a LocURI below ``MdmStore``, its rule id as it was written; None where it is another CSP's."""
    parts = [part for part in uri.strip().strip("./").split("/") if part]
    joined = "/".join(parts).lower()
    for root in ROOTS:
        if joined.startswith(f"{root}/") or joined == root:
            return tuple(parts[root.count("/") + 1 :])
    return None


def read_nodes(nodes: Iterable[Node], path: str) -> StorePart:
    """The MDM store that the nodes make; rules in the order of their first node."""
    reader = _Reader(path)
    rules: dict[str, RuleTexts] = {}
    for node in nodes:
        branch = node.path[0].lower() if node.path else ""
        if branch == "firewallrules" and len(node.path) > 2:
            key = "_".join(part.lower() for part in node.path[2:])
            origin = path if node.line is None else f"{path}:{node.line}"
            rule = rules.setdefault(node.path[1].lower(), RuleTexts(node.path[1], {}, origin, node.line))
            rule.properties[key] = node.values
        elif branch in PROFILES and len(node.path) == 2:
            reader.setting(PROFILES[branch], node.path[1].lower(), node)
        elif branch not in _OTHER_BRANCHES and len(node.path) > 1:
            reader.problems.append(
                Problem(path, "a node of the Firewall CSP", f"`{'/'.join(node.path)[:80]}`", line=node.line)
            )
    for rule in rules.values():
        reader.rule(rule)
    return reader.part()


def read_rules(rules: Iterable[RuleTexts], settings: Iterable[Node], path: str) -> StorePart:
    """The MDM store of rules and profile nodes that a carrier has apart."""
    reader = _Reader(path)
    for node in settings:
        reader.setting(PROFILES[node.path[0]], node.path[1], node)
    for rule in rules:
        reader.rule(rule)
    return reader.part()


class _Reader:
    def __init__(self, path: str) -> None:
        self.path = path
        self.settings: dict[Profile, dict[str, Any]] = {}
        self.rules: list[HostRule] = []
        self.gaps: list[Gap] = []
        self.problems: list[Problem] = []

    def part(self) -> StorePart:
        """Everything read so far."""
        settings = tuple((profile, ProfileSettings(**found)) for profile, found in self.settings.items())
        return StorePart(
            store=Store.MDM,
            name="mdm",
            settings=settings,
            rules=tuple(self.rules),
            gaps=tuple(dict.fromkeys(self.gaps)),
            problems=tuple(self.problems),
        )

    def setting(self, profile: Profile, name: str, node: Node) -> None:
        """One setting of a profile."""
        if name in _OTHER_SETTINGS:
            return
        text = node.values[0].strip().lower() if node.values else ""
        field = _FLAGS.get(name) or _ACTIONS.get(name)
        found: bool | None = None
        if name in _FLAGS:
            found = True if text in _TRUE else False if text in _FALSE else None
        elif name in _ACTIONS:
            found = {"0": True, "allow": True, "1": False, "block": False}.get(text)
        if field is not None and found is not None:
            self.settings.setdefault(profile, {})[field] = found
            return
        shown = f"`{text[:40]}`" if field else f"`{name[:60]}`"
        self.problems.append(Problem(self.path, "a setting of the Firewall CSP", shown, key=name, line=node.line))
        if field not in _COSMETIC:
            detail = f"`{name}` could not be read"
            self.gaps.append(Gap(f"setting:{name}", detail, may_allow=True, may_block=True, source=self.path))

    def rule(self, texts: RuleTexts) -> None:
        """One rule; where a decisive node was not sent, one in doubt for each thing that it may be."""
        said = texts.properties
        actions = _chosen(
            said.get("action_type"), {"0": Action.BLOCK, "block": Action.BLOCK, "1": Action.ALLOW, "allow": Action.ALLOW}
        )
        directions = _chosen(said.get("direction"), {"in": Direction.IN, "out": Direction.OUT})
        enabled = _chosen(said.get("enabled"), {"1": True, "true": True, "0": False, "false": False})
        unsure = [(name, "not sent or unreadable") for name, found in
                  (("Action", actions), ("Direction", directions), ("Enabled", enabled)) if len(found) > 1]  # fmt: skip
        for name, reason in unsure:
            self.problems.append(
                Problem(self.path, phrase("`{name}` of a rule", name=name), reason, key=texts.id, line=texts.line)
            )
        for action, direction in product(actions, directions):
            rule = _rule(texts, action, direction, active=any(enabled))
            if unsure:
                rule = replace(rule, extras=replace(rule.extras, unknown=(*rule.extras.unknown, *unsure)))
            self.rules.append(rule)
        for token, value in self.rules[-1].extras.unknown:
            if (token, value) not in unsure:
                found = f"`{value[:60]}`"
                self.problems.append(
                    Problem(
                        self.path, phrase("`{token}` as Windows takes it", token=token), found, key=texts.id, line=texts.line
                    )
                )


def _chosen(values: tuple[str, ...] | None, words: dict[str, Any]) -> tuple[Any, ...]:
    """What the value means; everything that it may mean where it was not sent or is no known word."""
    found = words.get(values[0].strip().lower()) if values else None
    return tuple(dict.fromkeys(words.values())) if found is None else (found,)


_READ = frozenset(
    {
        "name",
        "enabled",
        "direction",
        "action_type",
        "profiles",
        "protocol",
        "localportranges",
        "remoteportranges",
        "icmptypesandcodes",
        "localaddressranges",
        "remoteaddressranges",
        "remoteaddressdynamickeywords",
        "app_filepath",
        "app_servicename",
        "app_packagefamilyname",
        "interfacetypes",
        "edgetraversal",
        "localuserauthorizedlist",
        "description",
        "status",
    }
)


def _rule(texts: RuleTexts, action: Action, direction: Direction, *, active: bool) -> HostRule:
    said = texts.properties
    unread = [(name, ",".join(values)) for name, values in said.items() if name not in _READ and any(values)]
    protocol = _protocol(said.get("protocol", ()), unread)
    profiles = _profiles(said.get("profiles", ()), unread)
    users = ",".join(said.get("localuserauthorizedlist", ()))
    if users and not users.upper().startswith(("O:", "D:")):
        unread.append(("LUAuth", users))
        users = ""
    package = _first(said, "app_packagefamilyname")
    rule = HostRule(
        id=texts.id,
        action=action,
        direction=direction,
        store=Store.MDM,
        active=active,
        profiles=profiles,
        protocol=protocol,
        program=_first(said, "app_filepath") or None,
        service=_first(said, "app_servicename") or None,
        name=_first(said, "name") or texts.id,
        description=_first(said, "description"),
        edge=direction is Direction.IN and _first(said, "edgetraversal").lower() in _TRUE,
        extras=Extras(unknown=tuple(unread), local_users=users, packages=(package,) if package else ()),
        origin=texts.origin,
    )
    rule = with_conditions(rule, _written(said))
    if any(said.get("remoteaddressdynamickeywords", ())):
        rule = _with_dynamic_addresses(rule, said["remoteaddressdynamickeywords"])
    reasons = invalid_reasons(rule)
    return replace(rule, extras=replace(rule.extras, invalid=reasons)) if reasons else rule


def _written(said: dict[str, tuple[str, ...]]) -> Written:
    def items(name: str) -> Sequence[str]:
        return items_of(said.get(name, ()))

    return Written(
        local_ports=items("localportranges"),
        remote_ports=items("remoteportranges"),
        icmp=items("icmptypesandcodes"),
        local_addresses=items("localaddressranges"),
        remote_addresses=items("remoteaddressranges"),
        interfaces=items("interfacetypes"),
    )


def _with_dynamic_addresses(rule: HostRule, values: tuple[str, ...]) -> HostRule:
    """The rule with addresses that only the service of the keywords knows, beside those that it names."""
    match = rule.remote_address
    addresses = match.addresses - match.addresses if match.is_any else match.addresses
    words = tuple(sorted({*match.keywords, "unread4", "unread6"}))
    unknown = (*rule.extras.unknown, ("RADynKey", ",".join(values)))
    return replace(rule, remote_address=AddressMatch(addresses, words), extras=replace(rule.extras, unknown=unknown))


def _first(said: dict[str, tuple[str, ...]], name: str) -> str:
    values = said.get(name, ())
    return values[0].strip() if values else ""


def _protocol(values: tuple[str, ...], unread: list[tuple[str, str]]) -> int | None:
    text = values[0].strip() if values else ""
    if text in ("", "*", "256"):
        return None
    if text.isascii() and text.isdigit() and int(text) < 256:
        return int(text)
    unread.append(("Protocol", text))
    return None


def _profiles(values: tuple[str, ...], unread: list[tuple[str, str]]) -> int:
    """The bit mask of the profiles: numbers that add up, or the numbers of several nodes."""
    mask = 0
    for text in _texts(values):
        if not (text.isascii() and text.isdigit()) or not (int(text) == EVERY_PROFILE or 0 < int(text) <= ALL_PROFILES):
            unread.append(("Profile", text))
            return ALL_PROFILES
        mask |= int(text)
    return (mask & ALL_PROFILES) or ALL_PROFILES


def _texts(values: Iterable[str]) -> Iterator[str]:
    return (text for text in items_of(tuple(values)) if text)
