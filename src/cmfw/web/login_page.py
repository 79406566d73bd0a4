"""The page that asks for the secret."""

from __future__ import annotations

from urllib.parse import urlsplit

from cmfw.report.markup import element
from cmfw.report.page import prose
from cmfw.web.exchange import Ask, Reply
from cmfw.web.forms import button, form, labelled, text_input
from cmfw.web.frame import framed
from cmfw.words import say


def show(to: str, wrong: str = "") -> Reply:
    """The form; ``wrong`` says what was wrong with the last try."""
    told = element("p", wrong, class_="problem", role="alert") if wrong else None
    fields = (
        element("input", type="hidden", name="next", value=to),
        labelled(
            say("web.login.secret"), text_input("secret", type="password", required=True, autocomplete="off", autofocus=True)
        ),
        button(say("web.login.open")),
    )
    ask = Ask(path="/login")
    inside = (element("h1", say("web.login.title")), element("p", prose(say("web.login.about"))), told)
    return framed(ask, say("web.login.title"), *inside, form("/login", "", *fields), status=403 if wrong else 200)


def safe_path(text: str) -> str:
    """The text where it is a path of this server, else the first page: a link to us must not lead elsewhere."""
    parts = urlsplit(text)
    is_own = text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return text if is_own and text.isprintable() and text.isascii() and "\\" not in text else "/"
