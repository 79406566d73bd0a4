"""The plan of a site: every flow with its reason and source, what documents ask for, and what was left out, and why."""

from __future__ import annotations

from cmfw.model.plan import Plan, PlanItem
from cmfw.report.finding_words import feature_title
from cmfw.report.html_rows import cited
from cmfw.report.markup import Content, element
from cmfw.report.page import between, code, prose, section, table
from cmfw.report.plan_rows import end_name, omission_reason, traffic_words
from cmfw.web.desk import Desk, SiteCase
from cmfw.web.exchange import Ask, Reply, place
from cmfw.web.forms import button, select
from cmfw.web.frame import crumbs, framed, up_to
from cmfw.words import say

EDITIONS = ("current", "2016")
SCOPES = ("least", "documented")


def show(desk: Desk, ask: Ask) -> Reply:
    """The page."""
    space = ask.param("space")
    case = desk.site(space)
    edition, scope = chosen(ask.asked("edition"), EDITIONS), chosen(ask.asked("scope"), SCOPES)
    plan = desk.plan(case, edition, scope)
    inside = (
        crumbs(up_to(space)),
        element("h1", say("plan.title", site=plan.site, edition=plan.edition, scope=plan.scope)),
        element("form", choices(edition, scope), button(say("web.show")), method="get", class_="row"),
        [_feature(case, plan, name) for name in dict.fromkeys(name for item in plan.items for name in item.features)],
        _omissions(plan),
    )
    return framed(ask, say("web.way.plan"), *inside, space=space)


def chosen(text: str, among: tuple[str, ...]) -> str:
    """The text where it is one of them, else the first."""
    return text if text in among else among[0]


def choices(edition: str, scope: str) -> Content:
    """The choice of edition and scope."""
    return [
        element("label", say("web.plan.edition"), " ", select("edition", [(e, e) for e in EDITIONS], edition)),
        element("label", say("web.plan.scope"), " ", select("scope", [(s, say(f"web.scope.{s}")) for s in SCOPES], scope)),
    ]


def _feature(case: SiteCase, plan: Plan, name: str) -> Content:
    items = [item for item in plan.items if name in item.features]
    columns = [say(f"plan.column.{one}") for one in ("traffic", "from", "to", "level", "purpose")] + [say("report.source")]
    link = element("a", feature_title(name, case.catalog), href=place("explain", "feature", name))
    return element(
        "section",
        element("h2", link, id=f"feature-{name}"),
        table(columns, [_item(case, one) for one in items], heads=False),
    )


def _item(case: SiteCase, item: PlanItem) -> list[Content]:
    from cmfw.words import language

    flow = case.catalog.flows.get(item.flow)
    cites = between([cited(case.catalog, cite) for cite in item.citations], element("br"))
    printed = element("span", say("plan.printed", printed=", ".join(item.printed)), class_="why") if item.printed else None
    return [
        [code(traffic_words(item)), printed],
        [end_name(item.source), _addresses(item.source.addresses.texts())],
        [end_name(item.target), _addresses(item.target.addresses.texts())],
        say(f"necessity.{item.necessity}"),
        "" if flow is None else flow.title.in_language(language()),
        cites,
    ]


def _addresses(texts: list[str]) -> Content:
    return element("span", ", ".join(texts[:4]) + (", \u2026" if len(texts) > 4 else ""), class_="why") if texts else None


def _omissions(plan: Plan) -> Content:
    if not plan.omissions:
        return None
    told = [element("li", code(one.subject), " ", prose(omission_reason(one))) for one in plan.omissions]
    return section("omissions", say("plan.omissions").rstrip(":\uff1a"), element("ul", told))
