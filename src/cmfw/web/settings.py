"""How one server is set up: where it listens, who may in, what it may do, and how much it takes."""

from __future__ import annotations

from cmfw.values import value

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_UPLOAD = 64 << 20
"""Bytes of one request. The largest SYSTEM hives that are known have 40 MiB."""
MOST_STORED = 1 << 30
"""Bytes of all workspaces together."""
RUNS = ("probe", "lab")
"""What a server may be allowed to do besides showing."""


@value(kw_only=True)
class Settings:
    """``origin`` is what browsers call the server, ``hosts`` what a request may call it, ``secret`` lets people in.

    ``store`` is the file of the workspaces. ``runs`` are the members of ``RUNS`` that are allowed.
    """

    origin: str
    hosts: frozenset[str]
    secret: str
    store: str
    read_only: bool = False
    runs: frozenset[str] = frozenset()
    most_upload: int = MOST_UPLOAD
    most_stored: int = MOST_STORED

    @property
    def is_tls(self) -> bool:
        """Whether browsers talk to it over TLS."""
        return self.origin.startswith("https://")

    @property
    def cookie(self) -> str:
        """The name of the session's cookie. Ports share cookies, so the port is in it.

        Source: RFC 6265 section 8.5 (no isolation by port); RFC 6265bis section 4.1.3.2 (``__Host-``).
        """
        port = self.origin.rpartition(":")[2]
        return f"__Host-cmfw-{port}" if self.is_tls else f"cmfw-{port}"


def origin_of(host: str, port: int, *, tls: bool) -> str:
    """The origin of a server, without the port that browsers leave out."""
    scheme, usual = ("https", 443) if tls else ("http", 80)
    return f"{scheme}://{authority(host, port, usual)}"


def authority(host: str, port: int, usual: int) -> str:
    """``host:port`` as a ``Host`` field has it: an IPv6 address in brackets, the usual port left out."""
    name = f"[{host}]" if ":" in host else host.lower()
    return name if port == usual else f"{name}:{port}"


def hosts_of(names: tuple[str, ...], port: int, *, tls: bool) -> frozenset[str]:
    """All that ``Host`` may say where the server is known by these names."""
    return frozenset(authority(name, port, 443 if tls else 80) for name in names)
