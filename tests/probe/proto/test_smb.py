"""SMB2 negotiate: what the server says, and what is none."""

from __future__ import annotations

import pytest
from tests.probe.proto.answers import smb2
from tests.probe.proto.speak import play

from cmfw.model.wire import Speaks
from cmfw.probe.proto.smb import SmbTalk


@pytest.mark.parametrize(
    ("answer", "facts"),
    [
        (smb2(), {"dialect": "0x0311", "signing": "required"}),
        (smb2(dialect=0x0202, security=1), {"dialect": "0x0202", "signing": "offered"}),
        (smb2(status=0xC00000BB), {"status": "0xc00000bb"}),
        (b"\0\0\0\x24\xffSMBr" + bytes(31), {"dialect": "SMB1"}),
    ],
    ids=["3.1.1, signing required", "2.0.2, signing offered", "no dialect in common", "SMB1"],
)
def test_an_smb_server(answer, facts):
    service = play(SmbTalk(), answer)
    assert service.speaks is Speaks.RIGHT
    assert dict(service.facts) == facts


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n", b"\0\0\0\x50abcd", smb2(command=5), smb2(status=0xC0000022), smb2(dialect=0x0666), b"\0\xff\xff\xff",
        smb2()[:50], b"\x83\0\0\1\x8f",
    ],
    ids=["ssh", "another magic", "another command", "access denied", "unknown dialect", "16 MiB promised", "cut", "no session service"],
)  # fmt: skip
def test_something_else(answer):
    assert play(SmbTalk(), answer).speaks is Speaks.OTHER


def test_nothing_is_silence():
    assert play(SmbTalk()).speaks is Speaks.SILENT


def test_the_request_is_one_whole_message():
    request = SmbTalk().opening()
    assert int.from_bytes(request[:4], "big") == len(request) - 4
    assert request[4:8] == b"\xfeSMB"
