"""What a SYSTEM hive says of the host beside its policy: services, addresses, RPC ports.

Addresses come from the interfaces' settings: fixed ones, or the last that DHCP gave. The prefixes there are **not** taken as
on-link subnets: an interface may be unplugged, so LocalSubnet is known only where the caller names the subnets.

Source: facts/windows_firewall.md 3.1, corrections 13, 22, 23.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cmfw.errors import FormatError
from cmfw.ingest.evidence import StorePart
from cmfw.ingest.registry import (
    REG_MULTI_SZ,
    TEXT_TYPES,
    RegistryValue,
    RegistryView,
    decode_number,
    decode_text,
    decode_texts,
    find_value,
)
from cmfw.model.rule import Store
from cmfw.model.state import Gap, ServiceFact
from cmfw.net.addr import AddrSet, parse_address
from cmfw.net.flow import Profile
from cmfw.net.ports import PortSet

FIREWALL_SERVICES = ("MpsSvc", "BFE")
DISABLED = 4
"""Start type of a disabled service."""
LISTENERS = (
    "BITS",
    "CcmExec",
    "CmRcService",
    "LanmanServer",
    "LanmanWorkstation",
    "RemoteRegistry",
    "RpcSs",
    "TermService",
    "Winmgmt",
    "wuauserv",
)
"""Services behind the features: where one is disabled, an open port leads nowhere, whether or not a rule names it."""


def read_services(view: RegistryView, control_set: str, names: Iterable[str]) -> tuple[ServiceFact, ...]:
    """Facts of the firewall's own services, of those behind the features and of ``names``, of those that exist, sorted by name without regard to case."""
    wanted = {name.lower(): name for name in (*names, *LISTENERS, *FIREWALL_SERVICES)}
    found = []
    for low in sorted(wanted):
        key = f"{control_set}\\Services\\{wanted[low]}"
        if view.has_key(key):
            values = {value.name.lower(): value for value in reversed(view.values(key))}
            account = values.get("objectname")
            found.append(
                ServiceFact(
                    name=wanted[low],
                    start=_number(values.get("start")),
                    # Windows takes a missing type for none
                    sid_type=_number(values.get("servicesidtype")) or 0,
                    account=decode_text(account.data) if account is not None and account.type in TEXT_TYPES else "",
                )
            )
    return tuple(found)


def old_service(view: RegistryView, control_set: str, parts: Sequence[StorePart]) -> list[Gap]:
    """The gaps for a firewall of Windows XP or Server 2003 that may not run at all; none on any other machine.

    Its service is SharedAccess, which Vista and later keep for something else. On a server nobody may have switched it on.
    Source: Microsoft, "Windows Firewall and Windows Server 2003 SP1" (off by default); corrections 22 (a disabled service).
    """
    if not any(part.store is Store.LEGACY for part in parts):
        return []
    gaps = []
    if _number(find_value(view, f"{control_set}\\Services\\SharedAccess", "Start")) == DISABLED:
        gaps.append(
            Gap("service_state", "the firewall's service `SharedAccess` is disabled", may_allow=True, may_block=True)
        )
    kind = "".join(_texts(view, f"{control_set}\\Control\\ProductOptions", "ProductType")).lower()
    says = {profile for part in parts for profile, settings in part.settings if settings.enable_firewall is not None}
    if kind in ("servernt", "lanmannt") and len(says) < len(Profile):
        detail = "`EnableFirewall` is not set, and a server of that time has its firewall off until somebody sets it"
        gaps.append(Gap("setting:EnableFirewall", detail, may_allow=True, may_block=True))
    return [replace(gap, source=view.source) for gap in gaps]


def read_addresses(view: RegistryView, control_set: str) -> AddrSet:
    """The addresses of all interfaces: of one under DHCP the last lease, else the fixed ones."""
    top = f"{control_set}\\Services\\Tcpip\\Parameters\\Interfaces"
    found = []
    for name in view.subkeys(top):
        key = f"{top}\\{name}"
        dhcp = _number(find_value(view, key, "EnableDHCP")) == 1
        for text in _texts(view, key, "DhcpIPAddress" if dhcp else "IPAddress"):
            try:
                number = parse_address(text.strip())
            except ValueError:
                continue
            if number:
                found.append((number, number))
    return AddrSet.from_pairs(found)


def read_rpc_ports(view: RegistryView, root: str) -> PortSet | None:
    """The ports that ``Rpc\\Internet`` allows dynamic RPC; None where it does not limit them.

    Source: Microsoft, "How to configure RPC dynamic port allocation to work with firewalls".
    """
    key = f"{root}\\Microsoft\\Rpc\\Internet" if root else "Microsoft\\Rpc\\Internet"
    texts = _texts(view, key, "Ports")
    switches = ["".join(_texts(view, key, name)).strip().upper() for name in ("PortsInternetAvailable", "UseInternetPorts")]
    if not texts or switches != ["Y", "Y"]:
        return None
    try:
        return PortSet.parse(",".join(texts))
    except ValueError:
        return None


def _number(value: RegistryValue | None) -> int | None:
    if value is None:
        return None
    try:
        return decode_number(value)
    except FormatError:
        return None


def _texts(view: RegistryView, key: str, name: str) -> tuple[str, ...]:
    value = find_value(view, key, name)
    if value is None or value.type not in TEXT_TYPES:
        return ()
    return decode_texts(value.data) if value.type == REG_MULTI_SZ else (decode_text(value.data),)
