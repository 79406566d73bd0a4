"""Machines of a few rules as ``.reg`` files, for tests of commands."""

from __future__ import annotations

from pathlib import Path

KEY = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
RULES = {
    "smb": "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=445|App=System|Name=SMB|",
    "wide": "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort2_10=400-500|App=System|Name=Wide|",
    "near": "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=2701|RA4=LocalSubnet|Name=Near|",
    "idle": "v2.10|Action=Allow|Active=FALSE|Dir=In|Protocol=6|LPort=3389|Name=Idle|",
    "out": "v2.10|Action=Block|Active=TRUE|Dir=Out|Protocol=6|RPort=10123|Name=No notification|",
}


def machine(path: Path, *ids: str, **settings: int) -> Path:
    """A local policy with the rules of these ids and the same settings in all profiles."""
    lines = ["Windows Registry Editor Version 5.00", ""]
    for profile in ("DomainProfile", "StandardProfile", "PublicProfile"):
        lines += [f"[{KEY}\\{profile}]", '"EnableFirewall"=dword:00000001']
        lines += [*(f'"{name}"=dword:{value:08x}' for name, value in settings.items()), ""]
    lines += [f"[{KEY}\\FirewallRules]", *(f'"{name}"="{RULES[name]}"' for name in ids), ""]
    path.write_text("\r\n".join(lines), encoding="utf-16")
    return path
