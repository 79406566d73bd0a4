"""The programs that the lab's stand-ins are made of, where they are on this machine, and what is missing."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

NGINX, OPENSSL, SMBD, SMBPASSWD, DCERPCD, SMBPROTOCOL = (
    "nginx",
    "openssl",
    "smbd",
    "smbpasswd",
    "samba-dcerpcd",
    "smbprotocol",
)
WEB = (NGINX, OPENSSL)
FILES = (SMBD, SMBPASSWD, DCERPCD, SMBPROTOCOL)
"""What shares and client push need: Samba, and smbprotocol (extra ``publish``) as their client."""
_MORE_FOLDERS = (
    "/usr/sbin",
    "/usr/local/sbin",
    "/sbin",
    "/usr/libexec/samba",
    "/usr/lib/x86_64-linux-gnu/samba",
    "/usr/lib/samba",
)
"""Where distributions put servers that no user's search path names."""


@cache
def where_is(name: str) -> str:
    """The program's path; empty where it is not installed."""
    if name == SMBPROTOCOL:
        return name if find_spec(name) is not None else ""
    found = shutil.which(name) or next((f"{f}/{name}" for f in _MORE_FOLDERS if Path(f, name).is_file()), None)
    # by its own name: the search path may lead through a folder that the lab covers
    return str(Path(found).resolve()) if found else ""


def missing(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the programs that this machine does not have."""
    return tuple(name for name in wanted if not where_is(name))


def versions() -> tuple[tuple[str, str], ...]:
    """(program, what it says of its version) of every program that this machine has."""
    asked = ((NGINX, "-v"), (SMBD, "--version"), (OPENSSL, "version"))
    return tuple((name, _version(where_is(name), word)) for name, word in asked if where_is(name))


def _version(path: str, word: str) -> str:
    """The first line that the program says."""
    done = subprocess.run([path, word], capture_output=True, check=False, timeout=20)  # noqa: S603 - a path that was looked up
    told = (done.stdout or done.stderr).decode("utf-8", "replace").strip().partition("\n")[0]
    return told.removeprefix("nginx version: ").removeprefix("Version ")
