"""``cmfw respond``: keys, the allow-list, and one whole conversation with ``cmfw probe``."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from tests.cli.test_probe import SITE
from tests.probe.probes import free_port, server

from cmfw.probe.messages import REPLY, REQUEST, key_text, new_key, new_session, read_key, request, seal, unseal


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key.json"
    path.write_text(key_text(new_key()), encoding="utf-8")
    return str(path)


def test_a_new_key_is_its_owners_and_never_overwritten(run, tmp_path):
    path = tmp_path / "new.json"
    assert run("respond", "--key", str(path), "--new-key").exit_code == 0
    before = path.read_bytes()
    if os.name != "nt":
        assert path.stat().st_mode & 0o077 == 0
    again = run("respond", "--key", str(path), "--new-key")
    assert again.exit_code == 2
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--allow"),
        (("--allow", "445"), "445"),
        (("--allow", "icmp4/8"), "icmp4/8"),
        (("--allow", "tcp/"), "tcp/"),
        (("--allow", "tcp/70000"), "tcp/70000"),
        (("--allow", "tcp/445", "--listen", "host:1"), "host:1"),
        (("--allow", "tcp/445", "--listen", "127.0.0.1:65536"), "`65536`"),
    ],
    ids=["nothing allowed", "no protocol", "another protocol", "no port", "no such port", "a name", "a port too high"],
)
def test_what_is_refused(run, key, options, said):
    done = run("respond", "--key", key, *options)
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_file_that_is_no_key(run, tmp_path):
    path = tmp_path / "key.json"
    path.write_text("{}", encoding="utf-8")
    assert run("respond", "--key", str(path), "--allow", "tcp/445").exit_code == 2


def test_a_responder_needs_a_key_and_a_key_a_responder(run, site_file, key):
    for half in (("--responder", "127.0.0.1"), ("--key", key)):
        assert run("probe", str(site_file), *half, "--dry-run").exit_code == 2


def test_an_address_of_another_machine_or_a_port_in_use_is_told(run, key):
    asked = ("respond", "--key", key, "--allow", "tcp/445", "--deadline", "1", "--listen")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        used = run(*asked, f"127.0.0.1:{taken.getsockname()[1]}")
    elsewhere = run(*asked, "198.51.100.77:0")
    assert (used.exit_code, elsewhere.exit_code) == (2, 2)
    assert "port 0 is any that is free" in used.stderr
    assert "--listen" in elsewhere.stderr
    assert "(" not in elsewhere.stderr


def test_no_responder_is_told(run, tmp_path, key):
    path = tmp_path / "site.toml"
    path.write_text(SITE.format(http=free_port(), notification=free_port()), encoding="utf-8")
    done = run("probe", str(path), "--as", "office", "--responder", f"127.0.0.1:{free_port()}", "--key", key)
    assert done.exit_code == 2
    assert "no responder" in done.stderr


@pytest.mark.slow
def test_a_conversation(run, valid, tmp_path, key):
    http, notification, control = free_port(), free_port(), free_port()
    path = tmp_path / "site.toml"
    path.write_text(SITE.format(http=http, notification=notification), encoding="utf-8")
    command = [sys.executable, "-m", "cmfw", "respond", "--key", key, "--listen", f"127.0.0.1:{control}"]
    command += ["--allow", f"tcp/{http},{notification}", "--deadline", "30"]
    other = json.dumps(json.loads(key_text(new_key())))
    (tmp_path / "other.json").write_text(other, encoding="utf-8")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as responder:
        assert str(control) in responder.stdout.readline()
        asked = ("probe", str(path), "--as", "office", "--responder", f"127.0.0.1:{control}")
        refused = run(*asked, "--key", str(tmp_path / "other.json"))
        done = run(*asked, "--key", key, "--format", "json")
        responder.terminate()
        told = responder.communicate()[1]
    assert refused.exit_code == 2
    assert "wrong seal" in told
    found = valid("probe", done.stdout)
    assert {row["port"]: row["word"] for row in found["results"]} == {http: "open", notification: "open"}
    assert all("heard 1" in row["evidence"] for row in found["results"])
    assert {row["service"] for row in found["results"]} == {None}


@pytest.mark.slow
def test_what_was_written_down_opens_nothing_on_another_connection(tmp_path, key):
    secret = read_key((tmp_path / "key.json").read_text(encoding="utf-8"), "key.json")
    command = [sys.executable, "-m", "cmfw", "respond", "--key", key, "--listen", "127.0.0.1:0", "--allow", "udp/1-65535"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as responder:
        port = int(responder.stdout.readline().split()[4])

        def say(line: Callable[[str], bytes]) -> bytes:
            with socket.create_connection(("127.0.0.1", port), timeout=20) as made, made.makefile("rb") as heard:
                made.sendall(line(heard.readline().decode("ascii").strip()))
                return heard.readline()

        sent: list[bytes] = []

        def open_one(challenge: str) -> bytes:
            flows = [[1, "udp", free_port(socket.SOCK_DGRAM)]]
            body = request("open", new_session(), time.time(), 400, challenge=challenge, flows=flows)
            sent.append(seal(secret, REQUEST, body))
            return sent[0]

        answered = unseal(secret, REPLY, say(open_one))
        again = say(lambda _: sent[0])
        responder.terminate()
        told = responder.communicate()[1]
    assert answered["flows"] == [[1, "listening"]]
    assert again == b""
    assert told.count("another connection") == 1


def test_another_service_is_no_responder(run, tmp_path, key):
    path = tmp_path / "site.toml"
    path.write_text(SITE.format(http=free_port(), notification=free_port()), encoding="utf-8")
    with server(lambda made: made.sendall(b"220 mail.example.com ESMTP\r\n")) as port:
        done = run("probe", str(path), "--as", "office", "--responder", f"127.0.0.1:{port}", "--key", key)
    assert done.exit_code == 2
    assert "another service" in done.stderr


@pytest.mark.slow
def test_who_only_holds_connections_keeps_nobody_out(run, valid, tmp_path, key):
    http, notification = free_port(), free_port()
    path = tmp_path / "site.toml"
    path.write_text(SITE.format(http=http, notification=notification), encoding="utf-8")
    command = [sys.executable, "-m", "cmfw", "respond", "--key", key, "--listen", "127.0.0.1:0"]
    command += ["--allow", f"tcp/{http},{notification}", "--deadline", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as responder:
        control = int(responder.stdout.readline().split()[4])
        held = []
        for _ in range(20):
            made = socket.create_connection(("127.0.0.1", control), timeout=20)
            # once greeted, it is one of those that are listened to
            assert made.recv(100)
            held.append(made)
        done = run(
            "probe", str(path), "--as", "office", "--responder", f"127.0.0.1:{control}", "--key", key, "--format", "json"
        )
        responder.terminate()
        responder.communicate()
    for made in held:
        made.close()
    assert {row["word"] for row in valid("probe", done.stdout)["results"]} == {"open"}
