"""What if: switches for rules, ports, profiles and features of a machine, and what becomes of every feature, at once.

The question stands in the address. With scripts the answer follows every change; without, it comes with the button.
"""

from __future__ import annotations

from dataclasses import replace

from cmfw.diagnose.whatif import Outcome, RowChange
from cmfw.errors import COMMAND_LINE, InputError, Problem
from cmfw.net.flow import PROFILE_NAMES
from cmfw.report.audit_words import ORDER, title_of
from cmfw.report.blocks import Heading, Line, Table, Verbatim
from cmfw.report.finding_words import feature_title, group_title, rule_title
from cmfw.report.markup import Content, Markup, element
from cmfw.report.page import chip, table
from cmfw.report.whatif_view import Answer, blocks
from cmfw.report.who import place_of
from cmfw.web.desk import Desk, MachineCase
from cmfw.web.error_page import problems
from cmfw.web.exchange import Ask, Reply, with_query
from cmfw.web.explain_page import html_of
from cmfw.web.forms import button, checkbox, labelled, select, text_input
from cmfw.web.frame import crumbs, framed, up_to
from cmfw.web.machine_page import head
from cmfw.web.supposing import PORTS, SETTINGS, answer, pairs_of
from cmfw.words import say

_MOST_RULES = 24
_MOST_NAMED = 2000
_OUTCOMES = (Outcome.WORSE, Outcome.UNDECIDED, Outcome.OFF, Outcome.BETTER, Outcome.SAME)


def show(desk: Desk, ask: Ask) -> Reply:
    """The page."""
    space = ask.param("space")
    found = desk.machine(space, ask.param("machine"))
    title = say("web.whatif.title", name=found.machine.name)
    return _page(desk, ask, found, title, head(ask, found, title), None)


def show_planned(desk: Desk, ask: Ask) -> Reply:
    """The page for a machine that nobody has yet: it has exactly what the plan wants."""
    space = ask.param("space")
    site = desk.site(space).site
    names = [group.name for group in site.clients] + [system.host for system in site.systems]
    who = ask.asked("as") or names[0]
    found = desk.planned(space, who)
    title = say("web.whatif.title", name=found.audit.who.name)
    picker = element(
        "form",
        element("label", say("web.machine.as"), " ", select("as", [(name, name) for name in names], found.audit.who.name)),
        button(say("web.show"), class_="second"),
        method="get",
        class_="row",
    )
    above = [crumbs(up_to(space)), element("h1", title), element("p", say("web.whatif.planned")), picker]
    return _page(desk, ask, found, title, above, element("input", type="hidden", name="as", value=who))


def _page(desk: Desk, ask: Ask, found: MachineCase, title: str, above: Content, kept: Content) -> Reply:
    sentence, told, status = _answered(desk, found, ask)
    # the sentence alone is read out at every change, not the whole table
    spoken = element("p", sentence, id="told", class_="lead", role="status")
    whole = element("div", told, id="answer", aria_label=say("web.whatif.answer"), role="region")
    result = element("div", spoken, whole)
    split = element("div", _form(found, ask, kept), result, class_="split")
    about = element("p", say("web.whatif.about"))
    return framed(ask, title, above, about, split, status=status, space=ask.param("space"))


def _answered(desk: Desk, found: MachineCase, ask: Ask) -> tuple[str, Content, int]:
    """(the answer in a sentence, all of it, status)."""
    try:
        made = answer(desk, found, pairs_of(ask))
    except InputError as error:
        # a script that asks for a part is answered in its place; that is no failure to its browser
        wrong = InputError(*map(_of_the_question, error.problems))
        return say("web.error.input"), problems(wrong), 200 if ask.is_part else 422
    sentence, *proofs = blocks(made)
    # the matrix says what the table of the command says, and more
    written = [Line(say("web.whatif.as_written"), style="dim")] if any(isinstance(one, Verbatim) for one in proofs) else []
    told = html_of([*written, *(one for one in proofs if not isinstance(one, Table))])
    return (
        sentence.text if isinstance(sentence, Heading) else "",
        [_matrix(made), element("div", told, class_="proofs")],
        200,
    )


