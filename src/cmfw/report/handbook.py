"""The handbook: the whole catalog as one illustrated page, every port with its reason and source, in the language of the call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cmfw.catalog.types import Catalog, Cite, ExceptionRow, Feature, FlowKind, Requirement, Text
from cmfw.model.plan import Citation
from cmfw.report.catalog_rows import level_of, notes_of, rows_of, short_id, traffic_of
from cmfw.report.cited_place import cited_place
from cmfw.report.finding_words import exception_title, feature_title
from cmfw.report.html_rows import cited, erratum_part
from cmfw.report.markup import Content, Markup, element
from cmfw.report.page import between, code, page, section, table
from cmfw.report.role_map import arrow_heads, role_map
from cmfw.words import language, role, say

_STEPS = ("step", "steps", "procedure")


def render_handbook(catalog: Catalog, edition: str) -> bytes:
    """The page for one edition of the catalog."""
    features = sorted(catalog.features.values(), key=lambda one: one.order)
    packs = dict.fromkeys(feature.pack for feature in features)
    parts: list[Markup] = []
    for pack in packs:
        its = [feature for feature in features if feature.pack == pack]
        parts.append(section(f"pack-{pack}", _pack(pack), [_feature(catalog, one, edition) for one in its]))
    names = ("ports", *(f"pack-{pack}" for pack in packs), "by-hand", "groups", "errata", "sources")
    titles = [_pack(name.removeprefix("pack-")) if name.startswith("pack-") else _part(name) for name in names]
    links = [element("li", element("a", title, href=f"#{name}")) for name, title in zip(names, titles, strict=True)]
    return page(
        say("handbook.title", edition=edition),
        element("header", element("h1", say("handbook.title", edition=edition)), element("p", say("handbook.about"))),
        element("nav", element("ul", links), aria_label=say("report.contents")),
        arrow_heads(),
        element(
            "main",
            section("ports", _part("ports"), _ports(catalog, edition)),
            parts,
            section("by-hand", _part("by-hand"), _by_hand(catalog)),
            section("groups", _part("groups"), _groups(catalog)),
            section("errata", _part("errata"), [erratum_part(catalog, name, 3) for name in catalog.errata]),
            section("sources", _part("sources"), _sources(catalog)),
        ),
    )


def _t(text: Text) -> str:
    return text.in_language(language())


def _part(name: str) -> str:
    return say(f"handbook.part.{name}")


def _pack(name: str) -> str:
    return say(f"handbook.pack.{name}")


def _ports(catalog: Catalog, edition: str) -> Markup:
    """Every kind of flow that a row of the edition asks for, by protocol and port."""
    asked: dict[str, list[Requirement]] = {}
    for row in catalog.requirements.values():
        if edition in row.level:
            asked.setdefault(row.flow, []).append(row)
    columns = [say(f"explain.column.{name}") for name in ("traffic", "direction")]
    columns += [say("plan.column.purpose"), say("handbook.asked_by"), say("report.source")]
    rows: list[list[Content]] = []
    for name in sorted(asked, key=lambda name: _port_key(catalog.flows[name])):
        flow = catalog.flows[name]
        titles = dict.fromkeys(row.feature for row in asked[name])
        links: list[Content] = [element("a", feature_title(f, catalog), href=f"#feature-{f}") for f in titles]
        ends = f"{role(flow.from_role)} \u2192 {role(flow.to_role)}"
        cites = dict.fromkeys(row.cite for row in asked[name])
        rows.append([code(traffic_of(flow)), ends, _t(flow.title), between(links, element("br")), _cites(catalog, cites)])
    return table(columns, rows)


def _port_key(flow: FlowKind) -> tuple[str, int, str]:
    first = next((text.partition("-")[0] for text in (*flow.default, *flow.ports) if text[:1].isdigit()), "")
    return flow.protocol, int(first) if first else 99_999, flow.id


def _cites(catalog: Catalog, cites: Iterable[Cite]) -> Markup:
    return between([cited(catalog, Citation(c.source, c.at, c.as_of)) for c in cites], element("br"))


def _feature(catalog: Catalog, feature: Feature, edition: str) -> Markup:
    """A feature with its drawing, its rows, exceptions, formula, errata, notes and steps."""
    rows = rows_of(catalog, feature, edition)
    other = feature.title.en if language() == "zh_CN" else feature.title.zh_CN
    told: list[Content] = [
        element("h3", _t(feature.title), " ", code(feature.id), id=f"feature-{feature.id}"),
        element("p", other, class_="soft", lang="en" if language() == "zh_CN" else "zh-CN"),
        element("p", _t(feature.summary)),
    ]
    if rows:
        drawn = [(catalog.flows[row.flow], row.level[edition].value) for row in rows]
        told += [
            element("div", role_map(_t(feature.title), drawn), class_="wide", tabindex=0),
            _requirements(catalog, rows, edition),
        ]
    if feature.need.get(edition):
        told.append(element("p", element("b", say("explain.need")), code(feature.need[edition])))
    told += [element("p", _t(row.note)) for row in rows if row.note]
    exceptions = [e for e in catalog.exceptions.values() if e.feature == feature.id and edition in e.editions]
    if exceptions:
        told += [element("h4", say("explain.exceptions")), element("ul", [_exception(catalog, e) for e in exceptions])]
    if feature.alternatives:
        names: list[Content] = [element("a", feature_title(a, catalog), href=f"#feature-{a}") for a in feature.alternatives]
        told.append(element("p", element("b", say("explain.alternatives")), between(names, ", ")))
    told += [
        element("p", element("b", say("explain.note")), f" ({cited_place(n.cite.at)}) ", _t(n.text))
        for n in notes_of(catalog, feature.id)
    ]
    if feature.steps:
        told += [element("h4", say("explain.by_hand")), element("ol", [element("li", _t(step)) for step in feature.steps])]
    told.append(element("p", _cites(catalog, dict.fromkeys(feature.cites)), class_="soft"))
    return element("article", told)


def _requirements(catalog: Catalog, rows: Sequence[Requirement], edition: str) -> Markup:
    columns = [say(f"explain.column.{name}") for name in ("row", "direction", "traffic", "level", "at")]
    found: list[list[Content]] = []
    for row in rows:
        flow = catalog.flows[row.flow]
        traffic: list[Content] = [code(traffic_of(flow)), element("span", _t(flow.title), class_="why")]
        if row.cell not in ("", *flow.default, *flow.ports):
            traffic.append(element("span", say("plan.printed", printed=row.cell), class_="why"))
        ends = f"{role(flow.from_role)} \u2192 {role(flow.to_role)}"
        errata = element("span", ", ".join(row.errata), class_="why") if row.errata else None
        where: list[Content] = [_cites(catalog, (row.cite,)), errata]
        way = [say(f"direction.{row.direction}"), element("span", ends, class_="why")]
        found.append([code(short_id(row)), way, traffic, level_of(row, edition), where])
    return table(columns, found)


def _exception(catalog: Catalog, found: ExceptionRow) -> Markup:
    directions = "+".join(found.directions) or say("plan.no_direction")
    title = exception_title(found.id, catalog, "")
    told = say(f"exception.{found.kind}", value=title, directions=directions, where=role(found.on))
    note = None if found.note is None else element("span", _t(found.note), class_="why")
    return element("li", told, f" [{' '.join([cited_place(found.cite.at), *found.errata])}]", note)


def _by_hand(catalog: Catalog) -> Markup:
    """The page's own procedure for another port or program."""
    steps = [note for note in catalog.notes.values() if note.kind in _STEPS]
    return element("ol", [element("li", _t(note.text), f" ({cited_place(note.cite.at)})") for note in steps])


def _groups(catalog: Catalog) -> Markup:
    columns = [say("handbook.group"), say("handbook.resource"), say("handbook.reach"), say("report.source")]
    rows: list[list[Content]] = [
        [_t(group.title), code(group.resource), _t(group.reach), _cites(catalog, (group.cite,))]
        for group in catalog.groups.values()
    ]
    return table(columns, rows)


def _sources(catalog: Catalog) -> Markup:
    return element(
        "ul",
        [
            element("li", code(name), " ", cited(catalog, Citation(name, source.language, source.as_of)))
            for name, source in catalog.sources.items()
        ],
    )
