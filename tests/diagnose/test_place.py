"""Which ends of an item a machine is, and how it sees the item."""

from __future__ import annotations

import pytest
from tests.diagnose.machines import planned, site, state

from cmfw.diagnose.place import Place, find_place, localised, on_link
from cmfw.model.plan import Endpoint
from cmfw.net.addr import AddrSet

OFFICE = AddrSet.parse("10.9.8.0/24")


def item(flow: str):
    return next(one for one in planned(site()).items if one.flow == flow)


ENDS = (
    ("a client answers push", "push_smb", "office", False, ("to",)),
    ("its site server opens it", "push_smb", "cm1.example.test", True, ("from",)),
    ("peers do both", "wup_udp", "office", False, ("from", "to")),
    ("the network card answers a magic packet", "wup_wol", "office", False, ("from",)),
    ("a bystander", "push_smb", "desk1.example.test", True, ()),
)


@pytest.mark.parametrize(("flow", "who", "host", "wanted"), [e[1:] for e in ENDS], ids=[e[0] for e in ENDS])
def test_ends(flow, who, host, wanted):
    assert find_place(site(), who, host=host).ends(item(flow)) == wanted


def test_a_host_and_a_client_group_of_one_name_are_two_places():
    group, host = (Place("lab", host=is_host, addresses=OFFICE, profiles=1) for is_host in (False, True))
    client, server = (Endpoint(role, "lab", OFFICE) for role in ("client", "console"))
    assert [place.is_end(end) for place in (group, host) for end in (client, server)] == [True, False, False, True]


def test_neighbours_are_those_of_the_state_else_of_the_group():
    place = find_place(site(), "office", host=False)
    assert on_link(place, state()) == OFFICE
    assert on_link(place, state(local_subnets=AddrSet.parse("10.9.8.0/26"))) == AddrSet.parse("10.9.8.0/26")
    assert on_link(find_place(site(), "cm1.example.test", host=True), state()) is None
    near = localised(item("wup_udp"), "from", place, state(local_subnets=AddrSet.parse("10.9.8.0/26", "fd00:8::/64")))
    assert (str(near.source.addresses), str(near.target.addresses)) == ("10.9.8.0/26", "10.9.8.0/26")
