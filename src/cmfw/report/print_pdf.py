"""A page as PDF, printed by a Chromium that is on the machine. Nothing of it comes with us.

The page forbids scripts and every request by its own policy, so the browser has nothing to do but to set it.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from cmfw.errors import InputError, Problem
from cmfw.words.phrases import phrase

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge")
_PLACES = (
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--no-pdf-header-footer",
)  # fmt: skip
_LONGEST_S = 120


def browser() -> str | None:
    """The path of a Chromium, Chrome or Edge; None where there is none."""
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    return found or next((place for place in _PLACES if Path(place).is_file()), None)


def printed(page: bytes) -> bytes:
    """The page as PDF.

    Raises:
        InputError: where there is no browser, or it prints nothing.
    """
    program = browser()
    if program is None:
        raise InputError(Problem("pdf", "Chromium, Chrome or Edge on this machine", "none", "write .html and print that"))
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_bytes(page)
        own = (f"--user-data-dir={Path(folder, 'profile')}", f"--print-to-pdf={target}", source.as_uri())
        try:
            done = subprocess.run([program, *_FLAGS, *own], capture_output=True, timeout=_LONGEST_S, check=False)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(
                Problem("pdf", "a page printed", type(error).__name__, phrase("by `{program}`", program=program))
            ) from error
        if not target.is_file():
            raise InputError(
                Problem(
                    "pdf",
                    "a page printed",
                    phrase("exit code {code}", code=done.returncode),
                    phrase("by `{program}`", program=program),
                )
            )
        return target.read_bytes()
