"""Target ``netsh``: ``cmfw.cmd`` makes the rules with `netsh advfirewall`, ``undo.cmd`` takes them out again.

For the command interpreter of every Windows since 7. A value stands in double quotes, inside which only the percent sign
means anything to a batch file, and that is doubled; a text that cannot stand there (a quote, a trailing backslash) is
refused. The command line knows neither ids nor groups: our id is the rule's name, and its name leads the description.
Source: facts/windows_firewall.md 4.8; `netsh advfirewall firewall add rule ?`; Microsoft, "cmd".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from cmfw.emit import Artifact, EmitRequest, Output
from cmfw.emit.capability import Capabilities
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan
from cmfw.emit.ordinary import is_ordinary
from cmfw.emit.plain_subnet import plain_texts, with_plain_subnet
from cmfw.emit.selection import GroupUse
from cmfw.errors import Unsupported
from cmfw.ingest.evidence import StorePart
from cmfw.ingest.netsh_script import (
    ACTION_WORDS,
    DIRECTION_WORDS,
    INTERFACE_WORDS,
    PORT_WORDS,
    PROFILE_CONTEXTS,
    PROFILE_WORDS,
    PROLOGUE,
    PROTOCOL_WORDS,
    edge_word,
    read_netsh_script,
)
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store, changed_rule, new_rule
from cmfw.model.state import ProfileSettings
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, ICMP_PROTOCOLS, TCP, Direction, Profile
from cmfw.net.intervals import Ranges
from cmfw.net.ports import PortSet
from cmfw.words.phrases import phrase

_SETTINGS = (
    "enable_firewall",
    "do_not_allow_exceptions",
    "default_inbound_allow",
    "default_outbound_allow",
    "disable_notifications",
    "disable_unicast_responses",
)
CAPABILITIES = Capabilities(
    target="netsh",
    title="netsh advfirewall script and its undo",
    lacks={
        "bypass": "authenticated bypass needs computer groups that this target does not write",
        "any-service": "a rule for any service needs `service=any`, which netsh reads as no condition",
        "port-words": "only the port keywords RPC and RPC-EPMap are written",
        "address-words": "only the address keyword LocalSubnet is written",
        "mobile": "netsh has no word for mobile broadband",
        "rare": "conditions on users, machines, IPsec or packages are not written",
        "other-product": "its clients run another firewall product; use the target `list`",
    },
    losses={
        "group-members": "switched on by group, direction and profile, and off again by the undo: netsh cannot name one member",
        "group-unknown": "the undo switches the group off, whatever it was before",
        "rule-ids": "the id is written as the rule's name, and the name leads the description",
        "rule-group": "rules that netsh makes are in no group",
        "settings": "the undo sets them to Windows' defaults",
    },
    settings=_SETTINGS,
    bad_in_ids='"\\',
    bad_in_texts='"\\',
)
LONGEST_LINE = 8191
"""Characters of a line that the command interpreter takes. Source: Microsoft, "Command prompt line string limitation"."""
_DEFAULTS = ProfileSettings(
    enable_firewall=True,
    do_not_allow_exceptions=False,
    default_inbound_allow=False,
    default_outbound_allow=True,
    disable_notifications=False,
    disable_unicast_responses=False,
)
"""Source: facts/windows_firewall.md 1.2."""


def emit(request: EmitRequest) -> Output:
    """``cmfw.cmd`` and ``undo.cmd``; raises Unsupported."""
    return write_policy(policy_of_plan(request, CAPABILITIES))


def check(rule: HostRule) -> None:
    """Raise Unsupported where netsh cannot say the rule."""
    _checked(rule)


def _check(rule: HostRule, *, ordinary: bool) -> None:
    CAPABILITIES.check(rule, ordinary=ordinary)
    if rule.extras.defer and rule.edge != (rule.extras.defer != "User"):
        raise Unsupported(CAPABILITIES.target, rule.id, "edge traversal and who decides on it contradict one another")
    for field, text in (("program", rule.program), ("service", rule.service)):
        if text is not None and (not text.isascii() or text.lower() == "any" or text == "*"):
            raise Unsupported(
                CAPABILITIES.target,
                rule.id,
                phrase("the {field} `{text}` is not plain ASCII, or is netsh's word for any", field=field, text=text),
            )


def write_policy(policy: HostPolicy) -> Output:
    """``cmfw.cmd`` and ``undo.cmd``; raises Unsupported."""
    rules = (*policy.rules, *(() if policy.uses else policy.members))
    made: list[tuple[HostRule, str]] = []
    for rule in rules:
        made += _checked(rule)
    uses = sorted({(use.resource, use.profiles, use.directions): use for use in policy.uses}.values(), key=_order)
    names = [f"netsh advfirewall firewall delete rule name={_quoted(rule.id, rule.id)} >nul" for rule in rules]
    settings = _settings(policy.settings)
    lines = [*dict.fromkeys(names), *(line for _, line in made)]
    lines += [line for use in uses for line in _group(use, "yes")]
    undo = [*dict.fromkeys(names), *(line for use in uses for line in _group(use, "no"))]
    undo += _settings(tuple((profile, _undone(found)) for profile, found in policy.settings))
    used = {"group-members": policy.members and uses, "group-unknown": policy.groups, "settings": settings}
    whole = [name for name, found in used.items() if found]
    claims = (*(part for part, _ in made), *(policy.members if policy.uses else ()))
    head = [f"rem cmfw: {_remark(line)}" for line in (f"Windows Firewall rules for {policy.title}", *policy.notes)]
    title = f"rem cmfw: {_remark(f'undo of cmfw.cmd for {policy.title}')}"
    return Output(
        (
            Artifact("cmfw.cmd", _encoded([*PROLOGUE, *head, *lines, *settings]), "text/plain; charset=utf-8", claims),
            Artifact("undo.cmd", _encoded([*PROLOGUE, title, *undo]), "text/plain; charset=utf-8"),
        ),
        CAPABILITIES.losses_of(rules, [*(("rule-ids", "rule-group") if rules else ()), *whole]),
    )


def _order(use: GroupUse) -> tuple[str, int]:
    return use.resource, use.profiles


def _encoded(lines: Iterable[str]) -> bytes:
    return "\r\n".join((*lines, "")).encode()


def _remark(text: str) -> str:
    """The text without what a remark line would run or expand."""
    if _PLAIN_REMARK.fullmatch(text):
        return text
    return "".join(c if c.isalnum() or c in " -_.,:;'()" or ord(c) > 127 else "?" for c in text)


_PLAIN_REMARK = re.compile(r"[A-Za-z0-9 _.,:;'()-]*")


def _quoted(text: str, item: str) -> str:
    if '"' in text or text.endswith("\\"):
        raise Unsupported(
            CAPABILITIES.target, item, phrase("`{text}` has a double quote or ends in a backslash", text=text[:80])
        )
    return '"' + text.replace("%", "%%") + '"'


def _named(rule: HostRule) -> HostRule:
    """The rule as the script makes it: its id for a name, its name in the description."""
    description = rule.description if rule.name == rule.id else ": ".join(t for t in (rule.name, rule.description) if t)
    plain = with_plain_subnet(rule, CAPABILITIES.target)
    return changed_rule(
        plain, name=rule.id, description=description, group="", version=(2, 10), origin="", store=Store.LOCAL
    )


def _parts(rule: HostRule) -> Iterator[HostRule]:
    """Rules that netsh can say, with the same flows together: one ICMP type and one interface type each."""
    bits = [rule.interfaces] if rule.interfaces == ALL_INTERFACES else [b for b in INTERFACE_WORDS if b & rule.interfaces]
    if rule.icmp is None and len(bits) == 1:
        yield from _shorter(rule)
        return
    for kind in rule.icmp or (None,):
        for interfaces in bits:
            one = changed_rule(rule, interfaces=int(interfaces), icmp=None if kind is None else (kind,))
            yield from _shorter(one)


_MOST_ADDRESSES = 100
"""Of one line, so that it stays short enough: an IPv6 range has up to 79 characters."""


def _shorter(rule: HostRule) -> Iterator[HostRule]:
    addresses = rule.remote_address.addresses
    # a range has at most four texts
    if rule.remote_address.is_any or len(addresses.ranges) * 4 <= _MOST_ADDRESSES:
        yield rule
        return
    texts = addresses.texts()
    if len(texts) <= _MOST_ADDRESSES:
        yield rule
        return
    words = rule.remote_address.keywords
    for start in range(0, len(texts), _MOST_ADDRESSES):
        chunk = AddrSet.parse(*texts[start : start + _MOST_ADDRESSES])
        yield changed_rule(rule, remote_address=AddressMatch(chunk, () if start else words))


def _checked(rule: HostRule) -> list[tuple[HostRule, str]]:
    """(rule as netsh makes it, its line) for each part; raises Unsupported where netsh cannot say it."""
    ordinary = is_ordinary(rule)
    _check(rule, ordinary=ordinary)
    if ordinary and len(rule.remote_address.addresses.ranges) * 4 <= _MOST_ADDRESSES:
        made = _ordinary(rule)
        if len(made[1]) <= LONGEST_LINE:
            return [made]
    return _made(rule)


def _ordinary(rule: HostRule) -> tuple[HostRule, str]:
    """(rule as netsh makes it, its line) of an ordinary rule with few addresses: what ``_made`` gives, at once."""
    id, name, description, program = rule.id, rule.name, rule.description, rule.program  # noqa: A001
    if name != id:
        description = f"{name}: {description}" if description else name
    local, remote, near, far = rule.local_port, rule.remote_port, rule.local_address, rule.remote_address
    line = (
        f"netsh advfirewall firewall add rule name={_quoted(id, id)} dir={'in' if rule.direction is _IN else 'out'}"
        f" action={'allow' if rule.action is _ALLOW else 'block'}"
        f"{f' description={_quoted(description, id)}' if description else ''} enable={'yes' if rule.active else 'no'}"
        f" profile={_profiles(rule.profiles)}{'' if program is None else f' program={_quoted(program, id)}'}"
        f" protocol={'tcp' if rule.protocol == TCP else 'udp'}"
        f"{'' if local is _ANY_PORT else _port_list(' localport=', local.ports.ranges)}"
        f"{'' if remote is _ANY_PORT else _port_list(' remoteport=', remote.ports.ranges)}"
        f"{'' if near is _ANY_ADDRESS else _address_list(' localip=', near.addresses.ranges)}"
        f"{'' if far is _ANY_ADDRESS else _address_list(' remoteip=', far.addresses.ranges)}"
    )
    conditions = (
        rule.action, rule.direction, Store.LOCAL, rule.active, rule.profiles, rule.protocol, local, remote, None, near, far,
        program, None, ALL_INTERFACES,
    )  # fmt: skip
    return new_rule(id, conditions, (id, description, ""), False, Extras.NONE, (2, 10), ""), line


_IN, _ALLOW = Direction.IN, Action.ALLOW
_ANY_PORT, _ANY_ADDRESS = PortMatch.ANY, AddressMatch.ANY


@lru_cache(maxsize=1024)
def _port_list(key: str, ranges: Ranges) -> str:
    return "" if ranges == PortSet.ANY.ranges else key + ",".join(PortSet(ranges).texts())


@lru_cache(maxsize=1024)
def _address_list(key: str, ranges: Ranges) -> str:
    """The argument of these addresses; the rules of a policy have few peers, and name them often."""
    return "" if ranges == AddrSet.ANY.ranges else key + ",".join(plain_texts(AddressMatch(AddrSet(ranges)), ""))


def _made(rule: HostRule) -> list[tuple[HostRule, str]]:
    """(rule as netsh makes it, its line) for each part; raises Unsupported for a line that is too long."""
    out = []
    for part in _parts(rule):
        named = _named(part)
        line = "netsh advfirewall firewall add rule " + " ".join(f"{key}={text}" for key, text in _pairs(named))
        if len(line) > LONGEST_LINE:
            raise Unsupported(
                CAPABILITIES.target,
                rule.id,
                phrase("its line has more than {longest_line} characters", longest_line=LONGEST_LINE),
            )
        out.append((named, line))
    return out


def _pairs(rule: HostRule) -> Iterator[tuple[str, str]]:
    yield "name", _quoted(rule.name, rule.id)
    yield "dir", DIRECTION_WORDS[rule.direction]
    yield "action", ACTION_WORDS[rule.action]
    if rule.description:
        yield "description", _quoted(rule.description, rule.id)
    yield "enable", "yes" if rule.active else "no"
    yield "profile", _profiles(rule.profiles)
    if rule.program is not None:
        yield "program", _quoted(rule.program, rule.id)
    if rule.service is not None:
        yield "service", _quoted(rule.service, rule.id)
    yield "protocol", _protocol(rule)
    for key, ports in (("localport", rule.local_port), ("remoteport", rule.remote_port)):
        if not ports.is_any:
            yield key, _ports(ports)
    for key, addresses in (("localip", rule.local_address), ("remoteip", rule.remote_address)):
        if not addresses.is_any:
            yield key, ",".join(plain_texts(addresses, "localsubnet"))
    if rule.interfaces != ALL_INTERFACES:
        yield "interfacetype", next(word for bit, word in INTERFACE_WORDS.items() if bit & rule.interfaces)
    if rule.edge or rule.extras is not Extras.NONE:
        yield "edge", edge_word(rule.edge, rule.extras.defer)


def _protocol(rule: HostRule) -> str:
    if rule.protocol is None:
        return "any"
    word = PROTOCOL_WORDS.get(rule.protocol, str(rule.protocol))
    if rule.protocol in ICMP_PROTOCOLS and rule.icmp is not None:
        kind, code = rule.icmp[0]
        return f"{word}:{kind},{'any' if code is None else code}"
    return word


def _ports(match: PortMatch) -> str:
    return ",".join([*match.ports.texts(), *(PORT_WORDS[word] for word in match.keywords)])


@lru_cache(maxsize=8)
def _profiles(mask: int) -> str:
    return "any" if mask == ALL_PROFILES else ",".join(word for bit, word in PROFILE_WORDS.items() if bit & mask)


def _group(use: GroupUse, enable: str) -> Iterator[str]:
    """One line for each direction and profile: netsh's filter takes one word of each."""
    profiles = ["any"] if use.profiles == ALL_PROFILES else [w for bit, w in PROFILE_WORDS.items() if bit & use.profiles]
    for direction in use.directions:
        for profile in profiles:
            chosen = f"group={_quoted(use.resource, use.resource)} dir={direction} profile={profile}"
            yield f"netsh advfirewall firewall set rule {chosen} new enable={enable}"


