"""Hosts of the lab and their addresses."""

from __future__ import annotations

import pytest

from cmfw import catalog
from cmfw.ingest.site import read_site_text
from cmfw.lab.layout import make_layout
from cmfw.net.addr import AddrSet
from cmfw.resolve import resolve

SITE = """
code = "P01"
[[system]]
host = "mp"
addresses = ["{address}"]
roles = ["site_server", "management_point"]
[[clients]]
name = "branch"
subnets = ["10.8.0.0/22"]
"""


@pytest.mark.parametrize(
    ("address", "is_assigned"),
    [
        ("10.3.0.4", False),
        ("2001:db8:3::4", False),
        ("127.0.0.1", True),
        ("0.0.0.0", True),
        ("239.1.2.3", True),
        ("255.255.255.255", True),
        ("::1", True),
        ("fe80::3", True),
        ("ff02::1", True),
    ],
)
def test_an_address_that_no_packet_carries_is_none_of_a_host(address, is_assigned):
    site = read_site_text(SITE.format(address=address), "site.toml")
    host = next(one for one in make_layout(site, resolve(catalog.load(), site)).hosts if one.name == "mp")
    assert host.is_assigned == is_assigned
    assert (AddrSet.parse(address).ranges[0][0] in host.addresses) == (not is_assigned)
