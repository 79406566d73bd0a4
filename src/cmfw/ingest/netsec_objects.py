"""The objects of PowerShell exports, whatever file format they came in: sorted into kinds, joined, and made evidence.

A rule object holds no ports, addresses, program or service; those are in seven filter objects, which stand inside the rule,
flat beside its own properties, or in lists of their own, joined by InstanceID, in the same file or in another one.

Source: facts/windows_firewall.md 4.6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from cmfw.errors import FormatError, Problem
from cmfw.ingest.evidence import Evidence, ExportedObject
from cmfw.ingest.export_text import MOST_NOTES, MOST_OBJECTS
from cmfw.ingest.netsec_fields import STRANGE, is_whole, join, seen_fields
from cmfw.ingest.netsec_profiles import is_profile
from cmfw.ingest.netsec_stores import read_stores
from cmfw.ingest.netsec_values import CUT, Seen, texts_of, unwrapped
from cmfw.ingest.netsec_words import FIELD_OF, FILTER_OF
from cmfw.model.state import Gap
from cmfw.net.flow import Profile
from cmfw.words.phrases import listed, phrase

DAMAGED = "damaged_export"
"""Code of the gap for what a container could not read; it stays when exports are joined."""
MOST_NAMED = 8
"""Names of one kind in the text of a gap; each has a problem of its own."""
MOST_LEVELS = 12
"""Rules with nested filters take three levels; no cmdlet makes more than six."""
_FILTER_NAMES = frozenset(name for name, field in FIELD_OF.items() if field in FILTER_OF)
_PROFILE_NAMES = frozenset(
    {
        "defaultinboundaction",
        "defaultoutboundaction",
        "allowinboundrules",
        "allowlocalfirewallrules",
        "networkcategory",
        "notifyonlisten",
    }
)
_SETTING_NAMES = frozenset({"exemptions", "enablestatefulftp", "maxsaidletimeseconds"})
_CATEGORIES = {"0": Profile.PUBLIC, "1": Profile.PRIVATE, "2": Profile.DOMAIN} | {
    "public": Profile.PUBLIC,
    "private": Profile.PRIVATE,
    "domainauthenticated": Profile.DOMAIN,
}
"""NetworkCategory of Get-NetConnectionProfile. Source: Microsoft, MSFT_NetConnectionProfile."""
_RULES_MET: set[tuple[str, ...]] = set()
"""Property names of objects that are rules: an export has one or two such rows of names."""
_MOST_MET = 500
RULE, FILTER, PROFILE, SETTING, NETWORK, OTHER = "rule", "filter", "profile", "setting", "network", "other"


class Sorted(NamedTuple):
    """The objects by kind; rules with what their own nested filters say, filters by the id of their rule in lower case.

    ``strays`` counts the others: what may be a part of a rule, but not of which. ``is_cut``: some were written as the name of
    their type, because the export was not deep enough. ``columns``: names that a
    selection gave and that are no properties of a rule, each with the first object that has one.
    """

    rules: tuple[tuple[ExportedObject, Seen, tuple[str, ...]], ...]
    filters: dict[str, list[Seen]]
    profiles: tuple[ExportedObject, ...]
    networks: tuple[Profile, ...] | None
    strays: int
    is_cut: bool
    columns: dict[str, ExportedObject]
    problems: tuple[Problem, ...]


def objects_in(content: Any, file: str, place: str = "", section: str = "", level: int = 0) -> Iterator[ExportedObject]:
    """Every object of a document of lists, sections and objects, in its order.

    Raises:
        FormatError: it nests deeper than any export.
    """
    if level > MOST_LEVELS:
        raise FormatError(
            phrase("objects nested deeper than {most} levels, which no export is", most=MOST_LEVELS),
            source=file,
        )
    content = unwrapped(content)
    if isinstance(content, list):
        for number, item in enumerate(content):
            yield from objects_in(item, file, f"{place}[{number}]", section, level + 1)
    elif isinstance(content, dict):
        if kind_of(content) != OTHER:
            yield ExportedObject(file, content, place, None, section)
            return
        inner = {name: value for name, value in content.items() if isinstance(unwrapped(value), (dict, list)) and value}
        bundle = _bundle(inner)
        if bundle is not None:
            yield ExportedObject(file, bundle, place, None, section)
            return
        for name, value in inner.items():
            yield from objects_in(value, file, f"{place}.{name}" if place else name, f"{section}/{name.lower()}", level + 1)
        # beside sections stand dates and names, but also the name of a type where a section should be
        rest = {
            name: value for name, value in content.items() if name not in inner and (not inner or texts_of(value) is CUT)
        }
        if rest:
            yield ExportedObject(file, rest, place, None, section)
    elif level and content is not None:
        yield ExportedObject(file, {"text": content}, place, None, section)


def _bundle(inner: dict[str, Any]) -> dict[str, Any] | None:
    """The one rule among the parts of an object with the filters beside it put inside; None where there is not one."""
    rules = [value for value in inner.values() if isinstance(value, dict) and kind_of(value) == RULE]
    filters = {name: value for name, value in inner.items() if isinstance(value, dict) and kind_of(value) == FILTER}
    return rules[0] | filters if len(rules) == 1 and filters else None


def is_known_property(name: str) -> bool:
    """Whether a property of that name (lower case) is one of a rule, a filter, a profile or a network."""
    return name in FIELD_OF or name in _PROFILE_NAMES


def are_known(names: Iterable[str]) -> int:
    """How many of the names are known properties; 0 where so few may have met by chance. InstanceID is no chance."""
    known = {name.lower() for name in names if is_known_property(name.lower())}
    return len(known) if len(known) > (1 if "instanceid" in known else 2) else 0


def kind_of(properties: dict[str, Any]) -> str:
    """What an object is, by the properties that it has."""
    shape = tuple(properties)
    if shape in _RULES_MET:
        return RULE
    names = {name.strip().lower(): value for name, value in properties.items()}
    if "direction" in names and "action" in names:
        if len(_RULES_MET) < _MOST_MET:
            _RULES_MET.add(shape)
        return RULE
    if "networkcategory" in names:
        return NETWORK
    if is_profile(names):
        return PROFILE
    if not names.keys().isdisjoint(_SETTING_NAMES):
        return SETTING
    if "displayname" in names and not names.keys().isdisjoint({"enabled", "direction", "action", "profile", "profiles"}):
        return RULE
    if not names.keys().isdisjoint(_FILTER_NAMES) and not all(isinstance(v, (dict, list)) and v for v in names.values()):
        return FILTER
    return OTHER


def sort_objects(objects: Iterable[ExportedObject]) -> Sorted:
    """The objects by kind; what is none of them is a problem."""
    rules: list[tuple[ExportedObject, Seen, tuple[str, ...]]] = []
    filters: dict[str, list[Seen]] = {}
    profiles: list[ExportedObject] = []
    networks: list[Profile] | None = None
    strays = 0
    is_cut = False
    columns: dict[str, ExportedObject] = {}
    problems: list[Problem] = []
    for one in objects:
        kind = kind_of(one.properties)
        if kind == RULE:
            seen, torn, chosen = _with_nested(one.properties)
            columns |= {name: one for name in chosen if name not in columns}
            rules.append((one, seen, torn))
        elif kind == FILTER:
            seen, _, chosen = _of_object(one.properties)
            columns |= {name: one for name in chosen if name not in columns}
            rule_id = " ".join(seen.get("id", ())).lower()
            if rule_id:
                filters.setdefault(rule_id, []).append(_of_filter(seen))
            else:
                strays += 1
                problems.append(_problem(one, "a filter with the InstanceID of its rule", "one without"))
        elif kind == PROFILE:
            profiles.append(one)
        elif kind == NETWORK:
            networks = networks or []
            category = next(str(v).lower() for n, v in one.properties.items() if n.strip().lower() == "networkcategory")
            if category in _CATEGORIES:
                networks.append(_CATEGORIES[category])
            else:
                problems.append(_problem(one, "a network category", f"`{category[:40]}`"))
        elif kind == OTHER:
            strays += 1
            found = phrase("an object with {names}", names=listed(f"`{name}`" for name in list(one.properties)[:4]))
            is_cut |= any(texts_of(value) is CUT for value in one.properties.values())
            problems.append(_problem(one, "a firewall rule, a filter or a profile", found))
    categories = None if networks is None else tuple(networks)
    return Sorted(tuple(rules), filters, tuple(profiles), categories, strays, is_cut, columns, tuple(problems))


def _problem(one: ExportedObject, expected: str, found: str) -> Problem:
    return Problem(one.file, expected, found, key=one.place, line=one.line)


def _with_nested(properties: dict[str, Any]) -> tuple[Seen, tuple[str, ...], tuple[str, ...]]:
    """(what the rule says itself and in the filters inside it, fields that contradict one another, names of a selection)."""
    nested = []
    own = {}
    for name, value in properties.items():
        if not isinstance(value, (dict, list)):
            own[name] = value
            continue
        inner = unwrapped(value)
        parts = inner if isinstance(inner, list) else [inner]
        found = [part for part in parts if isinstance(part, dict) and _is_filter(part)]
        if found:
            nested += found
        else:
            own[name] = value
    seen, torn, chosen = _of_object(own)
    for part in nested:
        said, torn_inside, chosen_inside = _of_object(part)
        torn += (*torn_inside, *join(seen, _of_filter(said)))
        chosen += chosen_inside
    return seen, torn, chosen


def _of_object(properties: dict[str, Any]) -> tuple[Seen, tuple[str, ...], tuple[str, ...]]:
    """(what the object says, fields that contradict one another, names that a selection gave and that we do not know).

    In an object as its cmdlet gave it, a property that we do not know may be a condition of a later Windows.
    """
    seen, torn = seen_fields(properties)
    if STRANGE not in seen or is_whole(properties):
        return seen, torn, ()
    return seen, torn, tuple(text.partition("=")[0] for text in seen.pop(STRANGE))


def _of_filter(seen: Seen) -> Seen:
    """What a filter says of its rule."""
    return {field: seen[field] for field in seen if field in FILTER_OF or field == STRANGE}


def _is_filter(part: dict[str, Any]) -> bool:
    return any(name.strip().lower() in _FILTER_NAMES for name in part)


def evidence_of(objects: Sequence[ExportedObject], *, path: str, form: str, lost: str = "") -> Evidence:
    """What the objects say of the machine; ``lost`` says what their container could not read of them.

    Raises:
        FormatError: there are more of them than any machine has.
    """
    if len(objects) > MOST_OBJECTS:
        raise FormatError(phrase("more than {most:,} objects in one export", most=MOST_OBJECTS), source=path)
    found = sort_objects(objects)
    joined = []
    used = set()
    for one, seen, torn in found.rules:
        rule_id = " ".join(seen.get("id", ())).lower()
        whole, more = dict(seen), list(torn)
        for said in found.filters.get(rule_id, ()):
            more += join(whole, said)
        used.add(rule_id)
        joined.append((one, whole, tuple(dict.fromkeys(more))))
    stores = read_stores(joined, found.profiles, path=path, orphans=len(found.filters.keys() - used))
    gaps = list(stores.gaps)
    problems = [*found.problems, *_passed_over(found.columns)]
    if found.columns:
        names = ", ".join(f"`{name}`" for name in list(found.columns)[:MOST_NAMED])
        gaps.append(Gap("own_columns", f"columns that are no properties of a rule were passed over: {names}", source=path))
    if found.strays and not found.rules:
        # beside rules such objects are something else; alone they may be all that a selection left of the rules
        detail = f"{found.strays} objects show neither direction nor action, or not whose filter they are"
        gaps.append(Gap("unseen_rules", detail, may_allow=True, may_block=True, source=path))
    if lost or found.is_cut:
        detail = lost or "objects were cut off where the export was made"
        gaps.append(Gap(DAMAGED, detail, may_allow=True, may_block=True, source=path))
    return Evidence(
        path=path,
        format=form,
        parts=stores.parts,
        live_profiles=found.networks,
        objects=tuple(objects),
        gaps=tuple(gaps),
        problems=_first((*problems, *stores.problems), path),
    )


def _passed_over(columns: dict[str, ExportedObject]) -> list[Problem]:
    """One problem for each name that a selection gave and that is no property of a rule."""
    expected = phrase("properties of rules and their filters alone")
    return [_problem(one, expected, phrase("`{name}`, passed over", name=name[:80])) for name, one in columns.items()]


def _first(problems: tuple[Problem, ...], path: str) -> tuple[Problem, ...]:
    """The first problems, and how many more there are: a file of nothing else must not fill memory and screen."""
    if len(problems) <= MOST_NOTES:
        return problems
    return (
        *problems[:MOST_NOTES],
        Problem(path, "no more problems", phrase("{count} more", count=len(problems) - MOST_NOTES)),
    )


def join_exports(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence with the PowerShell exports among it read as one: their rules and filters belong together."""
    exports = [one for one in evidence if one.objects]
    if len(exports) < 2:
        return list(evidence)
    whole = evidence_of([obj for one in exports for obj in one.objects], path=exports[0].path, form=exports[0].format)
    out = []
    for one in evidence:
        if not one.objects:
            out.append(one)
            continue
        damage = tuple(gap for gap in one.gaps if gap.code == DAMAGED and gap not in whole.gaps)
        if one is exports[0]:
            out.append(replace(whole, gaps=(*whole.gaps, *damage)))
        else:
            out.append(Evidence(path=one.path, format=one.format, gaps=damage))
    return out
