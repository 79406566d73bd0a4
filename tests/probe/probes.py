"""Probes of loopback addresses, and servers there that behave in one way each."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cmfw.model.wire import ProbeResult
from cmfw.net.addr import parse_address
from cmfw.net.flow import TCP
from cmfw.probe.plan import Probe
from cmfw.probe.run import Limits, run_probes

QUICK = Limits(timeout_s=1.5, talk_timeout_s=0.6, rate=0)
LOOPBACK = "127.0.0.1"


def probe(port: int | None, talk: str = "", *, protocol: int = TCP, address: str = LOOPBACK, mapped: bool = False) -> Probe:
    return Probe(
        items=(f"item{port}",),
        protocol=protocol,
        address=parse_address(address),
        port=port,
        host="server.example.com",
        talk=talk,
        mapped=mapped,
    )


def ask(*probes: Probe, limits: Limits = QUICK) -> list[ProbeResult]:
    return list(run_probes(probes, limits))


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """A port that nobody listens on now."""
    with socket.socket(socket.AF_INET, kind) as made:
        made.bind((LOOPBACK, 0))
        return made.getsockname()[1]


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port on which every connection is handed to ``behave``, in a thread of its own."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        stopped = threading.Event()

        def serve() -> None:
            while not stopped.is_set():
                try:
                    made, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=one, args=(made,), daemon=True).start()

        def one(made: socket.socket) -> None:
            with made:
                made.settimeout(5)
                try:
                    behave(made)
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            stopped.set()
            # wakes accept up
            socket.create_connection((LOOPBACK, listening.getsockname()[1])).close()
            thread.join(5)
