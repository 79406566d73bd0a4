"""``TALKS``: how to speak to what listens. Every talk is bytes in and bytes out; nothing here opens a socket.

A talk is imported when it is needed: TLS alone takes longer to load than a plan takes to make.
"""

from __future__ import annotations

from cmfw.probe.proto.rpc import INTERFACES, BindTalk, Interface, MapperTalk
from cmfw.probe.proto.talk import Talk

TALKS = (
    "smb",
    "rpc",
    "rpc_bind",
    "rdp",
    "ldap",
    "ldaps",
    "tls",
    "mp_http",
    "mp_https",
    "dp_http",
    "dp_https",
    "wsus_http",
    "wsus_https",
    "web_http",
    "web_https",
)
_WEB = ("mp", "dp", "wsus", "web")


def make_talk(kind: str, host: str, interface: Interface | None = None) -> Talk:
    """A new talk of one kind with a host of that name, bound to the RPC interface; KeyError for a kind that there is not."""
    if kind == "smb":
        from cmfw.probe.proto.smb import SmbTalk

        return SmbTalk()
    if kind in ("rpc", "rpc_bind"):
        return MapperTalk() if kind == "rpc" else BindTalk(interface or INTERFACES[0])
    if kind == "rdp":
        from cmfw.probe.proto.rdp import RdpTalk

        return RdpTalk()
    if kind in ("ldap", "ldaps", "tls"):
        return _directory(kind, host)
    role, _, scheme = kind.partition("_")
    if role in _WEB and scheme in ("http", "https"):
        return _web(kind, role, host)
    raise KeyError(kind)


def _directory(kind: str, host: str) -> Talk:
    from cmfw.probe.proto.ldap import LdapTalk

    if kind == "ldap":
        return LdapTalk()
    from cmfw.probe.proto.tls import TlsTalk

    return TlsTalk(host, LdapTalk() if kind == "ldaps" else None, kind)


def _web(kind: str, role: str, host: str) -> Talk:
    from cmfw.probe.proto import http

    asks, judge = {
        "mp": (http.MP_ASKS, http.is_mp),
        "dp": (http.DP_ASKS, http.is_dp),
        "wsus": (http.WSUS_ASKS, http.is_wsus),
        "web": (http.WEB_ASKS, http.is_web),
    }[role]
    talk = http.HttpTalk(kind, host, asks, judge)
    if kind.endswith("_http"):
        return talk
    from cmfw.probe.proto.tls import TlsTalk

    return TlsTalk(host, talk, kind)
