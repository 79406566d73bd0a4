"""Sets of flows as text and data: lists, ranges, networks, and what is left out."""

from __future__ import annotations

import pytest

from cmfw.net.addr import V4_ALL, AddrSet
from cmfw.net.atoms import Atoms
from cmfw.net.flow import TCP, UDP
from cmfw.net.flowset import boxes, icmp_range
from cmfw.net.intervals import subtract
from cmfw.net.ports import PortSet
from cmfw.report.box_view import box_row, box_text

TCP_ONLY = ((TCP, TCP),)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({"direction": 1}, "in any * > *"),
        ({"direction": 2, "local": V4_ALL, "remote": V4_ALL}, "out any 0.0.0.0/0 > 0.0.0.0/0"),
        ({"direction": 1, "protocol": ((TCP, TCP), (UDP, UDP))}, "in tcp,udp * > *"),
        ({"direction": 1, "protocol": subtract(((0, 255),), ((47, 47),))}, "in !ip/47 * > *"),
        ({"direction": 1, "protocol": TCP_ONLY, "local_port": ((80, 80), (443, 443))}, "in tcp * > *:80,443"),
        ({"direction": 1, "protocol": TCP_ONLY, "local_port": subtract(PortSet.ANY.ranges, ((80, 90),))}, "in tcp * > *:!80-90"),
        ({"direction": 2, "protocol": TCP_ONLY, "remote": AddrSet.parse("10.0.0.0/8").ranges, "remote_port": ((445, 445),)},
         "out tcp 0.0.0.0/0 > 10.0.0.0/8:445"),
        ({"direction": 1, "protocol": TCP_ONLY, "remote": AddrSet.parse("fd00::/8").ranges, "remote_port": ((445, 445),)},
         "in tcp [fd00::/8]:445 > ::/0"),
        ({"direction": 1, "protocol": ((1, 1),), "icmp": (icmp_range(8, None), icmp_range(11, 1))},
         "in icmp4 0.0.0.0/0 > 0.0.0.0/0 type=8:*,11:1"),
        ({"direction": 1, "profile": 5, "interface": 4}, "in any * > * profile=domain,public interface=ras"),
        ({"direction": 1, "program": Atoms.of("c:\\b.exe", "c:\\a b.exe")}, 'in any * > * program="c:\\a b.exe",c:\\b.exe'),
        ({"direction": 1, "program": Atoms.but(f"c:\\{n}.exe" for n in range(6))},
         "in any * > * program=!c:\\0.exe,c:\\1.exe,c:\\2.exe,c:\\3.exe,+2"),
        ({"direction": 1, "service": Atoms.of("")}, 'in any * > * service=""'),
        ({"direction": 1, "principal": 2}, "in any * > * app-container"),
    ],
)  # fmt: skip
def test_text(parts, text):
    assert box_text(boxes(**parts)) == text


def test_many_networks_are_told_by_what_they_leave_out():
    hole = AddrSet.ANY - AddrSet.parse("10.1.2.3")
    assert box_text(boxes(direction=1, remote=hole.ranges)) == "in any !10.1.2.3 > *"


def test_data_has_every_name_and_every_part():
    row = box_row(
        boxes(direction=1, protocol=TCP_ONLY, program=Atoms.but(f"c:\\{n}.exe" for n in range(6)), service=Atoms.of(""))
    )
    assert row["programs"] == {"all_but": [f"c:\\{n}.exe" for n in range(6)]}
    assert row["services"] == {"only": [""]}
    assert (row["local"], row["remote_ports"], row["icmp"]) == (["*"], ["*"], ["*"])
    assert row["processes"] == ["ordinary", "app-container"]