def _of_the_question(problem: Problem) -> Problem:
    """What is wrong with an option is here wrong with a field."""
    if not problem.file.startswith(COMMAND_LINE):
        return problem
    return replace(problem, file=say("web.whatif.question"), key=problem.key.removeprefix("--"))


def _matrix(made: Answer) -> Content:
    """Every feature before and after, what changes first."""
    cells: dict[tuple[str, str], list[RowChange]] = {}
    for row in made.rows:
        cells.setdefault((row.feature, row.clients), []).append(row)
    several = len({clients for _, clients in cells}) > 1
    columns = [say(f"whatif.column.{name}") for name in ("feature", *(("clients",) if several else ()), "before", "after")]
    rows: list[tuple[int, list[Content]]] = []
    for (feature, clients), its in cells.items():
        outcome = min((one.outcome for one in its), key=_OUTCOMES.index)
        told = element("span", say(f"web.outcome.{outcome.value}"), class_=f"outcome {outcome.value}")
        after = [_worst(its, "after"), " ", told if outcome is not Outcome.SAME else None]
        whose = [clients] if several else []
        rows.append((_OUTCOMES.index(outcome), [feature_title(feature, made.catalog), *whose, _worst(its, "before"), after]))
    listed = [row for _, row in sorted(rows, key=lambda pair: pair[0])]
    return table(columns, listed, class_="matrix whatif")


def _worst(rows: list[RowChange], side: str) -> Markup:
    statuses = [found.status for row in rows if (found := getattr(row, side)) is not None]
    if not statuses:
        return element("span", say("whatif.not_planned"), class_="soft")
    status = min(statuses, key=ORDER.index)
    return chip(status, say(f"status.{status}"))


def _form(found: MachineCase, ask: Ask, kept: Content) -> Content:
    own = ask.path
    parts = (
        _ports_part(ask),
        _rules_part(found, ask),
        _profile_part(found, ask),
        _features_part(found, ask),
        _site_part(found, ask),
    )
    return element(
        "form",
        kept,
        parts,
        element(
            "p",
            button(say("web.whatif.ask")),
            " ",
            element("a", say("web.whatif.clear"), href=with_query(own, ("as", ask.asked("as")))),
        ),
        method="get",
        action=own,
        class_="panel question",
        hx_get=own,
        hx_trigger="change delay:100ms, submit",
        hx_target="#answer",
        hx_select="#answer",
        hx_select_oob="#told:innerHTML",
        hx_swap="outerHTML",
        hx_push_url="true",
        hx_sync="this:replace",
    )


def _group(name: str, *inside: Content, opened: bool) -> Markup:
    return element(
        "details",
        element("summary", element("span", say(f"web.whatif.{name}"), class_="title")),
        element("div", inside),
        open=opened,
    )


def _lines(ask: Ask, name: str, told: str, **attributes: object) -> list[Markup]:
    """A field for each value that is there, and an empty one; with scripts, another where that is filled."""
    settings: dict[str, object] = {"maxlength": 200, "data_several": True, **attributes}
    return [labelled(told, text_input(name, text, **settings)) for text in (*ask.all_asked(name), "")]


def _ports_part(ask: Ask) -> Content:
    hint = element("p", say("web.whatif.traffic_hint"), class_="why", id="traffic-hint")
    attributes = {"placeholder": "in:tcp/445", "aria_describedby": "traffic-hint"}
    closed = _lines(ask, "close", say("web.whatif.close"), **attributes)
    opened = _lines(ask, "open", say("web.whatif.open"), **attributes)
    zones = [
        labelled(say(f"web.whatif.{name}"), text_input(name, ask.asked(name), maxlength=80)) for name in ("here", "there")
    ]
    return _group("ports", hint, closed, opened, element("div", zones, class_="row"), opened=True)


