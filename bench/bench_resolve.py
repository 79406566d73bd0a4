"""Resolving the largest supported hierarchy, and how the time grows: x1, x2 and x4 of it.

x1 is 25 primary sites below a central one, 5,000 distribution points and 10,000 client subnets in 5,000 client groups (as
boundary groups: their own distribution point, their site's management and software update points). Source of the limits:
Microsoft, "Size and scale numbers for Configuration Manager".

    python -m bench.bench_resolve     one JSON line per size
"""

from __future__ import annotations

import time

from bench.protocol import Result
from cmfw.catalog.types import Catalog
from cmfw.model.site import ClientGroup, Site, SubSite, System
from cmfw.net.addr import AddrSet
from cmfw.resolve import resolve

PRIMARIES = 25
POINTS_PER_SITE = 200
SECONDS_X1 = 30.0
GROWTH = 1.5
"""The time of four hierarchies may be this many times four times that of one."""


def _code(number: int) -> str:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return f"P{digits[number // 36]}{digits[number % 36]}"


def _servers(code: str, base: int) -> list[System]:
    """The servers of one primary site: two site servers (one passive), three management points, two WSUS, a console."""
    roles = [
        ("ss", ("site_server", "sms_provider")),
        ("ss", ("site_server",)),
        ("mp", ("management_point",)),
        ("mp", ("management_point",)),
        ("mp", ("management_point", "fallback_status_point")),
        ("sup", ("software_update_point",)),
        ("sup", ("software_update_point",)),
        ("con", ("console",)),
        ("sql", ("sql_server",)),
    ]
    return [
        System(host=f"{name}{at}.{code.lower()}", site=code, roles=held, addresses=_one(base + at))
        for at, (name, held) in enumerate(roles, 1)
    ]


def _one(number: int) -> AddrSet:
    return AddrSet(((number, number),))


def hierarchy(times: int = 1, *, points_per_site: int = POINTS_PER_SITE, primaries: int = PRIMARIES) -> Site:
    """``times`` the largest hierarchy; every subnet, host and group differs."""
    sites = [SubSite(code="CAS", kind="central")]
    systems: list[System] = []
    clients: list[ClientGroup] = []
    subnet = 10 << 24
    for number in range(primaries * times):
        code = _code(number)
        sites.append(SubSite(code=code, parent="CAS"))
        base = (172 << 24) + (16 << 16) + (number << 12)
        systems += _servers(code, base)
        for at in range(points_per_site):
            host = f"dp{at:04}.{code.lower()}"
            systems.append(System(host=host, site=code, roles=("distribution_point",), addresses=_one(base + 256 + at)))
            # two subnets each, with a gap between them so that nothing merges
            subnets = AddrSet(((subnet, subnet + 127), (subnet + 256, subnet + 383)))
            clients.append(ClientGroup(name=f"bg-{code}-{at:04}", site=code, subnets=subnets, uses=(host,)))
            subnet += 512
    return Site(code="CAS", sites=tuple(sites), systems=tuple(systems), clients=tuple(clients))


def measure(catalog: Catalog, times: int, **size: int) -> dict[str, float | int]:
    """What resolving ``times`` the hierarchy takes and gives."""
    site = hierarchy(times, **size)
    start = time.perf_counter()
    plan = resolve(catalog, site)
    seconds = time.perf_counter() - start
    return {
        "times": times,
        "seconds": round(seconds, 2),
        "groups": len(site.clients),
        "subnets": sum(len(group.subnets.ranges) for group in site.clients),
        "systems": len(site.systems),
        "items": len(plan.items),
        "rows": len(plan.rows),
    }


def run(*, quick: bool) -> Result:
    """Seconds for each size, and the growth from one to four."""
    from cmfw import catalog

    facts = catalog.load()
    size = {"points_per_site": 4, "primaries": 5} if quick else {}
    found = [measure(facts, times, **size) for times in (1, 2, 4)]
    figures: dict[str, float | int | str] = {}
    for line in found:
        figures |= {f"x{line['times']}_{name}": value for name, value in line.items() if name != "times"}
    growth = float(found[2]["seconds"]) / max(4 * float(found[0]["seconds"]), 0.01)
    figures["growth_x4"] = round(growth, 2)
    return Result(
        figures=figures,
        answers={
            "items grow with the hierarchy": found[2]["items"] == 4 * int(found[0]["items"]),
            "every group has rows": all(int(line["rows"]) >= int(line["groups"]) for line in found),
        },
        claims={
            f"the largest hierarchy takes under {SECONDS_X1:.0f} s": float(found[0]["seconds"]) < SECONDS_X1,
            f"four times the hierarchy takes under {GROWTH} times four times as long": growth < GROWTH,
        },
    )


if __name__ == "__main__":
    import json

    from cmfw import catalog

    FACTS = catalog.load()
    FIRST = 0.0
    for TIMES in (1, 2, 4):
        LINE = measure(FACTS, TIMES)
        FIRST = FIRST or float(LINE["seconds"])
        print(json.dumps(LINE | {"growth": round(float(LINE["seconds"]) / (FIRST * TIMES), 2)}), flush=True)
