"""RDP negotiation."""

from __future__ import annotations

import pytest
from tests.probe.proto.answers import OLD_RDP, rdp
from tests.probe.proto.speak import play

from cmfw.model.wire import Speaks
from cmfw.probe.proto.rdp import RdpTalk


@pytest.mark.parametrize(
    ("answer", "facts"),
    [
        (rdp(chosen=1), {"security": "tls"}),
        (rdp(chosen=2), {"security": "credssp"}),
        (rdp(chosen=0), {"security": "rdp"}),
        (rdp(kind=3, chosen=5), {"failure": "5"}),
        (OLD_RDP, {"security": "rdp"}),
    ],
    ids=["tls", "credssp", "rdp", "a failure is an answer of RDP", "without negotiation"],
)
def test_an_rdp_server(answer, facts):
    service = play(RdpTalk(), answer)
    assert service.speaks is Speaks.RIGHT
    assert dict(service.facts) == facts


@pytest.mark.parametrize(
    "answer",
    [b"RFB 003.008\n", b"\3\0\0\5\0", b"\3\0\xff\xff", rdp(code=0x80), rdp(kind=7), rdp()[:10]],
    ids=["vnc", "short", "64 KiB promised", "a disconnect", "unknown negotiation", "cut"],
)
def test_something_else(answer):
    assert play(RdpTalk(), answer).speaks is Speaks.OTHER
