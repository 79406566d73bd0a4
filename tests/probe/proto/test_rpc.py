"""The endpoint mapper and binds."""

from __future__ import annotations

import pytest
from tests.probe.proto.answers import BIND_NAK, FAULT, bind_ack, mapped, pdu
from tests.probe.proto.speak import play

from cmfw.model.wire import Speaks
from cmfw.probe.proto.rpc import INTERFACES, BindTalk, MapperTalk, ept_map


@pytest.mark.parametrize(
    ("answers", "facts", "ports"),
    [
        ((bind_ack(), mapped(49664)), {"interface": "svcctl", "port": "49664"}, (49664,)),
        ((bind_ack(), mapped(), mapped(49671, 49672)), {"interface": "schedule", "port": "49671"}, (49671, 49672)),
        ((bind_ack(), FAULT, mapped(51000)), {"interface": "schedule", "port": "51000"}, (51000,)),
        ((bind_ack(), *[mapped()] * len(INTERFACES)), {"interface": ""}, ()),
    ],
    ids=["the first interface", "the second interface", "a fault, then a port", "no interface has a port"],
)
def test_an_endpoint_mapper(answers, facts, ports):
    talk = MapperTalk()
    service = play(talk, *answers)
    assert service.speaks is Speaks.RIGHT
    assert dict(service.facts) == facts
    assert talk.ports == ports


def test_fragments_are_put_together():
    whole = mapped(49664, 49665)
    body = whole[24:]
    first = pdu(2, whole[16:24] + body[:40], call=2, flags=1)
    last = pdu(2, whole[16:24] + body[40:], call=2, flags=2)
    talk = MapperTalk()
    assert play(talk, bind_ack(), first, last).speaks is Speaks.RIGHT
    assert talk.ports == (49664, 49665)


@pytest.mark.parametrize(
    "answers",
    [
        (b"HTTP/1.1 400 Bad Request\r\n",),
        (BIND_NAK,),
        (bind_ack(2),),
        (bind_ack(), bind_ack()),
        (bind_ack(), mapped(49664)[:40]),
        (bind_ack(), pdu(2, bytes(8) + bytes(20) + b"\xff" * 16, call=2)),
        (bind_ack(), pdu(2, bytes(8) + bytes(20) + (1).to_bytes(4, "little") * 4 + b"\xff" * 12, call=2)),
        (bind_ack(), pdu(2, b"", call=2)),
        (pdu(12, b""),),
        (b"\x05\0\x0c\x03\0\0\0\x10\0\x20" + bytes(6),),
    ],
    ids=[
        "http", "a bind that is not acknowledged", "a bind that is refused", "a second bind answer", "cut", "2**32 towers",
        "a tower of 2**32 bytes", "an empty response", "an empty bind answer", "big-endian",
    ],
)  # fmt: skip
def test_something_else(answers):
    talk = MapperTalk()
    assert play(talk, *answers).speaks is Speaks.OTHER
    assert talk.ports == ()


@pytest.mark.parametrize(("answer", "bound"), [(bind_ack(), "accepted"), (bind_ack(2), "refused"), (BIND_NAK, "refused")])
def test_any_answer_to_a_bind_is_an_rpc_server(answer, bound):
    service = play(BindTalk(INTERFACES[3]), answer)
    assert service.speaks is Speaks.RIGHT
    assert dict(service.facts) == {"interface": "lsarpc", "bind": bound}


def test_a_request_says_its_own_length():
    for at, interface in enumerate(INTERFACES):
        request = ept_map(interface, at)
        assert int.from_bytes(request[8:10], "little") == len(request)
