"""Which keys a row of each authored table has, and what may stand in them. ``checks`` reads this; nothing else decides."""

from __future__ import annotations

from cmfw.catalog.conditions import WORDS
from cmfw.catalog.types import Edition, Necessity
from cmfw.model.finding import Severity
from cmfw.model.observation import Layer
from cmfw.model.rule import PortKeyword
from cmfw.model.site import ROLES
from cmfw.net.flow import PROFILE_NAMES
from cmfw.values import value

PAGE = "page"
PACKS = (PAGE, "content", "deployment", "power", "cloud", "environment", "server")
"""Parts of the catalog, in the order in which they are compiled. A file without ``pack`` belongs to the page."""

EDITIONS = frozenset(e.value for e in Edition)
END_ROLES = frozenset({*ROLES, "client", "peer"})
PORT_REFERENCES = frozenset(
    {
        "site.http",
        "site.https",
        "site.notification",
        "site.wol",
        "sup.http",
        "sup.https",
        "dp.multicast",
        "settings.wakeup_port",
        "settings.wol_port",
        "settings.peer_http",
        "settings.peer_broadcast",
        "settings.express_port",
        "rpc.dynamic",
    }
)
PORT_KEYWORDS = frozenset(k.value for k in PortKeyword)


@value
class Key:
    """What one key of a row holds.

    ``kind`` names a check of ``checks.py``; ``among`` are the words that may stand there, or the table referred to.
    """

    kind: str
    among: frozenset[str] | str = frozenset()
    required: bool = True


def _maybe(kind: str, among: frozenset[str] | str = frozenset()) -> Key:
    return Key(kind, among, required=False)


_CITE = {"source": Key("ref", "source"), "place": Key("string"), "as_of": Key("date")}
_WHEN = _maybe("word", WORDS)
_PROTOCOLS = frozenset({"tcp", "udp", "icmp4", "icmp6"})
_DIRECTIONS = frozenset({"in", "out"})

