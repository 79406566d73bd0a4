"""Changes of a machine or of filters that a question supposes, read from their texts into functions on states and filters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from cmfw.catalog.types import Catalog
from cmfw.diagnose import changes
from cmfw.diagnose.changes import Traffic
from cmfw.errors import COMMAND_LINE, InputError, Problem
from cmfw.model.path import PathState
from cmfw.model.rule import Action, HostRule
from cmfw.model.state import HostState
from cmfw.net.addr import AddrSet, parse_range
from cmfw.net.flow import (
    ALL_DIRECTIONS,
    ALL_PROFILES,
    ICMP_PROTOCOLS,
    PORT_PROTOCOLS,
    PROFILE_NAMES,
    PROTOCOL_NUMBERS,
    Direction,
)
from cmfw.net.ports import PortSet
from cmfw.values import value
from cmfw.words.phrases import listed, phrase

MARK = "\0"
"""Joins an ``--open`` or ``--close`` with the qualifiers that stand behind it."""
_PROFILES = {name: int(bit) for bit, name in PROFILE_NAMES.items()}
_WAYS = {"in": int(Direction.IN), "out": int(Direction.OUT)}
SETTINGS = {
    "firewall": ("enable_firewall", {"on": True, "off": False}),
    "default-inbound": ("default_inbound_allow", {"allow": True, "block": False}),
    "default-outbound": ("default_outbound_allow", {"allow": True, "block": False}),
    "block-all-inbound": ("do_not_allow_exceptions", {"on": True, "off": False}),
}
"""Option -> (setting of a profile, words of its values)."""


@value(kw_only=True)
class Supposed:
    """One change as it was asked for: what it does to a machine, to the filters, and (``chosen``) which rules it names."""

    text: str
    to_state: Callable[[HostState], HostState] | None = None
    to_path: Callable[[PathState], PathState] | None = None
    chosen: Callable[[HostRule], bool] | None = None


def wrong_option(option: str, expected: str, found: str, hint: str = "") -> InputError:
    """What is wrong with an option."""
    return InputError(Problem(COMMAND_LINE, expected, found, hint, key=f"--{option}"))


def rule_changes(asked: Iterable[tuple[str, Sequence[str]]]) -> list[Supposed]:
    """The switched and removed rules of (option, ids)."""
    found = []
    for option, ids in asked:
        for name in ids:
            chosen = changes.named(name)
            found.append(_of_rules(option, name, chosen))
    return found


def group_changes(catalog: Catalog, asked: Iterable[tuple[str, Sequence[str]]]) -> list[Supposed]:
    """The switched groups of (option, groups): a resource, its number, or a title of the catalog."""
    found = []
    for option, groups in asked:
        for name in groups:
            titles = (
                row.resource for row in catalog.groups.values() if name.lower() in (row.title.en.lower(), row.title.zh_CN)
            )
            chosen = changes.of_group(next(titles, name))
            found.append(_of_rules(option, name, chosen))
    return found


def _of_rules(option: str, name: str, chosen: Callable[[HostRule], bool]) -> Supposed:
    if option == "remove":
        change = partial(changes.remove_rules, chosen=chosen)
    else:
        change = partial(changes.switch_rules, chosen=chosen, on=option.startswith("enable"))
    return Supposed(text=f"--{option} {name}", to_state=change, chosen=chosen)


def check_names(supposed: Iterable[Supposed], states: Sequence[HostState]) -> None:
    """Raise InputError for a change that names rules or a group of which the machine has none."""
    problems = []
    for one in supposed:
        if one.chosen is None or any(one.chosen(rule) for state in states for rule in state.rules):
            continue
        option, _, name = one.text.partition(" ")
        problems.append(Problem(COMMAND_LINE, "a rule of the machine", f"`{name}`", _near(name, option, states), key=option))
    if problems:
        raise InputError(*problems)


def _near(name: str, option: str, states: Sequence[HostState]) -> str:
    from cmfw.ingest.site_values import closest

    rules = (rule for state in states for rule in state.rules)
    return closest(name, {rule.group if option.endswith("group") else rule.id for rule in rules} - {""})


def setting_changes(option: str, asked: Sequence[str]) -> list[Supposed]:
    """The changes of profile settings of one option, each ``VALUE`` or ``VALUE:PROFILE,PROFILE``."""
    name, known = SETTINGS[option]
    found = []
    for text in asked:
        chosen, profiles = _by_profile(option, text, known)
        change = partial(_with_setting, profiles=profiles, name=name, chosen=chosen)
        found.append(Supposed(text=f"--{option} {text}", to_state=change))
    return found


def _with_setting(state: HostState, profiles: int, name: str, chosen: bool) -> HostState:
    return changes.set_profiles(state, profiles, **{name: chosen})


def merge_changes(asked: Sequence[str]) -> list[Supposed]:
    """Local rules that count or not."""
    found = []
    for text in asked:
        on, profiles = _by_profile("local-merge", text, {"on": True, "off": False})
        found.append(
            Supposed(text=f"--local-merge {text}", to_state=partial(changes.set_local_merge, profiles=profiles, on=on))
        )
    return found


def _by_profile(option: str, text: str, known: dict[str, bool]) -> tuple[bool, int]:
    word, colon, profiles = text.partition(":")
    names = [name.strip().lower() for name in profiles.split(",")] if colon else list(_PROFILES)
    if word.lower() not in known or any(name not in _PROFILES for name in names):
        raise wrong_option(
            option,
            phrase("{names}, then perhaps `:domain,private,public`", names=listed((f"`{w}`" for w in known), " or ")),
            f"`{text}`",
        )
    return known[word.lower()], sum(_PROFILES[name] for name in set(names)) & ALL_PROFILES


def port_changes(option: str, asked: Sequence[str], zones: Sequence[str]) -> list[Supposed]:
    """The opened or closed ports of one option (``open`` | ``close``), at the machine or between zones."""
    return [_port_change(option, text, zones) for text in asked]


def _port_change(option: str, folded: str, zones: Sequence[str]) -> Supposed:
    text, *qualifiers = folded.split(MARK)
    traffic = parse_traffic(option, text)
    between: tuple[str, str] | None = None
    told = f"--{option} {text}"
    words = iter(qualifiers)
    for word in words:
        if word == "between":
            between = (_zone(next(words), zones), _zone(next(words), zones))
            told += f" --between {between[0]} {between[1]}"
        else:
            text = next(words)
            told += f" --{word} {text}"
            ends = _addresses(word, text)
            traffic = replace(traffic, sources=ends) if word == "from" else replace(traffic, targets=ends)
    if between is not None and (between[0] == between[1] or traffic.directions != ALL_DIRECTIONS):
        raise wrong_option("between", "two zones, and traffic without `in:` or `out:`", f"`{told}`")
    opens = option == "open"
    if between is not None:
        path_change = changes.open_between if opens else changes.close_between
        return Supposed(text=told, to_path=partial(path_change, traffic=traffic, here=between[0], there=between[1]))
    rules = traffic.rules(Action.ALLOW if opens else Action.BLOCK)
    return Supposed(text=told, to_state=partial(changes.add_rules, rules=rules))


def _zone(text: str, zones: Sequence[str]) -> str:
    for zone in zones:
        if zone.lower() == text.lower():
            return zone
    names = listed(f"`{zone}`" for zone in zones)
    raise wrong_option(
        "between",
        "a zone of the site",
        f"`{text}`",
        phrase("one of {names}", names=names) if zones else "the site names no zones",
    )


def _addresses(option: str, text: str) -> AddrSet:
    try:
        return AddrSet.from_pairs(parse_range(part) for part in text.split(","))
    except ValueError as error:
        raise wrong_option(option, "addresses or CIDR blocks, separated by commas", str(error)) from error


def parse_traffic(option: str, text: str) -> Traffic:
    """The traffic of ``[in:|out:]PROTOCOL[/PORTS]``, ``icmp4/8``, ``icmp4/8:0`` or ``any``; raises InputError."""
    way, colon, rest = text.lower().partition(":")
    directions = _WAYS[way] if colon and way in _WAYS else ALL_DIRECTIONS
    word, slash, ports = (rest if colon and way in _WAYS else text.lower()).partition("/")
    protocol = PROTOCOL_NUMBERS.get(word)
    expected = phrase(
        "`tcp/PORTS`, `udp/PORTS`, `icmp4[/TYPE]`, `icmp6[/TYPE]`, `ip/N` or `any`, perhaps behind `in:` or `out:`"
    )
    plain = Traffic(text=text, protocol=protocol, directions=directions)
    try:
        if word == "any" and not slash:
            return plain
        if word == "ip" and slash and 0 <= int(ports) < 256:
            return replace(plain, protocol=int(ports))
        if protocol in PORT_PROTOCOLS:
            return replace(plain, ports=PortSet.parse(ports)) if slash else plain
        if protocol in ICMP_PROTOCOLS:
            return replace(plain, icmp=_icmp(ports)) if slash else plain
    except ValueError:
        pass
    raise wrong_option(option, expected, f"`{text}`")


def _icmp(text: str) -> tuple[int, int | None]:
    kind, colon, code = text.partition(":")
    numbers = [int(kind), *([int(code)] if colon and code != "*" else [])]
    if any(not 0 <= number < 256 for number in numbers):
        raise ValueError(text)
    return numbers[0], numbers[1] if len(numbers) > 1 else None
