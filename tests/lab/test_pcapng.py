"""The capture file: its bytes by the specification, and what Wireshark's own reader makes of them."""

from __future__ import annotations

import json
import struct

import pytest
from tests.oracles.debian import run as run_debian

from cmfw.lab.packet_bytes import key_of
from cmfw.lab.pcapng import pcapng

V4 = bytes.fromhex("450000280001000040067c5c0a0700050a0700094e21 01bd000000010000000050022000e6a80000".replace(" ", ""))
V6 = bytes.fromhex(
    "600000000014114020010db800000000000000000000000520010db80000000000000000000000094e220009000c0000" + "00" * 4
)


def test_blocks_are_whole_and_padded():
    made = pcapng([(V4, "一条注释"), (V6, "plain")], "a run", "cmfw")
    at, kinds = 0, []
    while at < len(made):
        kind, length = struct.unpack_from("<II", made, at)
        assert length % 4 == 0
        assert struct.unpack_from("<I", made, at + length - 4) == (length,)
        kinds.append(kind)
        at += length
    assert (at, kinds) == (len(made), [0x0A0D0D0A, 1, 6, 6])


def test_keys_are_read_from_both_families():
    four, six = key_of(V4), key_of(V6)
    assert (four.protocol, four.source_port, four.target_port) == (6, 0x4E21, 445)
    assert (six.protocol, six.source_port, six.target_port) == (17, 0x4E22, 9)


@pytest.mark.parametrize("packet", [b"", b"\x45", V4[:21], V6[:41], b"\x00" * 60], ids=["none", "one", "v4", "v6", "zero"])
def test_a_packet_that_is_cut_has_no_key(packet):
    assert key_of(packet) is None


@pytest.mark.debian
def test_wireshark_reads_packets_and_comments(tmp_path):
    path = tmp_path / "lab.pcapng"
    path.write_bytes(pcapng([(V4, "needed: dropped by `rule-3`"), (V6, "第二个")], "a run", "cmfw"))
    told = json.loads(run_debian("tshark", "-r", str(path), "-T", "json", package="tshark"))
    layers = [each["_source"]["layers"] for each in told]
    comments = [each["frame"].get("frame.comment") or each.get("pkt_comment", {}).get("frame.comment") for each in layers]
    assert comments == ["needed: dropped by `rule-3`", "第二个"]
    assert layers[0]["tcp"]["tcp.dstport"] == "445"
    assert layers[1]["udp"]["udp.srcport"] == str(0x4E22)
