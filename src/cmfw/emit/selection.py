"""Which rules of a plan belong on one host, ready to be written: the one place where scope and group are looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cmfw.emit import EmitRequest
from cmfw.emit.capability import Capabilities, faults_of_a_plan
from cmfw.errors import Unsupported
from cmfw.model.mandate import Mandate, described
from cmfw.model.plan import Citation, PlanItem, PlannedException
from cmfw.model.rule import AddressMatch, HostRule, Store
from cmfw.model.site import ClientGroup, Product
from cmfw.net.addr import AddrSet
from cmfw.values import value

GROUP = "cmfw"
"""The group of every rule that we make: how people find them, and how the undo script knows them."""
BOTH = ("in", "out")
MOST_ENTRIES = 1000
"""Entries that one list of a rule may have. Source: facts/windows_firewall.md 2.3."""

Ways = dict[tuple[str, int], set[str]]
"""(resource id of a group, profile mask) -> directions."""


@value
class GroupUse:
    """A predefined group to enable where the host's Windows, and so its member rules, are not known.

    ``profiles`` is a profile mask, ``directions`` the non-empty part of ``BOTH`` that any of its exceptions asks for.
    """

    resource: str
    profiles: int
    directions: tuple[str, ...]


@value
class Selection:
    """What one host gets: ``made`` are rules of our own, ``members`` rules of predefined groups that the host has already
    (or, in a GPO, copies of them), ``groups`` those whose members are not known, ``uses`` all groups, for a target that can
    only switch on a whole one. Each sorted and without repeats.
    """

    made: tuple[HostRule, ...]
    members: tuple[HostRule, ...]
    groups: tuple[GroupUse, ...]
    uses: tuple[GroupUse, ...] = ()


def select(request: EmitRequest, target: Capabilities) -> Selection:
    """What the host or client group of the request gets; our own rules are checked against what the target can say.

    ``least`` takes the rules of the plan's items, ``documented`` the exceptions as the documentation asks for them.
    Raises Unsupported; nothing is left out silently. A target that writes member rules checks them itself.
    """
    place = request.place
    if isinstance(place, ClientGroup) and place.product is Product.OTHER:
        target.refuse("other-product", place.name)
    made: list[tuple[HostRule, tuple[Citation, ...]]] = []
    members: dict[str, HostRule] = {}
    groups: Ways = {}
    uses: Ways = {}
    if request.plan.scope == "documented":
        for exception in _exceptions(request):
            if exception.kind != "group":
                made += [(rule, (exception.citation,)) for rule in exception.rules]
                continue
            key = (exception.group or exception.value, exception.profiles)
            uses.setdefault(key, set()).update(exception.directions or BOTH)
            if exception.rules:
                target.refuse("group-members", exception.id)
                for rule in exception.rules:
                    _add(members, replace(rule, active=True, store=Store.LOCAL, origin=""))
            else:
                target.refuse("group-unknown", exception.id)
                groups.setdefault(key, set()).update(exception.directions or BOTH)
    else:
        for item in request.plan.items:
            made += [(planned.rule, item.citations) for planned in item.rules if planned.where == request.where]
    own = _own(made, place.mandate)
    for rule in own:
        for reason in faults_of_a_plan(rule):
            raise Unsupported(target.target, rule.id, reason)
        target.check(rule)
    return Selection(own, tuple(members[key] for key in sorted(members)), _group_uses(groups), _group_uses(uses))


def _group_uses(found: Ways) -> tuple[GroupUse, ...]:
    return tuple(GroupUse(*key, tuple(way for way in BOTH if way in found[key])) for key in sorted(found))


def items_at(request: EmitRequest) -> Iterator[tuple[str, PlanItem]]:
    """(``from`` or ``to``, item) of every item that has the request's place as an end, in plan order.

    Items that exist only in documents are left out of scope ``least``. Source: CONTRACT.md, "plan, audit, check, emit".
    """
    for item in request.plan.items:
        if item.necessity == "documented_only" and request.plan.scope != "documented":
            continue
        if item.source.name == request.where:
            yield "from", item
        if item.target.name == request.where:
            yield "to", item


def _exceptions(request: EmitRequest) -> Iterator[PlannedException]:
    return (e for e in request.plan.exceptions if e.where == request.where)


def _add(into: dict[str, HostRule], rule: HostRule) -> None:
    # INVARIANT: an id names one rule on a host; two different rules under one id would overwrite one another
    if into.setdefault(rule.id, rule) != rule:
        raise ValueError(f"the plan gives two different rules the id `{rule.id}`")


def _own(found: Iterable[tuple[HostRule, tuple[Citation, ...]]], mandate: Mandate) -> tuple[HostRule, ...]:
    """Our rules by id, in our group, each described by every place that asks for it and by who answers for it."""
    rules: dict[str, HostRule] = {}
    places: dict[str, dict[str, None]] = {}
    for rule, citations in found:
        _add(rules, replace(rule, group=GROUP, store=Store.LOCAL, origin="", name=rule.name or rule.id))
        places.setdefault(rule.id, {}).update((f"{c.source}, {c.at}", None) for c in citations)
    described = [replace(rules[key], description=_described(rules[key], places[key], mandate)) for key in sorted(rules)]
    return tuple(part for rule in described for part in _parts(rule))


def _described(rule: HostRule, places: Iterable[str], mandate: Mandate) -> str:
    """The rule's own words, the places of the documentation that ask for it, owner, ticket and last day."""
    return described((rule.description, *(place for place in places if place not in rule.description)), mandate)


def _parts(rule: HostRule) -> Iterator[HostRule]:
    """The rule, or several with the same flows where its remote list is longer than Windows takes."""
    texts = rule.remote_address.addresses.texts()
    if rule.remote_address.is_any or len(texts) + len(rule.remote_address.keywords) <= MOST_ENTRIES:
        yield rule
        return
    first = True
    for start in range(0, len(texts), MOST_ENTRIES - 10):
        chunk = AddrSet.parse(*texts[start : start + MOST_ENTRIES - 10])
        number = start // (MOST_ENTRIES - 10) + 1
        words = rule.remote_address.keywords if first else ()
        yield replace(rule, id=f"{rule.id}.{number}", remote_address=AddressMatch(chunk, words))
        first = False
