"""``Supervised``: an object that lives in a process of its own, which dies with ours whatever kills us.

The kernel sends the child SIGKILL when its parent ends (prctl(2), PR_SET_PDEATHSIG), and the child ends by itself when its
socket closes; nothing has to be cleaned up by anybody. Values cross as pickles between a process and its own fork.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import socket
import struct
from collections.abc import Callable
from typing import Any

from cmfw.errors import CmfwError, LabError

_DIE_WITH_PARENT = 1
_LENGTH = struct.Struct("!Q")


class Supervised:
    """Calls methods of the object that ``factory`` makes in the child."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        here, there = socket.socketpair()
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            here.close()
            _live(there, factory, parent)
        there.close()
        self._socket = here
        self._is_open = True
        try:
            self._answer()
        except BaseException:
            self.close()
            raise

    def call(self, method: str, *arguments: Any) -> Any:
        """What the method returns. Raises LabError with the child's words, or where the child is gone."""
        _send(self._socket, (method, arguments))
        return self._answer()

    def _answer(self) -> Any:
        try:
            is_good, found = _receive(self._socket)
        except (EOFError, OSError) as error:
            raise LabError("the process that holds the lab is gone") from error
        if not is_good:
            raise LabError(found)
        return found

    def close(self) -> None:
        """End the child and wait for its end."""
        if self._is_open:
            self._is_open = False
            self._socket.close()
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


def _live(channel: socket.socket, factory: Callable[[], Any], parent: int) -> None:
    """The child's life; it never returns."""
    try:
        ctypes.CDLL(None, use_errno=True).prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
        # the terminal sends Ctrl-C to both; the parent decides
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _serve(channel, factory)
    finally:
        os._exit(0)


def _serve(channel: socket.socket, factory: Callable[[], Any]) -> None:
    served: Any = None
    try:
        served = factory()
    except Exception as error:  # noqa: BLE001 - told to the parent, which raises it
        _send(channel, (False, _told(error)))
        return
    _send(channel, (True, None))
    while True:
        try:
            method, arguments = _receive(channel)
        except (EOFError, OSError):
            return
        try:
            answer = (True, getattr(served, method)(*arguments))
        except Exception as error:  # noqa: BLE001 - told to the parent, which raises it
            answer = (False, _told(error))
        _send(channel, answer)


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, CmfwError) else f"{type(error).__name__}: {error}"


def _send(channel: socket.socket, value: Any) -> None:
    content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    channel.sendall(_LENGTH.pack(len(content)) + content)


def _receive(channel: socket.socket) -> Any:
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size))
    return pickle.loads(_exactly(channel, length))  # noqa: S301 - from our own fork


def _exactly(channel: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = channel.recv(length - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