def _rules_part(found: MachineCase, ask: Ask) -> Content:
    """Rules that decide now, to be switched, and fields for any other."""
    audit = found.audit
    known = {rule.id: rule for rule in audit.state.rules}
    deciding = dict.fromkeys(
        ref.id for row in audit.diagnosis.rows for flow in row.blocking for ref in flow.verdict.by if ref.id in known
    )
    shown = list(deciding)[:_MOST_RULES]
    off = set(ask.all_asked("disable"))
    ticks = [
        checkbox("disable", name, say("web.whatif.disable", rule=rule_title(name, known[name].name)), checked=name in off)
        for name in shown
    ]
    others = [text for text in ask.all_asked("disable") if text not in shown]
    listed = [
        labelled(
            say("web.whatif.disable_other"), text_input("disable", text, list="rules", maxlength=300, data_several=True)
        )
        for text in (*others, "")
    ]
    listed += _lines(ask, "enable", say("web.whatif.enable"), list="rules")
    listed += _groups(found, ask)
    options = [element("option", rule.name or rule.id, value=rule.id) for rule in audit.state.rules[:_MOST_NAMED]]
    opened = bool(off or shown or any(ask.all_asked(name) for name in ("enable", "enable-group", "disable-group")))
    return _group("rules", ticks, listed, element("datalist", options, id="rules"), opened=opened)


def _groups(found: MachineCase, ask: Ask) -> list[Markup]:
    """Switches for the predefined groups that the machine has rules of."""
    titles = {name: group_title(name, found.audit.catalog) for name in {r.group for r in found.audit.state.rules} if name}
    choices = [("", say("web.whatif.as_is")), *sorted(titles.items(), key=lambda pair: pair[1])]
    return [
        labelled(told, select(name, choices, ask.asked(name)))
        for name, told in (
            ("disable-group", say("web.whatif.disable_group")),
            ("enable-group", say("web.whatif.enable_group")),
        )
    ]


def _profile_part(found: MachineCase, ask: Ask) -> Content:
    who = found.audit.who
    now = PROFILE_NAMES[place_of(found.audit.site, who).profile]
    same = ("", say("web.whatif.as_is"))
    profiles = [("", say("web.whatif.profile_now", profile=say(f"profile.{now}")))]
    profiles += [(name, say(f"profile.{name}")) for name in PROFILE_NAMES.values() if name != now]
    fields = [labelled(say("web.whatif.profile"), select("profile", profiles, ask.asked("profile")))]
    for name, choices in SETTINGS.items():
        offered = [same, *((word, say(f"web.whatif.{name}.{word}")) for word in choices)]
        fields.append(labelled(say(f"web.whatif.{name}"), select(name, offered, ask.asked(name))))
    fields.append(checkbox("gpo", "without", say("web.whatif.gpo"), checked=bool(ask.asked("gpo"))))
    return _group("machine", fields, opened=any(ask.asked(name) for name in ("profile", "gpo", *SETTINGS)))


def _features_part(found: MachineCase, ask: Ask) -> Content:
    audit = found.audit
    if audit.who.host:
        return None
    used = dict.fromkeys(row.feature for row in audit.plan.rows if row.clients == audit.who.name)
    more = [one.id for one in sorted(audit.catalog.features.values(), key=lambda f: f.order) if one.id not in used]
    off, on = set(ask.all_asked("without")), set(ask.all_asked("with"))
    without = [checkbox("without", name, title_of(audit, name), checked=name in off) for name in used]
    extra = [checkbox("with", name, title_of(audit, name), checked=name in on) for name in more]
    inside: list[Content] = [element("fieldset", element("legend", say("web.whatif.without")), without)]
    if extra:
        inside.append(element("fieldset", element("legend", say("web.whatif.with")), extra))
    return _group("features", inside, opened=bool(off | on))


def _site_part(found: MachineCase, ask: Ask) -> Content:
    ports = found.audit.site.ports(found.audit.site.code)
    now = {"http": ports.http, "https": ports.https, "notification": (ports.notification,), "wol": (ports.wol,)}
    fields = [
        labelled(
            say(f"web.whatif.port.{name}"),
            text_input(name, ask.asked(name), placeholder=", ".join(map(str, now[name])), maxlength=80, inputmode="numeric"),
        )
        for name in PORTS
    ]
    fields += _lines(ask, "set", say("web.whatif.set"), placeholder="system.mp1.mp.mode=https")
    return _group("site", fields, opened=any(ask.asked(name) for name in (*PORTS, "set")))
