"""Write ``docs/benchmarks.md`` from the JSON lines of a full bench run.

    CMFW_DISSECT=... python -m bench > bench.jsonl
    python -m tools.bench_docs bench.jsonl

The page names the commit that was measured, the processor and the Python, and no host. It takes every bench of one run, and nothing
of another: a figure that was measured again stands beside no other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from bench.__main__ import names

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
INDEX = ROOT / "docs" / "index.md"
ROW, BEFORE = "| [Benchmarks](benchmarks.md) | what is measured, and the figures of one run |\n", "| [Decisions]"
MEANS = {
    "audit": "Audit of a real Windows 10 SYSTEM hive, end to end and process to process, against dissect.target's firewall plugin"
    " on the same unpacked hive",
    "coverage": "Coverage of ten flows on the rules of that hive, against z3 on the same rules",
    "diff": "The flows that two machines of 1,500 rules treat differently, as boxes, against CUDD's set of the same question; `told` adds"
    " what makes the boxes few and judges a witness of each on both machines",
    "emit": "Configuration of one site for each Windows target, written, read back and compared, in policies a second, beside Aerleon"
    " writing the same flows as netsh commands without a proof; and what a policy costs by its number of rules",
    "flowset": "Union and difference of sets of random flows, by number of parts",
    "lab": "Proof of a plan with real packets: every planned packet with all rules and without each one, the building of the lab included",
    "netsh": "Reading a netsh listing of 500 rules in four languages and two encodings, against decoding and splitting the same text",
    "network": "The flows between two zones for nftables, written, read back and compared, beside Aerleon writing the same flows"
    " without a proof; and what a policy costs by its number of flows",
    "probe": "Probes a second on loopback beside nmap's connect scan on the same targets, and the whole run where a part of the"
    " targets drops every packet",
    "psjson": "Reading and evaluating PowerShell's JSON of 500 rules with their filters, against `json.loads` of the same text",
    "report": "The audits of 1,000 machines as one page: its size, and what a browser takes to show it beside an empty page",
    "resolve": "Plan of the largest hierarchy that is supported (25 primary sites, 5,000 distribution points, 10,000 client"
    " subnets), of twice and of four times as much",
    "rulestring": "Parsing the rule strings of real exports, against plain `str.split` of the same strings, machine after"
    " machine with the results kept; `first_pass_ratio` is the very first machine's of a process, in which the parts of rules are learned",
    "shadow": "Which of 1,350 rules decide nothing, why, and what covers them, against CUDD's answer which ones matter",
    "startup": "Start to end of short commands, beside an interpreter that does nothing",
    "web": "100 people at `cmfw serve`, one request each five seconds, on a machine of 500 rules; a fifth of them ask what nobody asked before",
}
"""Bench to what it measures, in a sentence."""


def processor() -> str:
    """Name of the processor and number of cores in use."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        models = [
            line.partition(":")[2].strip()
            for line in info.read_text(encoding="utf-8").splitlines()
            if line[:10] == "model name"
        ]
        name = models[0] if models else name
    return f"{name}, {os.cpu_count()} cores"


def section(line: dict[str, Any]) -> str:
    """One bench as Markdown: what it measures, figures, claims."""
    out = [f"## {line['bench']}\n\n{MEANS[line['bench']]}.\n\n| figure | |\n| --- | ---: |\n"]
    out += [f"| {name} | {value} |\n" for name, value in line["figures"].items()]
    checked = [(name, held) for name, held in (line["answers"] | line["claims"]).items()]
    out.append("\n")
    out += [f"- {'holds' if held else '**does not hold**'}: {name}\n" for name, held in checked]
    return "".join(out) + "\n"


def page(lines: list[dict[str, Any]]) -> str:
    """The whole page; raises ValueError where the lines are not all benches of one full run, each once and with figures."""
    if sorted(line["bench"] for line in lines) != names():
        raise ValueError(f"not each bench once: {', '.join(line['bench'] for line in lines)}")
    runs = sorted({line["run"] for line in lines})
    if len(runs) != 1:
        raise ValueError(f"lines of several runs: {', '.join(runs)}")
    for line in lines:
        if line["quick"] or "figures" not in line:
            raise ValueError(f"bench `{line['bench']}` was not run in full: {line.get('absent', 'quick')}")
    head = (
        "# Benchmarks\n\nWritten by `tools/bench_docs.py` from a full run. A figure of one machine says little; ratios within one run"
        " say more.\nWhat has to hold is checked by the run itself, which fails where it does not.\n\n```text\n"
        "CMFW_CORPUS=... CMFW_DISSECT=... python -m bench > bench.jsonl\npython -m tools.bench_docs bench.jsonl\n```\n\n"
        f"Measured on {processor()}, {platform.system()}, Python {lines[0]['python']}, commit `{runs[0].split()[0]}`.\n\n"
        "Units stand in the names: `ms`, `us`, `seconds`; a `ratio` is theirs to ours, `rulestring`'s is ours to `split`.\n\n"
    )
    return head + "\n".join(section(line).rstrip("\n") + "\n" for line in lines)


def main() -> int:
    """Write the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench_docs", description="docs/benchmarks.md from a bench run")
    parser.add_argument("lines", help="what `python -m bench` printed")
    text = Path(parser.parse_args().lines).read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    try:
        PAGE.write_text(page(lines), encoding="utf-8", newline="\n")
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    index = INDEX.read_text(encoding="utf-8")
    if ROW not in index:
        INDEX.write_text(index.replace(BEFORE, ROW + BEFORE, 1), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