def _undone(found: ProfileSettings) -> ProfileSettings:
    """Windows' default for each setting that the policy has."""
    had = {field: getattr(_DEFAULTS, field) for field in _SETTINGS if getattr(found, field) is not None}
    return ProfileSettings(**had)


def _settings(settings: tuple[tuple[Profile, ProfileSettings], ...]) -> list[str]:
    out: list[str] = []
    for profile, found in settings:
        context = f"netsh advfirewall set {PROFILE_CONTEXTS[profile]}"
        if found.enable_firewall is not None:
            out.append(f"{context} state {'on' if found.enable_firewall else 'off'}")
        wanted = (found.do_not_allow_exceptions, found.default_inbound_allow, found.default_outbound_allow)
        if wanted != (None, None, None):
            # the two actions are one argument, and a local policy has no word for "not configured"
            inbound = "allowinbound" if found.default_inbound_allow else "blockinbound"
            inbound = "blockinboundalways" if found.do_not_allow_exceptions else inbound
            outbound = "blockoutbound" if found.default_outbound_allow is False else "allowoutbound"
            out.append(f"{context} firewallpolicy {inbound},{outbound}")
        for field, word in (
            ("disable_notifications", "inboundusernotification"),
            ("disable_unicast_responses", "unicastresponsetomulticast"),
        ):
            if getattr(found, field) is not None:
                out.append(f"{context} settings {word} {'disable' if getattr(found, field) else 'enable'}")
    return out


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """What ``cmfw.cmd`` makes of a host."""
    found = read_netsh_script(artifacts[0].content, artifacts[0].path)
    groups: dict[tuple[str, int], list[str]] = {}
    for resource, profiles, direction in found.groups:
        groups.setdefault((resource, profiles), []).append(direction)
    part = StorePart(store=Store.LOCAL, name="local", rules=found.rules, settings=found.settings, problems=found.problems)
    uses = tuple(GroupUse(resource, profiles, tuple(ways)) for (resource, profiles), ways in groups.items())
    return PolicyReading(part=part, groups=uses)
