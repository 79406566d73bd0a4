"""What ``netsh advfirewall`` prints: the rules, with and without ``verbose``, and the settings of the profiles.

A file may hold any of them, in any order, with the prompts and closing words of a console between. netsh shows the policy in
force, merged of local policy and Group Policy; who set a rule only the verbose listing says, and the settings are those in
force, so they stand as the local ones that no other store overrides.

Source: facts/windows_firewall.md 4.5; limits in ``about/netsh.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from cmfw.errors import InputError, Problem
from cmfw.ingest.evidence import Evidence, StorePart, listed_directions
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.netsh_blocks import Block, cut, is_prompt, is_rule_of_dashes, split_label
from cmfw.ingest.netsh_labels import PROTOCOLS
from cmfw.ingest.netsh_profiles import ListedSettings, read_settings
from cmfw.ingest.netsh_rules import ListedRules, read_rules
from cmfw.ingest.netsh_words import LABELS, NAME, known_words, label_key
from cmfw.ingest.windows_text import MOST_BYTES, decode, marked_encoding
from cmfw.model.rule import HostRule, Store
from cmfw.model.state import Gap
from cmfw.words.phrases import phrase

FORMAT = "netsh"
_ASKED = re.compile(r"\badvf\w*\s+f\w*\s+show\s+rule\b(.*)", re.IGNORECASE)
_ALL = re.compile(r"\s*(?:name\s*=\s*)?\"?all\b", re.IGNORECASE)
_SOME = re.compile(r"\b(?:dir|profile|type|status)\s*=|\|(?!\s*(?:more|clip|tee|out-\w+)\b)", re.IGNORECASE)
_LOOKED_AT = 1 << 20
"""Bytes in which a listing has to begin; what else stands before it is the output of other commands."""


def sniff(file: InputFile) -> bool:
    """Whether there are lines of dashes under headings of rules or settings."""
    if file.is_folder or not _is_text(file.head):
        return False
    return _is_listing(file.head) or _is_listing(file.beginning(_LOOKED_AT))


def is_headed(file: InputFile) -> bool:
    """Whether the known label of a rule's name stands over a line of dashes: French lines below it look like PowerShell's."""
    if b"-" * 3 not in file.head.replace(b"\0", b""):
        return False
    lines = decode(file.head, "", known_words).split()
    labels = [split_label(above.lstrip())[0] for above, line in pairwise(lines) if is_rule_of_dashes(line)]
    return any(LABELS.get(label_key(label)) == NAME for label in labels)


def _is_text(head: bytes) -> bool:
    """Whether the bytes may be text: UTF-16, or no control characters but those of text."""
    return bool(head) and (bool(marked_encoding(head)) or not any(byte < 9 or 14 <= byte < 26 for byte in head))


def _is_listing(content: bytes) -> bool:
    if b"-" * 3 not in content.replace(b"\0", b""):
        return False
    lines = decode(content, "", known_words).split()
    if not any(is_rule_of_dashes(line) for line in lines):
        return False
    blocks, sections = cut(lines)
    return bool(sections) or any(_is_rule(block) for block in blocks)


def _is_rule(block: Block) -> bool:
    """Whether the block has the fields of a rule: known labels, or the protocol's names, which are in no language."""
    known = sum(row.key in LABELS for row in block.rows)
    return known >= 3 or any(row.value.casefold() in PROTOCOLS for row in block.rows if row.key)


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The local store and, where rules say so, the Group Policy store.

    Raises:
        InputError: a line or the file is too long to be a listing, or nothing in it could be read.
    """
    text = decode(file.content(MOST_BYTES), file.path, known_words)
    lines = text.lines(file.path)
    blocks, sections = cut(lines)
    rules = read_rules([block for block in blocks if block.rows], file.path, text.is_sure)
    settings = read_settings(sections, file.path)
    lost = [Problem(file.path, "a rule", "a heading without lines", key=b.name, line=b.line) for b in blocks if not b.rows]
    if text.flaw:
        lost.append(Problem(file.path, "text", text.flaw, hint="what could be read is read", line=1))
    if not rules.blocks and not settings.settings and not settings.gaps:
        hint = phrase("netsh advfirewall firewall show rule name=all verbose > rules.txt")
        raise InputError(Problem(file.path, "rules or profile settings", "none of them", hint=hint))
    return (
        Evidence(
            path=file.path,
            format=FORMAT,
            parts=_parts(rules, settings, lost),
            gaps=(*_gaps(rules, file.path), *_asked_for_some(lines, file.path)),
            problems=(*lost, *rules.problems, *settings.problems),
        ),
    )


def _parts(rules: ListedRules, settings: ListedSettings, lost: Sequence[Problem]) -> tuple[StorePart, ...]:
    """One part for each store that is listed."""
    by_store: dict[Store, list[HostRule]] = {settings.store: []}
    for rule in rules.rules:
        # a listing of one Group Policy object is of that store altogether
        store = rule.store if settings.store is Store.LOCAL else settings.store
        placed = rule if rule.store is store else replace(rule, store=store)
        by_store.setdefault(store, []).append(placed)
    parts = []
    for store, found in by_store.items():
        is_main = store is settings.store
        gaps = settings.gaps if is_main else ()
        if lost and is_main:
            detail = f"the {store.value} store is damaged: {lost[0].text()}"
            gaps += (Gap(f"store:{store.value}", detail, may_allow=True, may_block=True),)
        parts.append(
            StorePart(
                store=store,
                name=store.value,
                settings=settings.settings if is_main else (),
                rules=tuple(found),
                gaps=gaps,
                keeps_rules=bool(rules.blocks),
                shows_rules=bool(rules.blocks),
                shows_settings=is_main and bool(settings.settings or settings.gaps),
                directions=listed_directions(found or rules.rules),
                hides_merge=store is Store.GPO and not is_main,
            )
        )
    return tuple(parts)


def _asked_for_some(lines: Sequence[str], path: str) -> list[Gap]:
    """The gap of a listing whose own command asked for some rules only; without the command nothing tells."""
    asked = [found[1] for line in lines if is_prompt(line) and (found := _ASKED.search(line))]
    if not asked or any(_ALL.match(words) and not _SOME.search(words) for words in asked):
        return []
    detail = f"`show rule {asked[0].strip()[:60]}` asked for some rules: what the others do is not known"
    return [Gap("unseen_rules", detail, may_allow=True, may_block=True, source=path)]


def _gaps(rules: ListedRules, path: str) -> list[Gap]:
    """What the listing leaves out of every rule. No verdict turns on these: the rules themselves carry the doubt."""
    if not rules.blocks:
        return []
    if rules.is_short:
        detail = "without `verbose` netsh shows no program, service, interface type or security: no rule proves anything"
        return [Gap("short_listing", detail, source=path)]
    detail = "netsh shows no package, user or device condition: rules that may have one prove nothing"
    return [Gap("unshown_conditions", detail, source=path)]
