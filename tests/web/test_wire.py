"""A real server over a bare socket: what is hardly HTTP, what never ends, and what unpacks to more than there is; its memory is measured."""

from __future__ import annotations

import lzma
import re
import socket
import sys
from contextlib import closing, suppress
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from tests.conftest import need
from tests.web.conftest import DEMO
from tests.web.process import Client, served

from cmfw.web.routes import ROUTES

pytestmark = pytest.mark.slow

MIB = 1 << 20
LEAKS = ("Traceback", 'File "', "site-packages", "/src/cmfw", "workspaces.sqlite")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    need(sys.platform == "linux", "reads the memory of a process from /proc")
    with served(tmp_path_factory.mktemp("wire")) as found:
        yield found
        # uvicorn has answered a broken chunk itself, and tells itself when the page answers, too
        named = set(re.findall(r"^([\w.]+): ", found.complaints(), re.MULTILINE)) - {"WARNING", "ERROR"}
        assert named <= {"h11._util.LocalProtocolError"}


@pytest.fixture
def client(server):
    with closing(Client(server)) as found:
        yield found


def say(server, *pieces, wait_s=3.0):
    """(what comes back, whether the server has hung up) for bytes sent over a new connection."""
    came, is_closed = [], True
    with socket.create_connection(("127.0.0.1", server.port), timeout=wait_s) as line:
        # a server that hangs up meanwhile resets
        with suppress(ConnectionError):
            for piece in pieces:
                line.sendall(piece)
        try:
            while piece := line.recv(65536):
                came.append(piece)
        except TimeoutError:
            is_closed = False
        except ConnectionError:
            pass
    return b"".join(came), is_closed


