"""Connection security (IPsec) rule strings: which addresses they cover and whether they demand IPsec.

Source: MS-GPFAS 2.2.3 (connection security rule grammar), corrections 28.
"""

from __future__ import annotations

from cmfw.model.rule import Store
from cmfw.model.state import ConnectionRule
from cmfw.net.addr import AddrSet, parse_range
from cmfw.net.flow import ALL_PROFILES, Profile

_PROFILES = {"domain": Profile.DOMAIN, "private": Profile.PRIVATE, "public": Profile.PUBLIC}
_ACTIONS = frozenset({"boundary", "secure", "secureserver", "donotsecure"})


def is_connection_rule(text: str) -> bool:
    """Whether a rule string carries an action of a connection security rule."""
    fields = (field.partition("=") for field in text.split("|"))
    return any(name.strip().lower() == "action" and value.strip().lower() in _ACTIONS for name, _, value in fields)


def parse_connection_rule(text: str, *, id: str, store: Store, origin: str) -> tuple[ConnectionRule | None, tuple[str, ...]]:  # noqa: A002
    """(the rule, problems); a part that cannot be read is taken as any, and an unknown action as ``secure``.

    Both make the rule overlap more, so that more verdicts stay unknown.
    """
    fields = [field.partition("=") for field in text.partition("\0")[0].split("|")]
    values: dict[str, list[str]] = {}
    for name, _, value in fields[1:]:
        values.setdefault(name.strip().lower(), []).append(value.strip())
    action = values.get("action", [""])[0].lower()
    if text[:1] not in ("v", "V") or not action:
        return None, ("a connection security rule needs a version and an action",)
    problems = []
    if action not in _ACTIONS:
        problems.append(f"`{action[:40]}` is no action of a connection security rule, taken as `Secure`")
        action = "secure"
    profiles = 0
    for word in values.get("profile", ()):
        profiles |= _PROFILES.get(word.lower(), ALL_PROFILES)
    protocol = values.get("protocol", [""])[0]
    return ConnectionRule(
        id=id,
        store=store,
        action=action,
        active=values.get("active", ["false"])[0].lower() == "true",
        profiles=profiles or ALL_PROFILES,
        endpoint1=_endpoint(values, "ep1_"),
        endpoint2=_endpoint(values, "ep2_"),
        protocol=int(protocol) if protocol.isascii() and protocol.isdigit() else None,
        origin=origin,
    ), tuple(problems)


def _endpoint(values: dict[str, list[str]], lead: str) -> AddrSet:
    texts = [text for token in (lead + "4", lead + "6") for text in values.get(token, ())]
    if not texts or any(name.startswith(lead) and name not in (lead + "4", lead + "6") for name in values):
        return AddrSet.ANY
    try:
        return AddrSet.from_pairs([parse_range(text) for text in texts])
    except ValueError:
        return AddrSet.ANY
