"""Nothing of the stand-ins is left behind, whatever kills the runner: no process, namespace, mount or file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
from tests.lab.stand_sites import HTTP, need_programs
from tests.lab.test_kill import everybody, left_after, mounts, namespaces_of, processes_of

pytestmark = [pytest.mark.lab, pytest.mark.debian, pytest.mark.slow]

SERVERS = ("nginx", "smbd", "samba-dcerpcd", "rpcd_")
KILLS = 8


def servers() -> dict[int, str]:
    """The running servers of the kinds that play here, with the process namespace that they are in."""
    found = {}
    for number in everybody():
        try:
            name = Path(f"/proc/{number}/comm").read_text(encoding="ascii").strip()
            if name.startswith(SERVERS):
                found[number] = str(Path(f"/proc/{number}/ns/pid").readlink())
        except OSError:
            continue
    return found


def mine(started: set[int]) -> dict[int, str]:
    """The servers in process namespaces other than ours that were not there before."""
    ours = str(Path("/proc/self/ns/pid").readlink())
    return {number: place for number, place in servers().items() if place != ours and number not in started}


def await_none_of(places: set[str]) -> dict[int, str]:
    """The servers that are still in those namespaces; waits for the kernel to finish what it does after a kill."""
    deadline = time.monotonic() + 10
    while True:
        left = {number: place for number, place in servers().items() if place in places}
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.02)


def is_inside(number: int, held: set[str]) -> bool:
    """Whether a server stands in one of the network namespaces that were held."""
    try:
        return str(Path(f"/proc/{number}/ns/net").readlink()) in held
    except OSError:
        return False


def test_sigkill_at_any_point_leaves_nothing(tmp_path, seed):
    need_programs()
    site = tmp_path / "kill-behave.toml"
    site.write_text(HTTP, encoding="utf-8")
    command = [sys.executable, "-m", "cmfw", "lab", "behave", str(site)]
    rng = Random(seed)
    mounted = mounts()
    with_servers = 0
    for _ in range(KILLS):
        before = set(servers())
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # from before there is a lab to the middle of what is played
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0.2, 7))
        held = namespaces_of(processes_of(str(site)))
        # whoever else runs a lab on this machine has namespaces of their own
        places = {place for number, place in mine(before).items() if is_inside(number, held)}
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with_servers += bool(places)
        assert await_none_of(places) == {}
        assert left_after(str(site), held) == (set(), set())
    assert with_servers >= 2
    assert mounts() == mounted
    assert not Path("/run/cmfw").exists()
