"""PowerShell JSON of 500 rules with their filters, read and evaluated end to end, against ``json.loads`` of the same text.

The rules are of a real machine in the corpus, written as ``Get-NetFirewallRule`` and the seven filter cmdlets show them, nested and in
lists of their own. End to end is: read the file, join, make rules, and judge twelve flows in all three profiles.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

from bench.protocol import Result, best_of, corpus

RULES = 500


def run(*, quick: bool) -> Result:
    """Times and ratios; the answers are compared with those of the machine's own hive."""
    from tests.ingest.netsec_writer import is_showable, written

    from cmfw.ingest import read_state
    from cmfw.model.rule import Store

    real: list = []
    for name in ("win10_SYSTEM.xz", "luthfina16_v2.30.wfw"):
        state = read_state([str(corpus(f"hives/{name}"))]).state
        real += [rule for rule in state.rules if rule.store is Store.LOCAL and is_showable(rule) and rule.name]
    rules = [replace(rule, id=f"{at}:{rule.id}", version=(2, 10)) for at, rule in enumerate(real[:RULES])]
    figures: dict[str, float | int | str] = {"rules": len(rules)}
    answers = {}
    times = 2 if quick else 9
    with tempfile.TemporaryDirectory() as folder:
        for shape in ("nested", "sections"):
            path = Path(folder) / f"{shape}.json"
            text = written(rules, shape)
            path.write_text(text, encoding="utf-8")
            plain = best_of(times, lambda text=text: json.loads(text))
            read = best_of(times, lambda path=path: read_state([str(path)]))
            whole = best_of(times, lambda path=path: verdicts(read_state([str(path)]).state))
            found = read_state([str(path)]).state
            answers[f"{shape}: every rule is the machine's"] = [replace(r, origin="") for r in found.rules] == [
                replace(r, origin="") for r in rules
            ]
            answers[f"{shape}: the same verdicts"] = verdicts(found) == verdicts(replace(found, rules=tuple(rules)))
            figures |= {
                f"{shape}_kb": round(len(text) / 1024),
                f"{shape}_json_loads_ms": round(plain * 1e3, 2),
                f"{shape}_read_ms": round(read * 1e3, 2),
                f"{shape}_end_to_end_ms": round(whole * 1e3, 2),
                f"{shape}_read_ratio": round(read / plain, 2),
                f"{shape}_end_to_end_ratio": round(whole / plain, 2),
            }
    return Result(figures=figures, answers=answers)


def verdicts(state) -> list[str]:
    """The answers for twelve flows in every profile."""
    from tests.engine.test_corpus_verdicts import FLOWS

    from cmfw.engine.exact import Engine
    from cmfw.net.addr import parse_address
    from cmfw.net.flow import Direction, Flow, Profile
    from cmfw.net.flowset import flow_box

    engine = Engine(state)
    out = []
    for direction, protocol, port, program, service in FLOWS:
        inbound = direction == "in"
        ends = {"icmp_type": 8, "icmp_code": 0} if port is None else {}
        if port is not None:
            ends = {"local_port": port, "remote_port": 50001} if inbound else {"local_port": 50001, "remote_port": port}
        for profile in Profile:
            flow = Flow(
                direction=Direction.IN if inbound else Direction.OUT,
                protocol=protocol,
                local=parse_address("10.9.8.7"),
                remote=parse_address("10.77.0.5"),
                profile=profile,
                program=program,
                service=service,
                **ends,
            )
            out.append(engine.verdict(flow_box(flow)).answer.value)
    return out
