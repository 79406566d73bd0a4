"""Asks the programs and Python modules that only Debian packages bring, each in a process of its own."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.conftest import need

PYTHON = "/usr/bin/python3"
HERE = Path(__file__).parent


@cache
def has_module(name: str) -> bool:
    if not Path(PYTHON).is_file():
        return False
    return subprocess.run([PYTHON, "-c", f"import {name}"], capture_output=True, check=False).returncode == 0


def ask(script: str, *arguments: str, needs: str, stdin: str = "") -> str:
    """What a script of this folder prints under Debian's Python, which must have the module ``needs``."""
    need(has_module(needs), f"Debian's Python has no module {needs}")
    done = subprocess.run(
        [PYTHON, str(HERE / script), *arguments], input=stdin, capture_output=True, check=True, encoding="utf-8"
    )
    return done.stdout


def run(program: str, *arguments: str, package: str) -> bytes:
    """What a program prints that comes with a Debian package."""
    need(shutil.which(program) is not None, f"no {program} (Debian package {package})")
    return subprocess.run([program, *arguments], capture_output=True, check=True).stdout
