"""What servers answer, as bytes: SMB2 by MS-SMB2, RPC by C706, RDP by MS-RDPBCGR, LDAP by RFC 4511, HTTP by RFC 9112."""

from __future__ import annotations

from struct import pack


def smb2(*, status: int = 0, command: int = 0, dialect: int = 0x0311, security: int = 3, magic: bytes = b"\xfeSMB") -> bytes:
    header = pack("<4sHHIHHIIQIIQ16s", magic, 64, 0, status, command, 1, 1, 0, 0, 0, 0, 0, b"")
    body = pack("<HHHH16sIIIIQQHHI", 65, security, dialect, 1, b"g" * 16, 0x7F, 8 << 20, 8 << 20, 8 << 20, 1, 0, 128, 0, 0)
    message = header + (body if not status else pack("<HBBI", 9, 0, 0, 0))
    return pack(">I", len(message)) + message


def pdu(kind: int, body: bytes, *, call: int = 1, flags: int = 3) -> bytes:
    return pack("<BBBBIHHI", 5, 0, kind, flags, 0x10, 16 + len(body), 0, call) + body


def bind_ack(result: int = 0) -> bytes:
    return pdu(
        12, pack("<HHIH", 4280, 4280, 9, 4) + b"135\0" + pack("<H", 0)[:2] + pack("<BBHHH20s", 1, 0, 0, result, 0, b"ndr")
    )


def tower(port: int) -> bytes:
    floors = [(b"\x0d" + bytes(18), bytes(2)), (b"\x0d" + bytes(18), bytes(2)), (b"\x0b", bytes(2))]
    floors += [(b"\x07", pack(">H", port)), (b"\x09", bytes((10, 0, 0, 9)))]
    return pack("<H", 5) + b"".join(pack("<H", len(a)) + a + pack("<H", len(b)) + b for a, b in floors)


def mapped(*ports: int, call: int = 2) -> bytes:
    towers = [tower(port) for port in ports]
    stub = (
        bytes(20)
        + pack("<IIII", len(towers), 16, 0, len(towers))
        + b"".join(pack("<I", 3 + at) for at in range(len(towers)))
    )
    for one in towers:
        stub += pack("<II", len(one), len(one)) + one + bytes(-len(one) % 4)
    stub += pack("<I", 0 if towers else 0x16C9A0D6)
    return pdu(2, pack("<IHBB", len(stub), 0, 0, 0) + stub, call=call)


FAULT = pdu(3, pack("<IHBBI4x", 32, 0, 0, 0, 5))
BIND_NAK = pdu(13, pack("<HB", 4, 0))


def rdp(kind: int = 2, chosen: int = 1, *, code: int = 0xD0) -> bytes:
    return pack(">BBH", 3, 0, 19) + pack(">BBHHB", 14, code, 0, 0x1234, 0) + pack("<BBHI", kind, 0, 8, chosen)


OLD_RDP = pack(">BBH", 3, 0, 11) + pack(">BBHHB", 6, 0xD0, 0, 0x1234, 0)


def tlv(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x84)) + len(content).to_bytes(4, "big") + content


def ldap_entry(**attributes: str) -> bytes:
    listed = b"".join(
        tlv(0x30, tlv(4, name.encode()) + tlv(0x31, tlv(4, text.encode()))) for name, text in attributes.items()
    )
    return tlv(0x30, tlv(2, b"\1") + tlv(0x64, tlv(4, b"") + tlv(0x30, listed)))


LDAP_DONE = tlv(0x30, tlv(2, b"\1") + tlv(0x65, tlv(0x0A, b"\0") + tlv(4, b"") + tlv(4, b"")))


def http(status: int, body: bytes = b"", *fields: str, length: bool = True) -> bytes:
    lines = [f"HTTP/1.1 {status} x", *fields, *([f"Content-Length: {len(body)}"] if length else [])]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
