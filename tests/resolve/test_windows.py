"""What a site file's ``os`` means."""

from __future__ import annotations

import pytest

from cmfw.resolve.windows import CLIENT, SERVER, windows_version

NAMES = [
    ("Windows 10 22H2", (CLIENT, 19045)),
    ("windows-11", (CLIENT, 22631)),
    ("win11 24H2", (CLIENT, 26100)),
    ("Windows 11 Enterprise 23H2", (CLIENT, 22631)),
    ("Windows 7", (CLIENT, 7601)),
    ("Windows 8.1 Pro", (CLIENT, 9600)),
    ("Windows Server 2019", (SERVER, 17763)),
    ("server 2008 R2", (SERVER, 7601)),
    ("2025", (SERVER, 26100)),
    ("10.0.17763", (CLIENT, 17763)),
    ("server 10.0.17763", (SERVER, 17763)),
    ("10.0.20348.1", (SERVER, 20348)),
    ("14393", (CLIENT, 14393)),
    ("", None),
    ("Windows", None),
    ("Windows 12", None),
    ("5.1.2600", None),
    ("BeOS R5", None),
]


@pytest.mark.parametrize(("text", "wanted"), NAMES, ids=[n[0] or "nothing" for n in NAMES])
def test_names(text, wanted):
    assert windows_version(text) == wanted
