"""DCE/RPC over TCP: ask the endpoint mapper for the port of an interface, and bind to an interface on its own port.

Source: DCE 1.1 RPC (C706) chapter 12 (connection-oriented PDUs), appendix L (towers), appendix O (ept_map); MS-RPCE 2.2.2.
"""

from __future__ import annotations

from struct import pack, unpack_from

from cmfw.model.wire import Speaks
from cmfw.probe.proto.talk import Talk, Unexpected
from cmfw.values import value
from cmfw.words.phrases import phrase


@value
class Interface:
    """An RPC interface: what people call it, its UUID as it stands on the wire, and its major version."""

    name: str
    uuid: bytes
    version: int


def _wire(text: str) -> bytes:
    """A UUID as a little-endian structure."""
    a, b, c, d, e = text.split("-")
    return pack("<IHH", int(a, 16), int(b, 16), int(c, 16)) + bytes.fromhex(d + e)


_MAPPER = Interface("epm", _wire("e1af8308-5d1f-11c9-91a4-08002b14a0fa"), 3)
_NDR = _wire("8a885d04-1ceb-11c9-9fe8-08002b104860")
INTERFACES = (
    Interface("svcctl", _wire("367abb81-9844-35f1-ad32-98f038001003"), 2),
    Interface("schedule", _wire("86d35949-83c9-4044-b424-db363231fd0c"), 1),
    Interface("eventlog", _wire("f6beaff7-1e19-4fbb-9f8f-b89e2018337c"), 1),
    Interface("lsarpc", _wire("12345778-1234-abcd-ef00-0123456789ab"), 0),
    Interface("samr", _wire("12345778-1234-abcd-ef00-0123456789ac"), 1),
    Interface("netlogon", _wire("12345678-1234-abcd-ef00-01234567cffb"), 1),
)
"""Interfaces that Windows registers on a dynamic TCP port, in the order in which we ask for them.

Source: MS-SCMR 2.1, MS-TSCH 2.1, MS-EVEN6 2.1, MS-LSAD 2.1, MS-SAMR 2.1, MS-NRPC 2.1.
"""
_REQUEST, _RESPONSE, _FAULT, _BIND, _BIND_ACK, _BIND_NAK = 0, 2, 3, 11, 12, 13
_KNOWN_TYPES = (_RESPONSE, _FAULT, _BIND_ACK, _BIND_NAK)
_HEADER = 16
_EPT_MAP = 3
_LONGEST = 8192
_LAST_FRAGMENT = 2
_MOST_TOWERS = 16
_TCP_FLOOR, _IP_FLOOR, _UUID_FLOOR, _CO_FLOOR = 0x07, 0x09, 0x0D, 0x0B
_NO_OBJECT = bytes(16)


def _pdu(kind: int, body: bytes, call: int) -> bytes:
    return pack("<BBBBIHHI", 5, 0, kind, 3, 0x10, _HEADER + len(body), 0, call) + body


def bind(interface: Interface, call: int = 1) -> bytes:
    """A bind request for one interface with the NDR transfer syntax."""
    context = pack("<HBB", 0, 1, 0) + interface.uuid + pack("<HH", interface.version, 0) + _NDR + pack("<I", 2)
    return _pdu(_BIND, pack("<HHIBBH", 4280, 4280, 0, 1, 0, 0) + context, call)


def _tower(interface: Interface) -> bytes:
    floors = [
        (pack("<B16sH", _UUID_FLOOR, interface.uuid, interface.version), bytes(2)),
        (pack("<B16sH", _UUID_FLOOR, _NDR, 2), bytes(2)),
        (pack("<B", _CO_FLOOR), bytes(2)),
        (pack("<B", _TCP_FLOOR), pack(">H", 135)),
        (pack("<B", _IP_FLOOR), bytes(4)),
    ]
    sides = b"".join(pack("<H", len(left)) + left + pack("<H", len(right)) + right for left, right in floors)
    return pack("<H", len(floors)) + sides


def ept_map(interface: Interface, call: int) -> bytes:
    """A request for the towers of one interface."""
    tower = _tower(interface)
    stub = pack("<I", 1) + _NO_OBJECT + pack("<III", 2, len(tower), len(tower)) + tower
    stub += bytes(-len(stub) % 4) + bytes(20) + pack("<I", _MOST_TOWERS)
    return _pdu(_REQUEST, pack("<IHH", len(stub), 0, _EPT_MAP) + stub, call)


def ports_of(stub: bytes) -> tuple[int, ...]:
    """The TCP ports in the answer to ept_map; empty where it names none. Raises Unexpected for a broken answer."""
    try:
        count, _, _, actual = unpack_from("<IIII", stub, 20)
    except Exception as error:
        raise Unexpected("a short answer of the endpoint mapper") from error
    if actual > _MOST_TOWERS or count > _MOST_TOWERS:
        raise Unexpected(phrase("{count} towers", count=actual))
    at = 36 + 4 * actual
    found = []
    for _ in range(actual):
        if len(stub) < at + 8:
            raise Unexpected("a tower that ends early")
        _, length = unpack_from("<II", stub, at)
        tower = stub[at + 8 : at + 8 + length]
        if len(tower) < length:
            raise Unexpected("a tower that ends early")
        found += _tcp_ports(tower)
        at += 8 + length + (-length % 4)
    return tuple(dict.fromkeys(port for port in found if port))


