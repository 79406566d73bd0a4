"""Pages for what did not work: what is wrong, in the words of whoever found it, and nothing of the server's own inside."""

from __future__ import annotations

from dataclasses import replace

from cmfw.errors import CmfwError, InputError, Problem
from cmfw.report.markup import Content, element
from cmfw.report.page import code, prose
from cmfw.web.exchange import Ask, Reply
from cmfw.web.frame import framed
from cmfw.words import known, say
from cmfw.words.phrases import told


def for_status(ask: Ask, status: int, why: str = "") -> Reply:
    """The page of a status; ``why`` says what led to it."""
    title = known(f"web.status.{status}") or say("web.status.other", status=status)
    reason = element("p", prose(why)) if why else None
    return framed(ask, title, element("h1", title), reason, element("p", _home()), status=status)


def refused(ask: Ask, why: str) -> Reply:
    """The page for what this server does not do, or not for this form."""
    return for_status(ask, 403, why)


def wrong_input(ask: Ask, error: CmfwError) -> Reply:
    """The page with every problem of what was given."""
    title = say("web.error.input")
    inside = (element("h1", title), problems(error), element("p", element("a", say("web.error.back"), href=back(ask.path))))
    return framed(ask, title, *inside, status=422)


def problems(error: CmfwError) -> Content:
    """Every problem of an error as a list."""
    texts = [_on_a_page(one).text() for one in error.problems] if isinstance(error, InputError) else [str(error)]
    return element(
        "div", element("ul", [element("li", code(told(text))) for text in texts], class_="problems"), role="alert"
    )


def _on_a_page(problem: Problem) -> Problem:
    """The problem with a field where commands have an option."""
    fields = {"--as": "web.machine.as", "--local-subnet": "web.machine.subnets"}
    place, key = fields.get(problem.file), fields.get(problem.key)
    named = replace(problem, file=say(place)) if place else problem
    return replace(named, key=say(key)) if key else named


def back(path: str) -> str:
    """The page above: of a workspace its first, else the first of all."""
    parts = path.split("/")
    return "/".join(parts[:3]) if parts[1] == "w" and len(parts) > 3 else "/"


def _home() -> Content:
    return element("a", say("web.home"), href="/")
