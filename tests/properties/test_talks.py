"""A talk hears the same whatever pieces its bytes come in, and nothing that it hears makes it fail, grow or go on for ever."""

from __future__ import annotations

import random

import pytest
from tests.probe.proto import answers
from tests.probe.proto.speak import play

from cmfw.probe.proto import TALKS, make_talk
from cmfw.probe.proto.talk import MOST_BYTES, MOST_FACT

CONVERSATIONS = {
    "smb": [(answers.smb2(),), (answers.smb2(status=0xC00000BB),), (answers.smb2(command=3),)],
    "rpc": [(answers.bind_ack(), answers.mapped(), answers.mapped(49664, 49665)), (answers.BIND_NAK,)],
    "rpc_bind": [(answers.bind_ack(),), (answers.BIND_NAK,), (answers.bind_ack(2),)],
    "rdp": [(answers.rdp(),), (answers.OLD_RDP,), (answers.rdp(kind=3),)],
    "ldap": [(answers.ldap_entry(dnsHostName="dc1"), answers.LDAP_DONE), (answers.LDAP_DONE,)],
    "mp_http": [
        (answers.http(403), answers.http(200, b"<MPCertificate>")),
        (answers.http(404),) * 4,
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<MPL\r\n4\r\nist>\r\n0\r\n\r\n",),
    ],
    "dp_http": [(answers.http(404), answers.http(401))],
    "wsus_http": [(answers.http(200, b"MSCF" + bytes(900)),)],
    "web_http": [(answers.http(200, b"x" * 900, "Server: a"),)],
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(CONVERSATIONS))
def test_pieces_make_no_difference(kind, soak, seed):
    rng = random.Random(f"{kind} {seed}")
    for conversation in CONVERSATIONS[kind]:
        whole = play(make_talk(kind, "cm1"), b"".join(conversation))
        assert whole == play(make_talk(kind, "cm1"), b"".join(conversation), chunk=1)
        for _ in range(30 * soak):
            assert whole == play(make_talk(kind, "cm1"), b"".join(conversation), rng=rng)


@pytest.mark.slow
@pytest.mark.parametrize("kind", TALKS)
def test_whatever_is_heard_ends_well(kind, soak, seed, record_count):
    """Mutated conversations: no exception, a service in the end, bounded facts and memory."""
    rng = random.Random(f"mutated {kind} {seed}")
    seeds = [b"".join(c) for c in CONVERSATIONS.get(kind, [])] or [bytes((22, 3, 3, 0, 5)) + b"hello", answers.http(400)]
    count = 400 * soak
    for _ in range(count):
        content = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(content) + 1)
            content[at : at + rng.choice((0, 0, 1, 1, 4))] = rng.randbytes(rng.choice((0, 1, 1, 2, 4, 16)))
        talk = make_talk(kind, "cm1")
        service = play(talk, bytes(content), rng=rng)
        assert service is not None
        assert all(len(text) <= MOST_FACT for _, text in service.facts)
        assert len(talk.buffer) <= MOST_BYTES
    record_count("mutated conversations", count)


@pytest.mark.parametrize("kind", TALKS)
def test_endless_data_ends(kind):
    talk = make_talk(kind, "cm1")
    talk.opening()
    heard = 0
    while talk.service is None:
        talk.receive(b"\0" * 4096)
        heard += 4096
        assert heard <= MOST_BYTES + 8192