def head(server, client, method="POST", path="/demo", *more):
    """The head of a request that is signed in."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", f"Cookie: {client.cookie}", *more, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def inner(server, client):
    """A request that lies in the body of another, and would make a workspace."""
    body = f"token={client.token}".encode()
    form = ("Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}")
    return head(server, client, "POST", "/demo", *form) + body


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        pytest.param(["Content-Length: 5", "Transfer-Encoding: chunked"], b"0\r\n\r\n", id="a length and chunks"),
        pytest.param(["Content-Length: 0", "Content-Length: 5"], b"0\r\n\r\n", id="two lengths"),
        pytest.param(["Content-Length: 0, 5"], b"0\r\n\r\n", id="a list of lengths"),
        pytest.param(["Content-Length: +5"], b"0\r\n\r\n", id="a length with a sign"),
        pytest.param(["Content-Length: 0x5"], b"0\r\n\r\n", id="a length in hexadecimal"),
        pytest.param(["Transfer-Encoding : chunked"], b"0\r\n\r\n", id="a space before the colon"),
        pytest.param(["Transfer-Encoding: xchunked"], b"0\r\n\r\n", id="an unknown coding"),
        pytest.param(["Transfer-Encoding: chunked, identity"], b"0\r\n\r\n", id="two codings"),
        pytest.param(["Transfer-Encoding: chunked"], b"0x0\r\n\r\n", id="a chunk with a prefix"),
        pytest.param(["Transfer-Encoding: chunked"], b"-1\r\n\r\n", id="a negative chunk"),
        pytest.param(["Transfer-Encoding: chunked"], b"ffffffffffffffffffffffff\r\n", id="an endless chunk"),
        pytest.param(["X: a\r\r\nTransfer-Encoding: chunked"], b"0\r\n\r\n", id="a bare carriage return"),
    ],
)
def test_a_request_hides_in_no_other(server, client, lines, body):
    before = client.open("/").text
    came, is_closed = say(server, head(server, client, "POST", "/demo", *lines) + body + inner(server, client))
    assert came.count(b"HTTP/1.1 ") == 1, came
    assert came.startswith((b"HTTP/1.1 400", b"HTTP/1.1 403"))
    assert is_closed
    assert client.open("/").text == before


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"\0" * 4096, id="zeros"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP 2"),
        pytest.param(b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", id="TLS"),
        pytest.param(b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", id="a zero in the path"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="no host"),
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", id="no host, an older version"),
        pytest.param(b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", id="a proxy is asked for"),
        pytest.param(b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", id="a tunnel is asked for"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 300_000 + b"\r\n\r\n", id="a long header"),
        pytest.param(b"GET /" + b"x" * 300_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", id="a long path"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 90_000 + b"\r\n", id="many headers"),
    ],
)
def test_what_is_no_request_gets_no_page(server, raw):
    came, _ = say(server, raw)
    assert came == b"" or came.startswith((b"HTTP/1.1 400", b"HTTP/1.1 421")), came
    # a page says why it is refused, and has nothing else
    assert b"<form" not in came
    assert b'href="/w/' not in came
    assert not [text for text in LEAKS if text.encode() in came]


@pytest.mark.parametrize(
    "line",
    [
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Proto: https",
        "X-Forwarded-For: 127.0.0.1",
        "X-Original-URL: /static/0/x",
        "X-Rewrite-URL: /login",
        "X-HTTP-Method-Override: POST",
        "Forwarded: for=127.0.0.1;host=evil.example;proto=https",
        "X-Forwarded-Prefix: //evil.example",
    ],
)
def test_nobody_in_between_is_believed(server, line):
    raw = f"GET /w/demo HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{line}\r\nConnection: close\r\n\r\n"
    came, _ = say(server, raw.encode())
    assert came.startswith(b"HTTP/1.1 303")
    assert b"location: /login?next=%2Fw%2Fdemo\r\n" in came
    assert b"evil" not in came


@pytest.mark.parametrize("override", ["X-HTTP-Method-Override: DELETE", "X-Method-Override: PUT", "X-HTTP-Method: PATCH"])
def test_a_method_is_the_one_of_the_request_line(server, client, override):
    came, _ = say(server, head(server, client, "POST", "/w/none", override, "Content-Length: 0", "Connection: close"))
    assert came.startswith(b"HTTP/1.1 405")


@pytest.mark.parametrize("is_signed_in", [True, False], ids=["signed in", "a stranger"])
def test_a_body_without_end_ends_the_connection(server, client, is_signed_in):
    cookie = f"Cookie: {client.cookie}\r\n" if is_signed_in else ""
    start = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{cookie}Content-Type: multipart/form-data; boundary=x\r\n"
    part = b'--x\r\nContent-Disposition: form-data; name="machine"; filename="f.reg"\r\n\r\n'
    chunk = b"%x\r\n%s\r\n" % (MIB, bytes(MIB))
    before, _ = server.memory()
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        line.sendall(start.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n%s\r\n" % (len(part), part))
        with suppress(OSError):
            while sent < 400:
                line.sendall(chunk)
                sent += 1
    assert sent < 200
    assert server.memory()[1] < before + 60
    assert list((server.folder / "tmp").rglob("*.reg")) == []


def test_a_body_of_200_mib_is_refused_before_it_is_sent(server, client):
    came, is_closed = say(server, head(server, client, "POST", "/", f"Content-Length: {200 * MIB}"))
    assert (came.startswith(b"HTTP/1.1 413"), is_closed) == (True, True)


def zipped(members):
    """A zip of (name, content)."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def zip_of_zeros():
    place = "{{0000000{}-0000-0000-0000-000000000000}}/DomainSysvol/GPO/Machine/registry.pol"
    return zipped((place.format(number), bytes(80 * MIB)) for number in range(4))


def zip_of_zips():
    inside = b"x" * MIB
    for _ in range(6):
        inside = zipped([(f"{copy}.zip", inside) for copy in range(8)])
    return inside


def xml_of_entities():
    ten = b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
    return b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + ten + b"]><Objs>&m;</Objs>"


