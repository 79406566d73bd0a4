"""What every target has in common: the table, the place, and writing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.emit.plans import item, request, rule

from cmfw.emit import TARGETS, Artifact, emit, write
from cmfw.errors import InputError


def test_an_unknown_target_names_the_others():
    choices = ", ".join(f"`{name}`" for name in TARGETS)
    with pytest.raises(InputError, match=f"expected one of {choices}, found `iptables`"):
        emit("iptables", request(item(rule())))


def test_a_host_is_found_whatever_its_case():
    asked = request(item(rule()))
    assert emit("list", replace(asked, where="SS1")) == emit("list", replace(asked, where="ss1"))


def test_files_are_written_below_the_folder(tmp_path):
    paths = write((Artifact("a.txt", b"1", "text/plain"), Artifact("undo/a.txt", b"22", "text/plain")), tmp_path / "out")
    assert [p.relative_to(tmp_path).as_posix() for p in paths] == ["out/a.txt", "out/undo/a.txt"]
    assert [p.read_bytes() for p in paths] == [b"1", b"22"]
    assert sorted(p.name for p in (tmp_path / "out").rglob("*")) == ["a.txt", "a.txt", "undo"]


def test_writing_again_replaces(tmp_path):
    write((Artifact("a.txt", b"old", "text/plain"),), tmp_path)
    write((Artifact("a.txt", b"new", "text/plain"),), tmp_path)
    assert (tmp_path / "a.txt").read_bytes() == b"new"


@pytest.mark.parametrize(
    "path",
    [
        "../up.txt",
        "a/../../up.txt",
        "/etc/x",
        "C:\\x",
        "c:x",
        "a\\b",
        "a//b",
        "",
        ".",
        "./a",
        "a/.",
        "nul",
        "NUL.txt",
        "com1/x",
        "a.",
        "a ",
        "a\0b",
        "a\nb",
        "x*",
    ],
    ids=ascii,
)
def test_a_path_that_leaves_the_folder_writes_nothing(tmp_path, path):
    good = Artifact("good.txt", b"x", "text/plain")
    with pytest.raises(ValueError, match="is no relative path of plain names"):
        write((good, Artifact(path, b"y", "text/plain")), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_two_artifacts_of_one_path_write_nothing(tmp_path):
    one, two = Artifact("a.txt", b"1", "text/plain"), Artifact("A.txt", b"2", "text/plain")
    with pytest.raises(ValueError, match="share one path"):
        write((one, two), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_targets_have_modules_that_say_their_own_name():
    from importlib import import_module

    for name, module in TARGETS.items():
        assert import_module(module).CAPABILITIES.target == name
