"""Hives on disk, plain and under xz, whole and cut."""

from __future__ import annotations

import lzma
import random

import pytest
from tests.ingest.hive_builder import Key, build_hive, text

from cmfw.errors import FormatError
from cmfw.ingest import regf_file
from cmfw.ingest.regf_file import is_xz, open_hive

HIVE = build_hive(Key(keys={"FirewallRules": Key(values=[(f"rule-{n}", 1, text("x" * 700)) for n in range(60)])}))


def write(folder, content: bytes) -> str:
    path = folder / "SYSTEM"
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize("content", [HIVE, lzma.compress(HIVE)], ids=["plain", "xz"])
def test_a_hive_is_read_from_disk(tmp_path, content):
    path = write(tmp_path, content)
    with open_hive(path) as hive:
        assert len(hive.values("FirewallRules")) == 60
        assert hive.verify() == ()
        assert hive.source == path


def test_a_file_that_cannot_be_mapped_is_read(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no such device")

    monkeypatch.setattr(regf_file, "mmap", refuse)
    with open_hive(write(tmp_path, HIVE)) as hive:
        assert len(hive.values("FirewallRules")) == 60


@pytest.mark.parametrize(
    "content", [b"", b"PReg\1\0\0\0", lzma.compress(b"PReg\1\0\0\0")], ids=["empty", "other", "other under xz"]
)
def test_what_is_no_hive_is_refused(tmp_path, content):
    with pytest.raises(FormatError, match="expected a registry hive"):
        open_hive(write(tmp_path, content))


def test_the_first_bytes_tell_xz():
    assert is_xz(lzma.compress(b"x"))
    assert not is_xz(HIVE)


class TestDamagedXz:
    RULES = Key(values=[(f"rule-{n}", 1, text("x" * 700)) for n in range(60)])
    NOISE = ("noise", 3, random.Random(5).randbytes(400_000))
    PACKED = lzma.compress(build_hive(Key(values=[NOISE], keys={"FirewallRules": RULES})), preset=0)

    @pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
    def test_a_cut_file_gives_what_it_still_holds(self, tmp_path, share):
        with open_hive(write(tmp_path, self.PACKED[: int(len(self.PACKED) * share)])) as hive:
            assert any(p.expected == "one whole xz stream" for p in hive.problems)

    @pytest.mark.parametrize("place", [-5, -30, -100_000], ids=["footer", "index or check", "content"])
    def test_a_wrong_byte_is_named(self, tmp_path, place):
        packed = bytearray(self.PACKED)
        packed[place] ^= 0xFF
        with open_hive(write(tmp_path, bytes(packed))) as hive:
            assert any(p.expected == "one whole xz stream" for p in hive.problems)
            assert len(hive.values("FirewallRules")) == 60

    def test_nothing_that_could_be_unpacked_is_refused(self, tmp_path):
        with pytest.raises(FormatError, match="expected a registry hive under xz"):
            open_hive(write(tmp_path, self.PACKED[:30]))

    def test_something_behind_it_is_named(self, tmp_path):
        with open_hive(write(tmp_path, self.PACKED + b"more")) as hive:
            assert [p.found for p in hive.problems] == ["4 bytes behind it"]
            assert len(hive.values("FirewallRules")) == 60

    def test_what_unfolds_without_end_is_cut(self, tmp_path, monkeypatch):
        monkeypatch.setattr(regf_file, "XZ_LIMIT", 1 << 23)
        with open_hive(write(tmp_path, lzma.compress(HIVE + bytes(1 << 25), preset=0))) as hive:
            assert [p.found for p in hive.problems] == ["more than 8 MiB"]
            assert len(hive.values("FirewallRules")) == 60