ESCAPES = ("../../../../tmp/cmfw-escaped", "/tmp/cmfw-escaped", "C:\\cmfw-escaped", "a/../../cmfw-escaped")
BOMBS = {
    "zip of zeros": zip_of_zeros,
    "zip of zips": zip_of_zips,
    "zip of paths": lambda: zipped((name, b"escaped") for name in ESCAPES),
    "xz of zeros": lambda: lzma.compress(bytes(300 * MIB), preset=0),
    "json that is deep": lambda: b'{"a":' * 200_000,
    "xml of entities": xml_of_entities,
    "reg of one value": lambda: (
        b'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n"a"=hex:' + b"00," * 3_000_000
    ),
    "hive of zeros": lambda: b"regf" + bytes(20 * MIB),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_what_unpacks_to_more_than_there_is_stays_small(server, client, bomb):
    client.send("/demo")
    answer = client.send("/w/demo/machines", {"name": "bomb"}, files=[("machine", ("bomb", bomb()))])
    assert answer.status_code in (303, 422)
    assert not [text for text in (*LEAKS, str(server.folder)) if text in answer.text]
    assert server.memory()[1] < 500
    assert [path for path in (server.folder / "tmp").rglob("*") if path.is_file()] == []
    assert not list(server.folder.rglob("*escaped*"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("code = " + "[" * 100_000, id="deep lists"),
        pytest.param("code = " + "{a=" * 50_000, id="deep tables"),
        pytest.param('{"code":' + "[" * 100_000, id="deep JSON"),
        pytest.param("[ports]\nnotification = " + "9" * 5000, id="a long number"),
        pytest.param('{"ports": {"notification": ' + "9" * 5000 + "}}", id="a long number in JSON"),
        pytest.param("code = 1e999\n", id="infinity"),
        pytest.param('{"code": NaN}', id="no number"),
        pytest.param("[a" + ".a" * 5_000 + "]", id="a long key"),
        pytest.param('code = "P01"\n[[clients]]\nsubnets = ["::/0"]\n', id="all addresses"),
        pytest.param("\ufeff\u202e\u2066code", id="marks of direction"),
    ],
)
def test_a_site_of_any_shape_is_told_what_is_wrong_with_it(server, client, text):
    client.send("/demo")
    answer = client.send("/w/demo/site", {"text": text})
    assert answer.status_code == 422
    assert not [leak for leak in (*LEAKS, str(server.folder)) if leak in answer.text]
    assert client.open("/w/demo/m/client").status_code == 200
    assert server.memory()[1] < 500


def test_a_server_that_is_only_read_changes_not_one_byte(tmp_path):
    (tmp_path / "first").mkdir()
    with served(tmp_path / "first") as server, closing(Client(server)) as client:
        client.send("/demo")
        kept = tmp_path / "first" / "workspaces.sqlite"
    before = kept.read_bytes()
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "workspaces.sqlite").write_bytes(before)
    with served(tmp_path / "second", "--read-only") as server, closing(Client(server)) as client:
        for method, path, _ in ROUTES:
            place = re.sub(r"{\w+(:path)?}", lambda part: NAMES[part[0].strip("{}").partition(":")[0]], path)
            if method == "POST":
                files = [("site", ("site.toml", (DEMO / "site.toml").read_bytes())), ("machine", ("m.reg", b"x"))]
                assert client.send(place, {"as": "office", "text": "x", "name": "new"}, files=files).status_code == 403, (
                    place
                )
            else:
                assert client.open(place).status_code in (200, 404, 422), place
        assert (tmp_path / "second" / "workspaces.sqlite").read_bytes() == before


NAMES = {
    "space": "demo", "machine": "client", "feature": "client_push", "clients": "office", "kind": "port", "id": "445",
    "target": "reg", "form": "json", "run": "none", "version": "0", "name": "web.css", "policy": "none",
}  # fmt: skip
