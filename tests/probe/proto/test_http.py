"""HTTP: which answers show a role."""

from __future__ import annotations

import pytest
from tests.probe.proto.answers import http
from tests.probe.proto.speak import play

from cmfw.model.wire import Speaks
from cmfw.probe.proto import make_talk

LIST, CERTIFICATE = b"\xef\xbb\xbf<MPList><MP Name='X'/></MPList>", b"<MPCertificate>30</MPCertificate>"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<MPL\r\n4;x=y\r\nist>\r\n0\r\n\r\n"
UNTIL_END = http(200, LIST, length=False)


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        ("mp_http", (http(200, LIST),)),
        ("mp_http", (CHUNKED,)),
        ("mp_http", (UNTIL_END,)),
        ("mp_http", (b"HTTP/1.1 100 Continue\r\n\r\n" + http(200, LIST),)),
        ("mp_http", (http(500), http(200, CERTIFICATE))),
        ("mp_http", (http(403), http(403), http(401), http(403))),
        ("mp_http", tuple(http(status, b"", "Connection: close") for status in (403, 403, 401, 403))),
        ("mp_http", (http(200, b"y" * 40_000), http(200, CERTIFICATE))),
        ("dp_http", (http(404), http(401))),
        ("dp_http", (http(200),)),
        ("wsus_http", (http(200, b"MSCF\0\0"),)),
        ("wsus_http", (http(404), http(200, b"<html>"))),
        ("web_http", (http(404),)),
    ],
    ids=[
        "list", "list in chunks", "list up to the end", "after a 100", "certificate", "401 and 403 of the messaging folders",
        "a connection for each answer", "a page that is too long before the certificate",
        "packages behind authentication", "data library", "self-update cabinet", "client web service", "any web server",
    ],
)  # fmt: skip
def test_the_role(kind, answers):
    service = play(make_talk(kind, "cm1"), *answers)
    assert service.speaks is Speaks.RIGHT
    assert service.kind == kind


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        ("mp_http", (http(200, b"<html>It works"), http(200), http(200), http(200))),
        ("mp_http", (http(404), http(404), http(404), http(404))),
        ("mp_http", (http(401), http(401), http(403), http(401))),
        ("mp_http", (http(403, b"", "Connection: close"),)),
        ("wsus_http", (http(200, b"<html>"), http(404), http(404))),
        ("dp_http", (http(404), http(403))),
        ("web_http", (b"SSH-2.0-x\r\n",)),
        ("web_http", (b"HTTP/2.0 200 OK\r\n\r\n",)),
        ("web_http", (b"HTTP/1.1 200" + b"x" * 20_000,)),
        ("mp_http", (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",)),
        ("mp_http", (http(200, b"y" * 40_000),)),
        ("mp_http", (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n<MPL",)),
        ("web_http", (b"HTTP/1.1 ",)),
    ],
    ids=[
        "a web server", "nothing there", "the other way round", "closes after the first answer", "a page instead of a cabinet",
        "no package folder", "ssh", "another version", "a head without end", "a chunk without a size", "a body that is too long",
        "a length that is too long", "cut",
    ],
)  # fmt: skip
def test_something_else(kind, answers):
    assert play(make_talk(kind, "cm1"), *answers).speaks is Speaks.OTHER


def test_requests_are_as_meant():
    talk = make_talk("mp_http", "cm1.example.com")
    assert talk.opening().startswith(b"GET /sms_mp/.sms_aut?mplist HTTP/1.1\r\nHost: cm1.example.com\r\n")
    assert talk.receive(http(403)).startswith(b"GET /sms_mp/.sms_aut?mpcert ")
    third = talk.receive(http(403))
    assert third.startswith(b"CCM_POST /ccm_system_windowsauth/request ")
    assert b"Content-Length: 0\r\n" in third
    assert talk.receive(http(401)).startswith(b"GET /ccm_system/ ")
    assert talk.receive(http(403)) == b""
    assert dict(talk.service.facts) == {"mplist": "403", "mpcert": "403", "ccm_post": "401", "ccm_system": "403"}


def test_an_address_stands_in_brackets():
    assert b"Host: [fe80::1]\r\n" in make_talk("web_http", "fe80::1").opening()
