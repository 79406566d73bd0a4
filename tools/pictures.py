"""Make the pictures of the documentation: pages of `cmfw report` in both languages, as a browser on this machine shows them.

    python -m tools.pictures              docs/pictures
    python -m tools.pictures --all DIR    every page in every width and language, to be looked at

Needs Chromium and a font for Chinese (Debian: chromium, fonts-wqy-microhei).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

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
KEPT = (("report", "en", 1280, 1480), ("report", "zh_CN", 1280, 1480), ("handbook", "en", 1280, 900))


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


def shoot(made: bytes, target: Path, width: int, height: int) -> None:
    """Write the top of the page as PNG."""
    program = browser()
    if program is None:
        raise SystemExit("no Chromium here")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "page.html")
        source.write_bytes(made)
        own = (
            f"--user-data-dir={folder}/profile",
            f"--window-size={width},{height}",
            f"--screenshot={target}",
            source.as_uri(),
        )
        subprocess.run([program, *FLAGS, *own], check=True, capture_output=True, timeout=120)


def main() -> int:
    """Make the pictures that are kept, or with ``--all DIR`` all of them."""
    if sys.argv[1:2] == ["--all"]:
        folder = Path(sys.argv[2])
        wanted = [(kind, lang, *size) for kind in ("report", "handbook") for lang in words.LANGUAGES for size in WIDTHS]
    else:
        folder, wanted = TARGET, list(KEPT)
    folder.mkdir(parents=True, exist_ok=True)
    for kind, lang, width, height in wanted:
        target = folder / f"{kind}-{lang.lower()}-{width}.png"
        shoot(page(kind, lang), target, width, height)
        print(target)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
