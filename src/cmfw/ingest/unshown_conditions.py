"""Conditions that a listing cannot show, and which rules may have them: such a rule proves nothing.

netsh and the management console leave out the package of a rule, its owner, its users, and whether it is for Wi-Fi Direct,
proximity or Play To devices only. Of the 1,704 rules of the machines that this was measured on, every one with such a
condition either names no program, service, port, ICMP type or address at all (store apps), or is one of the few of Windows'
own below; of the rules of any other form none has one. See docs/adr/0008-what-a-listing-proves.md.

Source: corrections 30; real_data_traps.md (false friends); the rules of three Windows 10 machines, of schema 2.26 to 2.30.
"""

from __future__ import annotations

from typing import NamedTuple

from cmfw.model.rule import HostRule, PortMatch, canonical_program, program_basename
from cmfw.net.flow import KERNEL, TCP, UDP
from cmfw.net.ports import PortSet

PACKAGE = ("package", "not shown")
DEVICE = ("device", "not shown")
"""Tokens for ``Extras.unknown``."""
_WINDOWS = "c:\\windows\\"


class _Shipped(NamedTuple):
    """The visible part of a rule of Windows that has a condition nobody sees. None: whatever it is."""

    program: str
    service: str | None = None
    ports: PortSet | None = None
    """Local or remote ports; EMPTY: none at all."""


_SHIPPED = (
    _Shipped(KERNEL, ports=PortSet.EMPTY),  # WiFiDirect-KM-Driver
    _Shipped(KERNEL, ports=PortSet.of(10246)),  # PlayTo-HTTPSTR
    _Shipped(KERNEL, ports=PortSet.of(2869)),  # PlayTo-UPnP-Events
    _Shipped("mdeserver.exe"),  # PlayTo-In-RTSP, -UDP
    _Shipped("proximityuxhost.exe"),  # ProximityUxHost-Sharing
    _Shipped("wudfhost.exe"),  # WirelessDisplay
    _Shipped("dashost.exe"),  # WFDPRINT-DAFWSD
    _Shipped("spoolsv.exe", ports=PortSet.EMPTY),  # WFDPRINT-SPOOL
    _Shipped("svchost.exe", "stisvc", PortSet.EMPTY),  # WFDPRINT-SCAN
    _Shipped("svchost.exe", "cdpsvc"),  # CDPSvc-WFD
    _Shipped("svchost.exe", "qwave", PortSet.of(2177)),  # PlayTo-QWave
    _Shipped("svchost.exe", "ssdpsrv", PortSet.EMPTY),  # NETDIS-SSDPSrv-In-UDP-Teredo
)


def unshown(rule: HostRule) -> tuple[tuple[str, str], ...]:
    """The tokens of the conditions that the rule may have unseen; empty for a rule of a form that never has one."""
    if rule.program is None and rule.service is None:
        return () if _is_narrow(rule) else (PACKAGE,)
    if rule.program is None or not rule.remote_address.is_any or rule.protocol not in (None, TCP, UDP):
        # what netsh shows as any address may be the Play To devices; what it shows as addresses is that
        return ()
    path = canonical_program(rule.program)
    if path != KERNEL and not path.startswith(_WINDOWS):
        return ()
    name = KERNEL if path == KERNEL else program_basename(path)
    return (DEVICE,) if any(_looks_like(rule, name, shipped) for shipped in _SHIPPED) else ()


def _is_narrow(rule: HostRule) -> bool:
    """Whether the rule names anything that rules of store apps never do."""
    if rule.protocol not in (None, TCP, UDP) or not (rule.local_port.is_any and rule.remote_port.is_any):
        return True
    return any(
        not condition.is_any and not condition.addresses.is_empty for condition in (rule.local_address, rule.remote_address)
    )


def _looks_like(rule: HostRule, name: str, shipped: _Shipped) -> bool:
    if shipped.program != name or shipped.service not in (None, (rule.service or "").lower()):
        return False
    if shipped.ports is None:
        return True
    asked = [match for match in (rule.local_port, rule.remote_port) if not match.is_any]
    return asked == ([] if shipped.ports.is_empty else [PortMatch(shipped.ports)])
