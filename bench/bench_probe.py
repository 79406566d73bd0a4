"""Probes a second beside `nmap -sT`, as it comes and tuned, on the same addresses in namespaces of their own, taken in turn.

Where everything answers (3 ports open, 2 closed) the rates of the fastest turns are compared; nmap's seconds are those that it
reports, which leave its start out, ours are those of the loop. Where a third of the ports drops packets, two things are asked: with
all in flight at once and our usual time-out, nothing that is silent may cost more than waiting once; and with three times as many
and a second to wait, as nmap waits at most by its own measure, we are done in a quarter of its time. Every port has to be right.
masscan's recall is shown where masscan is there.

The kernel of the target makes the connections, and its program takes them between the turns; all of it runs in the real-time class
where this user may. So neither the target nor other work on the machine is on anybody's account.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from contextlib import suppress

from bench.protocol import Absent, Result

OPEN, CLOSED, DROPPED = (445, 135, 8530), (80, 2701), 10123
DEFAULT = ("nmap", "-sT", "-n", "-Pn")
TUNED = (*DEFAULT, "-T5", "--min-parallelism", "512", "--max-retries", "1")
TIMEOUT_S, SHORT_S = 3.5, 1.0
OURS = """
import json, sys, time
from cmfw.net.addr import parse_address
from cmfw.probe.plan import Probe
from cmfw.probe.run import Limits, run_probes
first, hosts, ports, timeout_s = json.loads(sys.argv[1])
low = parse_address(first)
probes = [Probe(items=("i",), protocol=6, address=low + at, port=port, host="h") for at in range(hosts) for port in ports]
begun = time.perf_counter()
found = run_probes(probes, Limits(timeout_s=timeout_s, rate=0))
seconds = time.perf_counter() - begun
words = {}
for one in found:
    key = f"{one.port} {one.word}"
    words[key] = words.get(key, 0) + 1
print(json.dumps([seconds, words]))
"""
LISTEN = """
import socket, sys
sockets = []
for port in map(int, sys.argv[1].split(",")):
    made = socket.create_server(("0.0.0.0", port), backlog=8192)
    made.setblocking(False)
    sockets.append(made)
print("ready", flush=True)
for _ in sys.stdin:
    for one in sockets:
        try:
            while True:
                one.accept()[0].close()
        except OSError:
            pass
    print("ready", flush=True)
"""


def _undisturbed() -> None:
    """Put this process and those that it starts before all others, where that is allowed; `SCHED_RR` still gives turns."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def _ours(wires, hosts: int, ports: tuple[int, ...], timeout_s: float = 3.5) -> tuple[float, dict[str, int]]:
    seconds, words = wires.python("prober", OURS, json.dumps(["10.78.0.0", hosts, ports, timeout_s]))
    return seconds, words


def _nmap(wires, command: tuple[str, ...], hosts: int, ports: tuple[int, ...]) -> tuple[float, int]:
    """(seconds that nmap reports, open ports that it found)."""
    listed = f"10.78.0-{hosts // 256 - 1}.0-255" if hosts >= 256 else f"10.78.0.0-{hosts - 1}"
    found = wires.run("prober", *command, "-p", ",".join(map(str, ports)), "-oX", "-", listed)
    (seconds,) = re.findall(r'<finished [^>]*elapsed="([\d.]+)"', found)
    return float(seconds), found.count('state="open"')


def _prepare(wires):
    """The server of a target that answers for a whole /17, with open ports, closed ones, and one whose packets are dropped."""
    wires.run("target", "ip", "route", "add", "local", "10.78.0.0/17", "dev", "lo")
    wires.run("router", "ip", "route", "add", "10.78.0.0/17", "via", "10.77.2.2")
    wires.run("target", "sysctl", "-qw", "net.core.somaxconn=8192", "net.ipv4.tcp_max_syn_backlog=8192")
    rules = f"table inet b {{ chain i {{ type filter hook input priority 0; tcp dport {DROPPED} drop; }}\n}}"
    wires.filter("target", rules)
    server = wires.start("target", sys.executable, "-c", LISTEN, ",".join(map(str, OPEN)))
    assert server.stdout.readline() == "ready\n"
    return server


