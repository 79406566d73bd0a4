"""The rules of the house that no linter knows: names, sizes, portability, tables that equal folders."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from tests.conftest import ROOT, need

SOURCE = ROOT / "src" / "cmfw"
POSIX_ONLY_PACKAGES = ("lab", "probe")
"""May use POSIX-only calls (DESIGN.md section 5: behind a fallback in probe)."""


def sources() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def source_id(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def committed() -> tuple[Path, ...]:
    """What git tracks or would track; a source archive without git skips."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        found = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        need(False, "no git here to list the committed files")
    return tuple(ROOT / name for name in found if name and (ROOT / name).is_file())


# --- what may not be named -------------------------------------------------------------------------------------------

# the patterns are written so that this file does not match them
NOT_NAMED = {
    "a folder of somebody's machine": re.compile(rb"(?<![\w.{}])/(?:work|root|farm|tmp/\w)/|/home/(?!user\b)\w+/"),
    "a package registry's host": re.compile(
        rb"py[p]i\.org|python[h]osted\.|registry\.np[m]js|deb\.deb[i]an\.org|crat[e]s\.io"
    ),
}


@pytest.mark.parametrize("what", NOT_NAMED)
def test_no_committed_file_names(what):
    found = []
    for path in committed():
        content = path.read_bytes()
        found += [f"{path.relative_to(ROOT)}: {hit[0].decode()}" for hit in NOT_NAMED[what].finditer(content)]
    assert found == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"cd /" + b"root/x", "a folder of somebody's machine"),
        (b'open("/' + b'work/main")', "a folder of somebody's machine"),
        (b"https://py" + b"pi.org/simple", "a package registry's host"),
    ],
    ids=["root", "work", "index"],
)
def test_the_pattern_would_find(text, what):
    assert NOT_NAMED[what].search(text)


EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "handler", "data", "info", "common", "misc"}


def test_no_module_has_a_name_that_says_nothing():
    assert [source_id(p) for p in sources() if p.stem in EMPTY_NAMES] == []


# --- sizes -----------------------------------------------------------------------------------------------------------

FILE_LINES = 400
FUNCTION_LINES = 40


def docstring_lines(node: ast.AST) -> int:
    """How many lines the docstring of a function takes."""
    body = node.body
    if (
        body
        and isinstance(body[0], ast.Expr)
        and isinstance(body[0].value, ast.Constant)
        and isinstance(body[0].value.value, str)
    ):
        return body[0].end_lineno - body[0].lineno + 1
    return 0


def says_why(node: ast.AST) -> bool:
    return "lines because" in " ".join((ast.get_docstring(node) or "").split())


@pytest.mark.parametrize("path", sources(), ids=source_id)
def test_a_long_file_says_why(path):
    length = len(path.read_text(encoding="utf-8").splitlines())
    assert length <= FILE_LINES or says_why(tree_of(path)), f"{length} lines; split it by idea or say `N lines because ...`"


@pytest.mark.parametrize("path", sources(), ids=source_id)
def test_a_long_function_says_why(path):
    long = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = node.end_lineno - node.lineno + 1 - docstring_lines(node)
            if length > FUNCTION_LINES and not says_why(node):
                long.append(f"{node.name} at line {node.lineno}: {length} lines")
    assert long == []


# --- every operating system ------------------------------------------------------------------------------------------

POSIX_MODULES = {
    "fcntl",
    "pwd",
    "grp",
    "termios",
    "tty",
    "pty",
    "resource",
    "syslog",
    "posix",
    "crypt",
    "readline",
    "curses",
}
POSIX_CALLS = {
    "os.fork", "os.forkpty", "os.getuid", "os.geteuid", "os.getgid", "os.setuid", "os.setsid", "os.killpg", "os.getpgid",
    "os.uname", "os.mkfifo", "os.chown", "os.nice", "os.sched_getaffinity", "os.wait", "os.waitpid",
    "signal.SIGKILL", "signal.SIGHUP", "signal.alarm", "signal.setitimer", "signal.pause",
}  # fmt: skip
COMPRESSED = {"lzma", "gzip", "bz2", "zipfile", "tarfile", "os", "webbrowser"}
"""Modules whose ``open`` is binary by default, or opens no file."""


def is_binary(call: ast.Call, mode_at: int) -> bool:
    modes = [k.value for k in call.keywords if k.arg == "mode"] + call.args[mode_at : mode_at + 1]
    return any(isinstance(m, ast.Constant) and isinstance(m.value, str) and "b" in m.value for m in modes)


def text_without_encoding(tree: ast.Module) -> list[int]:
    """Lines that open, read or write text and leave the encoding to the machine."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or any(k.arg in ("encoding", None) for k in node.keywords):
            continue
        match node.func:
            case ast.Name(id="open"):
                bare = not is_binary(node, 1)
            case ast.Attribute(value=ast.Name(id=owner), attr="open") if owner in COMPRESSED:
                bare = False
            case ast.Attribute(attr="open"):
                # the first argument of Path.open is a mode; other things that open are given a member or a name
                bare = not is_binary(node, 0) and all(isinstance(a, ast.Constant) for a in node.args[:1])
            case ast.Attribute(attr="read_text"):
                bare = not node.args
            case ast.Attribute(attr="write_text"):
                bare = len(node.args) < 2
            case _:
                bare = False
        if bare:
            found.append(node.lineno)
    return found


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("open(p)", [1]),
        ("open(p, 'r')", [1]),
        ("open(p, 'rb')", []),
        ("open(p, encoding='utf-8')", []),
        ("x.open()", [1]),
        ("x.open('wb')", []),
        ("x.open('r')", [1]),
        ("lzma.open(p)", []),
        ("archive.open(member)", []),
        ("x.read_text()", [1]),
        ("x.read_text(encoding='utf-8')", []),
        ("x.write_text(t)", [1]),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_the_search_for_text_without_encoding(code, lines):
    assert text_without_encoding(ast.parse(code)) == lines


@pytest.mark.parametrize("path", sources(), ids=source_id)
def test_text_is_opened_with_an_encoding(path):
    assert text_without_encoding(tree_of(path)) == []


def posix_only(tree: ast.Module) -> list[str]:
    """Names in the code that exist on POSIX systems only."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                found += [n.name for n in names if n.name.partition(".")[0] in POSIX_MODULES]
            case ast.ImportFrom(module=str(module), names=names):
                if module.partition(".")[0] in POSIX_MODULES:
                    found.append(module)
                found += [f"{module}.{n.name}" for n in names if f"{module}.{n.name}" in POSIX_CALLS]
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if f"{owner}.{name}" in POSIX_CALLS:
                found.append(f"{owner}.{name}")
    return found


