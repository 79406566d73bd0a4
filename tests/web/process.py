"""A server as its users start it: a process of its own on a free port of loopback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.conftest import need

TOKEN = re.compile(r'name="token" value="(\w+)"')


class Server:
    """A server that runs: ``door`` is the address that signs in, ``origin`` what its pages begin with."""

    def __init__(self, process: subprocess.Popen[str], door: str, folder: Path) -> None:
        self._process = process
        self.door = door
        self.folder = folder
        parts = urlsplit(door)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.port = parts.port
        self.secret = parse_qs(parts.query)["token"][0]

    def memory(self) -> tuple[int, int]:
        """(MiB that it holds now, most that it ever held). Source: proc(5), VmRSS and VmHWM."""
        text = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        now, most = (int(re.search(rf"{name}:\s+(\d+) kB", text)[1]) >> 10 for name in ("VmRSS", "VmHWM"))
        return now, most

    def busy_s(self) -> float:
        """Seconds that its threads have worked so far. Source: proc(5), utime and stime."""
        told = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return sum(map(int, told[11:13])) / os.sysconf("SC_CLK_TCK")

    def complaints(self) -> str:
        """What it wrote of failures of its own."""
        text = (self.folder / "stderr.txt").read_text(encoding="utf-8")
        return "".join(text.partition("Traceback")[1:])


class Client:
    """A browser without a screen that is signed in at a server; ``send`` brings the token of its session."""

    def __init__(self, server: Server) -> None:
        import httpx

        self._client = httpx.Client(base_url=server.origin, timeout=120, trust_env=False)
        assert self._client.get(server.door).status_code == 303
        self.token = TOKEN.search(self._client.get("/").text)[1]
        self.cookie = "; ".join(f"{name}={text}" for name, text in self._client.cookies.items())

    def open(self, path: str, **settings: Any) -> Any:
        """GET."""
        return self._client.get(path, **settings)

    def send(self, path: str, fields: dict[str, str] | None = None, **settings: Any) -> Any:
        """POST a form of ours."""
        return self._client.post(path, data={"token": self.token, **(fields or {})}, **settings)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[Server]:
    """A server that keeps its workspaces, and all that it lays on the disk, in the folder."""
    need(all(map(find_spec, ("starlette", "uvicorn", "multipart", "anyio"))), "no packages of the extra `web`")
    (folder / "tmp").mkdir()
    command = [sys.executable, "-m", "cmfw", "--lang", "en", "serve", *arguments]
    command += ["--listen", "127.0.0.1:0", "--workspaces", str(folder / "workspaces.sqlite")]
    inside = {**os.environ, "TMPDIR": str(folder / "tmp"), "TEMP": str(folder / "tmp")}
    with (
        (folder / "stderr.txt").open("w", encoding="utf-8") as complaints,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, encoding="utf-8", env=inside) as process,
    ):
        try:
            door = re.search(r"http\S+", process.stdout.readline())
            assert door, (folder / "stderr.txt").read_text(encoding="utf-8")
            yield Server(process, door[0], folder)
        finally:
            process.terminate()
