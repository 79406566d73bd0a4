"""What ``collect.ps1`` would write on the machine of a hive: the same keys, values as .NET reads them, in the same order."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from cmfw.ingest.host_keys import FIREWALL_SERVICES, LISTENERS
from cmfw.ingest.policy_keys import FIREWALL_POLICY, GROUP_POLICY
from cmfw.ingest.registry import RegistryView, decode_text, decode_texts

SECRET = {"Phase1AuthenticationSets", "Phase2AuthenticationSets", "Phase1CryptoSets", "Phase2CryptoSets", "MainModeRules"}
ACCOUNTS = {"localsystem", "nt authority\\localservice", "nt authority\\networkservice", "nt authority\\system"}
LOCAL = f"SYSTEM\\CurrentControlSet\\{FIREWALL_POLICY}"
GPO = f"SOFTWARE\\{GROUP_POLICY}"
PARTS = ("policy", "system", "client", "services", "interfaces", "networks", "dynamic_ports", "listeners", "products")


def value_row(name: str, kind: int, data: bytes) -> list[Any]:
    if kind in (1, 2):
        return [name, kind, decode_text(data)]
    if kind == 4 and len(data) == 4:
        return [name, kind, int.from_bytes(data, "little")]
    if kind == 11:
        return [name, kind, int.from_bytes(data, "little", signed=True)]
    if kind == 7:
        return [name, kind, list(decode_texts(data))]
    return [name, kind if kind not in (1, 2, 4, 7, 11) else 0, base64.b64encode(data).decode()]


def key_rows(view: RegistryView, source: str, target: str, *, deep: bool = True, names: tuple[str, ...] = ()) -> list[dict]:
    if not view.has_key(source):
        return [{"key": target, "absent": True}]
    values = [value_row(v.name, v.type, v.data) for v in view.values(source) if not names or v.name in names]
    rows = [{"key": target, "values": values}]
    for below in view.subkeys(source) if deep else ():
        if below not in SECRET:
            rows += key_rows(view, f"{source}\\{below}", f"{target}\\{below}")
    return rows


def collected(system: RegistryView | None, control_set: str, software: RegistryView | None = None) -> dict[str, Any]:
    """The document for a SYSTEM hive (``.wfw``: control set empty, policy at the root) and a SOFTWARE hive."""
    rows: list[dict] = []
    if system is not None:
        rows += key_rows(system, f"{control_set}\\{FIREWALL_POLICY}" if control_set else "", LOCAL)
    rows += key_rows(software, GROUP_POLICY, GPO) if software is not None else [{"key": GPO, "absent": True}]
    names = {name.lower(): name for name in (*LISTENERS, *FIREWALL_SERVICES)}
    for row in rows:
        for _, kind, text in row.get("values", ()):
            if kind == 1:
                names |= {hit.strip().lower(): hit.strip() for hit in re.findall(r"(?i)\|Svc=+([^|*=\\/]+)", text)}
    if software is not None:
        rows += key_rows(software, "Microsoft\\Rpc\\Internet", "SOFTWARE\\Microsoft\\Rpc\\Internet", deep=False)
    for name in sorted(names.values()) if control_set else ():
        wanted = ("Start", "Type", "ServiceSidType", "ObjectName")
        found = key_rows(
            system,
            f"{control_set}\\Services\\{name}",
            f"SYSTEM\\CurrentControlSet\\Services\\{name}",
            deep=False,
            names=wanted,
        )
        for row in found:
            if "values" in row:
                row["values"] = [one for one in row["values"] if one[0] != "ObjectName" or one[2].lower() in ACCOUNTS]
        rows += found
    return {
        "schema": "cmfw/collector/1",
        "collected": "2026-11-27T08:30:00Z",
        "host": "PC0017",
        "elevated": True,
        "seconds": 2.4,
        "parts": dict.fromkeys(PARTS, "ok"),
        "keys": rows,
        "running": {"MpsSvc": True, "BFE": True},
        "interfaces": [
            interface(
                "{AAAA}", 6, [["10.1.2.3", 24], ["fe80::1%12", 64]], gateways=["10.1.2.1"], dns=["10.1.9.53", "fd00::53"]
            ),
            interface("{BBBB}", 24, [["127.0.0.1", 8], ["::1", 128]]),
            interface("{CCCC}", 71, [["192.168.7.5", 24]], up=False),
        ],
        "networks": [{"interface": "{aaaa}", "category": 2}],
        "dynamic_ports": {"tcp": [49200, 1000], "udp": [49152, 16384]},
        "listeners": [
            {"protocol": "tcp", "address": "0.0.0.0", "port": 445, "process": "System", "path": None},
            {"protocol": "tcp", "address": "::", "port": 445, "process": "System", "path": None},
            {
                "protocol": "udp",
                "address": "0.0.0.0",
                "port": 25536,
                "process": "x",
                "path": "C:\\Windows\\CCM\\SleepAgentService.exe",
            },
        ],
        "ports": [445, 25536],
        "products": [{"name": "Other", "state": 393472}],
    }


def interface(name: str, kind: int, addresses: list[list], *, up: bool = True, **servers: list[str]) -> dict[str, Any]:
    row = {"id": name, "type": kind, "up": up, "addresses": addresses, "gateways": [], "dns": [], "dhcp": [], "wins": []}
    return row | servers


def line(content: dict[str, Any]) -> str:
    """The document as the script writes it: one line of ASCII."""
    return json.dumps(content, separators=(",", ":"))
