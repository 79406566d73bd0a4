"""The text of an nftables ruleset as tables, sets and chains; what is not understood of a rule leaves the rule in doubt.

Reads what ``nft list ruleset`` prints and what ``emit nftables`` writes. Variables and includes are told as problems.
Source: nft(8).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from cmfw.errors import Problem
from cmfw.ingest.nft_match import holds_for_first, narrow, ranges_of
from cmfw.ingest.nft_ruleset import BaseChain, NftTable, family_flows
from cmfw.ingest.nft_usual import Effect, UsualRules, usual_elements
from cmfw.ingest.nft_words import elements_of, words_of
from cmfw.ingest.packet_chains import ACCEPT, DROP, GOTO, JUMP, PASS, RETURN, UNKNOWN, PacketRule, sure_rule
from cmfw.ingest.packet_match import NotUnderstood, PacketMatch
from cmfw.net.flowset import FlowSet
from cmfw.net.intervals import Range, Ranges
from cmfw.words.phrases import phrase

_NESTING = frozenset("{};")
_VERDICTS = {
    "accept": ACCEPT,
    "drop": DROP,
    "reject": DROP,
    "return": RETURN,
    "continue": PASS,
    "jump": JUMP,
    "goto": GOTO,
}
_HEADS = frozenset({"ip", "ip6", "tcp", "udp", "th", "icmp", "icmpv6", "meta", "ct"})
_KINDS = {"saddr": "address", "daddr": "address", "sport": "port", "dport": "port"}
_SPOKEN = frozenset(
    {"type", "typeof", "flags", "elements", "auto-merge", "size", "comment", "policy", "counter", "gc-interval"}
)


class _Broken(Exception):
    """The text is not built as a ruleset is."""


class NftText:
    """One reading of a ruleset."""

    def __init__(self, text: str, path: str) -> None:
        self._lines = text.split("\n")
        self.words: list[str] = []
        """The words of the line ``line`` (from 1; 0 is before the first), and how many are read."""
        self.line = 0
        self.at = 0
        self.path = path
        self.tables: dict[tuple[str, str], NftTable] = {}
        self.problems: list[Problem] = []
        self._sets: dict[str, list[str]] = {}
        self._ranges: dict[tuple[str, ...], Ranges] = {}
        self._usual = UsualRules(self._effect, path)

    def read(self) -> None:
        """Read all tables; a text that ends early or is no ruleset is one problem."""
        try:
            while (word := self._word()) is not None:
                self._statement(word)
        except _Broken as error:
            self.problems.append(Problem(self.path, "an nftables ruleset", str(error), line=self.line))

    # --- tokens ------------------------------------------------------------------------------------------------------

    def _more(self) -> bool:
        """Go on to the next line; False behind the last."""
        if self.line == len(self._lines):
            return False
        self.words = words_of(self._lines[self.line])
        self.line += 1
        self.at = 0
        return True

    def _next(self) -> str:
        """The next word, or the end of a line; raises _Broken at the end of the text."""
        if self.at < len(self.words):
            self.at += 1
            return self.words[self.at - 1]
        if not self._more():
            raise _Broken(phrase("the end of the file"))
        return "\n"

    def _word(self) -> str | None:
        """The next word that ends no statement, or None at the end of the text."""
        while True:
            while self.at < len(self.words):
                word = self.words[self.at]
                self.at += 1
                if word != ";":
                    return word
            if not self._more():
                return None

    def _inside(self) -> str:
        word = self._word()
        if word is None:
            raise _Broken(phrase("the end of the file"))
        return word

    def _rest(self) -> list[str]:
        """The words up to the end of the statement; braces may hold several lines. A closing brace stays."""
        found = self.words[self.at :]
        if _NESTING.isdisjoint(found) and self._more():
            # most statements are one line
            return found
        found = []
        depth = 0
        while True:
            while self.at < len(self.words):
                word = self.words[self.at]
                if depth == 0 and word in (";", "}"):
                    self.at += word == ";"
                    return found
                depth += (word == "{") - (word == "}")
                found.append(word)
                self.at += 1
            if not self._more():
                raise _Broken(phrase("the end of the file"))
            if depth == 0:
                return found

    # --- the outer structure -----------------------------------------------------------------------------------------

    def _statement(self, word: str) -> None:
        line = self.line
        if word == "table":
            self._table()
        elif word in ("delete", "destroy", "flush"):
            rest = self._rest()
            if rest[:1] == ["ruleset"]:
                self.tables.clear()
            elif rest[:1] == ["table"] and len(rest) in (2, 3):
                self.tables.pop((rest[1] if len(rest) == 3 else "ip", rest[-1]), None)
            else:
                self._problem(f"{word} {' '.join(rest)}", line)
        else:
            self._problem(" ".join([word, *self._rest()]), line)

    def _problem(self, found: str, line: int) -> None:
        self.problems.append(Problem(self.path, "a table", f"`{found[:80]}`", line=line))

    def _table(self) -> None:
        names: list[str] = []
        while (word := self._next()) not in ("{", "\n", ";"):
            names.append(word)
        if len(names) not in (1, 2):
            raise _Broken(phrase("table `{name}`", name=" ".join(names)))
        key = (names[0] if len(names) == 2 else "ip", names[-1])
        table = self.tables.setdefault(key, NftTable(key[0], key[1]))
        if word != "{":
            return
        self._sets, self._ranges, self._usual = table.sets, {}, UsualRules(self._effect, self.path)
        while (word := self._inside()) != "}":
            if word == "chain":
                self._chain(table)
            elif word == "set":
                self._set(table)
            elif word in ("map", "counter", "quota", "limit", "ct", "flowtable", "secmark", "synproxy"):
                self._skip()
            else:
                self._rest()

    def _skip(self) -> None:
        """Pass over a block that no condition here can name."""
        while self._next() != "{":
            pass
        depth = 1
        while depth:
            word = self._next()
            depth += (word == "{") - (word == "}")

    def _set(self, table: NftTable) -> None:
        name = self._inside()
        if name in table.sets:
            # the kernel would add to it, also for the rules in between
            raise _Broken(phrase("set `{name}` twice", name=name))
        if self._inside() != "{":
            raise _Broken(phrase("set `{name}` without a body", name=name))
        if self.at == len(self.words) and (elements := usual_elements(self._lines[self.line : self.line + 4])) is not None:
            table.sets[name] = elements
            self.line += 4
            return
        self._set_body(table, name)

    def _set_body(self, table: NftTable, name: str) -> None:
        elements = None
        fixed = True
        while (word := self._inside()) != "}":
            rest = self._rest()
            if word == "elements" and rest[:2] == ["=", "{"] and rest[-1] == "}":
                elements = elements_of(rest[2:-1])
            elif word == "flags":
                fixed = fixed and not {"dynamic", "timeout"} & set(rest)
            elif word not in _SPOKEN:
                fixed = False
        if fixed and elements is not None:
            table.sets[name] = elements

    def _chain(self, table: NftTable) -> None:
        name = self._inside()
        if self._inside() != "{":
            raise _Broken(phrase("chain `{name}` without a body", name=name))
        rules: list[PacketRule] = []
        while True:
            if self.at == len(self.words):
                usual, self.line = self._usual.rules(self._lines, self.line)
                rules += usual
            if (word := self._inside()) == "}":
                break
            line = self.line
            # the statement from its first word on
            self.at -= 1
            words = self._rest()
            if word == "type":
                table.bases[name] = _base(words, table.bases.get(name))
            elif word == "policy":
                policy = words[1] if len(words) > 1 else ""
                table.bases[name] = BaseChain(**{**_fields(table.bases.get(name)), "policy": policy})
            elif word not in ("comment", "devices"):
                rules.append(self._rule(words, f"{self.path}:{line}"))
        table.chains[name] = (*table.chains.get(name, ()), *rules)

    # --- rules -------------------------------------------------------------------------------------------------------

    def _effect(self, condition: str) -> Effect:
        """What a condition of three words does to a match. Raises NotUnderstood for any that is not known."""
        if "@" not in condition and len(condition) < _LONGEST_KEPT:
            return _setless_effect(condition)
        alone = PacketMatch()
        self._condition(condition.split(), 0, alone)
        return alone.narrowed()

    def _rule(self, words: list[str], origin: str) -> PacketRule:
        text = " ".join(words)
        try:
            setless = "@" not in text and len(text) < _LONGEST_KEPT
            flows, verdict, target = _setless_rule(tuple(words)) if setless else self._read_rule(words)
            return sure_rule(flows, verdict, target, text, origin)
        except NotUnderstood:
            verdict, target = _likely(words)
            return PacketRule(
                flows=family_flows("inet"), sure=False, verdict=verdict, target=target, text=text, origin=origin
            )

    def _read_rule(self, words: list[str]) -> tuple[FlowSet, str, str]:
        """(flows, verdict, chain of a jump). Raises NotUnderstood."""
        match = PacketMatch()
        at = 0
        while at < len(words):
            word = words[at]
            if word in _HEADS:
                at = self._condition(words, at, match)
            elif word in _VERDICTS:
                return match.flows(), *_verdict(words, at)
            elif word == "counter":
                at += 5 if words[at + 1 : at + 2] == ["packets"] else 1
            elif word == "comment":
                at += 2
            elif word == "log":
                at = _after_log(words, at + 1)
            else:
                raise NotUnderstood(f"`{word}`")
        return match.flows(), PASS, ""

    def _condition(self, words: list[str], at: int, match: PacketMatch) -> int:
        """Apply the condition at ``at``, and return where it ends."""
        head = words[at]
        if len(words) < at + 3:
            raise NotUnderstood(phrase("`{head}` at the end", head=head))
        field = words[at + 1]
        at += 2
        negated = words[at] == "!="
        if words[at] in ("!=", "=="):
            at += 1
        if head == "ct":
            return _state(words, at, match, negated=negated) if field == "state" else _no(field)
        texts, at = _values(words, at)
        if words[at : at + 1] in ([","], ["."], ["-"], ["/"]):
            _no(words[at])

        def values(read: Callable[[str], Range]) -> Ranges:
            if texts[0][:1] != "@":
                return ranges_of(texts, read)
            # the same set stands in many rules
            key = (head, _KINDS.get(field, field), texts[0])
            found = self._ranges.get(key)
            if found is None:
                found = self._ranges[key] = self._named(texts[0][1:], read)
            return found

        narrow(match, head, field, values, negated=negated)
        return at

    def _named(self, name: str, read: Callable[[str], Range]) -> Ranges:
        if name not in self._sets:
            raise NotUnderstood(phrase("set `{name}`", name=name))
        return ranges_of(self._sets[name], read)


_LONGEST_KEPT = 200
"""Characters of a text that is remembered, so that a hostile ruleset costs time and not memory."""


@lru_cache(maxsize=1024)
def _setless_rule(words: tuple[str, ...]) -> tuple[FlowSet, str, str]:
    """What a rule says that names no set: the same in every ruleset, and most have a few of the same."""
    return NftText("", "")._read_rule(list(words))  # noqa: SLF001


@lru_cache(maxsize=1024)
def _setless_effect(condition: str) -> Effect:
    """What a condition does that names no set."""
    alone = PacketMatch()
    NftText("", "")._condition(condition.split(), 0, alone)  # noqa: SLF001
    return alone.narrowed()


def _no(word: str) -> int:
    raise NotUnderstood(f"`{word}`")


def _values(words: list[str], at: int) -> tuple[list[str], int]:
    """The elements of a condition's right side, and where it ends."""
    if at >= len(words):
        raise NotUnderstood(phrase("no value"))
    if words[at] != "{":
        if words[at] == "vmap" or words[at] in (".", "map", "&", "and", "or", "|", "^"):
            raise NotUnderstood(f"`{words[at]}`")
        return [words[at]], at + 1
    try:
        end = words.index("}", at)
    except ValueError:
        raise NotUnderstood(phrase("a set without end")) from None
    return elements_of(words[at + 1 : end]), end + 1


