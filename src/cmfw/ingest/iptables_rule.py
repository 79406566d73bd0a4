"""One rule of iptables-save: its options as fields of a packet. An option that is not known leaves the rule in doubt.

Source: iptables(8), iptables-extensions(8).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cmfw.ingest.nft_match import ranges_of
from cmfw.ingest.packet_chains import ACCEPT, DROP, GOTO, JUMP, PASS, RETURN, UNKNOWN, PacketRule
from cmfw.ingest.packet_match import (
    ICMP_OF,
    WITH_PORTS,
    NotUnderstood,
    PacketMatch,
    address_of,
    icmp_type_of,
    port_of,
    protocol_of,
)
from cmfw.net.addr import V4_ALL, V6_ALL
from cmfw.net.box import ALL_PORTS, ALL_PROTOCOLS
from cmfw.net.intervals import Ranges

_WORD = re.compile(r'"(?:\\.|[^"\\])*"|[^\s"]+')
_WHOLE: dict[int, Ranges] = {4: V4_ALL, 6: V6_ALL}
_TARGETS = {"ACCEPT": ACCEPT, "DROP": DROP, "REJECT": DROP, "RETURN": RETURN}
_GO_ON = frozenset(
    [
        "AUDIT",
        "CHECKSUM",
        "CLASSIFY",
        "CONNMARK",
        "CONNSECMARK",
        "CT",
        "DSCP",
        "ECN",
        "HL",
        "HMARK",
        "IDLETIMER",
        "LED",
        "LOG",
        "MARK",
        "NFLOG",
        "NOTRACK",
        "RATEEST",
        "SECMARK",
        "SET",
        "TCPMSS",
        "TCPOPTSTRIP",
        "TEE",
        "TOS",
        "TRACE",
        "TTL",
        "ULOG",
    ]
)
"""Targets behind which the next rule is asked. Source: iptables-extensions(8), TARGET EXTENSIONS."""
_ELSEWHERE = frozenset(
    [
        "BALANCE",
        "CLUSTERIP",
        "DNAT",
        "DNPT",
        "MASQUERADE",
        "MIRROR",
        "NETMAP",
        "NFQUEUE",
        "QUEUE",
        "REDIRECT",
        "SNAT",
        "SNPT",
        "SYNPROXY",
        "TPROXY",
    ]
)
"""Targets that change the packet, or leave it to a program."""
_SPELLINGS = {
    "--source": "-s",
    "--src": "-s",
    "--destination": "-d",
    "--dst": "-d",
    "--protocol": "-p",
    "--in-interface": "-i",
    "--out-interface": "-o",
    "--jump": "-j",
    "--goto": "-g",
    "--match": "-m",
    "--append": "-A",
    "--insert": "-I",
    "--source-port": "--sport",
    "--source-ports": "--sports",
    "--destination-port": "--dport",
    "--destination-ports": "--dports",
    "--state": "--ctstate",
}
_PORTS = {"--sport": "source_port", "--sports": "source_port", "--dport": "target_port", "--dports": "target_port"}
_ALONE = frozenset({"--syn", "-f"})
"""Options without an argument."""
_SYN = ({"FIN", "SYN", "RST", "ACK"}, {"SYN"})
_FLAGS = {"SYN"}
"""The flags that the first packet of a TCP connection has. Source: RFC 9293 section 3.5."""
_STATES = {"NEW": True, "ESTABLISHED": False, "RELATED": False, "INVALID": False, "UNTRACKED": False}


class _Rule:
    """One rule while its options are read."""

    def __init__(self, family: int) -> None:
        self.family = family
        self.match = PacketMatch()
        self.sure = True
        self.verdict, self.target = PASS, ""

    def option(self, name: str, argument: str, *, negated: bool) -> None:
        """Take in one option. Raises NotUnderstood for one that is not known."""
        if name in ("-s", "-d"):
            found = ranges_of(argument.split(","), lambda text: address_of(text, self.family))
            self.match.narrow("source" if name == "-s" else "target", found, _WHOLE[self.family], negated=negated)
        elif name == "-p":
            if argument not in ("all", "0"):
                self.match.narrow("protocol", (protocol_of(argument),), ALL_PROTOCOLS, negated=negated)
            elif negated:
                self.match.nothing()
        elif name in _PORTS:
            self.match.narrow("protocol", WITH_PORTS, ALL_PROTOCOLS)
            found = ranges_of((text.replace(":", "-") for text in _open_ranges(argument)), port_of)
            self.match.narrow(_PORTS[name], found, ALL_PORTS, negated=negated)
        elif name in ("--icmp-type", "--icmpv6-type"):
            self._icmp(argument, negated=negated)
        elif name == "--ctstate":
            self._state(argument.split(","), negated=negated)
        elif name == "--syn":
            self._flags(*_SYN, negated=negated)
        elif name in ("-j", "-g"):
            self._target(argument, goto=name == "-g")
        elif name not in ("-m", "--comment", "--reject-with", "-c", "-4", "-6") and not name.startswith("--log-"):
            raise NotUnderstood(name)

    def _icmp(self, argument: str, *, negated: bool) -> None:
        self.match.narrow("protocol", ICMP_OF[self.family], ALL_PROTOCOLS)
        if argument in ("any", "255/255") and not negated:
            return
        kind, slash, code = argument.partition("/")
        if negated and slash:
            raise NotUnderstood(argument)
        self.match.narrow("types", (icmp_type_of(kind, self.family),), ((0, 255),), negated=negated)
        if slash:
            self.match.narrow("codes", (icmp_type_of(code, self.family),), ((0, 255),))

    def _state(self, states: Sequence[str], *, negated: bool) -> None:
        if not set(states) <= set(_STATES):
            raise NotUnderstood(",".join(states))
        if any(_STATES[state] for state in states) == negated:
            self.match.nothing()

    def _flags(self, mask: set[str], wanted: set[str], *, negated: bool) -> None:
        """A condition on TCP flags holds for the packet that opens a connection, or never."""
        self.match.narrow("protocol", (protocol_of("tcp"),), ALL_PROTOCOLS)
        if ((mask & _FLAGS) == wanted) == negated:
            self.match.nothing()

    def tcp_flags(self, mask: str, wanted: str, *, negated: bool) -> None:
        """``--tcp-flags MASK WANTED``."""
        whole = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"}
        named = [whole if text == "ALL" else set() if text == "NONE" else set(text.split(",")) for text in (mask, wanted)]
        if not (named[0] | named[1]) <= whole:
            raise NotUnderstood(mask)
        self._flags(named[0], named[1], negated=negated)

    def _target(self, name: str, *, goto: bool) -> None:
        if name in _TARGETS:
            self.verdict = _TARGETS[name]
        elif name in _GO_ON:
            self.verdict = PASS
        elif name in _ELSEWHERE:
            self.verdict = UNKNOWN
        else:
            self.verdict, self.target = GOTO if goto else JUMP, name


def read_rule(line: str, family: int, origin: str) -> tuple[str, int | None, PacketRule] | None:
    """(chain, place or None for the end, rule) of an ``-A`` or ``-I`` line; None for any other line."""
    words = [_unquoted(word) for word in _WORD.findall(line)]
    if words[:1] and words[0][:1] == "[":
        words = words[1:]  # packet and byte counters of `iptables-save -c`
    command = _SPELLINGS.get(words[0], words[0]) if words else ""
    if command not in ("-A", "-I") or len(words) < 2:
        return None
    rest = words[2:]
    place: int | None = None
    if command == "-I":
        place = 0
        if rest and rest[0].isdigit():
            place, rest = int(rest[0]) - 1, rest[1:]
    rule = _options(rest, family)
    flows = rule.match.flows()
    return (
        words[1],
        place,
        PacketRule(flows=flows, sure=rule.sure, verdict=rule.verdict, target=rule.target, text=line, origin=origin),
    )


def _options(words: Sequence[str], family: int) -> _Rule:
    rule = _Rule(family)
    at = 0
    while at < len(words):
        negated = words[at] == "!"
        at += negated
        name = words[at] if at < len(words) else ""
        name = _SPELLINGS.get(name, name)
        end = at + 1
        if name not in _ALONE:
            while end < len(words) and words[end][:1] != "-" and (words[end] != "!" or end == at + 1):
                end += 1
        arguments = words[at + 1 : end]
        if arguments[:1] == ["!"]:
            # the old place of the sign, behind the option
            negated, arguments = True, arguments[1:]
        try:
            _apply(rule, name, arguments, negated=negated)
        except NotUnderstood:
            # the option narrows the rule in a way that no packet shows here, so the rule may match less than its other options say
            rule.sure = False
        at = end
    return rule


def _apply(rule: _Rule, name: str, arguments: Sequence[str], *, negated: bool) -> None:
    """Take in one option with its arguments. Raises NotUnderstood."""
    if name == "--tcp-flags" and len(arguments) == 2:
        rule.tcp_flags(arguments[0], arguments[1], negated=negated)
    elif len(arguments) == (0 if name in _ALONE else 2 if name == "-c" else 1):
        rule.option(name, arguments[0] if arguments else "", negated=negated)
    else:
        raise NotUnderstood(name)


def _unquoted(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word[:1] == '"' else word


def _open_ranges(text: str) -> list[str]:
    """Port ranges with the ends that iptables leaves out: ``:1024`` and ``49152:``."""
    parts = text.split(",")
    return [f"0{part}" if part[:1] == ":" else f"{part}65535" if part[-1:] == ":" else part for part in parts]
