"""Workspaces in a file."""

from __future__ import annotations

import os
import sqlite3
from hashlib import sha256

import pytest

from cmfw.errors import InputError
from cmfw.web.exchange import NotThere
from cmfw.web.store import Given, Store


@pytest.fixture
def store(tmp_path):
    found = Store(str(tmp_path / "deep" / "w.sqlite"), 1000)
    found.make("one")
    return found


def test_what_is_kept_comes_back(store):
    store.set_site("one", Given("s.toml", b"site"))
    store.set_machine("one", "pc", "office", ("10.1.0.0/16", "fd00::/8"), [Given("a", b"aa"), Given("b", b"bbb")])
    kept = store.site("one")
    assert (kept.name, kept.digest, store.content(kept)) == ("s.toml", sha256(b"site").hexdigest(), b"site")
    machine = store.machine("one", "pc")
    assert (machine.asked, machine.subnets) == ("office", ("10.1.0.0/16", "fd00::/8"))
    assert [(one.name, one.size, store.content(one)) for one in machine.files] == [("a", 2, b"aa"), ("b", 3, b"bbb")]
    assert store.spaces() == (("one", 1),)


def test_a_machine_of_the_same_name_takes_its_place(store):
    store.set_machine("one", "pc", "", (), [Given("a", b"first"), Given("b", b"first")])
    store.set_machine("one", "pc", "", (), [Given("c", b"second")])
    assert [one.name for one in store.machine("one", "pc").files] == ["c"]


def test_throwing_a_workspace_away_takes_all_that_is_in_it(store, tmp_path):
    store.set_site("one", Given("s.toml", b"the site of one"))
    store.set_machine("one", "pc", "", (), [Given("a", b"the export of pc")])
    store.drop("one")
    with pytest.raises(NotThere):
        store.site("one")
    raw = (tmp_path / "deep" / "w.sqlite").read_bytes()
    assert b"the export of pc" not in raw
    assert b"the site of one" not in raw


def test_all_workspaces_together_have_a_bound(store):
    store.set_site("one", Given("s.toml", bytes(600)))
    with pytest.raises(InputError, match="in all workspaces"):
        store.set_machine("one", "pc", "", (), [Given("a", bytes(500))])
    assert store.machines("one") == ()


def test_a_name_is_free_once(store):
    with pytest.raises(InputError, match="a name that is free"):
        store.make("one")


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.site("none"),
        lambda s: s.machines("none"),
        lambda s: s.machine("one", "none"),
        lambda s: s.set_site("none", Given("s", b"")),
        lambda s: s.set_machine("none", "pc", "", (), [Given("a", b"")]),
        lambda s: s.set_asked("one", "none", ""),
        lambda s: s.add_filters("none", [Given("f", b"")]),
    ],
)
def test_what_is_not_there(store, ask):
    with pytest.raises(NotThere):
        ask(store)


def test_what_was_thrown_away_meanwhile_has_no_content(store):
    store.set_site("one", Given("s.toml", b"old"))
    old = store.site("one")
    store.set_site("one", Given("s.toml", b"new"))
    with pytest.raises(NotThere):
        store.content(old)


@pytest.mark.usefixtures("store")
def test_only_the_owner_reads_the_file(tmp_path):
    if os.name == "posix":
        assert (tmp_path / "deep" / "w.sqlite").stat().st_mode & 0o077 == 0


def test_a_file_of_another_version_or_kind_is_refused(tmp_path):
    path = tmp_path / "later.sqlite"
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA user_version = 9")
    base.close()
    with pytest.raises(InputError, match="version 9"):
        Store(str(path), 1000)
    path.write_bytes(b"no database" * 200)
    with pytest.raises(InputError, match="a file of workspaces"):
        Store(str(path), 1000)


@pytest.mark.parametrize(
    "named", ["kept", "kept/", "new/"], ids=["a folder", "a folder with its mark", "a folder that is not there"]
)
def test_a_folder_is_no_file_of_workspaces(tmp_path, named):
    (tmp_path / "kept").mkdir()
    with pytest.raises(InputError) as caught:
        Store(f"{tmp_path}/{named}", 1000)
    (problem,) = caught.value.problems
    assert (problem.found, problem.hint) == ("a folder", f"a file in it would be `{tmp_path / named / 'workspaces.sqlite'}`")
    assert [one.name for one in tmp_path.rglob("*")] == ["kept"]


def test_folders_above_the_file_are_made_and_what_prevents_it_is_told(tmp_path):
    Store(str(tmp_path / "a" / "b" / "w.sqlite"), 1000)
    assert (tmp_path / "a" / "b" / "w.sqlite").is_file()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="expected a file of workspaces, found file exists"):
        Store(str(tmp_path / "file" / "w.sqlite"), 1000)


@pytest.mark.usefixtures("store")
def test_a_second_server_finds_what_the_first_kept(tmp_path):
    assert Store(str(tmp_path / "deep" / "w.sqlite"), 1000).spaces() == (("one", 0),)
