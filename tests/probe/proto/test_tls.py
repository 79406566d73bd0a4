"""TLS against the standard library's own server side, in memory."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest
from tests.conftest import need
from tests.probe.proto.answers import http

from cmfw.model.wire import Speaks
from cmfw.probe.proto import make_talk


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    import shutil

    need(shutil.which("openssl") is not None, "needs the openssl program to make a certificate")
    path = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=cm1.example.com", "-days", "2",
         "-keyout", path / "key.pem", "-out", path / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return path


def converse(talk, folder: Path, answers: tuple[bytes, ...], **settings) -> None:
    """Play the server side until nobody has anything left to say."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    for name, setting in settings.items():
        setattr(context, name, setting)
    if settings:
        context.load_verify_locations(folder / "cert.pem")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    waiting, shaken = list(answers), False
    message = talk.opening()
    for _ in range(20):
        incoming.write(message)
        try:
            if not shaken:
                server.do_handshake()
                shaken = True
            while waiting and server.read(9999):
                server.write(waiting.pop(0))
        except ssl.SSLError:
            pass
        reply = outgoing.read()
        message = talk.receive(reply) if reply else b""
        if not message and not reply:
            break


def test_a_handshake_is_all_that_is_claimed(certificate):
    talk = make_talk("tls", "cm1.example.com")
    converse(talk, certificate, ())
    facts = dict(talk.service.facts)
    assert talk.service.speaks is Speaks.RIGHT
    assert facts["tls"] == "TLSv1.3"
    assert facts["checked"] == "handshake only"
    assert len(facts["certificate_sha256"]) == 64


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_talk_inside(certificate, version):
    talk = make_talk("mp_https", "cm1.example.com")
    converse(talk, certificate, (http(403), http(200, b"<MPCertificate>")), maximum_version=version)
    assert talk.service.speaks is Speaks.RIGHT
    facts = dict(talk.service.facts)
    assert (facts["mplist"], facts["mpcert"]) == ("403", "200")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_wants_a_client_certificate_is_there(certificate, version):
    talk = make_talk("mp_https", "cm1.example.com")
    converse(talk, certificate, (), verify_mode=ssl.CERT_REQUIRED, maximum_version=version)
    talk.end()
    # TLS 1.2 has no alert of its own for it: the handshake fails, and no more is said
    assert talk.service.speaks is (Speaks.RIGHT if version is ssl.TLSVersion.TLSv1_3 else Speaks.OTHER)
    assert "alert" in dict(talk.service.facts)


@pytest.mark.parametrize(
    ("heard", "speaks"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Speaks.OTHER),
        (b"\x16\x03\x03\xff\xff" + bytes(70_000), Speaks.OTHER),
        (b"", Speaks.SILENT),
    ],
    ids=["plain http", "a record that is too long", "nothing"],
)
def test_something_else(heard, speaks):
    talk = make_talk("tls", "10.0.0.5")
    talk.opening()
    for at in range(0, len(heard), 4000):
        talk.receive(heard[at : at + 4000])
    talk.end()
    assert talk.service.speaks is speaks
