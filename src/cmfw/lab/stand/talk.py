"""Connections between stand-ins: opened in the opener's namespace with the mark of its program, and HTTP over them.

Source: RFC 9112 (HTTP/1.1 messages); the method ``CCM_POST`` is that of a real client's log.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from itertools import cycle
from typing import Any, TypeVar

from cmfw.errors import LabError
from cmfw.lab.namespaces import Namespace
from cmfw.lab.senders import MARK
from cmfw.lab.stand.certificates import Identity
from cmfw.net.addr import format_address, is_v6
from cmfw.values import value

CONNECT_S = 0.6
"""How long a stand-in waits for a connection. What it then does is its behaviour; why the connection fails is told by the firewall's log."""
READ_S = 10.0
_TURN_S = 0.005
_MOST_BYTES = 1 << 20

_PORTS = cycle(range(32768, 65536))

_Found = TypeVar("_Found")
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@value(kw_only=True)
class Call:
    """One connection to open: by whom (namespace, address, mark of the program) and to whom; port 0 is a fresh one."""

    namespace: Namespace
    source: int
    mark: int
    target: int
    port: int
    tls: ssl.SSLContext | None = None
    name: str = ""
    source_port: int = 0


@value
class Answer:
    """What a web server answered, with the port that the question left from."""

    status: int
    body: bytes
    source_port: int
    tls: str


def marked_socket(call: Call) -> socket.socket:
    """A TCP socket of the caller, bound to its address."""
    call.namespace.enter()
    made = socket.socket(socket.AF_INET6 if is_v6(call.target) else socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, MARK, call.mark)
    made.bind((format_address(call.source), call.source_port or fresh_port()))
    made.setblocking(False)
    return made


def fresh_port() -> int:
    """A port from which nobody called before.

    A firewall that looks at a listener's mark finds the remains of an old connection first, where there is one with the same ports.
    """
    return next(_PORTS)


async def connect(call: Call) -> Streams:
    """The open connection, TLS included. Raises OSError, which a time-out is one of."""
    made = marked_socket(call)
    try:
        loop = asyncio.get_running_loop()
        await in_time(loop.sock_connect(made, (format_address(call.target), call.port)))
    except BaseException:
        made.close()
        raise
    if call.tls is None:
        return await asyncio.open_connection(sock=made)
    return await asyncio.open_connection(
        sock=made, ssl=call.tls, server_hostname=call.name or format_address(call.target), ssl_handshake_timeout=READ_S
    )


def port_of(streams: Streams) -> int:
    """The port that a connection left from."""
    return int(streams[1].get_extra_info("sockname")[1])


def close(streams: Streams) -> None:
    """End a connection at once; how the other side takes it does not matter."""
    streams[1].transport.abort()


async def ask(call: Call, path: str, method: str = "GET", body: bytes = b"") -> Answer:
    """The answer to one request. Raises OSError where no connection comes about, or no answer over it."""
    streams = await connect(call)
    reader, writer = streams
    # while it is open: a closed connection no longer knows
    source_port = port_of(streams)
    tls = writer.get_extra_info("ssl_object")
    version = "" if tls is None else tls.version() or ""
    try:
        host = call.name or format_address(call.target)
        told = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: cmfw-lab\r\nConnection: close\r\n"
        writer.write(f"{told}Content-Length: {len(body)}\r\n\r\n".encode("ascii") + body)
        await writer.drain()
        content = await asyncio.wait_for(reader.read(-1), READ_S)
        status, answer = _read(content)
        return Answer(status, answer, source_port, version)
    finally:
        close(streams)


def _read(content: bytes) -> tuple[int, bytes]:
    """(status, body) of an answer that ends with its connection."""
    head, blank, body = content.partition(b"\r\n\r\n")
    words = head.partition(b"\r\n")[0].split(b" ")
    if not blank or len(words) < 2 or not words[1].isdigit():
        raise ConnectionError("no HTTP answer")
    if b"transfer-encoding: chunked" in head.lower():
        raise ConnectionError("an answer in chunks, which no stand-in sends")
    return int(words[1]), body[:_MOST_BYTES]


def client_context(authority: str, identity: Identity | None) -> ssl.SSLContext:
    """Trusts the authority of this run, and shows the client's certificate where there is one."""
    context = ssl.create_default_context(cafile=authority)
    if identity is not None:
        context.load_cert_chain(identity.certificate, identity.key)
    return context


def server_context(identity: Identity) -> ssl.SSLContext:
    """Shows the server's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)
    return context


def listener(namespace: Namespace, port: int, mark: int) -> Sequence[socket.socket]:
    """Sockets that listen on every address of a host, one for each family, with the mark of their program."""
    found = []
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):  # noqa: S104 - of a namespace of our own
        namespace.enter()
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setsockopt(socket.SOL_SOCKET, MARK, mark)
        made.bind((address, port))
        made.listen(64)
        made.setblocking(False)
        found.append(made)
    return found


async def in_time(wanted: Awaitable[_Found], patience_s: float = CONNECT_S) -> _Found:
    """What comes in the time that a stand-in waits. Raises TimeoutError, which is an OSError, where nothing does.

    The time is that in which everybody had their turn: all stand-ins share one loop, and a busy machine is no silent network.
    """
    waiting = asyncio.ensure_future(wanted)
    try:
        for _ in range(round(patience_s / _TURN_S)):
            if waiting.done():
                break
            await asyncio.sleep(_TURN_S)
        if waiting.done():
            return await waiting
    finally:
        waiting.cancel()
    raise TimeoutError("no answer in time")


async def patiently(look: Callable[[], Any], failure: str) -> Any:
    """What a look finds as soon as it finds something. Raises LabError with the words where it does not."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + READ_S
    while (found := look()) is None:
        if loop.time() > deadline:
            raise LabError(failure)
        await asyncio.sleep(0.003)
    return found