def _state(words: list[str], at: int, match: PacketMatch, *, negated: bool) -> int:
    """``ct state established,related`` (also in braces): holds for the first packet of a flow, or never."""
    if words[at] == "{":
        states, at = _values(words, at)
    else:
        states = [words[at]]
        at += 1
        while words[at : at + 1] == [","]:
            states.append(words[at + 1] if at + 1 < len(words) else "")
            at += 2
    if not holds_for_first(states, negated=negated):
        match.nothing()
    return at


def _verdict(words: list[str], at: int) -> tuple[str, str]:
    """(verdict, chain) of the words from ``at`` on; what stands behind a verdict changes nothing but for ``reject with``."""
    word = words[at]
    rest = words[at + 1 :]
    verdict = _VERDICTS[word]
    if verdict in (JUMP, GOTO):
        if not rest:
            raise NotUnderstood(phrase("`{word}` without a chain", word=word))
        return verdict, rest[0]
    if word != "reject" and rest and rest[0] != "comment":
        raise NotUnderstood(phrase("`{rest}` behind a verdict", rest=rest[0]))
    return verdict, ""


def _after_log(words: list[str], at: int) -> int:
    while words[at : at + 1] in (["prefix"], ["level"], ["group"], ["snaplen"], ["queue-threshold"], ["flags"]):
        at += 2
    return at


def _likely(words: list[str]) -> tuple[str, str]:
    """What a rule that was not understood may do: its verdict where it has just one and no map, else anything."""
    named = [at for at, word in enumerate(words) if word in _VERDICTS]
    if len(named) != 1 or "vmap" in words or "map" in words:
        return UNKNOWN, ""
    at = named[0]
    verdict = _VERDICTS[words[at]]
    return (verdict, words[at + 1] if at + 1 < len(words) else "") if verdict in (JUMP, GOTO) else (verdict, "")


def _base(words: list[str], found: BaseChain | None) -> BaseChain:
    """``type filter hook forward priority 0``; the policy stands behind the semicolon."""
    said = _fields(found)
    for key in ("type", "hook", "priority"):
        if key in words:
            at = words.index(key) + 1
            said[key] = " ".join(words[at:]) if key == "priority" else (words[at] if at < len(words) else "")
    return BaseChain(**said)


def _fields(found: BaseChain | None) -> dict[str, str]:
    return (
        {} if found is None else {"type": found.type, "hook": found.hook, "priority": found.priority, "policy": found.policy}
    )
