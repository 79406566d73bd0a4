"""Packets of flows as bytes, with right checksums: a packet filter that keeps states drops wrong ones. Source: RFC 791, 8200, 768, 9293, 4443."""

from __future__ import annotations

from cmfw.net.addr import V6_BASE
from cmfw.net.flow import ICMP4, ICMP6, TCP, UDP, Flow

SYN, SYN_ACK = 0x02, 0x12


def opening(flow: Flow) -> bytes:
    """The packet that opens the flow, as the opening end sends it."""
    return _packet(flow.local, flow.remote, flow.protocol, _payload(flow))


def reply(flow: Flow) -> bytes:
    """The first answer to it."""
    return _packet(flow.remote, flow.local, flow.protocol, _payload(flow, answer=True))


def _payload(flow: Flow, *, answer: bool = False) -> bytes:
    if flow.protocol in (ICMP4, ICMP6):
        kind = flow.icmp_type
        if answer:
            kind = {8: 0, 128: 129}.get(kind, kind)
        return bytes([kind, flow.icmp_code, 0, 0]) + b"\x12\x34\x00\x01cmfw"
    if flow.protocol not in (TCP, UDP):
        return b"cmfwcmfw"
    ports = (flow.remote_port, flow.local_port) if answer else (flow.local_port, flow.remote_port)
    head = b"".join(port.to_bytes(2, "big") for port in ports)
    if flow.protocol == UDP:
        return head + (12).to_bytes(2, "big") + b"\0\0cmfw"
    number = 0x20000000 if answer else 0x10000000
    acknowledged = 0x10000001 if answer else 0
    flags = SYN_ACK if answer else SYN
    return head + number.to_bytes(4, "big") + acknowledged.to_bytes(4, "big") + bytes([0x50, flags]) + b"\x20\0\0\0\0\0"


def _packet(source: int, target: int, protocol: int, payload: bytes) -> bytes:
    if source >= V6_BASE:
        ends = (source - V6_BASE).to_bytes(16, "big") + (target - V6_BASE).to_bytes(16, "big")
        payload = _checked(ends, protocol, payload)
        return b"\x60\0\0\0" + len(payload).to_bytes(2, "big") + bytes([protocol, 64]) + ends + payload
    ends = source.to_bytes(4, "big") + target.to_bytes(4, "big")
    payload = _checked(b"" if protocol == ICMP4 else ends, protocol, payload)
    head = b"\x45\0" + (20 + len(payload)).to_bytes(2, "big") + b"\0\1\0\0" + bytes([64, protocol])
    return head + _sum(head + b"\0\0" + ends).to_bytes(2, "big") + ends + payload


def _checked(ends: bytes, protocol: int, payload: bytes) -> bytes:
    """The payload with its checksum in place."""
    at = {TCP: 16, UDP: 6, ICMP4: 2, ICMP6: 2}.get(protocol)
    if at is None:
        return payload
    pseudo = ends + len(payload).to_bytes(4, "big") + protocol.to_bytes(4, "big") if ends else b""
    return payload[:at] + (_sum(pseudo + payload) or 0xFFFF).to_bytes(2, "big") + payload[at + 2 :]


def _sum(content: bytes) -> int:
    content += b"\0" * (len(content) % 2)
    total = sum(int.from_bytes(content[at : at + 2], "big") for at in range(0, len(content), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total