def _empty(server) -> None:
    """Take the connections that the kernel of the target made, so that the next turn finds its queues empty."""
    server.stdin.write("\n")
    server.stdin.flush()
    assert server.stdout.readline() == "ready\n"


def _masscan(wires, hosts: int) -> int:
    """Open ports that masscan finds at 20,000 packets a second."""
    last = f"10.78.{(hosts - 1) // 256}.{(hosts - 1) % 256}"
    ports = ",".join(map(str, OPEN))
    found = wires.run("prober", "masscan", f"10.78.0.0-{last}", "-p", ports, "--rate", "20000", "--wait", "3", "-oL", "-")
    return len({line for line in found.splitlines() if line.startswith("open")})


def run(*, quick: bool) -> Result:
    """The fastest of several turns of each."""
    if sys.platform != "linux" or os.geteuid() != 0 or not all(map(shutil.which, ("nft", "ip", "nsenter", "unshare"))):
        raise Absent("network namespaces (root, nftables, iproute2, util-linux)")
    if shutil.which("nmap") is None:
        raise Absent("nmap")
    from tests.lab.wires import Wires

    hosts, silent_hosts, turns = (64, 64, 1) if quick else (3840, 1280, 4)
    ports, silent = OPEN + CLOSED, (OPEN[0], CLOSED[0], DROPPED)
    times: dict[str, list[float]] = {"ours": [], "tuned": [], "default": []}
    wanted = {f"{port} open": hosts for port in OPEN} | {f"{port} closed": hosts for port in CLOSED}
    right = True
    _undisturbed()
    with Wires() as wires:
        server = _prepare(wires)
        for _ in range(turns):
            _empty(server)
            seconds, words = _ours(wires, hosts, ports)
            times["ours"].append(seconds)
            right &= words == wanted
            for name, command in (("tuned", TUNED), ("default", DEFAULT)):
                _empty(server)
                seconds, opened = _nmap(wires, command, hosts, ports)
                times[name].append(seconds)
                right &= opened == hosts * len(OPEN)
        _empty(server)
        dropped_s, words = _ours(wires, silent_hosts, silent, TIMEOUT_S)
        right_silent = words == {
            f"{OPEN[0]} open": silent_hosts, f"{CLOSED[0]} closed": silent_hosts, f"{DROPPED} filtered": silent_hosts,
        }  # fmt: skip
        short_s, words = _ours(wires, hosts, silent, SHORT_S)
        _empty(server)
        nmap_dropped_s, _ = _nmap(wires, DEFAULT, hosts, silent)
        _empty(server)
        masscan = _masscan(wires, hosts) if shutil.which("masscan") and not quick else 0
    best = {name: min(found) for name, found in times.items()}
    count = hosts * len(ports)
    return Result(
        figures={
            "probes": count,
            "ours_per_s": round(count / best["ours"]),
            "nmap_tuned_per_s": round(count / best["tuned"]),
            "nmap_default_per_s": round(count / best["default"]),
            "rate_against_tuned": round(best["tuned"] / best["ours"], 2),
            "rate_against_default": round(best["default"] / best["ours"], 2),
            "with_drops_s": round(dropped_s, 2),
            "with_drops_timeout_s": TIMEOUT_S,
            "more_drops_s": round(short_s, 2),
            "more_drops_recall": round(words.get(f"{OPEN[0]} open", 0) / hosts, 3),
            "more_drops_nmap_default_s": round(nmap_dropped_s, 2),
            "masscan_recall": round(masscan / (hosts * len(OPEN)), 3),
        },
        answers={
            "every port that answers is right, nmap's too": right,
            "every port that drops, and every other beside it, is right": right_silent,
        },
        claims={
            "at least the rate of nmap -sT": best["default"] >= best["ours"],
            "at least 0.8 of the rate of tuned nmap -sT": best["tuned"] >= 0.8 * best["ours"],
            "with drops no longer than the time-out and a tenth": dropped_s <= 1.1 * TIMEOUT_S,
            "with drops at least 4 times as fast as nmap -sT": nmap_dropped_s >= 4 * short_s,
        },
    )
