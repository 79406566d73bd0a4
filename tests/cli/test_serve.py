"""``cmfw serve``: refusals before anything listens, and one run of the real thing."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from importlib.util import find_spec
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from tests.conftest import ROOT, need

DEMO = ROOT / "src" / "cmfw" / "demo"
_WITHOUT = """\
import sys
from cmfw.__main__ import run
missing = sys.argv.pop(1)
class Without:
    def find_spec(self, name, *_):
        if name == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Without())
run()
"""
"""The program where one package is not installed."""


@pytest.fixture(autouse=True)
def _web():
    need(all(map(find_spec, ("starlette", "uvicorn", "python_multipart"))), "no packages of the extra `web`")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--listen", "0.0.0.0:0"), "--tls-cert"),
        (("--listen", "0.0.0.0:0"), "--password-file"),
        (("--listen", "[::]:0"), "TLS and a password"),
        (("--listen", "192.0.2.1"), "TLS and a password"),
        (("--listen", "127.0.0.1:port"), "ADDRESS or ADDRESS:PORT"),
        (("--tls-cert", str(DEMO / "site.toml")), "--tls-cert together with --tls-key"),
        (("--tls-cert", str(DEMO / "site.toml"), "--tls-key", str(DEMO / "site.toml")), "in PEM"),
        ((str(ROOT / "docs"),), "pack it into a zip"),
        ((str(DEMO / "client.reg"),), "client.reg"),
    ],
    ids=["no TLS", "no password", "every address of IPv6", "an address of others", "no port", "half of TLS", "no certificate", "a folder", "no site"],
)  # fmt: skip
def test_what_is_refused_before_anything_is_served(run, tmp_path, arguments, said):
    listen = () if "--listen" in arguments else ("--listen", "127.0.0.1:0")
    result = run("serve", "--workspaces", str(tmp_path / "w.sqlite"), *listen, *arguments)
    assert result.exit_code == 2
    assert said in result.output


def test_a_short_password_is_none(run, tmp_path):
    path = tmp_path / "password"
    path.write_text("hunter2\n", encoding="utf-8")
    result = run("serve", "--listen", "127.0.0.1:0", "--password-file", str(path))
    assert result.exit_code == 2
    assert "at least 12" in result.output
    assert "hunter2" not in result.output


def test_a_port_that_is_taken_is_told(run, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        result = run("serve", "--listen", listen, "--workspaces", str(tmp_path / "w.sqlite"))
    assert result.exit_code == 2
    assert "port 0 is any that is free" in result.output


@pytest.mark.parametrize("name", ["fw example", "fw/x", "fw@x", "\u4f8b", ""])
def test_a_name_that_no_browser_sends(run, name):
    result = run("serve", "--listen", "127.0.0.1:0", "--name", name)
    assert (result.exit_code, "a host name or address" in result.output) == (2, True)


def test_a_folder_for_the_workspaces_is_told_in_one_line(run, tmp_path):
    result = run("serve", "--listen", "127.0.0.1:0", "--workspaces", str(tmp_path))
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert f"a file in it would be `{tmp_path / 'workspaces.sqlite'}`" in result.stderr


@pytest.mark.parametrize("path", ["", "."])
def test_no_name_is_no_file_of_workspaces(run, path):
    assert "found a folder" in run("serve", "--listen", "127.0.0.1:0", "--workspaces", path).stderr


@pytest.mark.parametrize("missing", ["starlette.applications", "uvicorn", "python_multipart", "anyio", "h11"])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_package_that_is_missing_is_told_with_what_brings_it(missing, lang):
    command = [sys.executable, "-c", _WITHOUT, missing, "--lang", lang, "serve", "--listen", "127.0.0.1:0"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert done.stderr.endswith("pip install 'cmfw[web]'\n")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a process of its own group gets no Ctrl+C there")
def test_a_real_server_answers_with_the_files_of_the_command_line():
    command = [sys.executable, "-m", "cmfw", "--lang", "en", "serve", "--listen", "127.0.0.1:0"]
    command += [str(DEMO / "site.toml"), str(DEMO / "client.reg")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
        try:
            address = re.search(r"http://127\.0\.0\.1:\d+/login\?token=\S+", process.stdout.readline())[0]
            with build_opener(HTTPCookieProcessor()).open(address, timeout=30) as page:
                text = page.read().decode()
                assert page.headers["server"] is None
            assert "FPS-SMB-In-TCP-NoScope" in text
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
