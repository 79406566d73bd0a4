"""Rule strings wherever they stand: tables of settings, notes, events of Sysmon that record a changed registry value.

Any text that is no other format is read for ``v2.10|Action=Allow|...|``; a zip of texts likewise. A registry key or an id
beside a string says whose it is; without one the rules are taken as local ones that somebody listed, not all that there are.

Source: Sysmon event 13 (TargetObject, Details); MS-GPFAS 2.2.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cmfw.errors import InputError, Problem
from cmfw.ingest.archive import read_members
from cmfw.ingest.evidence import Evidence, StorePart
from cmfw.ingest.export_text import decode, read_text
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.rulestring import parse_rule
from cmfw.model.rule import HostRule, Store
from cmfw.model.state import Gap
from cmfw.words.phrases import phrase

FORMAT = "rule-strings"
_ZIP = b"PK\x03\x04"
_START = re.compile(r"[vV]\d{1,2}\.\d{1,3}\|(?=Action=|[A-Za-z]+=)")
_END = re.compile(r'["\r\n\t]|\\[rnt"]')
"""What cannot stand in a rule string as such files hold it: line ends, tabs and quotes, written out or escaped."""
_ID = re.compile(r"FirewallRules\\\\?([^\\\"\r\n,|]{1,511}?)(?=[\"\r\n,]|\\[rnt])")
_GUID = re.compile(r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
_GPO = re.compile(r"Policies\\{1,2}Microsoft\\{1,2}WindowsFirewall", re.IGNORECASE)
_MDM = re.compile(r"FirewallPolicy\\{1,2}Mdm\\{1,2}", re.IGNORECASE)
_LOCAL = re.compile(r"SharedAccess\\{1,2}Parameters\\{1,2}FirewallPolicy", re.IGNORECASE)
NEAR = 4000
"""Characters around a string in which its key and id are looked for."""
LONGEST_LINE = 1 << 20
"""Most characters of a line: the longest rule that is valid has some 40,000."""


class Found(NamedTuple):
    """One string: the text, the line it stands on, its id, and the store that its surroundings name (None: none)."""

    text: str
    line: int
    id: str
    store: Store | None


def sniff(file: InputFile) -> bool:
    """Whether this is a text, or a zip of texts, with rule strings in it."""
    if file.is_folder or file.is_hive:
        return False
    if file.head[:4] == _ZIP:
        return any(_START.search(text) for _, text in _texts(file))
    return file.holds("|Action=", "|Active=", "|Dir=") and _START.search(read_text(file)) is not None


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The rules, each once, in the order in which they stand.

    Raises:
        InputError: there is no rule among them, or a line is longer than any rule.
    """
    found: dict[tuple[str, str], Found] = {}
    where: dict[tuple[str, str], str] = {}
    for name, text in _texts(file):
        for one in _strings(text, name):
            # an event tells the same twice, in a field and in its message; a table has old and new beside one another
            found.setdefault((one.id, one.text), one)
            where.setdefault((one.id, one.text), name)
    named = {one.text for one in found.values() if one.id}
    found = {key: one for key, one in found.items() if one.id or one.text not in named}
    rules: dict[Store | None, list[HostRule]] = {}
    problems: list[Problem] = []
    for number, (key, one) in enumerate(found.items()):
        rule, notes = parse_rule(
            one.text, id=one.id or f"rule-{number + 1}", store=one.store or Store.LOCAL, origin=f"{where[key]}:{one.line}"
        )
        expected = phrase("a rule that Windows would write") if rule is not None else phrase("a firewall rule")
        problems += [Problem(where[key], expected, note, line=one.line) for note in notes]
        if rule is not None:
            rules.setdefault(one.store, []).append(rule)
    if not rules and not problems:
        raise InputError(Problem(file.path, "rule strings such as `v2.10|Action=Allow|...|`", "none"))
    return (Evidence(path=file.path, format=FORMAT, parts=_parts(rules, file.path, problems)),)


def _parts(rules: dict[Store | None, list[HostRule]], path: str, problems: list[Problem]) -> tuple[StorePart, ...]:
    parts = []
    for store, listed in rules.items():
        gaps = [
            Gap(
                "listed_rules",
                "rules that somebody listed: others may be there",
                may_allow=True,
                may_block=True,
                source=path,
            )
        ]
        if store is None:
            gaps.append(Gap("unknown_store", "the text does not say whose rules they are: taken as local ones", source=path))
        kind = store or Store.LOCAL
        parts.append(
            StorePart(
                store=kind,
                name=kind.value,
                rules=tuple(listed),
                gaps=tuple(gaps),
                problems=tuple(problems),
                shows_settings=False,
            )
        )
        problems = []
    if not parts:
        parts.append(StorePart(store=Store.LOCAL, name="local", problems=tuple(problems), shows_settings=False))
    return tuple(parts)


def _texts(file: InputFile) -> Iterator[tuple[str, str]]:
    if file.head[:4] != _ZIP:
        yield file.path, read_text(file)
        return
    for name, content in read_members(file, lambda name: not name.lower().endswith((".pol", ".inf", ".exe", ".dll"))):
        yield f"{file.path}!{name}", decode(content).text


def _strings(text: str, name: str) -> Iterator[Found]:
    """The rule strings in the text, each with its id and store as far as its line says."""
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LONGEST_LINE and "|Action=" in line:
            raise InputError(
                Problem(
                    name,
                    phrase("lines of at most {most} KiB", most=LONGEST_LINE >> 10),
                    phrase("{count} characters", count=len(line)),
                    line=number,
                )
            )
        starts = [match.start() for match in _START.finditer(line)]
        for start, following in zip(starts, [*starts, len(line)][1:], strict=True):
            end = _END.search(line, start, following)
            stop = end.start() if end else following
            bar = line.rfind("|", start, stop)
            before, behind = line[max(0, start - NEAR) : start], line[stop : stop + NEAR]
            yield Found(line[start : bar + 1], number, _id(before, behind), _store(before) or _store(behind))


def _id(before: str, behind: str) -> str:
    """The id of the string: the value name of the nearest key before or behind it, else the nearest GUID; else empty."""
    named = _ID.findall(before)[-1:] or _ID.findall(behind)[:1] or _GUID.findall(before)[-1:]
    return str(named[0]) if named else ""


def _store(before: str) -> Store | None:
    places = [(match.start(), store) for form, store in ((_GPO, Store.GPO), (_LOCAL, Store.LOCAL), (_MDM, Store.MDM))
              for match in form.finditer(before)]  # fmt: skip
    return max(places)[1] if places else None
