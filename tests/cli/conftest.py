"""The command line in this process and as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cmfw.cli.app import app
from cmfw.cli.schema import FOLDER

SITE = """\
code = "P01"
system = [{ host = "cm1", addresses = ["10.1.0.5"] }]
clients = [{ subnets = ["10.2.0.0/24"] }]
"""


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run the command line here; the language is English unless asked for."""

    def call(*args: str, lang: str = "en", stdin: str | None = None) -> Result:
        return CliRunner(env={"CMFW_LANG": lang}).invoke(app, [str(a) for a in args], input=stdin)

    return call


@pytest.fixture
def process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line as a process."""

    def call(*args: str, env: dict[str, str] | None = None, python: tuple[str, ...] = ()) -> Any:
        command = [sys.executable, *python, "-m", "cmfw", *map(str, args)]
        merged = {**os.environ, "CMFW_LANG": "en", **(env or {})}
        return subprocess.run(command, capture_output=True, encoding="utf-8", env=merged, check=False)

    return call


@pytest.fixture
def site_file(tmp_path: Path) -> Path:
    """The shortest useful site."""
    path = tmp_path / "site.toml"
    path.write_text(SITE, encoding="utf-8")
    return path


@pytest.fixture
def valid() -> Callable[[str, Any], Any]:
    """Check a document against its published schema and give it back."""
    from jsonschema import Draft202012Validator

    def check(kind: str, document: Any) -> Any:
        found = json.loads(document) if isinstance(document, str) else document
        schema = json.loads(FOLDER.joinpath(f"{kind}.json").read_text(encoding="utf-8"))
        Draft202012Validator(schema).validate(found)
        return found

    return check
