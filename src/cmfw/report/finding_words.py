"""The args of a finding as people call things: titles instead of ids, words instead of codes."""

from __future__ import annotations

from collections.abc import Callable

from cmfw.catalog.types import Catalog
from cmfw.model.finding import Finding
from cmfw.model.rule import group_id
from cmfw.words import known, language, say
from cmfw.words.phrases import told

_LIST = ", "


def named(finding: Finding, catalog: Catalog) -> dict[str, str]:
    """The args with features, groups, exceptions, rules, profiles and stores as the language of the call names them."""
    args = dict(finding.args)
    kinds: dict[str, Callable[[str], str]] = {
        "feature": lambda text: _features(text, catalog),
        "features": lambda text: _features(text, catalog),
        "exception": lambda text: exception_title(text, catalog, _traffic(args)),
        "group": lambda text: group_title(text, catalog),
        "profile": lambda text: _each(text, lambda one: _word("profile", one), say("list")),
        "profiles": lambda text: _each(text, lambda one: _word("profile", one), say("list")),
        "store": lambda text: _each(text, lambda one: _word("store", one), say("list")),
        "part": lambda text: _word("part", text),
        "needed": _known,
        "allowed": _known,
        "rule": lambda text: rule_title(text, args.get("name", "")),
        "presence": lambda text: say(f"presence.{text}"),
    }
    if finding.code == "feature-unknown":
        kinds["missing"] = lambda text: _each(text, missing_word)
    if finding.code == "gap" and args.get("variant") == "missing":
        kinds["gap"] = missing_word
    found = {name: kinds[name](text) if name in kinds else text for name, text in args.items()}
    if finding.code == "gap" and args.get("variant") != "missing":
        found["detail"] = gap_detail(args["gap"], args.get("detail", ""))
    if "presence" in found:
        found["state"] = found["presence"]
    return found


def _features(text: str, catalog: Catalog) -> str:
    return _each(text, lambda one: say("finding.feature", title=feature_title(one, catalog)), say("finding.features"))


def _traffic(args: dict[str, str]) -> str:
    """``inbound TCP 2701`` of an exception that is no group."""
    ways = " ".join(_word("way", way) for way in args.get("direction", "").split())
    return f"{ways} {args['traffic']}" if "traffic" in args else ""


def plain_title(feature: str, catalog: Catalog) -> str:
    """The title of a feature, for where its id stands beside it; the id where the catalog in use does not have it."""
    row = catalog.features.get(feature)
    return row.title.in_language(language()) if row else feature


def feature_title(feature: str, catalog: Catalog) -> str:
    """The title of a feature, with its id behind where another title begins with it or is its beginning.

    In Chinese, client push (客户端请求安装) and client requests (客户端请求) differ in their last two characters alone. Source: erratum E11.
    """
    title = plain_title(feature, catalog)
    lang = language()
    others = (row.title.in_language(lang) for row in catalog.features.values() if row.id != feature)
    is_alike = any(title.startswith(other) or other.startswith(title) for other in others)
    return f"{title} ({feature})" if is_alike and title != feature else title


def group_title(group: str, catalog: Catalog) -> str:
    """``File and Printer Sharing (-28502)`` for a resource id or the catalog's own id of a predefined group."""
    for row in catalog.groups.values():
        if group in (row.id, row.resource) or group_id(row.resource) == group_id(group):
            return f"{row.title.in_language(language())} ({row.resource.rpartition(',')[2]})"
    return group


def exception_title(exception: str, catalog: Catalog, traffic: str) -> str:
    """What an exception opens: the group by its title, a program by its file, else the traffic; an id may end in ``:WHERE``."""
    row = catalog.exceptions.get(exception) or catalog.exceptions.get(exception.partition(":")[0])
    if row is None:
        return exception
    match row.kind:
        case "group":
            return group_title(row.value, catalog)
        case "icmp" if row.value.startswith("8:"):
            return say("finding.echo")
        case "program":
            return row.value.replace("/", "\\").rpartition("\\")[2]
        case _:
            kind = catalog.flows.get(row.value)
            title = kind.title.in_language(language()) if kind else ""
            return f"{traffic} ({title})" if traffic and title else title or traffic or row.value


def rule_title(rule: str, name: str) -> str:
    """A rule by its display name with the id behind; by its id alone where the name is a resource or says nothing more."""
    return f"`{rule}`" if not name or name.startswith("@") or name == rule else f"`{name}` ({rule})"


def missing_word(code: str) -> str:
    """What the evidence lacks, in words where the code has some."""
    kind, colon, place = code.partition(":")
    if kind == "filter" and colon:
        return f"{_word('missing', kind)} ({place})"
    return _word("missing", code)


def gap_detail(code: str, detail: str) -> str:
    """The gap in words of this language where its code has some, else as the reader put it."""
    return known(f"gap.{code}") or told(detail)


def _word(kind: str, text: str) -> str:
    return known(f"{kind}.{text}") or text


def _known(text: str) -> str:
    return _each(say("any") if text == "*" else text, lambda one: _word("profile", one), say("list"))


def _each(text: str, one: Callable[[str], str], between: str = "") -> str:
    return (between or say("audit.comma")).join(one(part) for part in text.split(_LIST))
