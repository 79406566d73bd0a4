"""Registry.pol: records by structure and length, damage, special names, and Samba's packer as a second opinion."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from tests.oracles import debian

from cmfw.errors import FormatError
from cmfw.ingest.preg import HEADER, apply_preg, is_preg, is_special, read_preg, write_preg
from cmfw.ingest.registry import RegistryTree, RegistryValue

KEY = "Software\\Policies\\Microsoft\\WindowsFirewall\\FirewallRules"


def sz(text: str) -> bytes:
    return f"{text}\0".encode("utf-16-le")


def entry(name: str, kind: int = 1, data: bytes = b"", key: str = KEY) -> RegistryValue:
    return RegistryValue(key, name, kind, data)


def plain(entries) -> list[tuple[str, str, int, bytes]]:
    return [tuple(e[:4]) for e in entries]


ROWS = {
    "text": entry("rule-1", 1, sz("v2.30|Action=Allow|")),
    "name with ; and ]": entry("a;b]c[", 1, sz("x")),
    "key with ; and ]": entry("n", 1, sz("x"), key="K;1]\\[2"),
    "data that look like a record": entry("n", 1, sz("];[K")),
    "data that are a record": entry("n", 3, write_preg([entry("inner", 4, b"\7\0\0\0")])[8:]),
    "Chinese": entry("规则", 2, sz("远程控制"), key="策略\\防火墙"),
    "dword": entry("EnableFirewall", 4, b"\1\0\0\0"),
    "dword, big end first": entry("d", 5, b"\0\0\0\2"),
    "qword": entry("q", 11, bytes(range(8))),
    "binary of odd length": entry("b", 3, b"]\0["),
    "list of texts": entry("m", 7, sz("a") + sz("b") + b"\0\0"),
    "no name, no type, no data": entry("", 0, b""),
    "65,535 bytes": entry("big", 3, bytes(65535)),
    "half a surrogate pair": entry("\ud800", 1, b"\0\xdc\0\0"),
    "a name that is 0x0100": entry("\u0100", 1, sz("\u0100")),
}


class TestRecords:
    @pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
    def test_a_record_is_read_as_written(self, row):
        packed = write_preg([entry("before", 4, b"\2\0\0\0"), row, entry("after", 4, b"\3\0\0\0")])
        reading = read_preg(packed)
        assert plain(reading.entries) == [(KEY, "before", 4, b"\2\0\0\0"), tuple(row[:4]), (KEY, "after", 4, b"\3\0\0\0")]
        assert reading.problems == ()
        assert write_preg(reading.entries) == packed

    def test_the_bytes_are_those_of_the_specification(self):
        packed = write_preg([RegistryValue("K", "n", 4, b"\1\0\0\0")])
        assert packed == b"PReg\1\0\0\0[\0K\0\0\0;\0n\0\0\0;\0\4\0\0\0;\0\4\0\0\0;\0\1\0\0\0]\0"

    def test_an_entry_says_where_its_record_is(self):
        packed = write_preg([entry("a", 1, sz("x")), entry("b", 1, sz("y"))])
        assert [packed[e.offset : e.offset + 2] for e in read_preg(packed).entries] == [b"[\0", b"[\0"]
        assert read_preg(packed).entries[0].offset == 8

    def test_the_order_and_repeats_are_kept(self):
        names = ["b", "a", "b", "**del.b", "b"]
        assert [e.name for e in read_preg(write_preg([entry(n, 1, sz(" ")) for n in names])).entries] == names

    @pytest.mark.parametrize(
        "row",
        [entry("a\0b"), entry("n", key="K\0"), entry("n", 3, bytes(65536))],
        ids=["NUL in the name", "NUL in the key", "too long"],
    )
    def test_what_the_format_cannot_hold_is_not_written(self, row):
        with pytest.raises(ValueError, match=r"in `(K|Software)"):
            write_preg([row])


class TestFile:
    def test_the_first_bytes_tell(self):
        assert is_preg(b"PReg\1\0\0\0")
        assert not is_preg(b"regf")
        assert not is_preg(b"")

    def test_a_header_alone_is_a_policy_without_settings(self):
        assert read_preg(HEADER) == ((), ())

    def test_an_empty_file_is_a_problem(self):
        assert [p.found for p in read_preg(b"", "x.pol").problems] == ["an empty file"]

    def test_another_file_is_refused(self):
        with pytest.raises(FormatError, match=r"x\.pol: expected a Registry\.pol \(`PReg`\) at offset 0x0"):
            read_preg(b"PRegister"[1:], "x.pol")

    @pytest.mark.parametrize(
        ("header", "offset"), [(b"PReg\2\0\0\0", 4), (b"PReg\1\0\0", 4)], ids=["version 2", "cut header"]
    )
    def test_another_version_is_a_problem(self, header, offset):
        assert [p.offset for p in read_preg(header).problems] == [offset]

    def test_another_version_is_read_all_the_same(self):
        packed = b"PReg\2" + write_preg([entry("a", 4, b"\1\0\0\0")])[5:]
        assert len(read_preg(packed).entries) == 1


THREE = [entry("first", 4, b"\1\0\0\0"), entry("second", 1, sz("text")), entry("third", 4, b"\3\0\0\0")]
PACKED = write_preg(THREE)
SECOND = read_preg(PACKED).entries[1].offset
THIRD = read_preg(PACKED).entries[2].offset
NAME = PACKED.index(sz("second"))
REST = NAME + len(sz("second"))
DAMAGE = {
    "no bracket": (SECOND, b"("),
    "no NUL behind the key": (NAME - 4, b"x"),
    "no semicolon behind the key": (NAME - 2, b","),
    "no semicolon behind the name": (REST, b","),
    "no semicolon behind the type": (REST + 6, b","),
    "no semicolon behind the size": (REST + 12, b","),
    "size too small": (REST + 8, b"\2"),
    "size too large": (REST + 8, b"\x20"),
    "size absurd": (REST + 8, b"\xff\xff\xff\xff"),
    "no bracket at the end": (THIRD - 2, b")"),
}


class TestDamage:
    @pytest.mark.parametrize(("at", "wrong"), DAMAGE.values(), ids=list(DAMAGE))
    def test_one_record_is_lost_and_named(self, at, wrong):
        reading = read_preg(PACKED[:at] + wrong + PACKED[at + len(wrong) :], "x.pol")
        assert plain(reading.entries) == plain([THREE[0], THREE[2]])
        assert len(reading.problems) == 1
        assert reading.problems[0].hint == f"{THIRD - SECOND} bytes from 0x{SECOND:x} on are not read"
        assert reading.problems[0].offset >= SECOND

    @pytest.mark.parametrize("length", range(9, len(PACKED)))
    def test_every_cut_is_named(self, length):
        reading = read_preg(PACKED[:length])
        assert len(reading.entries) == sum(end <= length for end in (SECOND, THIRD, len(PACKED)))
        assert bool(reading.problems) == (length not in {SECOND, THIRD})

    def test_two_damaged_records(self):
        packed = bytearray(write_preg([entry(n, 4, b"\1\0\0\0") for n in "abcde"]))
        size = (len(packed) - 8) // 5
        for n in (1, 3):
            packed[8 + n * size] = 0
        reading = read_preg(bytes(packed))
        assert [e.name for e in reading.entries] == ["a", "e"]
        assert [p.offset for p in reading.problems] == [8 + size]

    def test_a_record_inside_data_is_never_taken_for_one(self):
        """Only its size says that it is data; with that damaged, a rule that nobody set could come to life."""
        inner = b"]\0" + write_preg([entry("fake", 1, sz("v2.30|Action=Allow|"))])[8:]
        packed = bytearray(write_preg([entry("n", 3, inner + b"..")]))
        at = packed.index(len(inner + b"..").to_bytes(4, "little"))
        packed[at] ^= 1
        assert read_preg(bytes(packed)).entries == ()
        assert len(read_preg(bytes(packed)).problems) == 1

    def test_something_behind_the_last_record(self):
        reading = read_preg(PACKED + b"\0\0\0")
        assert plain(reading.entries) == plain(THREE)
        assert [p.offset for p in reading.problems] == [len(PACKED)]

    def test_a_size_that_swallows_the_next_record_is_noticed(self):
        packed = bytearray(PACKED)
        packed[REST + 8 : REST + 12] = (len(PACKED) - 2 - (REST + 14)).to_bytes(4, "little")
        reading = read_preg(bytes(packed))
        assert len(reading.entries) == 2
        assert [(p.key, p.offset) for p in reading.problems] == [(f"{KEY}\\second", SECOND)]

    @pytest.mark.parametrize("until", [THIRD - 2, THIRD], ids=["up to its bracket", "with its bracket"])
    @pytest.mark.parametrize("at", [NAME - 4, NAME + 8], ids=["key", "name"])
    def test_a_record_whose_end_is_lost_in_a_name_is_noticed(self, at, until):
        packed = PACKED[:at] + b"x" * (until - at) + PACKED[until:]
        reading = read_preg(packed)
        assert 1 <= len(reading.entries) <= 2
        assert len(reading.problems) == 1

    @pytest.mark.parametrize("kind", [0, 1, 3, 7])
    def test_data_that_swallow_whole_records_are_noticed(self, kind):
        packed = bytearray(write_preg([entry("n", kind, b"")]) + PACKED[8:])
        at = packed.index(b"]\0[\0")
        packed[at - 6 : at - 2] = (len(packed) - 2 - at).to_bytes(4, "little")
        reading = read_preg(bytes(packed))
        assert len(reading.entries) == 1
        assert [p.found for p in reading.problems] == ["data that end in whole records"]

    @pytest.mark.parametrize(
        ("kind", "data"),
        [(4, b""), (4, b"\1\0"), (5, bytes(5)), (11, bytes(4)), (1, b"a\0\0\0b\0\0\0")],
        ids=["no dword", "half a dword", "five bytes", "half a qword", "text behind the NUL"],
    )
    def test_data_that_do_not_fit_their_type_are_kept_and_named(self, kind, data):
        reading = read_preg(write_preg([entry("n", kind, data)]))
        assert plain(reading.entries) == [(KEY, "n", kind, data)]
        assert [p.key for p in reading.problems] == [f"{KEY}\\n"]

    @pytest.mark.parametrize(
        "unit", [b"]\0[\0", b"]\0[\0K\0\0\0;\0", b"[\0", b"\0", b"]\0[\0a\0\0\0;\0b\0\0\0;\0\1\0\0\0;\0\xff\xff\0\0;\0"]
    )
    def test_a_hostile_file_takes_linear_time(self, unit):
        assert len(read_preg(HEADER + unit * (400_000 // len(unit))).problems) >= 1


class TestApply:
    @pytest.mark.parametrize(
        ("entries", "left"),
        [
            ([entry("**del.A", 1, sz(" "))], {"b", "c"}),
            ([entry("**Del.nothing", 1, sz(" "))], {"a", "b", "c"}),
            ([entry("**delvals.", 1, sz(" "))], set()),
            ([entry("**DelVals.", 1, sz(" ")), entry("new", 4, b"\1\0\0\0")], {"new"}),
            ([entry("**DeleteValues", 1, sz("a;C;x"))], {"b"}),
            ([entry("**soft.a", 4, b"\7\0\0\0")], {"a", "b", "c"}),
            ([entry("**soft.d", 4, b"\7\0\0\0")], {"a", "b", "c", "d"}),
            ([entry("**SecureKey", 4, b"\1\0\0\0")], {"a", "b", "c"}),
            ([entry("**DeleteKeys", 1, sz("FirewallRules;x"), key=KEY.rpartition("\\")[0])], set()),
            ([entry("", 0, b"")], {"a", "b", "c"}),
            ([entry("", 1, sz("default"))], {"", "a", "b", "c"}),
            ([entry("A", 4, b"\7\0\0\0")], {"A", "b", "c"}),
        ],
        ids=["delete one", "delete none", "delete all", "delete all, then set", "delete a list", "soft: it is there",
             "soft: it is not there", "secure", "delete the key", "only the key", "default value", "later wins"],
    )  # fmt: skip
    def test_entries_work_in_order(self, entries, left):
        tree = RegistryTree()
        apply_preg([entry("a", 4, b"\1\0\0\0"), entry("b", 4, b"\2\0\0\0"), entry("c", 4, b"\3\0\0\0"), *entries], tree)
        assert {v.name for v in tree.values(KEY)} == left
        assert tree.problems == ()

    def test_soft_does_not_overwrite(self):
        tree = RegistryTree()
        apply_preg([entry("a", 4, b"\1\0\0\0"), entry("**soft.A", 4, b"\2\0\0\0")], tree)
        assert tree.values(KEY)[0].data == b"\1\0\0\0"

    def test_the_empty_entry_makes_its_key(self):
        tree = RegistryTree()
        apply_preg([entry("", 0, b"")], tree)
        assert tree.has_key(KEY)
        assert tree.values(KEY) == ()

    @pytest.mark.parametrize(
        "row", [entry("**unheard.of", 1, sz("x")), entry("n", 4, b"\1\0\0\0", key="A\\\\B")], ids=["word", "key"]
    )
    def test_what_cannot_be_applied_is_named(self, row):
        tree = RegistryTree("x.pol")
        apply_preg([row._replace(offset=42)], tree)
        assert [p.offset for p in tree.problems] == [42]
        assert [v for key in tree.walk() for v in tree.values(key)] == []

    def test_special_names_are_told_apart(self):
        assert is_special(entry("**del.x"))
        assert not is_special(entry("*x"))


# --- real files, and another packer ----------------------------------------------------------------------------------


def real_files(corpus: Path) -> dict[str, bytes]:
    found = {p.relative_to(corpus).as_posix(): p.read_bytes() for p in corpus.rglob("*.pol")}
    archive = zipfile.ZipFile(io.BytesIO((corpus / "gpo/ncsc/NCSC_Windows_GPO.zip").read_bytes()))
    return found | {name: archive.read(name) for name in archive.namelist() if name.lower().endswith(".pol")}


@pytest.mark.corpus
class TestRealFiles:
    def test_all_are_read_and_written_back_byte_by_byte(self, corpus):
        files = real_files(corpus)
        assert len(files) == 25
        for name, content in files.items():
            reading = read_preg(content, name)
            assert reading.problems == ()
            assert write_preg(reading.entries) == content, name

    def test_all_can_be_applied(self, corpus):
        for name, content in real_files(corpus).items():
            tree = RegistryTree(name)
            apply_preg(read_preg(content).entries, tree)
            assert tree.problems == ()

    @pytest.mark.debian
    def test_samba_reads_the_same(self, corpus):
        files = list(real_files(corpus).values())
        for content, theirs in zip(files, samba("unpack", [f.hex() for f in files]), strict=True):
            assert [as_samba(e) for e in read_preg(content).entries] == [tuple(row) for row in theirs]


def samba(verb: str, items: list) -> list:
    return json.loads(debian.ask("samba_preg.py", verb, needs="samba.dcerpc.preg", stdin=json.dumps(items)))


def as_samba(e: RegistryValue) -> tuple[str, str, int, object]:
    """An entry as Samba's bindings show it."""
    data: object = {"hex": e.data.hex()}
    if e.type == 0:
        data = None
    elif e.type in {1, 2}:
        data = e.data.decode("utf-16-le").removesuffix("\0")
    elif e.type in {4, 11}:
        data = int.from_bytes(e.data, "little")
    return e.key, e.name, e.type, data


SAMBA_ROWS = {name: row for name, row in ROWS.items() if "surrogate" not in name}
"""Samba's bindings take names as UTF-8, which has no half pairs."""


@pytest.mark.debian
class TestSamba:
    def test_it_packs_the_same_bytes(self):
        rows = [[*row[:3], row.data.hex()] for row in SAMBA_ROWS.values()]
        packed = samba("pack", [[row] for row in rows] + [rows])
        wanted = [write_preg([row]).hex() for row in SAMBA_ROWS.values()] + [write_preg(SAMBA_ROWS.values()).hex()]
        assert packed == wanted

    def test_it_unpacks_ours(self):
        rows = [row for row in SAMBA_ROWS.values() if row.type != 5]  # read back in another byte order than given
        (theirs,) = samba("unpack", [write_preg(rows).hex()])
        assert [tuple(row) for row in theirs] == [as_samba(row) for row in rows]
