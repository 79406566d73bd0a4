"""ICMP echo as bytes."""

from __future__ import annotations

import pytest

from cmfw.probe.proto.icmp import checksum, echo, is_reply


def test_a_request_has_a_sound_checksum():
    for payload in (b"", b"a", b"ab", bytes(range(16))):
        assert checksum(echo(payload, 3, v6=False)) == 0


@pytest.mark.parametrize(
    ("packet", "v6", "is_ours"),
    [
        (b"\0\0\0\0\0\0\0\1payload", False, True),
        (b"\x45" + bytes(19) + b"\0\0\0\0\0\0\0\1payload", False, True),
        (b"\x81\0\0\0\0\0\0\1payload", True, True),
        (b"\x08\0\0\0\0\0\0\1payload", False, False),
        (b"\0\0\0\0\0\0\0\1another", False, False),
        (b"\0\0\0\0\0\0\0\1payload", True, False),
        (b"\x03\3\0\0\0\0\0\0payload", False, False),
        (b"", False, False),
    ],
    ids=["reply", "behind an IP header", "IPv6", "a request", "another payload", "another family", "unreachable", "empty"],
)
def test_a_reply(packet, v6, is_ours):
    assert is_reply(packet, b"payload", v6=v6) is is_ours
