"""The audits of 1,000 machines as one page: its size, and how long a browser takes to show it beside an empty page.

Every machine has the example's rules with some of them switched on or off and one rule of its own, so that causes and findings differ as
those of a grown network do. A browser's time is from its start to the picture of the page; that of an empty page is taken off.
"""

from __future__ import annotations

import random
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from bench.protocol import Absent, Result, best_of

MACHINES = 1000
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--hide-scrollbars",
)
EMPTY = b"<!DOCTYPE html><html lang=en><title>empty</title><p>empty</p></html>"


def states(count: int) -> list:
    """States that differ from the example's in which rules are active, and in a rule that no other machine has."""
    from cmfw.cli.demo import CLIENT, FOLDER
    from cmfw.ingest import read_state
    from cmfw.model.rule import Action, HostRule, PortMatch
    from cmfw.net.flow import TCP, Direction
    from cmfw.net.ports import PortSet

    base = read_state([str(FOLDER / CLIENT)]).state
    rng = random.Random(20160902)
    found = []
    for n in range(count):
        rules = [replace(rule, active=not rule.active) if rng.random() < 0.1 else rule for rule in base.rules]
        port = PortMatch(PortSet.of(20_000 + n))
        own = HostRule(
            id=f"{{own-{n}}}",
            name=f"Agent {n}",
            action=Action.ALLOW,
            direction=Direction.IN,
            protocol=TCP,
            local_port=port,
            origin=f"PC{n}.reg!KEY\\own-{n}",
        )
        found.append(replace(base, rules=(*rules, own)))
    return found


def shown_s(page: bytes, folder: str, times: int) -> float:
    """Seconds from the start of the browser to a picture of the page, the best of several."""
    from cmfw.report.print_pdf import browser

    program = browser()
    if program is None:
        raise Absent("no Chromium here")
    source = Path(folder, "page.html")
    source.write_bytes(page)
    own = (
        f"--user-data-dir={folder}/profile",
        "--window-size=1280,1500",
        f"--screenshot={folder}/page.png",
        source.as_uri(),
    )
    return best_of(times, lambda: subprocess.run([program, *FLAGS, *own], check=True, capture_output=True, timeout=120))


def run(*, quick: bool) -> Result:
    """Size of the page, seconds to write it, and seconds that a browser takes for it."""
    from cmfw.catalog import load
    from cmfw.cli.demo import FOLDER, SITE
    from cmfw.ingest.site import read_site
    from cmfw.report.audit_view import make_audit
    from cmfw.report.machines_page import causes_of, render_machines
    from cmfw.report.machines_view import machine_of

    count, times = (20, 1) if quick else (MACHINES, 3)
    site = read_site(str(FOLDER / SITE))
    catalog = load(site.packs)
    machines = tuple(machine_of(f"PC{n}", make_audit(catalog, site, state, None)) for n, state in enumerate(states(count)))
    made = render_machines(site.code, machines)
    write_s = best_of(times, lambda: render_machines(site.code, machines))
    with tempfile.TemporaryDirectory() as folder:
        empty_s = shown_s(EMPTY, folder, times)
        opened_s = shown_s(made, folder, times) - empty_s
    figures = {
        "machines": count,
        "causes": len(causes_of(machines)),
        "page_mb": round(len(made) / 1e6, 2),
        "write_ms": round(write_s * 1e3),
        "empty_page_ms": round(empty_s * 1e3),
        "opened_ms": round(opened_s * 1e3),
    }
    answers = {"every machine is on the page": all(f">PC{n}<".encode() in made for n in range(count))}
    claims = {"less than 10 MB": len(made) < 10_000_000, "a browser shows it in less than 2 s": opened_s < 2}
    return Result(figures=figures, answers=answers, claims=claims)
