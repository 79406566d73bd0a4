"""Lists as the firewall console exports them."""

from __future__ import annotations

FIRST = (
    "Name", "Group", "Profile", "Enabled", "Action", "Override", "Program", "Local Address", "Remote Address", "Protocol",
    "Local Port", "Remote Port",
)  # fmt: skip
LAST = ("Authorized Computers", "Authorized Local Principals", "Local User Owner", "PolicyAppId", "Application Package")
INBOUND, OUTBOUND = (*FIRST, "Authorized Users", *LAST), (*FIRST, *LAST)
WINDOWS_7 = (*FIRST, "Allowed Users", "Allowed Computers")
ROW = {
    "Name": "Remote control", "Profile": "All", "Enabled": "Yes", "Action": "Allow", "Override": "No",
    "Program": "C:\\a\\b.exe", "Protocol": "TCP", "Local Port": "2701", "PolicyAppId": "None",
}  # fmt: skip


def row(heads=INBOUND, **changes: str) -> str:
    said = ROW | {name.replace("_", " "): value for name, value in changes.items()}
    return "\t".join(said.get(head, "" if head == "Group" else "Any") for head in heads) + "\t"


def table(*rows: str, heads=INBOUND) -> str:
    return "\r\n".join(["\t".join(heads) + "\t", *rows, ""])
