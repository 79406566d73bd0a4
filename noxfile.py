"""Sessions of the house: ``nox -s fmt lint types test docs bench`` is what CI runs, ``soak`` and ``lab`` take longer.

``.ci/run`` calls these same sessions with ``--no-venv`` inside its own pinned environment, so there is one list of
commands. Without ``--no-venv`` every session makes its own environment from ``constraints.txt``.
"""

from __future__ import annotations

import sys

import nox

nox.options.sessions = ["fmt", "lint", "types", "test", "docs"]
nox.options.reuse_existing_virtualenvs = True

PYTHON_FILES = ("src", "tests", "bench", "tools", "noxfile.py")


def prepare(session: nox.Session) -> None:
    """Install the pinned set and this package, unless the caller already stands in a prepared environment."""
    if session.venv_backend == "none":
        return
    if sys.platform == "linux":
        session.install("--require-hashes", "-r", "constraints.txt")
        session.install("--no-deps", "-e", ".")
    else:
        # constraints.txt is resolved on Linux; elsewhere some packages need others (colorama on Windows)
        session.install("-e", ".[test,dev,docs]")


@nox.session
def fmt(session):
    """Format every Python file; with ``-- --check`` only say what would change."""
    prepare(session)
    session.run("ruff", "format", *session.posargs, *PYTHON_FILES)


@nox.session
def lint(session):
    """Style, the import contract, and the compiled catalog against its source."""
    prepare(session)
    session.run("ruff", "format", "--check", *PYTHON_FILES)
    session.run("ruff", "check", *PYTHON_FILES)
    session.run("lint-imports", "--no-cache")
    session.run("python", "-m", "cmfw.catalog.compile", "--check")


@nox.session
def types(session):
    """Strict types of the package."""
    prepare(session)
    session.run("mypy")


@nox.session
def test(session):
    """The whole suite; arguments after ``--`` go to pytest."""
    prepare(session)
    session.run("pytest", *session.posargs)


@nox.session
def lab(session):
    """Tests that need root and network namespaces."""
    prepare(session)
    session.run("pytest", "-m", "lab", *session.posargs)


@nox.session
def docs(session):
    """Build the documentation as a site, strictly, and run the pages of docs/: features, findings, links, the house's own rules."""
    prepare(session)
    session.run("python", "-m", "tools.site")
    session.run("pytest", "tests/docs", "tests/test_house.py", *session.posargs)


@nox.session
def bench(session):
    """One JSON line per bench; ``-- --quick`` checks the answers on small inputs and leaves the times out."""
    prepare(session)
    session.run("python", "-m", "bench", *session.posargs)


@nox.session
def soak(session):
    """The random and mutated inputs in full number, recorded in docs/soak.json: what is older than the code it covers. All of it takes most of an hour."""
    prepare(session)
    session.run("python", "-m", "tools.soak", *session.posargs)


@nox.session
def pin(session):
    """Resolve constraints.txt anew."""
    if session.venv_backend != "none":
        session.install("pip-tools")
    session.run("python", "-m", "tools.pin", *session.posargs)
