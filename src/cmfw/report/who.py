"""Which client group or host of the site a machine state stands for."""

from __future__ import annotations

from cmfw.errors import SITE, InputError, Problem
from cmfw.model.site import ClientGroup, Site, System
from cmfw.model.state import HostState
from cmfw.values import value
from cmfw.words import say
from cmfw.words.phrases import listed, phrase


@value
class Who:
    """The name, whether it is a host (else a client group), and how it was found: ``asked`` | ``addresses`` | ``only``."""

    name: str
    host: bool
    by: str


def find_who(site: Site, state: HostState, asked: str | None) -> Who:
    """The place of the state: as asked, else by its own addresses, else the only client group.

    Raises InputError that lists the choices for a name that is none, and where there is no telling. Source: issue, "CLI".
    """
    if asked is not None:
        for group in site.clients:
            if group.name.lower() == asked.lower():
                return Who(group.name, host=False, by="asked")
        for system in site.systems:
            if asked.lower() in (system.host.lower(), system.host.partition(".")[0].lower()):
                return Who(system.host, host=True, by="asked")
        raise InputError(_choices(site, f"`{asked}`"))
    systems = [s for s in site.systems if not (s.addresses & state.addresses).is_empty]
    groups = [g for g in site.clients if not (g.subnets & state.addresses).is_empty]
    if len(systems) == 1:
        return Who(systems[0].host, host=True, by="addresses")
    if not systems and len(groups) == 1:
        return Who(groups[0].name, host=False, by="addresses")
    if not systems and not groups and len(site.clients) == 1:
        return Who(site.clients[0].name, host=False, by="only")
    found = say("who.several") if systems or groups else say("who.nothing")
    raise InputError(_choices(site, found))


def place_of(site: Site, who: Who) -> ClientGroup | System:
    """The group or system itself."""
    places: tuple[ClientGroup | System, ...] = site.systems if who.host else site.clients
    return next(p for p in places if (p.host if isinstance(p, System) else p.name) == who.name)


def _choices(site: Site, found: str) -> Problem:
    names = [group.name for group in site.clients] + [system.host for system in site.systems]
    return Problem(
        site.path or SITE,
        "a client group or host of the site",
        found,
        phrase("one of {names}", names=listed(f"`{name}`" for name in names)),
        key="--as",
    )
