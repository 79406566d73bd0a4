"""Nothing is left behind, whatever kills the runner, and the next run works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
from tests.conftest import ROOT

pytestmark = pytest.mark.lab

DEMO = ROOT / "src" / "cmfw" / "demo" / "site.toml"
KILLS = 50


def namespaces() -> set[str]:
    """Every network namespace that some process or file descriptor of this machine holds."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        links = [process / "ns" / "net"]
        try:
            links += list((process / "fd").iterdir())
        except OSError:
            continue
        for link in links:
            try:
                target = str(link.readlink())
            except OSError:
                continue
            if target.startswith("net:"):
                found.add(target)
    return found


def children_of(names: tuple[str, ...]) -> set[int]:
    """Processes whose command line holds all the words."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if all(name in line for name in names) and int(process.name) != os.getpid():
            found.add(int(process.name))
    return found


def settled(before: tuple[set[str], set[int]], words: tuple[str, ...]) -> tuple[set[str], set[int]]:
    """What is there beyond what was before; waits for the kernel to finish what it does after a kill."""
    deadline = time.monotonic() + 10
    while True:
        left = namespaces() - before[0], children_of(words) - before[1]
        if not any(left) or time.monotonic() > deadline:
            return left
        time.sleep(0.01)


def mounts() -> str:
    return Path("/proc/self/mountinfo").read_text(encoding="utf-8")


def test_sigkill_of_the_runner_leaves_nothing(tmp_path, soak, seed, record_count):
    # a path of its own tells this test's processes from those of everybody else
    site = tmp_path / "kill-me.toml"
    site.write_bytes(DEMO.read_bytes())
    words = (str(site),)
    rng = Random(seed)
    command = [sys.executable, "-m", "cmfw", "lab", "prove", str(site)]
    before = namespaces(), children_of(words)
    mounted = mounts()
    kills = max(6, min(KILLS, KILLS * soak // 50))
    start = time.monotonic()
    assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
    whole_run = time.monotonic() - start
    killed = 0
    while killed < kills:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(rng.uniform(0, whole_run * 0.95))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
        assert settled(before, words) == (set(), set())
    assert mounts() == mounted
    assert not list(Path("/run/netns").glob("*cmfw*"))
    assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
    record_count("kills of the lab's runner that left nothing", killed)
