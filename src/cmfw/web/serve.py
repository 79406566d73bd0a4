"""Runs the server: the socket first, so that nothing is promised that cannot be kept, then everything behind it."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import sys
from pathlib import Path

from cmfw.errors import COMMAND_LINE, InputError, Problem
from cmfw.values import value
from cmfw.web.settings import LOOPBACK
from cmfw.words.phrases import phrase
from cmfw.words.system_errors import of_system

_BACKLOG = 128
_MOST_CONNECTIONS = 512
_MOST_HEADERS = 32 << 10
_KEEP_ALIVE_S = 20


@value
class Tls:
    """The files of the server's certificate, with its chain, and of its key."""

    certificate: str
    key: str


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 is any free one. Raises InputError."""
    made: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
        if sys.platform != "win32":
            # there it would let a second server take the port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(_BACKLOG)
    except OSError as error:
        if made is not None:
            made.close()
        found = of_system(error)
        hint = phrase("port 0 is any that is free") if error.errno == errno.EADDRINUSE else ""
        raise InputError(Problem(COMMAND_LINE, "an address to listen on", found, hint, key="--listen")) from error
    return made


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host.lower() in LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_everywhere(host: str) -> bool:
    """Whether it stands for all addresses of the machine, and is none that anybody could ask for."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def usual_store() -> Path:
    """Where workspaces are kept for this user."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "cmfw" / "workspaces.sqlite"


def run(app: object, listening: socket.socket, tls: Tls | None) -> None:
    """Answer requests until somebody ends it."""
    import uvicorn

    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # its types want more of an application than the standard does
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_S,
        h11_max_incomplete_event_size=_MOST_HEADERS,
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else tls.key,
    )
    uvicorn.Server(config).run(sockets=[listening])