LAYOUT: dict[str, dict[str, Key]] = {
    "source": {
        "title": Key("title"),
        "language": Key("word", frozenset({"en", "zh-CN"})),
        "as_of": Key("date"),
        "url": _maybe("string"),
        "note": _maybe("string"),
    },
    "flow": {
        "from": Key("word", END_ROLES),
        "to": Key("word", END_ROLES),
        "protocol": Key("word", _PROTOCOLS | {"icmp", "any"}),
        "ports": _maybe("ports", PORT_REFERENCES),
        "default": _maybe("ports"),
        "icmp": _maybe("icmp"),
        "initiators": _maybe("processes"),
        "listener": _maybe("process"),
        "answered": _maybe("boolean"),
        "scope": _maybe("word", frozenset({"any", "local_subnet"})),
        "when": _WHEN,
        "title": Key("text"),
        **_CITE,
    },
    "feature": {
        "order": Key("number"),
        "kind": Key("word", frozenset({"management", "install", "console", "content", "environment", "server"})),
        "peer_role": _maybe("word", frozenset(ROLES)),
        "title": Key("text"),
        "summary": Key("text"),
        "need": Key("needs", EDITIONS),
        "when": _WHEN,
        "alternatives": _maybe("refs", "feature"),
        "steps": _maybe("texts"),
        "also": _maybe("cites"),
        **_CITE,
    },
    "requirement": {
        "feature": Key("ref", "feature"),
        "flow": Key("ref", "flow"),
        "level": Key("levels", frozenset(n.value for n in Necessity)),
        "direction": Key("word", frozenset({"in", "out", "between"})),
        "cell": _maybe("string"),
        "printed": _maybe("strings"),
        "errata": _maybe("refs", "erratum"),
        "notes": _maybe("refs", "note"),
        "when": _WHEN,
        "note": _maybe("text"),
        **_CITE,
    },
    "exception": {
        "feature": Key("ref", "feature"),
        "kind": Key("word", frozenset({"group", "program", "port", "icmp"})),
        "value": Key("string"),
        "on": Key("word", END_ROLES),
        "directions": Key("words", _DIRECTIONS),
        "effective_directions": Key("words", _DIRECTIONS),
        "editions": Key("words", EDITIONS),
        "cell": _maybe("string"),
        "errata": _maybe("refs", "erratum"),
        "when": _WHEN,
        "note": _maybe("text"),
        **_CITE,
    },
    "group": {
        "resource": Key("string"),
        "title": Key("text"),
        "zh_verified": Key("boolean"),
        "reach": Key("text"),
        "gaps": _maybe("text"),
        **_CITE,
    },
    "group_edition": {
        "group": Key("ref", "group"),
        "sku": Key("word", frozenset({"client", "server"})),
        "first_build": _maybe("number"),
        "last_build": _maybe("number"),
        "version": Key("version"),
        **_CITE,
    },
    "group_member": {
        "group": Key("ref", "group"),
        "id": Key("string"),
        "direction": Key("word", _DIRECTIONS),
        "protocol": Key("word", _PROTOCOLS),
        "profiles": _maybe("words", frozenset(PROFILE_NAMES.values())),
        "local_port": _maybe("port", PORT_KEYWORDS),
        "remote_port": _maybe("port", PORT_KEYWORDS),
        "icmp": _maybe("icmp"),
        "remote": _maybe("word", frozenset({"LocalSubnet"})),
        "program": _maybe("string"),
        "service": _maybe("string"),
        "active": _maybe("boolean"),
        "edge": _maybe("boolean"),
        "defer": _maybe("word", frozenset({"App", "User"})),
        "name": Key("number"),
        "description": Key("number"),
        "skus": _maybe("words", frozenset({"client", "server"})),
        "first_build": _maybe("number"),
        "last_build": _maybe("number"),
    },
    "erratum": {
        "title": Key("text"),
        "printed": Key("literal"),
        "effective": Key("literal"),
        "reason": Key("text"),
        "lines": _maybe("numbers"),
        "features": _maybe("refs", "feature"),
        **_CITE,
    },
    "log_stage": {
        "order": Key("number"),
        "story": Key("word", frozenset({"push", "setup", "client"})),
        "title": Key("text"),
        "flows": _maybe("refs", "flow"),
        **_CITE,
    },
    "log_mark": {
        "components": Key("strings"),
        "contains": Key("string"),
        "pattern": _maybe("pattern"),
        "stage": _maybe("ref", "log_stage"),
        "outcome": Key("word", frozenset({"tried", "reached", "failed", "fallback", "begins", "ends", "names"})),
        "flows": _maybe("refs", "flow"),
        "role": _maybe("word", END_ROLES),
        **_CITE,
    },
    "log_url": {
        "contains": Key("strings"),
        "role": Key("word", END_ROLES),
        "http": _maybe("refs", "flow"),
        "https": _maybe("refs", "flow"),
        "setup_http": _maybe("refs", "flow"),
        "setup_https": _maybe("refs", "flow"),
        "stage": _maybe("ref", "log_stage"),
        **_CITE,
    },
    "log_component": {
        "names": Key("strings"),
        "stage": Key("ref", "log_stage"),
        "flows": _maybe("refs", "flow"),
        **_CITE,
    },
    "log_error": {
        "name": Key("string"),
        "layer": Key("word", frozenset(layer.value for layer in Layer)),
        "answered": Key("boolean"),
        "meaning": Key("text"),
        "stages": _maybe("refs", "log_stage"),
        "flows": _maybe("refs", "flow"),
        **_CITE,
    },
    "usual": {
        "direction": Key("word", _DIRECTIONS),
        "protocol": Key("word", _PROTOCOLS),
        "ports": Key("port_text"),
        "process": Key("process"),
        **_CITE,
    },
    "program": {
        "paths": Key("strings"),
        "services": _maybe("strings"),
        **_CITE,
    },
    "note": {
        "kind": Key("word", frozenset({"procedure", "important", "warning", "remark", "note"})),
        "text": Key("text"),
        "features": Key("refs", "feature"),
        **_CITE,
    },
    "finding": {
        "severity": Key("word", frozenset(s.value for s in Severity)),
        "title": Key("text"),
        "message": Key("text"),
        "variants": _maybe("text_by_word"),
        "why": Key("text"),
        "repair": Key("text"),
        "depends_on": _maybe("refs", "finding"),
    },
}
"""Table to keys. Tables are maps from id to row, but for those of ``LISTS``."""

LISTS = frozenset({"group_edition", "group_member", "log_mark", "log_url", "usual"})
"""Tables whose rows have no id of their own."""

APART = dict.fromkeys(("log_stage", "log_mark", "log_url", "log_component", "log_error"), "logs")
"""Tables that only one command reads, and the name of the compiled file that they get for themselves."""
