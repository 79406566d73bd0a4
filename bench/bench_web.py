"""`cmfw serve` under 100 people: a real server on loopback, one request each five seconds, on a machine of 500 rules."""

from __future__ import annotations

import asyncio
import re
import statistics
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from bench.protocol import Absent, Result

if TYPE_CHECKING:
    import httpx
    from tests.web.process import Server

RULES = 500
USERS, PERIOD_S, LASTS_S = 100, 5.0, 60.0
MOST_MEDIAN_MS = 100
DEMO = Path(__file__).resolve().parent.parent / "src" / "cmfw" / "demo"
SPACE, MACHINE = "/w/load", "/w/load/m/client"
PAGES = (
    "/", SPACE, f"{SPACE}/site", f"{SPACE}/plan", f"{SPACE}/files", f"{SPACE}/files/gpo-backup?for=office", MACHINE, MACHINE, MACHINE,
    f"{MACHINE}/findings", f"{MACHINE}/evidence", f"{MACHINE}/cell/client_push/office", f"{MACHINE}/cell/remote_control/office",
    f"{MACHINE}/whatif", f"{MACHINE}/report/xlsx", "/explain/feature/client_push", "/explain/port/445",
)  # fmt: skip
ASKED = 4
"""Of as many requests as there are pages: questions that nobody asked before."""


def export() -> bytes:
    """An export with so many rules: those of the example, and more of every kind."""
    text = (DEMO / "client.reg").read_text(encoding="utf-8")
    head, mark, rest = text.partition("\\FirewallRules]")
    known = len(re.findall(r'^"[^"]+"="v2', rest.partition("\n[")[0], re.MULTILINE))
    draw = Random(500)
    more = []
    for number in range(RULES - known):
        action, way = draw.choice(("Allow", "Allow", "Allow", "Block")), draw.choice(("In", "In", "Out"))
        active = draw.choice(("TRUE", "TRUE", "FALSE"))
        port = f"LPort={20000 + number}" if way == "In" else f"RPort={30000 + number}"
        where = draw.choice(("", "", f"RA4=10.{number % 200}.0.0/255.255.0.0|", "RA4=LocalSubnet|RA6=LocalSubnet|"))
        told = f"v2.30|Action={action}|Active={active}|Dir={way}|Protocol={draw.choice((6, 17))}|{port}|{where}"
        more.append(
            f'"load-{number}"="{told}App=C:\\\\Program Files\\\\Load\\\\program{number % 37}.exe|Name=load {number}|"'
        )
    first, end, tail = rest.partition("\n")
    return (head + mark + first + end + "\n".join(more) + "\n" + tail).encode()


def asked_by(user: int) -> Random:
    """What the user asks for, the same in every run."""
    return Random(1000 + user)


def next_page(draw: Random) -> str:
    """Another page, or a question of one's own."""
    at = draw.randrange(len(PAGES) + ASKED)
    return PAGES[at] if at < len(PAGES) else f"{MACHINE}/whatif?close=in:tcp/{draw.randrange(1, 65535)}"


async def visit(
    client: httpx.AsyncClient, user: int, until: float, period_s: float, seen: list[tuple[str, float, int]]
) -> None:
    """One user: a request each period, whatever the one before took."""
    draw = asked_by(user)
    due = time.perf_counter() + draw.random() * period_s
    while due < until:
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        page = next_page(draw)
        start = time.perf_counter()
        answer = await client.get(page)
        seen.append((page.partition("?")[0], time.perf_counter() - start, answer.status_code))
        due = max(due + period_s, time.perf_counter()) if period_s else time.perf_counter()


async def load(server: Server, users: int, period_s: float, lasts_s: float) -> list[tuple[str, float, int]]:
    """(page, seconds, status) of every request; each user has a session and a connection of its own."""
    import httpx

    clients = [httpx.AsyncClient(base_url=server.origin, timeout=60, trust_env=False) for _ in range(users)]
    for client in clients:
        await client.get(server.door)
    seen: list[tuple[str, float, int]] = []
    until = time.perf_counter() + lasts_s
    await asyncio.gather(*(visit(client, user, until, period_s, seen) for user, client in enumerate(clients)))
    for client in clients:
        await client.aclose()
    return seen


def run(*, quick: bool) -> Result:
    """Median and 95th percentile of the time from request to last byte under that load, and the most requests that are answered."""
    if any(find_spec(name) is None for name in ("starlette", "uvicorn", "multipart", "httpx")):
        raise Absent("no packages of the extra `web`, or no httpx")
    if not Path("/proc/self/status").exists():
        raise Absent("no /proc here to see what a process takes")
    from tests.web.process import Client, served

    users, period_s, lasts_s = (10, 0.5, 2.0) if quick else (USERS, PERIOD_S, LASTS_S)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server:
        client = Client(server)
        files = [("site", ("site.toml", (DEMO / "site.toml").read_bytes())), ("machine", ("client.reg", export()))]
        client.send("/", {"name": "load"}, files=files)
        told = client.open(MACHINE).text
        client.close()
        before = server.busy_s()
        seen = asyncio.run(load(server, users, period_s, lasts_s))
        busy_ms = 1000 * (server.busy_s() - before)
        pressed = asyncio.run(load(server, users, 0.0, 1.0 if quick else 10.0))
        memory = server.memory()[1]
        complaints = server.complaints()
    times = sorted(1000 * seconds for _, seconds, _ in seen)
    median = statistics.median(times)
    figures: dict[str, float | int | str] = {
        "users": users,
        "requests": len(seen),
        "requests_per_s": round(len(seen) / lasts_s, 1),
        "median_ms": round(median, 1),
        "p95_ms": round(times[int(len(times) * 0.95)], 1),
        "busy_ms_per_request": round(busy_ms / len(seen), 1),
        "machine_page_ms": round(statistics.median([1000 * took for page, took, _ in seen if page == MACHINE] or [0]), 1),
        "question_ms": round(
            statistics.median([1000 * took for page, took, _ in seen if page.endswith("whatif")] or [0]), 1
        ),
        "most_requests_per_s": round(len(pressed) / (1.0 if quick else 10.0), 1),
        "most_memory_mib": memory,
    }
    answers = {
        f"the machine has {RULES} rules": f"{RULES} rules" in told,
        "every request is answered with a page or a file": {status for _, _, status in (*seen, *pressed)} == {200},
        "the server has nothing to complain of": not complaints,
    }
    claims = {f"half of the pages in under {MOST_MEDIAN_MS} ms": median < MOST_MEDIAN_MS}
    return Result(figures=figures, answers=answers, claims=claims)
