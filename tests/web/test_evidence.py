"""Uploads on the disk for a moment: names that lead nowhere, and what is packed stays within bounds."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.conftest import DEMO

from cmfw.errors import InputError
from cmfw.web import evidence
from cmfw.web.evidence import plain_name, read_machine
from cmfw.web.store import Given

EXPORT = (DEMO / "client.reg").read_bytes()


@given(st.text(max_size=300))
def test_a_name_becomes_one_plain_part_of_a_path(name):
    found = plain_name(name)
    assert Path(found).name == found
    assert found.isascii()
    assert found.startswith("f")
    assert not found.endswith((".", " "))
    assert len(found) <= 62


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "C:\\Windows\\x.reg", "NUL", "a#b.reg", "\u202ereg.exe", "client.reg"]
)
def test_whatever_it_is_called_it_is_read_and_called_so(name):
    found = read_machine([Given(name, EXPORT)])
    assert [source.path for source in found.state.sources] == [name]
    assert len(found.state.rules) == 65
    assert {rule.origin.partition("!")[0] for rule in found.state.rules} == {name}


def test_nothing_stays_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    read_machine([Given("client.reg", EXPORT)])
    with pytest.raises(InputError):
        read_machine([Given("none.bin", b"\0\1")])
    assert list(tmp_path.iterdir()) == []


def test_two_files_of_one_name_are_two_files():
    with pytest.raises(InputError, match=r"same\.reg"):
        read_machine([Given("same.reg", EXPORT), Given("same.reg", EXPORT)])


def test_what_is_packed_is_read():
    assert len(read_machine([Given("client.reg.xz", lzma.compress(EXPORT))]).state.rules) == 65


def test_what_unpacks_beyond_the_bound_is_refused_at_the_bound(monkeypatch):
    monkeypatch.setattr(evidence, "MOST_UNPACKED", 3 << 20)
    packed = lzma.compress(bytes(60 << 20), preset=0)
    assert len(packed) < 100_000
    with pytest.raises(InputError, match="at most 3 MiB unpacked"):
        read_machine([Given("bomb.xz", packed)])


@pytest.mark.parametrize(
    "packed",
    [lzma.compress(EXPORT)[:-30], b"\xfd7zXZ\0" + bytes(40), lzma.compress(EXPORT) + b"more"],
    ids=["cut", "spoilt", "more"],
)
def test_a_stream_that_is_not_whole_is_told(packed):
    with pytest.raises(InputError, match="one whole xz stream"):
        read_machine([Given("odd.xz", packed)])
