"""The scripts of ``cmfw completion``, run by the shells that they are for; PowerShell's is read by a grammar of other people."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys

import pytest
from tests.conftest import need

from cmfw.cli.app import app, run
from cmfw.cli.completion import FOLDER, SCRIPTS

pytestmark = [pytest.mark.debian, pytest.mark.slow]
READY = "ready> "
_BEGIN = {
    "bash": "PS1='rea''dy> '; bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; . ./script\n",
    "zsh": "unsetopt beep zle_bracketed_paste; unset zle_bracketed_paste; bindkey -e; autoload -U compinit; compinit -u -D; "
    ". ./script; PS1='rea''dy> '\n",
}
_PROGRAM = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}
_START, _END = "\x01", "\x05"
"""Keys of both shells that go to the start and to the end of the line."""


@pytest.fixture
def folder(tmp_path, monkeypatch, capsys):
    """A folder with the example, a file with a blank in its name, and a ``cmfw`` on the path."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "cmfw"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cmfw "$@"\n', encoding="ascii")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    work = tmp_path / "work"
    (work / "folder").mkdir(parents=True)
    monkeypatch.chdir(work)
    run(app, ["demo", "--files", "."])
    shutil.copy("site.toml", "my own.toml")
    capsys.readouterr()
    return work


def script(shell: str, capsys) -> str:
    assert run(app, ["completion", shell]) == 0
    return capsys.readouterr().out


def typed_into(shell: str, keys: str, folder) -> list[str]:
    """The words of the line after the keys were pressed in an interactive shell on a terminal of its own."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.execvp(_PROGRAM[shell][0], _PROGRAM[shell])
    try:
        os.write(terminal, _BEGIN[shell].encode())
        _read_until(terminal, READY)
        os.write(terminal, f"{keys}{_START}printf '%s\\n' {_END} >got; exit\r".encode())
        _read_until(terminal, None)
    finally:
        os.close(terminal)
        os.waitpid(child, 0)
    return (folder / "got").read_text(encoding="utf-8").splitlines()


def _read_until(terminal: int, sign: str | None) -> None:
    """Read what the shell shows until the sign comes, or until the shell has left."""
    shown = ""
    while sign is None or sign not in shown.replace("\r", ""):
        ready, _, _ = select.select([terminal], [], [], 10)
        assert ready, f"the shell says nothing more: {shown}"
        try:
            shown += os.read(terminal, 4096).decode("utf-8", "replace")
        except OSError:
            assert sign is None, shown
            return


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("cmfw pla\t", ["plan"]),
        ("cmfw emit nets\t", ["emit", "netsh"]),
        ("cmfw plan --edition 2\t", ["plan", "--edition", "2016"]),
        ("cmfw plan --edition=2\t", ["plan", "--edition=2016"]),
        ("cmfw plan --advi\t", ["plan", "--advisory"]),
        ("cmfw plan sit\t", ["plan", "site.toml"]),
        ("cmfw plan my\t", ["plan", "my own.toml"]),
        ("cmfw plan 'my\t", ["plan", "my own.toml"]),
        ("cmfw emit list site.toml --for off\t", ["emit", "list", "site.toml", "--for", "office"]),
        ("cmfw convert client.reg nets\t", ["convert", "client.reg", "netsh"]),
        ("cmfw demo --files fol\t", ["demo", "--files", "folder/"]),
    ],
    ids=lambda part: part.strip() if isinstance(part, str) else "",
)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_tab_completes(shell, keys, words, folder, capsys):
    need(shutil.which(shell) is not None, f"no {shell} here")
    (folder / "script").write_text(script(shell, capsys), encoding="ascii")
    found = typed_into(shell, keys, folder)
    assert [word.rstrip("/") for word in found] == ["cmfw", *(word.rstrip("/") for word in words)]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("cmfw pla", ["plan\tevery flow and rule that a site needs"]),
        ("cmfw emit nets", ["netsh"]),
        ("cmfw plan --edition 2", ["2016"]),
        ("cmfw plan --edition=2", ["--edition=2016"]),
        ("cmfw plan sit", ["site.toml"]),
        ("cmfw plan my", ["my own.toml"]),
        ("cmfw emit list site.toml --for off", ["office\t10.30.0.0/22"]),
        ("cmfw convert client.reg nets", ["netsh"]),
        ("cmfw demo --files fol", ["folder/"]),
        ("cmfw emit list site.toml --output=fol", ["--output=folder/"]),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_fish_completes(line, found, folder, capsys):
    need(shutil.which("fish") is not None, "no fish here")
    (folder / "script").write_text(script("fish", capsys), encoding="ascii")
    command = ["fish", "--no-config", "-c", f'source ./script; complete -C "{line}"']
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert [said.partition("\t")[0] if "\t" not in found[0] else said for said in done.stdout.splitlines()] == found
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_finds_no_fault(shell, capsys):
    need(shutil.which(shell) is not None, f"no {shell} here")
    done = subprocess.run([shell, "-n"], input=script(shell, capsys), capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_powershell_is_parsed_and_registers_the_completer(capsys):
    tree_sitter = pytest.importorskip("tree_sitter", reason="no PowerShell grammar here (extra `test`)")
    import tree_sitter_pwsh

    text = script("powershell", capsys)
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_pwsh.language()))
    tree = parser.parse(text.encode())
    assert not tree.root_node.has_error
    found: dict[str, set[str]] = {}
    todo = [tree.root_node]
    while todo:
        node = todo.pop()
        found.setdefault(node.type, set()).add(node.text.decode())
        todo += node.children
    assert "Register-ArgumentCompleter" in found["command_name"]
    assert {"$wordToComplete", "$commandAst", "$cursorPosition", "$env:_CMFW_COMPLETE"} <= found["variable"]
    # Windows PowerShell 5.1 knows neither of these
    assert not any(sign in text for sign in ("??", "?.", "&&", "||"))


def test_every_script_is_printed():
    assert {path.name for path in FOLDER.iterdir()} == set(SCRIPTS.values())
