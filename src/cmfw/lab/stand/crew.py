"""``Crew``: programs by other hands in the lab's namespaces, in a process namespace and on a file system of their own.

Whatever ends the lab ends them: the kernel sends SIGKILL to the first process of their process namespace when the lab's
process dies, and with it every other goes, however often it forked. Their files lie on a tmpfs of a mount namespace that
goes with the last of them. Source: pid_namespaces(7), mount_namespaces(7), prctl(2), pidfd_getfd(2).
"""

from __future__ import annotations

import ctypes
import os
import re
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from cmfw.errors import LabError
from cmfw.lab.namespaces import Namespace
from cmfw.lab.senders import MARK
from cmfw.words.phrases import constant, phrase

_NEW_MOUNTS, _NEW_PROCESSES = 0x00020000, 0x20000000
_PRIVATE, _RECURSIVE = 1 << 18, 1 << 14
_DIE_WITH_PARENT = 1
_PIDFD_GETFD = 438
"""The number is the same on every architecture. Source: asm-generic/unistd.h."""
_HIDDEN = "/run"
"""Covered by the tmpfs. Programs look here for what others of their kind left, which must not be found."""
_PATIENCE_S = 20.0


class Crew:
    """Starts programs; to be made once in the process that holds the namespaces, before it has threads."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._check(self._libc.unshare(_NEW_MOUNTS | _NEW_PROCESSES), "unshare")
        self._check(self._libc.mount(b"none", b"/", None, _PRIVATE | _RECURSIVE, None), "mount")
        self._check(self._libc.mount(b"tmpfs", _HIDDEN.encode(), b"tmpfs", 0, b"mode=755"), "mount")
        self.folder = Path(_HIDDEN) / "cmfw"
        self.folder.mkdir()
        self._processes = _keep(self._libc)
        self._programs: list[tuple[str, Path, subprocess.Popen[bytes]]] = []

    @staticmethod
    def _check(failed: int, what: str) -> None:
        if failed:
            raise LabError(phrase("{what}: {reason}", what=what, reason=constant(os.strerror(ctypes.get_errno()).lower())))

    def run(self, *command: str, said: str = "") -> str:
        """What a program prints that ends by itself. Raises LabError with its last words where it fails."""
        done = subprocess.run(command, input=said.encode(), capture_output=True, check=False, timeout=_PATIENCE_S)  # noqa: S603
        if done.returncode:
            raise LabError(
                phrase(
                    "`{program}` failed: {last_words}",
                    program=Path(command[0]).name,
                    last_words=_last_words(done.stderr or done.stdout),
                )
            )
        return (done.stdout or done.stderr).decode("utf-8", "replace")

    def start(self, namespace: Namespace, *command: str) -> None:
        """Start a program that stays, inside a namespace of the lab."""
        name = f"{Path(command[0]).name}-{len(self._programs)}"
        log = self.folder / f"{name}.log"
        namespace.enter()
        with log.open("wb") as stream:
            started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, cwd=self.folder)  # noqa: S603
        self._programs.append((name, log, started))

    def mark(self, namespace: Namespace, wanted: Mapping[range, int]) -> None:
        """Give the sockets that listen on each range of TCP ports the mark of a process; waits until there are some.

        A program by other hands does not mark its sockets, so its sockets are marked in its place.
        """
        deadline = time.monotonic() + _PATIENCE_S
        missing = set(wanted)
        while missing:
            for listener in self._listeners(namespace):
                port = listener.getsockname()[1]
                for ports in (ports for ports in wanted if port in ports):
                    listener.setsockopt(socket.SOL_SOCKET, MARK, wanted[ports])
                    missing.discard(ports)
                listener.close()
            self.check()
            if missing and time.monotonic() > deadline:
                raise LabError(phrase("nothing listens on {ports}", ports=sorted(ports[0] for ports in missing)))
            if missing:
                time.sleep(0.01)

    def check(self) -> None:
        """Raise LabError with the last words of a program that has ended."""
        for name, log, program in self._programs:
            if program.poll() is not None:
                raise LabError(
                    phrase("`{name}` has ended: {last_words}", name=name, last_words=_last_words(log.read_bytes()))
                )

    def _listeners(self, namespace: Namespace) -> Iterator[socket.socket]:
        """A second handle of every TCP socket that listens in the namespace."""
        place = str(Path(f"/proc/self/fd/{namespace.fd}").readlink())
        for number in _members(self._processes, place):
            with suppress(OSError):
                yield from self._sockets(number)

    def _sockets(self, number: int) -> Iterator[socket.socket]:
        """The listening TCP sockets of one process."""
        process = os.pidfd_open(number)
        try:
            for entry in Path(f"/proc/{number}/fd").iterdir():
                made = self._copy(process, entry)
                if made is not None and _listens(made):
                    yield made
                elif made is not None:
                    made.close()
        finally:
            os.close(process)

    def _copy(self, process: int, entry: Path) -> socket.socket | None:
        """A second handle of a socket of another process; None for what is no socket, or gone."""
        with suppress(OSError):
            if str(entry.readlink()).startswith("socket:"):
                copy = self._libc.syscall(_PIDFD_GETFD, process, int(entry.name), 0)
                return socket.socket(fileno=copy) if copy >= 0 else None
        return None


def _listens(made: socket.socket) -> bool:
    is_stream = made.type == socket.SOCK_STREAM and made.family in (socket.AF_INET, socket.AF_INET6)
    return is_stream and bool(made.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def _members(processes: str, place: str) -> list[int]:
    """The processes of a process namespace that stand in a network namespace."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            number = entry.name
            if number.isdigit() and _stands(number, "pid") == processes and _stands(number, "net") == place:
                found.append(int(number))
    return found


def _stands(process: str, kind: str) -> str:
    return str(Path(f"/proc/{process}/ns/{kind}").readlink())


def _keep(libc: ctypes.CDLL) -> str:
    """Start the first process of the namespace, which does nothing but hold it; the namespace's name."""
    here, there = socket.socketpair()
    number = os.fork()
    if number == 0:
        try:
            here.close()
            libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            # the kernel buries the orphans that come to us
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            watch = select.poll()
            watch.register(there, select.POLLHUP)
            # a lab that ended before it was to take us along
            if not watch.poll(0):
                there.sendall(b"r")
                there.recv(1)
        finally:
            os._exit(0)
    there.close()
    if here.recv(1) != b"r":
        raise LabError("no process namespace for the servers of the lab")
    # kept open as long as this process lives: its end is the sign
    here.detach()
    return _stands(str(number), "pid")


def _last_words(said: bytes) -> str:
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return re.sub(r"\s+", " ", " ".join(lines[-3:]))[-300:] or phrase("it said nothing")
