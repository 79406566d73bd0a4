"""What a machine does with one packet: the verdict, the deciding rules, and the way there stage by stage."""

from __future__ import annotations

from cmfw.errors import InputError, Problem
from cmfw.net.flowquery import FlowQuery, in_profile, parse_flow
from cmfw.report.audit_view import Audit
from cmfw.report.flow_names import names_of
from cmfw.report.markup import Content, element
from cmfw.report.page import block
from cmfw.report.path_view import path_blocks, paths_of
from cmfw.report.question_view import preferences, verdict_lines
from cmfw.web.desk import Desk
from cmfw.web.error_page import problems
from cmfw.web.exchange import Ask, Reply
from cmfw.web.explain_page import html_of
from cmfw.web.forms import button, labelled, text_input
from cmfw.web.frame import framed
from cmfw.web.machine_page import head
from cmfw.words import say
from cmfw.words.phrases import constant, phrase

_LONGEST = 400


def show(desk: Desk, ask: Ask) -> Reply:
    """The page."""
    space = ask.param("space")
    found = desk.machine(space, ask.param("machine"))
    text = ask.asked("q").strip()[:_LONGEST]
    title = say("web.flow.title", name=found.machine.name)
    field = text_input("q", text or _example(found.audit), required=True, maxlength=_LONGEST, spellcheck="false")
    inside: list[Content] = [
        head(ask, found, title),
        element("p", say("web.flow.about")),
        element(
            "form",
            labelled(say("web.flow.field"), field, say("web.flow.hint")),
            button(say("web.explain.ask")),
            method="get",
            class_="panel",
        ),
    ]
    status = 200
    if text:
        told, status = _judged(found.audit, text)
        inside.append(told)
    return framed(ask, title, *inside, status=status, space=space)


def _example(audit: Audit) -> str:
    """The first flow that does not pass, else one that anybody may ask about."""
    blocked = (flow for row in audit.diagnosis.rows for flow in row.blocking)
    return next((one.flow.text() for one in blocked), "in tcp * > *:445")


def _judged(audit: Audit, text: str) -> tuple[Content, int]:
    try:
        query = _query(audit, text)
    except ValueError as error:
        expected, got = getattr(error, "expected", phrase("flow text")), constant(getattr(error, "got", str(error)))
        at = getattr(error, "position", 0) + 1
        return problems(
            InputError(Problem(say("web.flow.field"), expected, phrase("{got} at character {at}", got=got, at=at)))
        ), 422
    verdict = audit.engine.verdict(query.flows)
    assumed = ", ".join(f"{name}={told or say('none')}" for name, told in query.assumed)
    parts: list[Content] = [
        block(query.normal),
        html_of(verdict_lines(verdict, indent=0)),
        element("p", say("assumed"), assumed, class_="soft") if assumed else None,
        element("h2", say("web.flow.path")),
        html_of(path_blocks(paths_of(query.flows.witness(preferences()), audit.state), indent=0)),
    ]
    return parts, 200


def _query(audit: Audit, text: str) -> FlowQuery:
    """The question, in the profile that the machine is in where its export says so."""
    query = parse_flow(text, names_of(audit.catalog))
    live = audit.state.live_profiles
    return in_profile(query, live[0]) if live is not None and len(live) == 1 else query
