"""Three namespaces in a row: who probes, a router, the target. They end with the process that holds them, whatever ends it.

The two ends of a wire get interface numbers of their own and no duplicate address detection: else IPv6 takes two seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.conftest import ROOT, need

NAMES = ("prober", "router", "target")
PROBER, TARGET = {4: "10.77.1.2", 6: "fd77:1::2"}, {4: "10.77.2.2", 6: "fd77:2::2"}
ROUTER = {4: "10.77.1.1", 6: "fd77:1::1"}


def need_namespaces() -> None:
    """Skip, or fail in CI, where namespaces cannot be made."""
    need(sys.platform == "linux" and os.geteuid() == 0, "needs root for network namespaces")
    need(
        all(shutil.which(name) for name in ("ip", "nft", "nsenter", "sysctl", "unshare")),
        "needs iproute2, nftables, procps and util-linux",
    )


class Wires:
    """The namespaces; use as a context."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._holders: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        for name in NAMES:
            # ends when our end of the pipe closes, also when we are killed
            holder = subprocess.Popen(
                ["unshare", "--net", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            holder.stdout.read(1)
            self._holders[name] = holder
            self._stack.callback(self._end, holder)
            for path in ("all", "default"):
                self.run(
                    name, "sysctl", "-qw", f"net.ipv6.conf.{path}.accept_dad=0", f"net.ipv6.conf.{path}.dad_transmits=0"
                )
            self.run(name, "sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647")
            self.run(name, "ip", "link", "set", "lo", "up")
        self._wire("prober", "router", 1, 11, 21)
        self._wire("target", "router", 2, 12, 22)
        self.run(
            "router",
            "sysctl",
            "-qw",
            "net.ipv4.ip_forward=1",
            "net.ipv6.conf.all.forwarding=1",
            "net.ipv4.icmp_ratelimit=0",
            "net.ipv6.icmp.ratelimit=0",
        )
        self.run("target", "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    @staticmethod
    def _end(holder: subprocess.Popen[bytes]) -> None:
        holder.stdin.close()
        holder.stdout.close()
        holder.wait(5)

    def _wire(self, end: str, middle: str, number: int, end_index: int, middle_index: int) -> None:
        self.run(
            end, "ip", "link", "add", "w0", "index", str(end_index), "type", "veth",
            "peer", "name", f"w{number}", "index", str(middle_index), "netns", str(self._holders[middle].pid),
        )  # fmt: skip
        for name, link, last in ((end, "w0", 2), (middle, f"w{number}", 1)):
            self.run(name, "ip", "addr", "add", f"10.77.{number}.{last}/24", "dev", link)
            self.run(name, "ip", "-6", "addr", "add", f"fd77:{number}::{last}/64", "dev", link, "nodad")
            self.run(name, "ip", "link", "set", link, "up")
        self.run(end, "ip", "route", "add", "default", "via", f"10.77.{number}.1")
        self.run(end, "ip", "-6", "route", "add", "default", "via", f"fd77:{number}::1")

    def _command(self, name: str, *words: str) -> list[str]:
        return ["nsenter", f"--net=/proc/{self._holders[name].pid}/ns/net", *words]

    def run(self, name: str, *words: str, stdin: str | None = None) -> str:
        """What a command in a namespace prints."""
        done = subprocess.run(
            self._command(name, *words), input=stdin, capture_output=True, encoding="utf-8", check=False, timeout=60
        )
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def start(self, name: str, *words: str, cwd: Path | None = None) -> subprocess.Popen[str]:
        """A process in a namespace that ends with the context."""
        process = subprocess.Popen(
            self._command(name, *words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            cwd=cwd,
            env=environment(),
            start_new_session=True,
        )

        def stop() -> None:
            # with its children: a server has some, and they hold the pipe
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)
            process.stdin.close()
            process.stdout.close()

        self._stack.callback(stop)
        return process

    def filter(self, name: str, rules: str) -> None:
        """Load rules with nft."""
        self.run(name, "nft", "-f", "-", stdin=rules)

    def counters(self, name: str) -> dict[str, int]:
        """Packets of every named counter."""
        listed = json.loads(self.run(name, "nft", "-j", "list", "counters"))["nftables"]
        return {one["counter"]["name"]: one["counter"]["packets"] for one in listed if "counter" in one}

    def python(self, name: str, code: str, *arguments: str) -> Any:
        """The JSON that a piece of Python prints in a namespace."""
        done = subprocess.run(
            self._command(name, sys.executable, "-c", code, *arguments),
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
            env=environment(),
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def environment() -> dict[str, str]:
    """The environment of our processes in a namespace."""
    return os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
