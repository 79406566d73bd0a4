"""What the values of a ``netsh`` listing say: words, addresses, ports, ICMP types.

A value that is not understood is None, and the rule then proves nothing: it is never taken for the likeliest meaning.
Words of a language that is not known are worked out from what cannot be otherwise (see ``Vocabulary.infer``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cmfw.ingest import netsh_words as words
from cmfw.ingest.netsh_words import word_key
from cmfw.model.rule import AddressMatch, PortKeyword, PortMatch
from cmfw.net.addr import AddrSet, parse_range
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, PROTOCOL_NUMBERS, Direction, Interface, Profile
from cmfw.net.ports import PortSet

ADDRESS_WORDS = {word.lower(): word for word in ("LocalSubnet", "DNS", "DHCP", "WINS", "DefaultGateway")}
"""netsh prints no other keyword, and shows a rule for `Ply2Renders` as one for any address (seen in a real listing)."""
_PORT_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # word: (keywords as a local port, as a remote port)
    "rpc": ((PortKeyword.RPC,), ()),
    "rpc-epmap": ((PortKeyword.RPC_EPMAP,), ()),
    "teredo": ((PortKeyword.TEREDO,), ()),
    "iphttps": ((PortKeyword.IPHTTPS_IN, PortKeyword.IPTLS_IN), (PortKeyword.IPHTTPS_OUT, PortKeyword.IPTLS_OUT)),
    "ply2disc": ((PortKeyword.PLAY_TO,), ()),
    "mdns": ((PortKeyword.MDNS,), ()),
    "dhcp": ((PortKeyword.DHCP,), ()),
    "tcpcdpsvc": ((PortKeyword.CDP,), ()),
    "cortanaout": ((), (PortKeyword.CORTANA,)),
}
"""Source: facts/windows_firewall.md 4.9; IPHTTPS stands for the pair that Windows writes."""
INBOUND_WORDS = frozenset({"rpc", "rpc-epmap", "teredo", "ply2disc", "mdns", "dhcp", "tcpcdpsvc"})
"""Local port keywords, which only inbound rules have. Source: facts/windows_firewall.md 2.3."""
_PROTOCOLS = PROTOCOL_NUMBERS | {"icmpv4": 1, "icmpv6": 58}
Icmp = tuple[tuple[int, int | None], ...]


class Vocabulary:
    """The words of one listing: those of all known languages, and those that the listing itself gives away."""

    def __init__(self) -> None:
        self.any = set(words.ANY)
        self.booleans = dict(words.BOOLEANS)
        self.directions: dict[str, Direction] = dict(words.DIRECTIONS)
        self.profiles: dict[str, Profile] = dict(words.PROFILE_WORDS)
        self.sources: set[str] = set()
        self.has_any = False
        """Whether the word for `Any` is known: where it is not, the name of a service may be that word."""
        self.elsewhere: set[str] = set()
        """Words that stand for other conditions: a service of that name is the unknown word for `Any`."""
        self._addresses: dict[tuple[str, bool], AddressMatch | None] = {}
        self._ports: dict[tuple[str, bool], PortMatch | None] = {}

    def infer(self, rules: Iterable[Mapping[str, str]]) -> None:
        """Learn the words of an unknown language from what they cannot but mean.

        A word among local addresses, which have no keywords, is `Any`. A list of three profiles is in Windows' order. A
        rule with a local port keyword is inbound, and there are two directions. An outbound rule has no edge traversal, so
        its word there is `No`, and there are two such words.
        """
        rules = list(rules)
        said = {
            field: {word_key(rule[field]) for rule in rules if rule.get(field)}
            for field in (words.LOCAL_IP, words.DIRECTION, words.ENABLED)
        }
        strange = {word for word in said[words.LOCAL_IP] if not self.any & {word} and not _is_address(word.split(",")[0])}
        if len(strange) == 1 and not said[words.LOCAL_IP] & self.any:
            self.any |= strange
        self._learn_profiles(rules)
        self._learn_directions(rules, said[words.DIRECTION])
        self._learn_booleans(rules, said[words.ENABLED])
        others = (words.REMOTE_IP, words.LOCAL_PORT, words.REMOTE_PORT, words.INTERFACES)
        in_words: dict[str, Mapping[str, object]] = {
            words.ENABLED: self.booleans,
            words.DIRECTION: self.directions,
            words.ACTION: words.ACTIONS,
        }
        is_known = all(word_key(rule.get(field, "")) in known for rule in rules for field, known in in_words.items())
        self.has_any = is_known or bool(said[words.LOCAL_IP] & self.any)
        self.elsewhere = {word_key(rule[field]) for rule in rules for field in others if field in rule}
        self.sources = {word_key(rule[words.SOURCE]) for rule in rules if rule.get(words.SOURCE)}

    def _learn_profiles(self, rules: list[Mapping[str, str]]) -> None:
        lists = {tuple(map(word_key, rule.get(words.PROFILES, "").split(","))) for rule in rules}
        whole = {names for names in lists if len(names) == 3 and len(set(names)) == 3}
        if len(whole) == 1:
            for word, profile in zip(whole.pop(), (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC), strict=True):
                self.profiles.setdefault(word, profile)

    def _learn_directions(self, rules: list[Mapping[str, str]], said: set[str]) -> None:
        if said <= self.directions.keys() or len(said) > 2 or _is_damaged(said):
            return
        inbound = {
            word_key(rule[words.DIRECTION])
            for rule in rules
            if rule.get(words.DIRECTION) and rule.get(words.LOCAL_PORT, "").casefold() in INBOUND_WORDS
        }
        inbound |= {word for word in said if self.directions.get(word) is Direction.IN}
        outbound = {word for word in said if self.directions.get(word) is Direction.OUT}
        if len(inbound) == 1 or len(outbound) == 1:
            (sure,) = inbound if len(inbound) == 1 else outbound
            is_in = len(inbound) == 1
            for word in said:
                self.directions[word] = Direction.IN if (word == sure) is is_in else Direction.OUT

    def _learn_booleans(self, rules: list[Mapping[str, str]], said: set[str]) -> None:
        edges = {
            word_key(rule[words.EDGE])
            for rule in rules
            if rule.get(words.EDGE) and self.directions.get(word_key(rule.get(words.DIRECTION, ""))) is Direction.OUT
        }
        if said <= self.booleans.keys() or len(said) > 2 or len(edges) != 1 or _is_damaged(said | edges):
            return
        (no,) = edges
        if self.booleans.setdefault(no, False):
            return
        strangers = said - {no}
        if len(strangers) == 1:
            self.booleans.setdefault(strangers.pop(), True)

    def is_any(self, text: str) -> bool:
        """Whether the value lets everything pass."""
        return word_key(text) in self.any

    def addresses(self, text: str, *, remote: bool) -> AddressMatch | None:
        """An address condition. netsh shows both families in one list, so a keyword is of both."""
        key = text, remote
        if key not in self._addresses:
            self._addresses[key] = AddressMatch.ANY if self.is_any(text) else _address_match(text, remote=remote)
        return self._addresses[key]

    def ports(self, text: str, *, remote: bool) -> PortMatch | None:
        """A port condition."""
        key = text, remote
        if key not in self._ports:
            self._ports[key] = PortMatch.ANY if self.is_any(text) else _port_match(text, remote=remote)
        return self._ports[key]

    def profile_mask(self, text: str) -> int | None:
        """The profiles of a comma list; `Any` is all of them."""
        if self.is_any(text):
            return ALL_PROFILES
        found = [self.profiles.get(word_key(part)) for part in text.split(",")]
        return None if None in found else int(sum(set(filter(None, found))))

    def protocol(self, text: str) -> tuple[int | None, bool]:
        """(number, or None for any; whether the text was understood)."""
        if self.is_any(text):
            return None, True
        number = _PROTOCOLS.get(text.casefold())
        if number is None and text.isascii() and text.isdigit() and len(text) <= 3 and int(text) < 256:
            number = int(text)
        return number, number is not None

    def interfaces(self, text: str) -> int | None:
        """The interface types of a comma list; `Any` is all of them."""
        if self.is_any(text):
            return ALL_INTERFACES
        found: list[Interface | None] = [words.INTERFACE_WORDS.get(word_key(part)) for part in text.split(",")]
        return None if None in found else int(sum(set(filter(None, found))))

    def icmp(self, rows: Iterable[str]) -> tuple[Icmp | None, bool]:
        """(type and code pairs, None for every type; whether all rows were understood) of the rows of an ICMP table.

        The first row is its heading. No table at all is not understood: netsh always prints one.
        """
        rows = list(rows)
        pairs: set[tuple[int, int | None]] = set()
        widest = False
        if not rows or any(char.isdigit() for char in rows[0]):
            return None, False
        for row in rows[1:]:
            parts = row.split()
            if len(parts) == 1 and parts[0][: len(parts[0]) // 2] * 2 == parts[0]:
                # a long word for `Any` fills its column to the next one
                parts = [parts[0][: len(parts[0]) // 2]] * 2
                parts = parts if self.is_any(parts[0]) else []
            kind, code = (_octet(part) if not self.is_any(part) else -1 for part in [*parts, "", ""][:2])
            if len(parts) != 2 or kind is None or code is None:
                return None, False
            widest = widest or kind < 0
            pairs.add((kind, None if code < 0 else code))
        if not pairs:
            return None, False
        return (None if widest else tuple(sorted(pairs, key=lambda p: (p[0], -1 if p[1] is None else p[1])))), True


def _is_damaged(said: Iterable[str]) -> bool:
    """Whether characters of the words were lost, so that two words may have become one."""
    return any("?" in word or "\ufffd" in word or "\u30fb" in word for word in said)


def _octet(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) < 256 else None


def _is_address(text: str) -> bool:
    try:
        parse_range(text)
    except ValueError:
        return False
    return True


def _address_match(text: str, *, remote: bool) -> AddressMatch | None:
    pairs: list[Any] = []
    keywords: set[str] = set()
    for part in text.split(","):
        word = ADDRESS_WORDS.get(part.strip().lower())
        if word and remote:
            keywords |= {word + "4", word + "6"}
            continue
        try:
            pairs.append(parse_range(part.strip()))
        except ValueError:
            return None
    found = AddrSet.from_pairs(pairs)
    # a list that spells out everything is no list that Windows stores
    return None if found.is_any else AddressMatch(found, tuple(sorted(keywords)))


def _port_match(text: str, *, remote: bool) -> PortMatch | None:
    pairs: list[tuple[int, int]] = []
    keywords: set[str] = set()
    for part in text.split(","):
        known = _PORT_WORDS.get(part.strip().lower())
        if known and known[remote]:
            keywords |= set(known[remote])
            continue
        first, dash, last = part.strip().partition("-")
        low, high = _port(first), _port(last if dash else first)
        if low is None or high is None or low > high:
            return None
        pairs.append((low, high))
    return PortMatch(PortSet.from_pairs(pairs), tuple(sorted(map(str, keywords))))


def _port(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) < 65536 else None
