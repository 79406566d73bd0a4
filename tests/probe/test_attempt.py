"""Servers that stall, drip, send garbage or a GiB, or never come to an end: every talk ends in bounded time and memory.

The probes run in a process of their own, whose most memory the system tells; the servers count what they got rid of.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.probe.probes import server
from tests.probe.proto import answers
from tests.probe.proto.test_tls import certificate  # noqa: F401 - a fixture

from cmfw.probe.proto import TALKS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs the most memory of a process, as Linux tells it")

GIB = 1 << 30
MIB = 1 << 20
TALK_S = 1.5
MOST_GIVEN = 16 * MIB
"""The buffers of both ends, and what is on the way."""
MOST_MEMORY_KIB = 24 * 1024
"""For all talks with all servers at once; a single one that kept what it hears would need forty times as much."""
HEAD = b"HTTP/1.1 200 OK\r\n"
ENDLESS = {
    "1 GiB of zeros": (b"", bytes(MIB)),
    "1 GiB of garbage": (b"", os.urandom(MIB)),
    "1 GiB of one letter": (b"", b"A" * MIB),
    "header fields without end": (HEAD, b"X-Field: y\r\n" * 10_000),
    "chunks without end": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + bytes(4096) + b"\r\n"),
    "a body of 1 GiB": (HEAD + b"Content-Length: %d\r\n\r\n" % GIB, bytes(MIB)),
    "interim answers without end": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "entries without end": (b"", answers.ldap_entry(dnsHostName="dc1") * 1000),
    "fragments without end": (answers.bind_ack(), answers.pdu(2, bytes(4096), call=2, flags=1) * 100),
    "refusals without end": (answers.bind_ack(), answers.FAULT * 1000),
}
SENSELESS = {*list(ENDLESS)[:3], "stalls", "does not even read", "resets", "drips zeros", "speaks SSH"}
PROBE = """
import json, sys, time
from pathlib import Path
from cmfw.net.addr import parse_address
from cmfw.probe.plan import Probe
from cmfw.probe.proto import make_talk
from cmfw.probe.record import result_row
from cmfw.probe.run import Limits, run_probes
def most_kib():
    # not `ru_maxrss`, which counts what the process was before it became this program
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
ports, talks, talk_s = json.loads(sys.argv[1])
for talk in talks:
    make_talk(talk, "server.example.com")  # what is loaded later is no memory of a talk
probes = [Probe(items=(name,), protocol=6, address=parse_address("127.0.0.1"), port=port, host="server.example.com", talk=talk)
          for name, port in ports.items() for talk in talks]
before, begun = most_kib(), time.perf_counter()
found = run_probes(probes, Limits(timeout_s=3, talk_timeout_s=talk_s, rate=0))
seconds, after = time.perf_counter() - begun, most_kib()
print(json.dumps([seconds, after - before, [[one.items[0], probe.talk, result_row(one)] for probe, one in zip(probes, found)]]))
"""


class Servers:
    """A port for each way to behave; ``given`` is the most that one connection took."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._lock = threading.Lock()
        self.given = 0
        self.ports: dict[str, int] = {}

    def add(self, name: str, behave: Callable[[socket.socket], None]) -> None:
        self.ports[name] = self._stack.enter_context(server(behave))

    def pour(self, made: socket.socket, first: bytes, then: bytes) -> None:
        """Send up to 1 GiB, as fast as it is taken."""
        given = 0
        try:
            made.sendall(first)
            while given < GIB:
                given += made.send(then)
        finally:
            with self._lock:
                self.given = max(self.given, given)


def wait(seconds: float) -> None:
    threading.Event().wait(seconds)


def drip(made: socket.socket, content: bytes) -> None:
    """One byte at a time, for longer than anybody should listen."""
    for at in range(400):
        made.sendall(content[at % len(content) :][:1])
        wait(0.05)


def listen(made: socket.socket, banner: bytes = b"") -> None:
    made.sendall(banner)
    while made.recv(65536):
        pass


def refuse(made: socket.socket) -> None:
    made.recv(1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


@pytest.fixture
def servers(certificate: Path) -> Iterator[Servers]:  # noqa: F811 - the fixture
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with ExitStack() as stack:
        made = Servers(stack)
        for name, (first, then) in ENDLESS.items():
            made.add(name, lambda one, first=first, then=then: made.pour(one, first, then))

            def inside(one: socket.socket, first: bytes = first, then: bytes = then) -> None:
                with context.wrap_socket(one, server_side=True) as secret:
                    secret.recv(9999)
                    made.pour(secret, first, then)

            made.add(f"{name}, over TLS", inside)
        made.add("stalls", listen)
        made.add("does not even read", lambda _: wait(TALK_S + 1))
        made.add("resets", refuse)
        made.add("drips zeros", lambda one: drip(one, b"\0"))
        made.add("drips HTTP", lambda one: drip(one, HEAD + b"X: y\r\n"))
        made.add("drips RPC", lambda one: drip(one, answers.bind_ack()))
        made.add("speaks SSH", lambda one: listen(one, b"SSH-2.0-OpenSSH_9.2p1\r\n"))
        yield made


def ask(ports: dict[str, int], talks: tuple[str, ...]) -> tuple[float, int, list[tuple[str, str, dict]]]:
    """(seconds, KiB of memory that the probes took, (server, talk, result) of each)."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
    command = [sys.executable, "-c", PROBE, json.dumps([ports, talks, TALK_S])]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_talk_with_every_server_ends_in_bounded_time_and_memory(servers):
    seconds, memory, rows = ask(servers.ports, TALKS)
    assert len(rows) == len(TALKS) * len(servers.ports)
    assert {row["word"] for _, _, row in rows} == {"open"}
    for name, talk, row in rows:
        # an endless answer of the right protocol may be the right one, and a handshake is all that TLS is asked for
        if name in SENSELESS:
            assert row["service"]["speaks"] != "right", (name, talk, row)
    assert memory < MOST_MEMORY_KIB, f"{memory} KiB"
    assert servers.given < MOST_GIVEN
    assert seconds < TALK_S + 8, "the talks end together"


@pytest.mark.parametrize(
    ("name", "talk"),
    [
        ("fragments without end", "rpc"),
        ("chunks without end", "web_http"),
        ("entries without end", "ldap"),
        ("entries without end, over TLS", "ldaps"),
    ],
)
def test_what_would_go_on_for_ever_is_cut_off(servers, name, talk):
    """Alone, so that the server sends as fast as it can for the whole time."""
    seconds, memory, ((_, _, row),) = ask({name: servers.ports[name]}, (talk,))
    assert row["service"]["speaks"] in ("other", "right")
    assert memory < 4 * 1024, f"{memory} KiB"
    assert servers.given < MOST_GIVEN
    assert seconds < TALK_S, "it does not take the time of a server that is silent"
