"""Client notification: a server that holds connections open, and a client that falls back to asking when it cannot have one.

The talk itself is ours (a line of text each way), for that of the product has no open description; what is real is TCP, TLS and
who does what when: connect first, else ask the management point, and try to connect again each time. Keep-alives are
fractions of a second here and minutes there. Source: facts, "Client notification" (TCP first, HTTP or HTTPS of the same server else).
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

from cmfw.lab.namespaces import Namespace
from cmfw.lab.stand.talk import CONNECT_S, Answer, Call, Streams, close, connect, in_time, listener, patiently, port_of
from cmfw.values import value

TCP, POLL, NONE = "tcp", "poll", "none"
_KEEP_ALIVE_S = 0.2
_PAUSE_S = 0.05
_HELLO, _ALIVE, _TASK = b"hello", b"alive", b"task"

Poll = Callable[[], Awaitable[tuple[str, Answer] | None]]
"""Asks the management point: (item that let it, answer), None where nobody answers."""


class NotificationServer:
    """Holds the connections of clients and tells each new task to all of them; the file is for those that ask."""

    def __init__(self, namespace: Namespace, port: int, mark: int, tls: ssl.SSLContext, tasks: Path) -> None:
        self._sockets = listener(namespace, port, mark)
        self._tls = tls
        self._tasks = tasks
        self._clients: set[asyncio.StreamWriter] = set()
        self._servers: list[asyncio.Server] = []
        self.told = 0

    async def start(self) -> None:
        """Listen."""
        for made in self._sockets:
            self._servers.append(await asyncio.start_server(self._serve, sock=made, ssl=self._tls))

    def tell(self) -> int:
        """A new task, by its number, for everybody."""
        self.told += 1
        self._tasks.write_bytes(b"%s %d\n" % (_TASK, self.told))
        for writer in self._clients:
            writer.write(b"%s %d\n" % (_TASK, self.told))
        return self.told

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            self._clients.add(writer)
            while line := await reader.readline():
                writer.write(b"%s %d\n" % (_TASK, self.told) if line.startswith(_HELLO) else line)
                await writer.drain()
        self._clients.discard(writer)
        writer.close()


@value
class Receipt:
    """How a task reached the client: by which channel, item and port."""

    channel: str
    item: str
    source_port: int


class NotificationClient:
    """Keeps a connection to the server, else asks. ``calls`` are its addresses with the items that need them, in order."""

    def __init__(self, calls: Sequence[tuple[str, Call]], poll: Poll) -> None:
        self._calls = calls
        self._poll = poll
        self.received: dict[int, Receipt] = {}
        self.checked_since = 0.0
        """When the last check began that has ended: a keep-alive answered, or both ways tried."""
        self._last_item = ""

    async def run(self) -> None:
        """Never ends."""
        while True:
            began = time.monotonic()
            streams = await self._connect()
            if streams is not None:
                await self._listen(streams, began)
                close(streams)
                continue
            asked = await self._poll()
            if asked is not None:
                item, answer = asked
                self._take(answer.body, Receipt(POLL, item, answer.source_port))
            self.checked_since = began
            await asyncio.sleep(_PAUSE_S)

    def receipt(self, task: int) -> Receipt | None:
        """How the task came, or a later one: a server that serves several tells who asks only the last."""
        return next((self.received[number] for number in sorted(self.received) if number >= task), None)

    async def checked(self, until: int | None = None) -> None:
        """Wait until a check has ended that began after now, or a task has come. Raises LabError where none ends."""
        begun = time.monotonic()

        def is_over() -> bool | None:
            has_come = until is not None and self.receipt(until) is not None
            return (has_come or self.checked_since >= begun) or None

        await patiently(is_over, "the notification client does not run")

    async def _connect(self) -> Streams | None:
        for item, call in self._calls:
            with suppress(OSError):
                streams = await connect(call)
                self._last_item = item
                return streams
        return None

    async def _listen(self, streams: Streams, began: float) -> None:
        """Take tasks until the server no longer answers keep-alives."""
        reader, writer = streams
        receipt = Receipt(TCP, self._last_item, port_of(streams))
        writer.write(_HELLO + b"\n")
        is_waiting = False
        while True:
            try:
                line = await in_time(reader.readline(), CONNECT_S if is_waiting else _KEEP_ALIVE_S)
            except TimeoutError:
                if is_waiting:
                    return
                began, is_waiting = time.monotonic(), True
                writer.write(_ALIVE + b"\n")
                continue
            except OSError:
                return
            if not line:
                return
            self._take(line, receipt)
            if line.startswith(_ALIVE):
                is_waiting = False
            self.checked_since = began

    def _take(self, line: bytes, receipt: Receipt) -> None:
        words = line.split()
        if len(words) == 2 and words[0] == _TASK:
            self.received.setdefault(int(words[1]), receipt)


async def notify(server: NotificationServer, client: NotificationClient) -> Receipt:
    """How the client gets a new task: after it has looked at the network as it is now. ``NONE`` where it gets none."""
    await client.checked()
    task = server.tell()
    # whichever comes first: the task, or the end of a check that would have brought it
    await client.checked(until=task)
    return client.receipt(task) or Receipt(NONE, "", 0)
