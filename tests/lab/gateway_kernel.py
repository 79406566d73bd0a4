"""One gateway in the network namespace that this program is started in, between two tunnels, and what its kernel does with packets.

Reads a JSON object from standard input: ``load`` (commands that load the rules), ``packets`` (lists of hex packets, each sent into
``side`` 0 or 1 behind one another) and ``marker`` (a packet for either side that passes whatever the rules say). Writes for each list which of its packets came out
on the other side. A marker follows each packet, and the kernel keeps their order: what has not come out when the marker does was stopped, so nothing waits
for a time-out.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import struct
import subprocess
import sys
from pathlib import Path

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000  # linux/if_tun.h
LONGEST_S = 20


def tunnel(name: str) -> int:
    """A new tunnel device that is up; packets are written to and read from the descriptor."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", name, "up"], check=True)
    return device


def passed(sides: list[int], into: int, packet: bytes, marker: bytes) -> bool:
    """Whether the packet comes out on the other side before the marker does."""
    os.write(sides[into], packet)
    os.write(sides[into], marker)
    found = False
    while True:
        ready, _, _ = select.select([sides[1 - into]], [], [], LONGEST_S)
        if not ready:
            raise TimeoutError("the marker was lost")
        got = os.read(sides[1 - into], 65535)
        if body(got) == body(marker):
            return found
        found = found or body(got) == body(packet)


def body(packet: bytes) -> bytes:
    """What forwarding leaves as it is: all but the time to live and the checksum of the header."""
    if packet[0] >> 4 == 4:
        return packet[:8] + packet[9:10] + packet[12:]
    return packet[:7] + packet[8:]


def main() -> None:
    """Answer the question on standard input."""
    asked = json.load(sys.stdin)
    # an address is only asked for once: without detection of duplicates IPv6 works at once
    for name, text in (("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1"), ("ipv6/conf/default/accept_dad", "0")):
        Path("/proc/sys/net", name).write_text(text, encoding="ascii")
    for name in ("all", "default"):
        Path("/proc/sys/net/ipv4/conf", name, "rp_filter").write_text("0", encoding="ascii")
    sides = [tunnel("side0"), tunnel("side1")]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for side, nets in enumerate(asked["nets"]):
        for net in nets:
            subprocess.run(["ip", "route", "replace", net, "dev", f"side{side}"], check=True)
    for command in asked["load"]:
        subprocess.run(command, check=True)
    markers = [bytes.fromhex(text) for text in asked["markers"]]
    out = [
        [passed(sides, one["side"], bytes.fromhex(one["hex"]), markers[one["side"]]) for one in flow]
        for flow in asked["packets"]
    ]
    json.dump(out, sys.stdout)


if __name__ == "__main__":
    main()
