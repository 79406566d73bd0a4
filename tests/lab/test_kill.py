"""Nothing is left behind, whatever kills the runner, and the next run works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest
from tests.conftest import ROOT

pytestmark = pytest.mark.lab

DEMO = ROOT / "src" / "cmfw" / "demo" / "site.toml"
KILLS = 50


def namespaces_of(processes: Iterable[int]) -> set[str]:
    """The network namespaces, other than our own, that the processes stand in or hold by a file descriptor."""
    found = set()
    for number in processes:
        process = Path("/proc") / str(number)
        try:
            links = [process / "ns" / "net", *(process / "fd").iterdir()]
        except OSError:
            continue  # it has just ended
        found |= {target for target in map(target_of, links) if target.startswith("net:")}
    return found - {target_of(Path("/proc/self/ns/net"))}


def target_of(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""  # it has just been closed


def everybody() -> list[int]:
    return [int(process.name) for process in Path("/proc").glob("[0-9]*")]


def processes_of(word: str) -> set[int]:
    """The processes whose command line holds the word; a fork keeps that of its parent."""
    found = set()
    for number in everybody():
        try:
            line = Path(f"/proc/{number}/cmdline").read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if word in line and number != os.getpid():
            found.add(number)
    return found


def left_after(word: str, held: set[str]) -> tuple[set[int], set[str]]:
    """(processes, namespaces) that are still there; waits for the kernel to finish what it does after a kill."""
    deadline = time.monotonic() + 10
    while True:
        left = processes_of(word), namespaces_of(everybody()) & held
        if not any(left) or time.monotonic() > deadline:
            return left
        time.sleep(0.01)


def mounts() -> str:
    return Path("/proc/self/mountinfo").read_text(encoding="utf-8")


def test_sigkill_of_the_runner_leaves_nothing(tmp_path, soak, seed, record_count):
    # a path of its own tells this test's processes from those of everybody else
    site = tmp_path / "kill-me.toml"
    site.write_bytes(DEMO.read_bytes())
    rng = Random(seed)
    command = [sys.executable, "-m", "cmfw", "lab", "prove", str(site)]
    mounted = mounts()
    kills = max(6, min(KILLS, KILLS * soak // 50))
    start = time.monotonic()
    assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
    whole_run = time.monotonic() - start
    killed, seen = 0, set()
    while killed < kills:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        held = set()
        try:
            process.wait(rng.uniform(0, whole_run * 0.95))
        except subprocess.TimeoutExpired:
            held = namespaces_of(processes_of(str(site)))
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
        seen |= held
        assert left_after(str(site), held) == (set(), set())
    # some of the kills were in the middle of a lab
    assert len(seen) >= 5
    assert mounts() == mounted
    assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
    record_count("kills of the lab's runner that left nothing", killed)