@pytest.mark.parametrize(
    "code",
    ["import fcntl", "from pwd import getpwnam", "os.fork()", "from os import geteuid", "def f():\n  import resource"],
)
def test_the_search_finds_posix_only_code(code):
    assert posix_only(ast.parse(code))


@pytest.mark.parametrize("path", sources(), ids=source_id)
def test_runs_on_every_operating_system(path):
    if path.relative_to(SOURCE).parts[0] not in POSIX_ONLY_PACKAGES:
        assert posix_only(tree_of(path)) == []


# --- tables equal folders --------------------------------------------------------------------------------------------


def defines(path: Path, name: str) -> bool:
    """Whether a module defines a public function of that name at its top."""
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree_of(path).body)


def test_the_table_of_targets_equals_the_folder():
    targets = import_module("cmfw.emit").TARGETS | import_module("cmfw.emit.network").NETWORK_TARGETS
    modules = {f"cmfw.emit.{p.stem}" for p in (SOURCE / "emit").glob("*.py") if p.stem != "__init__" and defines(p, "emit")}
    assert set(targets.values()) == modules
    assert len(set(targets.values())) == len(targets)


def test_the_table_of_formats_equals_the_folder():
    formats = import_module("cmfw.ingest").FORMATS
    folder = (SOURCE / "ingest").glob("*.py")
    modules = {
        f"cmfw.ingest.{p.stem}" for p in folder if p.stem != "__init__" and defines(p, "sniff") and defines(p, "read")
    }
    assert set(formats.values()) == modules
    assert len(set(formats.values())) == len(formats)
    assert {name: import_module(module).FORMAT for name, module in formats.items()} == {name: name for name in formats}


def test_the_table_of_forms_equals_the_folder():
    forms = import_module("cmfw.report").FORMS
    folder = (SOURCE / "report").glob("*.py")
    assert set(forms.values()) == {f"cmfw.report.{p.stem}" for p in folder if p.stem != "__init__" and defines(p, "render")}
    assert len(set(forms.values())) == len(forms)


def test_the_pinned_set_has_every_requirement():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + [r for extra in project["optional-dependencies"].values() for r in extra]
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    # run `nox -s pin`
    assert {re.match(r"[\w-]+", r)[0].lower() for r in wanted} - set(pinned) == set()


# --- tests mirror modules --------------------------------------------------------------------------------------------

FREE_TEST_FOLDERS = {"properties", "docs", "golden", "oracles", "lab", "fuzz"}
"""Folders of tests about several modules at once."""
FREE_TEST_FILES = {"test_house.py", "test_soak.py", "test_problem_words.py", "catalog/test_page.py", "emit/test_targets.py", "emit/test_documents.py",
                   "web/test_journey.py", "web/test_looks.py", "web/test_wire.py"}  # fmt: skip
"""Tests of the whole tree, of the texts of all errors, of the catalog against the source page, the six that every target runs, and of the web as a whole: by a person, by eye,
and byte by byte.

A ``test_corpus_*.py`` is free too.
"""


def test_every_test_file_mirrors_a_module():
    strangers = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        relative = path.relative_to(ROOT / "tests")
        named = relative.as_posix() in FREE_TEST_FILES or relative.name.startswith("test_corpus_")
        if named or relative.parts[0] in FREE_TEST_FOLDERS:
            continue
        module = SOURCE / relative.parent / relative.stem.removeprefix("test_")
        package = module.parent / "__init__.py"
        # what a package itself defines has no module of its own
        is_defined = package.is_file() and defines(package, module.name)
        if not (module.with_suffix(".py").is_file() or (module / "__init__.py").is_file() or is_defined):
            strangers.append(relative.as_posix())
    assert strangers == []


# --- start-up --------------------------------------------------------------------------------------------------------

HEAVY = {
    "rich", "tomllib", "asyncio", "ssl", "importlib.metadata", "zipfile", "hashlib", "ipaddress", "xml",
    "jsonschema", "z3", "socket", "subprocess", "multiprocessing", "concurrent.futures", "unittest", "http", "email",
}  # fmt: skip
"""What `cmfw --help` may not load. (lzma comes with shutil, which click asks for the width of the terminal.)"""


def imported(*arguments: str) -> set[str]:
    """The modules that a run of the command loads, with the packages that they are in."""
    command = [sys.executable, "-X", "importtime", "-m", "cmfw", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    names = re.findall(r"^import time:.*\| +([\w.]+)$", done.stderr, re.MULTILINE)
    assert "cmfw" in names
    return set(names)


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)], ids=" ".join)
def test_start_up_loads_nothing_heavy(arguments):
    assert {name for name in imported(*arguments) if name in HEAVY} == set()


def test_the_list_of_imports_is_read():
    assert {"click", "cmfw.cli.app"} <= imported("--help")
