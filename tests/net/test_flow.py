from __future__ import annotations

import pytest

from cmfw.net.addr import parse_address
from cmfw.net.flow import ICMP4, TCP, Direction, Flow, Interface, Profile

BASE = {"direction": Direction.IN, "local": parse_address("10.1.0.9"), "remote": parse_address("10.0.0.5")}


def test_text_shows_source_then_destination_as_the_host_sees_them():
    inbound = Flow(protocol=TCP, local_port=445, remote_port=50000, profile=Profile.PRIVATE, **BASE)
    assert inbound.text() == "in tcp 10.0.0.5:50000 > 10.1.0.9:445 profile=private program=system"
    outbound = Flow(protocol=TCP, local_port=50001, remote_port=80, **(BASE | {"direction": Direction.OUT}))
    assert outbound.text() == "out tcp 10.1.0.9:50001 > 10.0.0.5:80 profile=domain program=system"


def test_text_of_other_protocols_and_ipv6():
    echo = Flow(protocol=ICMP4, icmp_type=8, icmp_code=0, interface=Interface.WIRELESS, **BASE)
    assert echo.text() == "in icmp4 10.0.0.5 > 10.1.0.9 type=8 code=0 profile=domain interface=wireless program=system"
    v6 = {"local": parse_address("fd00::9"), "remote": parse_address("fd00::5"), "direction": Direction.IN}
    web = Flow(protocol=TCP, local_port=80, remote_port=50002, program="c:\\program files\\x.exe", service="w3svc", **v6)
    assert web.text() == (
        'in tcp [fd00::5]:50002 > [fd00::9]:80 profile=domain program="c:\\program files\\x.exe" service=w3svc'
    )
    assert Flow(protocol=47, **BASE).text() == "in ip/47 10.0.0.5 > 10.1.0.9 profile=domain program=system"


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"protocol": TCP}, id="tcp-without-ports"),
        pytest.param({"protocol": TCP, "local_port": 5}, id="tcp-with-one-port"),
        pytest.param({"protocol": 47, "local_port": 5, "remote_port": 6}, id="gre-with-ports"),
        pytest.param({"protocol": ICMP4}, id="icmp-without-type"),
        pytest.param({"protocol": 47, "icmp_type": 8, "icmp_code": 0}, id="gre-with-icmp-type"),
        pytest.param({"protocol": 47, "remote": parse_address("fd00::1")}, id="mixed-families"),
        pytest.param({"protocol": 58, "icmp_type": 128, "icmp_code": 0}, id="icmpv6-over-ipv4"),
    ],
)
def test_a_flow_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"famil|ports|ICMP"):
        Flow(**(BASE | wrong))
