"""The real server over TLS, and where it keeps what."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import sys
from http.client import HTTPSConnection

import pytest
from tests.conftest import ROOT, need

from cmfw.web.serve import is_everywhere, is_loopback, usual_store

DEMO = ROOT / "src" / "cmfw" / "demo"
PASSWORD = "the password of this test"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
    ],
)
def test_what_only_this_machine_reaches(host, expected):
    assert is_loopback(host) is expected


def test_workspaces_are_kept_in_the_folder_of_the_user(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert usual_store() == tmp_path / "cmfw" / "workspaces.sqlite"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))
    assert usual_store() == tmp_path / "Local" / "cmfw" / "workspaces.sqlite"


@pytest.mark.parametrize(
    ("host", "expected"), [("0.0.0.0", True), ("::", True), ("127.0.0.1", False), ("10.0.0.1", False), ("fw", False)]
)
def test_an_address_that_stands_for_all(host, expected):
    assert is_everywhere(host) is expected


@pytest.fixture
def certificate(tmp_path):
    """(certificate, key) for fw.example."""
    need(shutil.which("openssl") is not None, "no openssl here to make a certificate")
    paths = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=fw.example"]
    command += ["-addext", "subjectAltName=DNS:fw.example", "-out", str(paths[0]), "-keyout", str(paths[1])]
    subprocess.run(command, check=True, capture_output=True)
    return paths


@pytest.mark.debian
@pytest.mark.slow
def test_beyond_loopback_it_speaks_tls_and_takes_the_password(certificate, tmp_path):
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n", encoding="utf-8")
    command = [sys.executable, "-m", "cmfw", "--lang", "en", "serve", "--listen", "0.0.0.0:0", "--name", "fw.example"]
    command += ["--tls-cert", str(certificate[0]), "--tls-key", str(certificate[1]), "--password-file", str(password)]
    command += ["--read-only", str(DEMO / "site.toml"), str(DEMO / "client.reg")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
        try:
            port = int(re.match(r"open https://fw\.example:(\d+)/w/site/m/client$", process.stdout.readline().strip())[1])
            assert talk(port, certificate[0], "GET", "/w/site/m/client")[0] == 303
            assert talk(port, certificate[0], "POST", "/login", "secret=guess")[0] == 403
            status, headers, _ = talk(port, certificate[0], "POST", "/login", f"secret={PASSWORD.replace(' ', '+')}")
            cookie = headers["set-cookie"]
            assert (status, cookie.startswith(f"__Host-cmfw-{port}=")) == (303, True)
            assert {"HttpOnly", "Secure", "Path=/"} <= set(cookie.split("; "))
            status, _, page = talk(port, certificate[0], "GET", "/w/site/m/client", cookie=cookie.partition(";")[0])
            assert (status, "FPS-SMB-In-TCP-NoScope" in page) == (200, True)
            assert talk(port, certificate[0], "GET", "/login", host=f"127.0.0.1:{port}")[0] == 421
        finally:
            process.terminate()


@pytest.mark.debian
def test_on_every_address_it_has_to_know_its_name(certificate, tmp_path):
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n", encoding="utf-8")
    command = [sys.executable, "-m", "cmfw", "serve", "--listen", "0.0.0.0:0", "--password-file", str(password)]
    command += ["--tls-cert", str(certificate[0]), "--tls-key", str(certificate[1])]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", timeout=60)
    assert (done.returncode, "--name" in done.stderr) == (2, True)


def talk(port, authority, method, path, body=None, *, cookie="", host=""):
    """(status, headers, text) of one request to fw.example on this machine."""
    context = ssl.create_default_context(cafile=str(authority))
    connection = HTTPSConnection("fw.example", port, context=context, timeout=30)
    # the name is nobody's; the address is ours
    connection._create_connection = lambda _, *rest: socket.create_connection(("127.0.0.1", port), *rest)
    headers = {"cookie": cookie} if cookie else {}
    headers |= {"content-type": "application/x-www-form-urlencoded"} if body else {}
    headers |= {"host": host} if host else {}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.getheaders()), text
