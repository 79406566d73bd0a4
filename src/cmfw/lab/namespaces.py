"""Network namespaces that only this process holds: no name, no mount, no process of their own.

A namespace lives as long as a file descriptor or socket of it. All of them belong to one process, so whatever ends that
process ends them, and with them every link and rule. Source: namespaces(7), user_namespaces(7).
"""

from __future__ import annotations

import ctypes
import os
from functools import cache

from cmfw.errors import LabError
from cmfw.words.phrases import constant, phrase
from cmfw.words.system_errors import of_system

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_OWN = "/proc/self/ns/net"


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: int) -> None:
    if getattr(_libc(), name)(*arguments):
        number = ctypes.get_errno()
        raise LabError(phrase("{name}: {reason}", name=name, reason=constant(os.strerror(number).lower())))


def leave_machine() -> None:
    """Take this process out of the machine's network for good; whoever is not root becomes root of a user namespace.

    Raises LabError where the machine forbids that to ordinary users.
    """
    if os.geteuid() == 0:
        _call("unshare", _NEW_NET)
        return
    user, group = os.geteuid(), os.getegid()
    try:
        _call("unshare", _NEW_USER | _NEW_NET)
        for name, content in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as stream:  # noqa: PTH123 - a file of the kernel
                stream.write(content)
    except (LabError, OSError) as error:
        reason = of_system(error) if isinstance(error, OSError) else str(error)
        raise LabError(
            phrase("the lab needs root, or user namespaces for ordinary users ({reason})", reason=reason)
        ) from error


class Namespace:
    """One network namespace; the process that makes it stands in it until it enters another."""

    def __init__(self) -> None:
        _call("unshare", _NEW_NET)
        self.fd = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)

    def enter(self) -> None:
        """Step inside: sockets made from now on belong to this namespace."""
        _call("setns", self.fd, _NEW_NET)

    def set(self, name: str, text: str) -> None:
        """Step inside and set a kernel parameter of the namespace (``ipv4/ip_forward``)."""
        self.enter()
        try:
            with open(f"/proc/sys/net/{name}", "w", encoding="ascii") as stream:  # noqa: PTH123 - a file of the kernel
                stream.write(text)
        except OSError as error:
            raise LabError(phrase("kernel parameter `{name}`: {reason}", name=name, reason=of_system(error))) from error

    def close(self) -> None:
        """Let go of the namespace."""
        os.close(self.fd)
