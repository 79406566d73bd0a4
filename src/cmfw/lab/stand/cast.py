"""``Cast``: the stand-ins of one site as they run: programs by other hands, and our own on one event loop.

A socket stays in the namespace in which it was made, so one process plays every host.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cmfw.lab.layout import Layout
from cmfw.lab.namespaces import Namespace
from cmfw.lab.stand.certificates import Authority, Identity, is_host_name
from cmfw.lab.stand.crew import Crew
from cmfw.lab.stand.notification import NotificationServer
from cmfw.lab.stand.parts import Parts, listeners
from cmfw.lab.stand.programs import NGINX, where_is
from cmfw.lab.stand.shares import Share
from cmfw.lab.stand.smb_client import prepare
from cmfw.lab.stand.talk import Call, client_context, listener, patiently, server_context
from cmfw.lab.stand.web import TASKS, WebServer, config_text, files_of
from cmfw.lab.trial_packets import TrialPacket

CONTROLLED = b"under remote control: "


class Cast:
    """Everything that was started, and the calls between its hosts."""

    def __init__(self, crew: Crew, layout: Layout, parts: Parts, namespaces: Mapping[int, Namespace]) -> None:
        self._crew = crew
        self._layout = layout
        self._namespaces = namespaces
        self._authority = Authority(crew)
        self._identities: dict[int, Identity] = {}
        self.parts = parts
        if parts.shares:
            prepare()
        self.shares = {number: Share(crew, namespaces[number], number, ports) for number, ports in parts.shares}
        self._webs = {number: self._start_web(number, server) for number, server in parts.webs}
        self._trusting = client_context(str(self._authority.certificate), None)
        self._contexts: dict[int, Any] = {}
        self.notifications: dict[tuple[int, int], NotificationServer] = {}
        self._dynamic: set[tuple[int, int]] = set()
        self._controls: list[asyncio.Server] = []
        for number in {*self.shares, *self._webs}:
            self.mark(number)

    def _start_web(self, number: int, server: WebServer) -> Path:
        folder = self._crew.folder / f"web-{number}"
        for path, content in files_of(server):
            file = folder / f"files{path}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        folder.mkdir(exist_ok=True)
        config = folder / "nginx.conf"
        text = config_text(server, folder, self._identity(number), self._authority.certificate)
        config.write_text(text, encoding="utf-8")
        self._crew.start(self._namespaces[number], where_is(NGINX), "-c", str(config), "-e", "stderr")
        return folder

    def _identity(self, number: int) -> Identity:
        if number not in self._identities:
            host = self._layout.hosts[number]
            self._identities[number] = self._authority.issue(number, host.name, host.addresses)
        return self._identities[number]

    def mark(self, number: int) -> None:
        """Give the listeners of a host's nginx and Samba the marks of the Windows programs for which they stand."""
        ports = dict(self.parts.shares).get(number)
        doors = {door.port for of, server in self.parts.webs for door in server.doors if of == number}
        taken = doors | ({445, 135, *(ports or ())} if number in self.shares else set())
        wanted = {
            each: self._layout.marks.of(packets[0].listener)
            for each, packets in listeners(self.parts.legs, number, ports).items()
            if taken & set(each)
        }
        self._crew.mark(self._namespaces[number], wanted)

    def mark_dynamic(self, number: int, port: int) -> None:
        """Mark a dynamic port that the host's server may have opened since its listeners were marked."""
        if (number, port) not in self._dynamic:
            self._dynamic.add((number, port))
            self.mark(number)

    async def start(self) -> None:
        """Start the listeners that are our own."""
        by_place = {(leg.target, port): leg.packets[0] for leg in self.parts.legs for port in leg.ports}
        for number, port in self.parts.notifications:
            mark = self._layout.marks.of(by_place[number, port].listener)
            tasks = self._webs[number] / f"files{TASKS}" if number in self._webs else self._crew.folder / f"tasks-{number}"
            tasks.parent.mkdir(parents=True, exist_ok=True)
            made = NotificationServer(self._namespaces[number], port, mark, server_context(self._identity(number)), tasks)
            await made.start()
            self.notifications[number, port] = made
        for number, port in self.parts.remote_controls:
            mark = self._layout.marks.of(by_place[number, port].listener)
            for made_socket in listener(self._namespaces[number], port, mark):
                self._controls.append(await asyncio.start_server(_control, sock=made_socket))

    def call(self, packet: TrialPacket, port: int | None = None, *, tls: bool = False, bare: bool = False) -> Call:
        """The connection that a packet opens. ``bare``: without the client's certificate."""
        name = self._layout.hosts[packet.target].name
        context = None
        if tls and bare:
            context = self._trusting
        elif tls:
            context = self._contexts.get(packet.source)
            if context is None:
                authority = str(self._authority.certificate)
                context = self._contexts[packet.source] = client_context(authority, self._identity(packet.source))
        return Call(
            namespace=self._namespaces[packet.source],
            source=packet.source_address,
            mark=self._layout.marks.of(packet.sender),
            target=packet.target_address,
            port=packet.port or 0 if port is None else port,
            tls=context,
            name=name if is_host_name(name) else "",
        )

    async def access(self, number: int, source_port: int) -> dict[str, Any]:
        """What the web server of a host wrote down about the request that came from the port."""
        log = self._webs[number] / "access"

        def seen() -> dict[str, Any] | None:
            for line in reversed(log.read_text(encoding="utf-8").splitlines()):
                entry: dict[str, Any] = json.loads(line)
                if entry["port"] == source_port:
                    return entry
            return None

        found: dict[str, Any] = await patiently(seen, "the web server wrote nothing down")
        return found


async def _control(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The remote control listener: it answers who it is to whoever asks."""
    try:
        line = await reader.readline()
        writer.write(CONTROLLED + line)
        await writer.drain()
    except OSError:
        return
    finally:
        writer.close()
