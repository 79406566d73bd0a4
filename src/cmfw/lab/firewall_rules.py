"""A machine's Windows Firewall as an nftables rule set: what is certain of it, in the decision order of Windows.

A condition that the evidence leaves open is left out together with its rule, or narrowed to what is certain; whoever asks
about a flow on which that could matter is refused before any packet is sent (``lab.oracle``). Programs and services become
socket marks. Source: MS-FASP 2.2.34 and 3.1.3 in the order of ``engine.reference``; nft(8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cmfw.engine.conditions import (
    Settings,
    counts,
    keyword_addresses,
    keyword_ports,
    platform_admits,
    sddl_admits,
    service_is_certain,
    worlds,
)
from cmfw.lab.nft_match import FAMILIES, addresses_match, icmp_match, number_set, ports_match
from cmfw.lab.shots import LOG_IN_DROP, LOG_IN_PASS, LOG_OUT_DROP, LOG_OUT_PASS, LOG_WIRE
from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch, Store, canonical_program
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer, RuleRef, Why
from cmfw.net import intervals
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ICMP4, ICMP6, ICMP_PROTOCOLS, KERNEL, TCP, UDP, Direction, Interface, Profile
from cmfw.net.flowset import icmp_range
from cmfw.net.ports import PortSet
from cmfw.values import value

TABLE = "inet cmfw"
LOG_GROUP = 1
"""The log group that `lab.firewall_log` reads; named here because this module opens no socket."""
INTERFACE = Interface.LAN
"""Every host of the lab is on a wired network."""
_LETTERS = {
    (Direction.IN, Answer.BLOCK): LOG_IN_DROP,
    (Direction.IN, Answer.ALLOW): LOG_IN_PASS,
    (Direction.OUT, Answer.BLOCK): LOG_OUT_DROP,
    (Direction.OUT, Answer.ALLOW): LOG_OUT_PASS,
}
_WORDS = {Answer.ALLOW: "accept", Answer.BLOCK: "drop"}
_CHAINS = {Direction.IN: "input", Direction.OUT: "output"}
_SIDES = {Direction.IN: ("daddr", "saddr", "dport", "sport"), Direction.OUT: ("saddr", "daddr", "sport", "dport")}
"""What nftables calls local address, remote address, local port and remote port."""
_WITHOUT_RULE = {Why.DEFAULT: "-default", Why.FIREWALL_OFF: "-off", Why.SHIELDS_UP: "-shields"}

Process = tuple[str, str]
"""Canonical program and lower-case service."""


@value
class Marks:
    """The socket mark of every process that the lab plays: its place in the list, from 1."""

    processes: tuple[Process, ...]

    def of(self, process: Process) -> int:
        """The mark of a process; ValueError for one that the lab does not play."""
        return self.processes.index(process) + 1

    def where(self, holds: Callable[[Process], bool]) -> tuple[int, ...]:
        """The marks of the processes of which the condition holds."""
        return tuple(mark for mark, process in enumerate(self.processes, 1) if holds(process))


@value
class Label:
    """What a log entry says: which firewall answered what, why, and by which rule (None for a default or a setting)."""

    direction: Direction
    answer: Answer
    why: Why
    rule: RuleRef | None = None


@value(kw_only=True)
class FirewallText:
    """The rule set of one machine: ``text`` loads it, ``chains`` are the lines of each rule by its number in the state.

    ``labels`` explain the words in front of log entries.
    """

    text: str
    chains: tuple[tuple[int, tuple[str, ...]], ...]
    labels: tuple[tuple[str, Label], ...]

    def removed(self, number: int) -> str:
        """Commands that take one rule out."""
        return f"flush chain {TABLE} r{number}"

    def restored(self, number: int) -> str:
        """Commands that put it back."""
        return "\n".join(f"add rule {TABLE} r{number} {line}" for line in dict(self.chains)[number])


def firewall_text(state: HostState, profile: Profile, marks: Marks, *, logs_wire: bool = False) -> FirewallText:
    """The rule set of a machine in one profile.

    Where stores contradict each other about a setting, it is that of the first possible world: a flow that the worlds treat
    differently is refused before any packet is sent. With ``logs_wire`` it also reports what reaches the machine before its firewall has a say.
    """
    made = _Writer(state, profile, worlds(state, profile)[0], marks)
    lines = [f"add table {TABLE}", *made.text(), *_wire_lines(logs_wire)]
    return FirewallText(text="\n".join(lines), chains=tuple(made.chains.items()), labels=tuple(made.labels.items()))


def _wire_lines(wanted: bool) -> list[str]:
    if not wanted:
        return []
    hook = f"add chain {TABLE} wire {{ type filter hook prerouting priority -300; policy accept; }}"
    return [hook, f'add rule {TABLE} wire log prefix "{LOG_WIRE}" group {LOG_GROUP}']


class _Writer:
    """Writes the chains of one machine."""

    def __init__(self, state: HostState, profile: Profile, settings: Settings, marks: Marks) -> None:
        self._state = state
        self._profile = profile
        self._settings = settings
        self._marks = marks
        self.chains: dict[int, tuple[str, ...]] = {}
        self.labels: dict[str, Label] = {}

    def text(self) -> Iterator[str]:
        """The commands: chains of rules first, because nothing may jump to a chain that is not there."""
        found: list[tuple[str, list[str]]] = []
        for direction in Direction:
            hardening = list(self._hardening(direction))
            found.append((f"hardening_{_CHAINS[direction]}", hardening))
            found.append((_CHAINS[direction], list(self._steps(direction, hardened=bool(hardening)))))
        for number, matches in self.chains.items():
            yield f"add chain {TABLE} r{number}"
            yield from (f"add rule {TABLE} r{number} {line}" for line in matches)
        for chain, lines in found:
            is_base = chain in _CHAINS.values()
            hook = f" {{ type filter hook {chain} priority 0; policy drop; }}" if is_base else ""
            yield f"add chain {TABLE} {chain}{hook}"
            if is_base:
                yield f"add rule {TABLE} {chain} ct state established,related accept"
            yield from (f"add rule {TABLE} {chain} {line}" for line in lines)

    def _steps(self, direction: Direction, *, hardened: bool) -> Iterator[str]:
        """The decision order of Windows for one direction."""
        if not self._settings.firewall_on:
            yield self._end(direction, Answer.ALLOW, Why.FIREWALL_OFF)
            return
        if hardened:
            yield f"jump hardening_{_CHAINS[direction]}"
        if self._settings.shields_up and direction is Direction.IN:
            yield self._end(direction, Answer.BLOCK, Why.SHIELDS_UP)
            return
        rules = [(n, r) for n, r in enumerate(self._state.rules) if counts(r, self._settings) and not _needs_ipsec(r)]
        for action, answer in ((Action.BLOCK, Answer.BLOCK), (Action.ALLOW, Answer.ALLOW)):
            for number, rule in rules:
                if rule.action is action and rule.direction is direction and self._has_lines(number, rule, answer):
                    yield f"jump r{number}"
        allows = self._settings.default_allows(direction)
        yield self._end(direction, Answer.ALLOW if allows else Answer.BLOCK, Why.DEFAULT)

    def _hardening(self, direction: Direction) -> Iterator[str]:
        """Service hardening: an allow of this store outranks its blocks and goes on to the next step."""
        if not self._settings.firewall_on:
            return
        rules = [
            (number, rule)
            for number, rule in enumerate(self._state.rules)
            if rule.store is Store.HARDENING and rule.active and rule.direction is direction
        ]
        for _, rule in rules:
            if rule.action is Action.ALLOW:
                yield from (f"{line}return" for line in self._matches(rule))
        for number, rule in rules:
            if rule.action is Action.BLOCK and self._has_lines(number, rule, Answer.BLOCK, Why.SERVICE_HARDENING):
                yield f"jump r{number}"

    def _end(self, direction: Direction, answer: Answer, why: Why) -> str:
        """What happens where no rule decides."""
        prefix = _LETTERS[direction, answer] + _WITHOUT_RULE[why]
        self.labels[prefix] = Label(direction, answer, why)
        return f'log prefix "{prefix}" group {LOG_GROUP} {_WORDS[answer]}'

    def _has_lines(self, number: int, rule: HostRule, answer: Answer, why: Why = Why.RULE) -> bool:
        """Make the chain of a rule; False where nothing surely matches it."""
        prefix = f"{_LETTERS[rule.direction, answer]}{number}"
        lines = [f'{line}log prefix "{prefix}" group {LOG_GROUP} {_WORDS[answer]}' for line in self._matches(rule)]
        if not lines:
            return False
        self.labels[prefix] = Label(rule.direction, answer, why, RuleRef(rule.id, rule.store.value, rule.origin))
        self.chains[number] = tuple(lines)
        return True

    def _matches(self, rule: HostRule) -> Iterator[str]:
        """The conditions of a rule as far as they are certain, one line for each way to match; each ends with a blank."""
        extras = rule.extras
        if not rule.profiles & self._profile or not rule.interfaces & INTERFACE:
            return
        if extras.packages or extras.local_owner or extras.proximity or extras.interface_ids or extras.unknown:
            return
        if extras.invalid or platform_admits(rule, self._state) is not True:
            return
        marks = self._marks.where(lambda process: self._surely_runs(rule, process))
        for addresses in self._address_lines(rule):
            for protocol in self._protocol_lines(rule):
                yield from (f"{addresses}{protocol}{line}" for line in self._process_lines(rule, marks, protocol))

    def _surely_runs(self, rule: HostRule, process: Process) -> bool:
        """Whether the process surely meets the rule's program, service and user conditions."""
        program, service = process
        if rule.program is not None and canonical_program(rule.program) != program:
            return False
        users = rule.extras.local_users
        if users and sddl_admits(users, kernel=program == KERNEL) is not True:
            return False
        if rule.service is None:
            return True
        if rule.service == "*":
            return bool(service)
        return rule.service.lower() == service and service_is_certain(rule, self._state)

    def _process_lines(self, rule: HostRule, marks: tuple[int, ...], protocol: str) -> Iterator[str]:
        """Socket marks; the kernel itself answers ICMP, so an inbound ICMP packet has no socket to ask."""
        if len(marks) == len(self._marks.processes):
            yield ""
            return
        if not marks:
            return
        operand = number_set((mark, mark) for mark in marks)
        if rule.direction is Direction.OUT:
            yield f"meta mark {operand} "
            return
        is_icmp = rule.protocol in ICMP_PROTOCOLS
        if not is_icmp:
            yield f"socket mark {operand} "
        has_kernel = any(self._marks.processes[mark - 1][0] == KERNEL for mark in marks)
        if has_kernel and (is_icmp or (rule.protocol is None and not protocol)):
            yield "" if is_icmp else f"meta l4proto {{ {ICMP4}, {ICMP6} }} "

    def _address_lines(self, rule: HostRule) -> Iterator[str]:
        """One line for each family in which both addresses can surely match."""
        here_word, there_word, _, _ = _SIDES[rule.direction]
        here, there = (self._certain_addresses(match) for match in (rule.local_address, rule.remote_address))
        if here.is_any and there.is_any:
            yield ""
            return
        for whole, word, family in FAMILIES:
            mine, theirs = intervals.intersect(here.ranges, whole), intervals.intersect(there.ranges, whole)
            if mine and theirs:
                text = addresses_match(word, here_word, mine, whole) + addresses_match(word, there_word, theirs, whole)
                yield f"meta nfproto {family} {text}"

    def _certain_addresses(self, match: AddressMatch) -> AddrSet:
        found = match.addresses
        for word in match.keywords:
            found |= keyword_addresses(word, self._state)[0]
        return found

    def _protocol_lines(self, rule: HostRule) -> Iterator[str]:
        """Protocol, ports and ICMP types."""
        _, _, here_word, there_word = _SIDES[rule.direction]
        here, there = self._certain_ports(rule.local_port, rule), self._certain_ports(rule.remote_port, rule)
        if here.is_empty or there.is_empty:
            return
        ports = ports_match(here_word, here.ranges) + ports_match(there_word, there.ranges)
        if rule.icmp is not None:
            if rule.protocol in ICMP_PROTOCOLS and not ports:
                base = f"meta l4proto {rule.protocol} "
                pairs = [icmp_range(*pair) for pair in rule.icmp]
                yield from (base + line for line in icmp_match(rule.protocol or ICMP4, pairs))
        elif rule.protocol is not None:
            yield f"meta l4proto {rule.protocol} {ports}"
        else:
            yield f"meta l4proto {{ {TCP}, {UDP} }} {ports}" if ports else ""

    def _certain_ports(self, match: PortMatch, rule: HostRule) -> PortSet:
        found = match.ports
        for word in match.keywords:
            found |= keyword_ports(word, rule, self._state)[0]
        return found


def _needs_ipsec(rule: HostRule) -> bool:
    """Whether IPsec, which the lab does not play, has a part in what the rule does."""
    extras = rule.extras
    return bool(extras.security or extras.remote_machines or extras.remote_users or extras.bypass_out) or (
        rule.action is Action.BYPASS
    )
