"""The rate at which rule strings of real machines become full ``HostRule`` values, against ``str.split('|')`` of the same strings.

A rate is what holds when many rules are read, machine after machine: in fresh processes, every string of the corpus is read
once and then again and again in turn with the split, results kept as a reader keeps them; the parser then knows the parts that most rules share, as
it does after the first machines of a fleet, and still reads every string anew (it remembers no whole string). The first
pass, in which it learns those parts, is shown beside it: one machine read by itself costs that. They are handed over
by store, as every reader does. Times are of the processor, the garbage collector is off for both. Promised: at most three
times as long as the split.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.protocol import Result, corpus

HIVES = ("win7_SYSTEM.xz", "win10_SYSTEM.xz", "luthfina16_v2.30.wfw", "puppet_fwpolicy_full_v2.28.wfw")
PASS = """
import gc, json, sys, time
from itertools import groupby
from cmfw.ingest.rulestring import parse_rules
from cmfw.model.rule import Store
rows = json.load(open(sys.argv[1], encoding="utf-8"))
stores = [(Store(store), [(text, id, "") for text, id, _ in found]) for store, found in groupby(rows, lambda row: row[2])]
gc.collect()
gc.disable()
everything = []
def parse():
    start = time.process_time()
    kept = [parse_rules(found, store) for store, found in stores]
    seconds = time.process_time() - start
    everything.append(kept)
    return seconds, sum(rule is not None for rules, _ in kept for rule in rules)
def split():
    start = time.process_time()
    kept = [text.split("|") for text, _, _ in rows]
    seconds = time.process_time() - start
    everything.append(kept)
    return seconds, len(kept)
first, _ = parse()
pairs = []
for turn in range(6):
    one, two = (parse, split) if (turn + int(sys.argv[2])) % 2 else (split, parse)
    times = {one.__name__: one(), two.__name__: two()}
    pairs.append((times["parse"][0], times["split"][0]))
print(json.dumps({"first": first, "pairs": pairs, "rules": times["parse"][1]}))
"""


def strings() -> list[tuple[str, str, str]]:
    """(text, id, store) of every rule in force on the machines of the corpus."""
    from cmfw.ingest.policy_keys import FIREWALL_POLICY
    from cmfw.ingest.regf_file import open_hive
    from cmfw.ingest.registry import decode_text

    stores = {
        "FirewallRules": "local",
        "RestrictedServices\\Static\\System": "hardening",
        "RestrictedServices\\Configurable\\System": "hardening",
        "RestrictedServices\\AppIso\\FirewallRules": "appiso",
    }
    out = []
    for name in HIVES:
        with open_hive(str(corpus(f"hives/{name}"))) as hive:
            root = "" if hive.has_key("FirewallRules") else f"ControlSet001\\{FIREWALL_POLICY}\\"
            for key, store in stores.items():
                out += [(decode_text(value.data), value.name, store) for value in hive.values(root + key)]
    return out


def run(*, quick: bool) -> Result:
    """The ratio of medians over fresh processes."""
    rows = strings()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.json"
        path.write_text(json.dumps(rows), encoding="utf-8")
        passes = [
            json.loads(
                subprocess.run([sys.executable, "-c", PASS, str(path), str(n % 2)], capture_output=True, check=True).stdout
            )
            for n in range(2 if quick else 20)
        ]
    parse_s = statistics.median(parse for each in passes for parse, _ in each["pairs"])
    split_s = statistics.median(split for each in passes for _, split in each["pairs"])
    first_s = statistics.median(each["first"] for each in passes)
    figures: dict[str, float | int | str] = {
        "rules": len(rows),
        "processes": len(passes),
        "parse_us_per_rule": round(parse_s / len(rows) * 1e6, 3),
        "split_us_per_rule": round(split_s / len(rows) * 1e6, 3),
        "ratio": round(parse_s / split_s, 2),
        "first_pass_ratio": round(first_s / split_s, 2),
    }
    answers = {"every string is a rule": all(each["rules"] == len(rows) for each in passes)}
    return Result(figures=figures, answers=answers, claims={"at most 3x str.split": parse_s <= 3 * split_s})