def _tcp_ports(tower: bytes) -> list[int]:
    """The ports of the TCP floors of one tower."""
    if len(tower) < 2:
        raise Unexpected("an empty tower")
    (floors,) = unpack_from("<H", tower)
    at, found = 2, []
    for _ in range(min(floors, 8)):
        sides = []
        for _ in range(2):
            if len(tower) < at + 2:
                raise Unexpected("a floor that ends early")
            (length,) = unpack_from("<H", tower, at)
            sides.append(tower[at + 2 : at + 2 + length])
            at += 2 + length
        if sides[0][:1] == bytes((_TCP_FLOOR,)) and len(sides[1]) == 2:
            found.append(unpack_from(">H", sides[1])[0])
    return found


class _RpcTalk(Talk):
    """Reads PDUs; a subclass gets each whole one."""

    def step(self) -> bytes | None:
        """Read one PDU."""
        head = bytes(self.buffer[:3])
        if head and (head[0] != 5 or (len(head) > 1 and head[1] > 1) or (len(head) > 2 and head[2] not in _KNOWN_TYPES)):
            raise Unexpected("no RPC header")
        if len(self.buffer) < _HEADER:
            return None
        length = unpack_from("<H", self.buffer, 8)[0]
        if self.buffer[4] >> 4 != 1 or not _HEADER <= length <= _LONGEST:
            raise Unexpected("an RPC header that we cannot read")
        if len(self.buffer) < length:
            return None
        return self.pdu(self.take(length))

    def pdu(self, pdu: bytes) -> bytes:
        """What to send after one PDU."""
        raise NotImplementedError

    @staticmethod
    def accepted(pdu: bytes) -> bool:
        """Whether a bind was accepted; raises Unexpected for another PDU."""
        if pdu[2] == _BIND_NAK:
            return False
        if pdu[2] != _BIND_ACK or len(pdu) < _HEADER + 10:
            raise Unexpected(phrase("RPC packet type {type}", type=pdu[2]))
        (length,) = unpack_from("<H", pdu, _HEADER + 8)
        at = _HEADER + 10 + length
        at += -at % 4
        if len(pdu) < at + 8:
            raise Unexpected("a bind answer that ends early")
        results, first = pdu[at], unpack_from("<H", pdu, at + 4)[0]
        return bool(results) and int(first) == 0


class MapperTalk(_RpcTalk):
    """Right where the endpoint mapper answers; ``ports`` are what it names for the first interface that it knows."""

    kind = "rpc"

    def __init__(self, interfaces: tuple[Interface, ...] = INTERFACES) -> None:
        super().__init__()
        self.ports: tuple[int, ...] = ()
        self.interface: Interface | None = None
        self._left = list(interfaces)
        self._call = 1
        self._stub = b""

    def opening(self) -> bytes:
        """A bind to the endpoint mapper."""
        return bind(_MAPPER)

    def pdu(self, pdu: bytes) -> bytes:
        """Ask for one interface after the other until one has a port."""
        if self._call == 1:
            if not self.accepted(pdu):
                self.finish(Speaks.OTHER, ("heard", phrase("the endpoint mapper refuses to be bound")))
                return b""
            return self._next()
        if pdu[2] == _FAULT:
            return self._next()
        if pdu[2] != _RESPONSE or len(pdu) < _HEADER + 8:
            raise Unexpected(phrase("RPC packet type {type}", type=pdu[2]))
        self._stub += pdu[_HEADER + 8 :]
        if not pdu[3] & _LAST_FRAGMENT:
            return b""
        self.ports, self._stub = ports_of(self._stub), b""
        if not self.ports:
            return self._next()
        self.finish(Speaks.RIGHT, ("interface", self.interface.name if self.interface else ""), ("port", str(self.ports[0])))
        return b""

    def _next(self) -> bytes:
        if not self._left:
            self.interface = None
            self.finish(Speaks.RIGHT, ("interface", ""))
            return b""
        self.interface = self._left.pop(0)
        self._call += 1
        return ept_map(self.interface, self._call)


class BindTalk(_RpcTalk):
    """Right where an RPC server answers on the port that the endpoint mapper named, whatever it thinks of the interface."""

    kind = "rpc_bind"

    def __init__(self, interface: Interface = INTERFACES[0]) -> None:
        super().__init__()
        self.interface = interface

    def opening(self) -> bytes:
        """A bind to the interface."""
        return bind(self.interface)

    def pdu(self, pdu: bytes) -> bytes:
        """Read the answer to the bind."""
        bound = phrase("accepted") if self.accepted(pdu) else phrase("refused")
        self.finish(Speaks.RIGHT, ("interface", self.interface.name), ("bind", bound))
        return b""
