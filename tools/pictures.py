"""Make the pictures of the documentation: pages of `cmfw report` and `cmfw serve` in both languages, as a browser here shows them.

    python -m tools.pictures              docs/pictures
    python -m tools.pictures --all DIR    every page in every width and language, to be looked at

Needs Chromium and a font for Chinese (Debian: chromium, fonts-wqy-microhei).
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from cmfw import words
from cmfw.catalog import PACKS, load
from cmfw.cli.demo import CLIENT, FOLDER, SITE
from cmfw.ingest import read_state
from cmfw.ingest.site import read_site
from cmfw.report import render
from cmfw.report.audit_view import make_audit
from cmfw.report.handbook import render_handbook
from cmfw.report.print_pdf import browser

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "pictures"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
WIDTHS = ((360, 1500), (1280, 1500), (1920, 1500))
WEB = {"web": "?", "whatif": "/whatif?close=out:tcp/80&"}
"""Kind of a picture to what stands behind the address of the machine."""
KINDS = ("report", "handbook", *WEB)
KEPT = (
    ("report", "en", 1280, 1480), ("report", "zh_CN", 1280, 1480), ("handbook", "en", 1280, 900), ("handbook", "zh_CN", 1280, 800),
    ("web", "en", 1280, 1000), ("web", "zh_CN", 1280, 1000),
    ("whatif", "en", 1280, 820), ("whatif", "zh_CN", 1280, 820),
)  # fmt: skip
OPEN = re.compile(r"open (?P<login>\S+&next=)(?P<machine>\S+)")
"""What the server says of the address that signs in, and of the page of the machine that it was given."""


def page(kind: str, lang: str) -> bytes:
    """The page of the example, or the handbook."""
    words.choose(lang)
    if kind == "handbook":
        return render_handbook(load(PACKS), "current")
    site = read_site(str(FOLDER / SITE))
    read = read_state([str(FOLDER / CLIENT)])
    made = render("html", make_audit(load(site.packs), site, read.state, None))
    # the example's files lie wherever this is installed
    return made.replace(str(FOLDER).encode() + b"/", b"").replace(str(FOLDER).encode() + b"\\", b"")


@contextmanager
def served(lang: str, behind: str) -> Iterator[str]:
    """The address of the example's machine, or of what stands behind it, on a server of its own, which ends with the block."""
    command = [sys.executable, "-m", "cmfw", "serve", str(FOLDER / SITE), str(FOLDER / CLIENT), "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8") as server:
        try:
            told = next((found for line in server.stdout or () if (found := OPEN.search(line))), None)
            if told is None:
                raise SystemExit("the server does not say where it is")
            yield told["login"] + quote(f"{told['machine']}{behind}lang={lang}", safe="")
        finally:
            server.terminate()


def shoot(address: str, target: Path, width: int, height: int) -> None:
    """Write the top of the page as PNG."""
    program = browser()
    if program is None:
        raise SystemExit("no Chromium here")
    with tempfile.TemporaryDirectory() as folder:
        own = (
            f"--user-data-dir={folder}/profile",
            f"--window-size={width},{height}",
            f"--screenshot={target}",
            address,
        )
        subprocess.run([program, *FLAGS, *own], check=True, capture_output=True, timeout=120)


def picture(kind: str, lang: str, target: Path, width: int, height: int) -> None:
    """Write one picture."""
    if kind in WEB:
        with served(lang, WEB[kind]) as address:
            shoot(address, target, width, height)
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "page.html")
        source.write_bytes(page(kind, lang))
        shoot(source.as_uri(), target, width, height)


def main() -> int:
    """Make the pictures that are kept, or with ``--all DIR`` all of them."""
    if sys.argv[1:2] == ["--all"]:
        folder = Path(sys.argv[2])
        wanted = [(kind, lang, *size) for kind in KINDS for lang in words.LANGUAGES for size in WIDTHS]
    else:
        folder, wanted = TARGET, list(KEPT)
    folder.mkdir(parents=True, exist_ok=True)
    for kind, lang, width, height in wanted:
        target = folder / f"{kind}-{lang.lower()}-{width}.png"
        picture(kind, lang, target, width, height)
        print(target)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
