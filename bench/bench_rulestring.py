"""Rule strings of the corpus, read into full ``HostRule`` values, against ``str.split('|')`` of the same strings.

They are handed over by store, as every reader does. Each measurement is the first pass of a fresh process over all strings, results kept, both orders in turn, so that neither
side finds warm caches or memory. Times are of the processor, and the garbage collector is off for both. Promised: at most three
times as long.
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
def parse():
    start = time.process_time()
    kept = [parse_rules(found, store) for store, found in stores]
    return time.process_time() - start, sum(rule is not None for rules, _ in kept for rule in rules)
def split():
    start = time.process_time()
    kept = [text.split("|") for text, _, _ in rows]
    return time.process_time() - start, len(kept)
order = {"parse": parse, "split": split}
first, second = (("parse", "split") if sys.argv[2] == "0" else ("split", "parse"))
found = {first: order[first](), second: order[second]()}
print(json.dumps(found | {"warm": parse()}))
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
    median = {name: statistics.median(each[name][0] for each in passes) for name in ("parse", "split", "warm")}
    figures: dict[str, float | int | str] = {
        "rules": len(rows),
        "processes": len(passes),
        "parse_us_per_rule": round(median["parse"] / len(rows) * 1e6, 3),
        "split_us_per_rule": round(median["split"] / len(rows) * 1e6, 3),
        "ratio": round(median["parse"] / median["split"], 2),
        "warm_ratio": round(median["warm"] / median["split"], 2),
    }
    answers = {"every string is a rule": all(each["parse"][1] == len(rows) for each in passes)}
    return Result(figures=figures, answers=answers, claims={"at most 3x str.split": median["parse"] <= 3 * median["split"]})
