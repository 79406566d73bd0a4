"""Runs of a probe or a lab from a page, where the server is allowed to: what would be sent, how far it is, what came out."""

from __future__ import annotations

from dataclasses import replace

from cmfw import words
from cmfw.errors import InputError, Problem
from cmfw.model.state import HostState
from cmfw.report.blocks import Block
from cmfw.report.markup import Content, Markup, element
from cmfw.report.page import prose
from cmfw.report.probe_view import Probing, blocks
from cmfw.report.who import find_who
from cmfw.web.desk import Desk, SiteCase
from cmfw.web.error_page import problems
from cmfw.web.exchange import Ask, Refused, Reply, place, redirect
from cmfw.web.explain_page import html_of
from cmfw.web.forms import button, form, select
from cmfw.web.frame import crumbs, framed, up_to
from cmfw.web.runs import Busy, Run, Told, Work
from cmfw.words import language, say

_AGAIN_S = 3
_RATE = 200
"""Probes a second: less than the command's, as somebody else's network may lie behind a server."""


def show(desk: Desk, ask: Ask) -> Reply:
    """What would be sent from here, and what may be started."""
    space = ask.param("space")
    case = desk.site(space)
    names = [group.name for group in case.site.clients] + [system.host for system in case.site.systems]
    asked = ask.asked("as") or names[0]
    inside = (
        crumbs(up_to(space)),
        element("h1", say("web.probe.title")),
        element("p", say("web.probe.about")),
        element(
            "form",
            element("label", say("web.probe.as"), " ", select("as", [(name, name) for name in names], asked)),
            button(say("web.show"), class_="second"),
            method="get",
            class_="row",
        ),
        _start(desk, ask, "probe", asked),
        element("section", html_of(blocks(planned(case, asked, dry_run=True)), below=1)),
        element("h2", say("web.lab.title")),
        element("p", say("web.lab.about")),
        _start(desk, ask, "lab", ""),
    )
    return framed(ask, say("web.probe.title"), *inside, space=space)


def _start(desk: Desk, ask: Ask, kind: str, asked: str) -> Content:
    if kind not in desk.settings.runs:
        told = say("web.probe.not_allowed" if kind == "probe" else "web.lab.not_allowed")
        return element("p", prose(told), class_="soft")
    kept = element("input", type="hidden", name="as", value=asked) if asked else None
    told = say("web.probe.start" if kind == "probe" else "web.lab.start")
    return form(place("w", ask.param("space"), kind), ask.token, kept, button(told))


def planned(case: SiteCase, asked: str, *, dry_run: bool = False) -> Probing:
    """What a probe from the place would send; raises InputError for a place that is none."""
    from cmfw.probe.plan import plan_probes
    from cmfw.probe.run import Limits
    from cmfw.resolve import resolve

    plan = resolve(case.catalog, case.site)
    # it was not asked for by an option here
    who = replace(find_who(case.site, HostState(), asked), by="page")
    probes = plan_probes(plan, who.name, host=who.host)
    return Probing(case.catalog, case.site, plan, who, probes, Limits(rate=_RATE), dry_run=dry_run)


def probe(desk: Desk, ask: Ask) -> Reply:
    """Start to send."""
    case = _allowed(desk, ask, "probe")
    found, lang = planned(case, ask.field("as")), language()

    def work(told: Told) -> list[Block]:
        from cmfw.diagnose.wire import wire_rows
        from cmfw.probe.run import run_probes

        # a thread begins with no language of its own
        words.choose(lang)
        results = run_probes(found.probes.probes, found.limits, told)
        rows = wire_rows(found.plan, results, elsewhere=True)
        return blocks(replace(found, results=results, rows=rows))

    return _started(desk, ask, "probe", work)


def lab(desk: Desk, ask: Ask) -> Reply:
    """Start the lab."""
    from cmfw.web.lab_run import prove

    case, lang = _allowed(desk, ask, "lab"), language()
    filters = {one.name: desk.store.content(one) for one in desk.store.filters(ask.param("space"))}
    return _started(desk, ask, "lab", lambda told: prove(case.text, case.name, filters, lang, told))


def _allowed(desk: Desk, ask: Ask, kind: str) -> SiteCase:
    if kind not in desk.settings.runs:
        raise Refused(say("web.probe.not_allowed" if kind == "probe" else "web.lab.not_allowed"))
    return desk.site(ask.param("space"))


def _started(desk: Desk, ask: Ask, kind: str, work: Work) -> Reply:
    space = ask.param("space")
    try:
        name = desk.runs.start(kind, space, work)
    except Busy as error:
        raise InputError(Problem("run", "no other run", say("web.run.busy"))) from error
    return redirect(place("w", space, "run", name))


def follow(desk: Desk, ask: Ask) -> Reply:
    """How far a run is, and what came out."""
    space, name = ask.param("space"), ask.param("run")
    run = desk.runs.find(space, name)
    title = say("web.run.title.probe" if run.kind == "probe" else "web.run.title.lab")
    own = place("w", space, "run", name)
    again: dict[str, object] = {}
    if run.is_under_way:
        again = {"hx_get": own, "hx_trigger": "every 1s", "hx_select": "#run", "hx_target": "#run", "hx_swap": "outerHTML"}
    part = element("div", _state(run), id="run", aria_live="polite", **again)
    above = crumbs(up_to(space), (say("web.way.probe"), place("w", space, "probe")))
    inside = (above, element("h1", title), part)
    return framed(ask, title, *inside, space=space, again_s=_AGAIN_S if run.is_under_way else 0)


def _state(run: Run) -> list[Markup] | Content:
    if run.failed is not None:
        return [element("p", say("web.run.failed"), class_="problem"), problems(run.failed)]
    if run.result is not None:
        return [element("p", say("web.run.done"), class_="soft"), *html_of(run.result, below=1)]
    if not run.total:
        return [element("p", say("web.run.begun")), element("progress", aria_label=say("web.run.begun"))]
    told = say("web.run.waiting", done=run.done, total=run.total)
    return [element("p", told), element("progress", told, value=run.done, max=run.total, aria_label=told)]
