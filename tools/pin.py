"""Resolve ``constraints.txt``: every package of runtime, test, dev, docs and browser with its version and hashes, and no host's name.

    python -m tools.pin            resolve anew, keeping versions that still fit
    python -m tools.pin --upgrade  take the newest of everything

Needs pip-tools. The result is for CPython 3.11 on Linux, the platform of CI.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "constraints.txt"
HEAD = (
    "# Resolved by `python -m tools.pin` from pyproject.toml (runtime, test, dev, docs, browser); CPython 3.11 on Linux.\n"
)
HOST = re.compile(r"https?://|file:|--(?:index-url|extra-index-url|find-links|trusted-host)|\.(?:org|com|net|io)\b")


def resolve(arguments: list[str]) -> str:
    """What pip-compile writes, without options and with one-line annotations."""
    command = [sys.executable, "-m", "piptools", "compile", "--quiet", "--generate-hashes", "--strip-extras"]
    command += ["--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links", "--no-emit-options"]
    command += ["--annotation-style", "line", "--no-header", "--allow-unsafe"]
    command += ["--extra", "test", "--extra", "dev", "--extra", "docs", "--extra", "browser"]
    command += ["--output-file", str(TARGET), *arguments, "pyproject.toml"]
    subprocess.run(command, cwd=ROOT, check=True)
    text = TARGET.read_text(encoding="utf-8")
    # setuptools is pinned like the rest (some packages are built here); the remark above it says what is known
    return text.replace("\n# The following packages are considered to be unsafe in a requirements file:\n", "")


def main() -> int:
    """Write constraints.txt; 1 where a line would name a host."""
    text = resolve(sys.argv[1:])
    named = [line for line in text.splitlines() if HOST.search(line)]
    if named:
        TARGET.unlink()
        sys.stderr.write("these lines name a host:\n" + "\n".join(named) + "\n")
        return 1
    TARGET.write_text(HEAD + text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
