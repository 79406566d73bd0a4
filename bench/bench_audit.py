"""Audit of a real Windows 10 hive, process to process, against dissect.target reading the rules of the same file.

dissect.target (AGPL) runs as a program of its own, from the interpreter that $CMFW_DISSECT names. It only lists rules;
the audit also resolves a site, judges every feature and explains what is broken. The unpacked hive is used by both.
"""

from __future__ import annotations

import json
import lzma
import os
import site
import statistics
import subprocess
import tempfile
import time
import venv
from pathlib import Path

import cmfw
from bench.protocol import Absent, Result, corpus

SITE = """\
code = "P01"
[[system]]
host = "cm1.example.test"
addresses = ["10.9.0.5"]
[[clients]]
name = "office"
subnets = ["10.9.8.0/24"]
"""
PEER = """\
import sys
from dissect.target import Target
print(sum(1 for _ in Target.open(sys.argv[1]).firewall.rules()))
"""
WANTED = 50


def _clean_python(folder: Path) -> str:
    """An interpreter with the packages of this one and none of its start-up hooks (coverage and others put some there).

    Users have ``cmfw`` in an environment that only it was installed into.
    """
    venv.create(folder, with_pip=False)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # a line of a .pth file adds a folder, but the .pth files in that folder are not looked at
    places = [*site.getsitepackages(), str(Path(cmfw.__file__).parent.parent)]
    where = subprocess.run(
        [python, "-c", "import site; print(site.getsitepackages()[0])"], capture_output=True, text=True, check=True
    ).stdout.strip()
    Path(where, "places.pth").write_text("\n".join(places) + "\n", encoding="utf-8")
    return str(python)


def _timed(command: list[str]) -> tuple[float, subprocess.CompletedProcess[bytes]]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    return time.perf_counter() - start, done


def run(*, quick: bool) -> Result:
    """Median seconds of both processes, interleaved, and their ratio; the .xz apart.

    Each runs once before that, and may keep what Python compiles, as an installed program has it.
    """
    peer = os.environ.get("CMFW_DISSECT")
    if not peer:
        raise Absent("no interpreter with dissect.target (set CMFW_DISSECT)")
    packed = corpus("hives/win10_SYSTEM.xz")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        hive = root / "Windows" / "System32" / "config" / "SYSTEM"
        hive.parent.mkdir(parents=True)
        hive.write_bytes(lzma.decompress(packed.read_bytes()))
        site_file, script = root / "site.toml", root / "peer_rules.py"
        site_file.write_text(SITE, encoding="utf-8")
        script.write_text(PEER, encoding="utf-8")
        ours_is = [_clean_python(root / "clean"), "-m", "cmfw", "audit", str(site_file)]
        _timed([*ours_is, str(hive), "--format", "json"])
        _timed([peer, str(script), str(root)])
        ours, theirs, unpacking = [], [], []
        for _ in range(1 if quick else 15):
            seconds, answer = _timed([*ours_is, str(hive), "--format", "json"])
            ours.append(seconds)
            seconds, listed = _timed([peer, str(script), str(root)])
            theirs.append(seconds)
            seconds, from_xz = _timed([*ours_is, str(packed), "--format", "json"])
            unpacking.append(seconds)
    document = json.loads(answer.stdout)
    same = json.loads(from_xz.stdout)["features"] == document["features"]
    ratio = statistics.median(theirs) / statistics.median(ours)
    return Result(
        figures={
            "audit_ms": round(statistics.median(ours) * 1000, 1),
            "dissect_ms": round(statistics.median(theirs) * 1000, 1),
            "ratio": round(ratio, 1),
            "audit_xz_ms": round(statistics.median(unpacking) * 1000, 1),
        },
        answers={
            "the audit reads 480 rules, 236 of them active": document["states"][0]["rules"]["total"] == 480
            and document["states"][0]["rules"]["active"] == 236,
            "dissect lists the rules of every store": int(listed.stdout or 0) >= 480,
            "the .xz gives the same features": same,
        },
        claims={f"an audit end to end is {WANTED} times faster than listing the rules": ratio >= WANTED},
    )
