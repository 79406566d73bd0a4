"""Ten Configuration Manager flows against the rules of a real Windows 10: exact sets against z3 on the same question."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from bench.protocol import Absent, Result, corpus

WANTED = 50
FLOWS = (
    ("in", 6, 445, "system", ""),
    ("in", 6, 135, "c:\\windows\\system32\\svchost.exe", "rpcss"),
    ("in", 6, 50000, "c:\\windows\\system32\\svchost.exe", "winmgmt"),
    ("in", 6, 2701, "c:\\windows\\ccm\\remctrl\\cmrcservice.exe", "cmrcservice"),
    ("in", 6, 3389, "c:\\windows\\system32\\svchost.exe", "termservice"),
    ("out", 6, 80, "c:\\windows\\ccm\\ccmexec.exe", "ccmexec"),
    ("out", 6, 443, "c:\\windows\\ccm\\ccmexec.exe", "ccmexec"),
    ("out", 6, 10123, "c:\\windows\\ccm\\ccmexec.exe", "ccmexec"),
    ("out", 6, 8530, "c:\\windows\\system32\\svchost.exe", "wuauserv"),
    ("out", 6, 445, "system", ""),
)


def _questions():
    from cmfw.net.addr import V4_ALL
    from cmfw.net.atoms import Atoms
    from cmfw.net.flow import Direction, Profile
    from cmfw.net.flowset import ALL_PORTS, FlowSet, boxes

    for word, protocol, port, program, service in FLOWS:
        inbound = word == "in"
        ports = ((port, port),)
        yield FlowSet(
            boxes(
                direction=int(Direction.IN if inbound else Direction.OUT),
                profile=int(Profile.DOMAIN),
                interface=3,
                principal=1,
                protocol=((protocol, protocol),),
                local=V4_ALL,
                remote=V4_ALL,
                local_port=ports if inbound else ALL_PORTS,
                remote_port=ALL_PORTS if inbound else ports,
                program=Atoms.of(program),
                service=Atoms.of(service),
            )
        )


def _ours(state) -> list[str]:
    from cmfw.engine.exact import Engine

    engine = Engine(state)
    answers = []
    for asked in _questions():
        part = engine.partition(asked)
        answers.append(
            "".join(word for word, side in zip("abu", (part.allowed, part.blocked, part.unknown), strict=True) if side.boxes)
        )
    return answers


def _theirs(state) -> list[str]:
    import z3

    from cmfw.engine.exact import Engine
    from cmfw.model.rule import canonical_program
    from cmfw.net.flow import Direction, Profile
    from engine.z3_model import Model

    programs = sorted({canonical_program(r.program) for r in state.rules if r.program} | {flow[3] for flow in FLOWS})
    services = sorted({r.service.lower() for r in state.rules if r.service} | {flow[4] for flow in FLOWS})
    answers = []
    for direction in (Direction.IN, Direction.OUT):
        model = Model(state, direction, Profile.DOMAIN, programs, services)
        settings = Engine(state).worlds(Profile.DOMAIN)[0]
        allowed, blocked = model.outcomes(settings)
        solver = z3.Solver()
        solver.add(model.well_formed())
        for asked in _questions():
            if asked.boxes[0].direction != direction:
                continue
            found = ""
            for word, side in (("a", allowed), ("b", blocked), ("u", z3.Not(z3.Or(allowed, blocked)))):
                solver.push()
                solver.add(*(model.box(box) for box in asked.boxes), side)
                found += word if solver.check() == z3.sat else ""
                solver.pop()
            answers.append(found)
    return answers


def run(*, quick: bool) -> Result:
    """Median milliseconds for building and answering, both sides from the same parsed state."""
    try:
        import z3  # noqa: F401
    except ImportError as error:
        raise Absent("z3-solver is not installed") from error
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    from cmfw.ingest import read_state

    state = read_state([str(corpus("hives/win10_SYSTEM.xz"))], local_subnets=["10.9.8.0/24"]).state
    ours, theirs = [], []
    for _ in range(1 if quick else 5):
        start = time.perf_counter()
        mine = _ours(state)
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        other = _theirs(state)
        theirs.append(time.perf_counter() - start)
    ratio = statistics.median(theirs) / statistics.median(ours)
    return Result(
        figures={
            "rules": len(state.rules),
            "exact_ms": round(statistics.median(ours) * 1000, 2),
            "z3_ms": round(statistics.median(theirs) * 1000, 1),
            "ratio": round(ratio, 1),
        },
        answers={"both give the same answers": mine == other},
        claims={f"exact is {WANTED} times faster than z3": ratio >= WANTED},
    )
