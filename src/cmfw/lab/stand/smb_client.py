"""The client of a share: smbprotocol on a socket of the lab. Copies, reads, and asks the service control manager over its pipe.

Source: MS-SMB2; MS-SCMR 3.1.4.15 (ROpenSCManagerW), 3.1.4.16 (ROpenServiceW), 3.1.4.11 (RQueryServiceStatus), 2.2.47 (SERVICE_STATUS).
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from struct import pack, unpack_from
from typing import Any
from uuid import uuid4

from cmfw.lab.stand.exchange import Facts
from cmfw.lab.stand.shares import ACCOUNT, ADMIN, PACKAGES, PASSWORD, SETUP
from cmfw.lab.stand.talk import CONNECT_S, READ_S, Call, marked_socket
from cmfw.net.addr import format_address
from cmfw.probe.proto.rpc import INTERFACES, bind
from cmfw.words.phrases import phrase

_SERVICE = "NETLOGON"
"""A service that Samba's manager knows; it has none that could be ccmsetup."""
_OPEN_MANAGER, _OPEN_SERVICE, _QUERY_STATUS = 15, 16, 6
_MANAGER_RIGHTS, _STATUS_RIGHT = 0x0001, 0x0004
_READ_WRITE, _NORMAL, _ALL_SHARE, _OVERWRITE, _EXISTING = 0x0012019F, 0x80, 7, 5, 1
_FILE_ONLY = 0x40
_PIPE_RIGHTS = 0x0012019F
_READ_ONLY = 0x00120089
_REQUEST = 0
_HANDLE_BYTES = 20


class Refused(OSError):
    """The other side answers, and refuses."""


def prepare() -> None:
    """Load the library, so that processes made from this one have it."""
    for name in ("connection", "session", "tree", "open", "transport"):
        import_module(f"smbprotocol.{name}")


def copy_setup(call: Call, content: bytes) -> tuple[int, Facts]:
    """Copy the setup program to ``ADMIN$`` and ask the service control manager; (source port, what was seen). Raises OSError."""
    with_session = _Session(call)
    try:
        tree = with_session.tree(ADMIN)
        _write(tree, SETUP, content)
        state = _service_state(with_session.tree("IPC$"))
        facts = (
            *with_session.facts,
            ("copied", f"\\\\{with_session.name}\\{ADMIN}\\{SETUP}"),
            ("bytes", str(len(content))),
            state,
        )
        return with_session.source_port, facts
    finally:
        with_session.close()


def read_package(call: Call) -> tuple[int, Facts]:
    """Read the setup program from the package share; (source port, what was seen). Raises OSError."""
    session = _Session(call)
    try:
        content = _read(session.tree(PACKAGES), SETUP)
        path = f"\\\\{session.name}\\{PACKAGES}\\{SETUP}"
        return session.source_port, (*session.facts, ("read", path), ("bytes", str(len(content))))
    finally:
        session.close()


class _Session:
    """An SMB session with the account of the lab."""

    def __init__(self, call: Call) -> None:
        from smbprotocol.connection import Connection
        from smbprotocol.session import Session
        from smbprotocol.transport import Tcp

        logging.getLogger("smbprotocol").setLevel(logging.CRITICAL)
        self.name = format_address(call.target)
        transport = Tcp(self.name, call.port)
        transport._sock = _connected(call)  # noqa: SLF001 - the library makes its sockets itself, without our mark
        transport.connected = True
        self.source_port = int(transport._sock.getsockname()[1])  # noqa: SLF001

        class OnSocket(Connection):  # type: ignore[misc]
            """The library's connection, on a socket that is there already."""

            transport = property(lambda _self: transport, lambda _self, _made: None)

        self._connection: Any = OnSocket(uuid4(), self.name, call.port)
        with _as_os_error():
            self._connection.connect(timeout=READ_S)
            self._session = Session(self._connection, ACCOUNT, PASSWORD, auth_protocol="ntlm")
            self._session.connect()
        self.facts: Facts = (("dialect", f"0x{self._connection.dialect:04x}"),)

    def tree(self, share: str) -> Any:
        """A share of the server."""
        from smbprotocol.tree import TreeConnect

        made = TreeConnect(self._session, f"\\\\{self.name}\\{share}")
        with _as_os_error():
            made.connect(require_secure_negotiate=False)
        return made

    def close(self) -> None:
        """End the connection."""
        with suppress(Exception):
            self._connection.disconnect(close=False)


def _connected(call: Call) -> socket.socket:
    made = marked_socket(call)
    try:
        made.settimeout(CONNECT_S)
        made.connect((format_address(call.target), call.port))
        made.settimeout(None)
    except OSError:
        made.close()
        raise
    return made


@contextmanager
def _as_os_error() -> Iterator[None]:
    """What smbprotocol raises, as an OSError."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise Refused(" ".join(str(error).split())[:200] or type(error).__name__) from error


def _opened(tree: Any, path: str, access: int, how: int, options: int) -> Any:
    from smbprotocol.open import ImpersonationLevel, Open

    handle = Open(tree, path)
    handle.create(ImpersonationLevel.Impersonation, access, _NORMAL, _ALL_SHARE, how, options)
    return handle


def _write(tree: Any, path: str, content: bytes) -> None:
    with _as_os_error():
        handle = _opened(tree, path, _READ_WRITE, _OVERWRITE, _FILE_ONLY)
        handle.write(content, 0)
        handle.close()


def _read(tree: Any, path: str) -> bytes:
    with _as_os_error():
        handle = _opened(tree, path, _READ_ONLY, _EXISTING, _FILE_ONLY)
        content: bytes = handle.read(0, handle.end_of_file)
        handle.close()
    return content


def _service_state(tree: Any) -> tuple[str, str]:
    """The state of a service as the manager tells it: opens the manager, then the service, then asks."""
    manager_of = next(one for one in INTERFACES if one.name == "svcctl")
    with _as_os_error():
        pipe = _opened(tree, "svcctl", _PIPE_RIGHTS, _EXISTING, _FILE_ONLY)
        _exchange(pipe, bind(manager_of))
        manager = _call(pipe, _OPEN_MANAGER, bytes(8) + pack("<I", _MANAGER_RIGHTS))[:_HANDLE_BYTES]
        name = _SERVICE.encode("utf-16-le") + bytes(2)
        text = pack("<III", len(name) // 2, 0, len(name) // 2) + name + bytes(-len(name) % 4)
        service = _call(pipe, _OPEN_SERVICE, manager + text + pack("<I", _STATUS_RIGHT))[:_HANDLE_BYTES]
        (state,) = unpack_from("<I", _call(pipe, _QUERY_STATUS, service), 4)
        pipe.close()
    return "service_manager", f"{_SERVICE}={state}"


def _call(pipe: Any, number: int, stub: bytes) -> bytes:
    """The answer to one call, without its return value, which has to be 0."""
    body = pack("<IHH", len(stub), 0, number) + stub
    answer = _exchange(pipe, pack("<BBBBIHHI", 5, 0, _REQUEST, 3, 0x10, 16 + len(body), 0, 2) + body)
    if len(answer) < 28 or answer[2] != 2 or answer[-4:] != bytes(4):
        raise Refused(phrase("the service control manager refuses call {number}", number=number))
    return answer[24:-4]


def _exchange(pipe: Any, message: bytes) -> bytes:
    pipe.write(message, 0)
    answer: bytes = pipe.read(0, 4280)
    return answer
