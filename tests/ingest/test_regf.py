"""Hives: every structure, every kind of damage, and every value of every real hive against two other readers."""

from __future__ import annotations

import hashlib
import json
import lzma
import sys
from contextlib import suppress
from struct import pack_into, unpack_from

import pytest
from tests.ingest.hive_builder import HiveBuilder, Key, at_path, build_hive, text
from tests.oracles import debian

from cmfw.errors import FormatError
from cmfw.ingest.regf import Hive, is_hive
from cmfw.ingest.regf_cells import name_hash
from cmfw.ingest.registry import RegistryView, decode_number, decode_text, find_value

LONG = bytes(range(251)) * 200
"""50,200 bytes: four segments."""
ROOT = Key(
    values=[("PolicyVersion", 4, b"\x1e\x02\0\0")],
    keys={
        "FirewallRules": Key(values=[(f"rule-{n}", 1, text(f"v2.30|Action=Allow|LPort={n}|")) for n in range(5)]),
        "DomainProfile": Key(
            values=[("EnableFirewall", 4, b"\1\0\0\0")], keys={"Logging": Key(values=[("LogFilePath", 1, text("x"))])}
        ),
        "PublicProfile": Key(),
    },
)


def everything(view: RegistryView) -> dict[str, list[tuple[str, int, bytes]]]:
    return {key: [(v.name, v.type, v.data) for v in view.values(key)] for key in view.walk()}


class TestSound:
    def test_everything_is_read(self):
        hive = Hive(build_hive(ROOT), "x.wfw")
        assert everything(hive) == {
            "": [("PolicyVersion", 4, b"\x1e\x02\0\0")],
            "DomainProfile": [("EnableFirewall", 4, b"\1\0\0\0")],
            "DomainProfile\\Logging": [("LogFilePath", 1, text("x"))],
            "FirewallRules": [(f"rule-{n}", 1, text(f"v2.30|Action=Allow|LPort={n}|")) for n in range(5)],
            "PublicProfile": [],
        }
        assert hive.verify() == ()
        assert not hive.is_dirty

    @pytest.mark.parametrize("key", ["firewallRULES", "\\FirewallRules\\", "FirewallRules"])
    def test_keys_are_found_without_case(self, key):
        hive = Hive(build_hive(ROOT))
        assert hive.has_key(key)
        assert len(hive.values(key)) == 5
        assert find_value(hive, key, "RULE-3").name == "rule-3"

    def test_what_is_not_there_is_empty(self):
        hive = Hive(build_hive(ROOT))
        assert (
            hive.values("Nothing\\Here"),
            hive.subkeys("Nothing"),
            hive.has_key("Nothing"),
            list(hive.walk("Nothing")),
        ) == (
            (),
            (),
            False,
            [],
        )
        assert hive.problems == ()

    def test_values_say_where_their_cell_is(self):
        builder = HiveBuilder(ROOT)
        for value in Hive(builder.data).values("FirewallRules"):
            assert value.offset == builder.places[f"FirewallRules\\{value.name}"]
            assert value.key == "FirewallRules"

    @pytest.mark.parametrize("kind", ["lh", "lf", "li", "ri"])
    @pytest.mark.parametrize("count", [1, 2, 7])
    def test_every_kind_of_subkey_list(self, kind, count):
        keys = {f"key {n}": Key(values=[("n", 4, n.to_bytes(4, "little"))]) for n in range(count)}
        hive = Hive(build_hive(Key(keys=keys, kind=kind)))
        assert hive.subkeys("") == tuple(keys)
        assert [decode_number(find_value(hive, f"KEY {n}", "N")) for n in range(count)] == list(range(count))
        assert hive.verify() == ()

    @pytest.mark.parametrize("minor", [3, 4, 5, 6])
    @pytest.mark.parametrize("length", [0, 1, 3, 4, 5, 16343, 16344, 16345, 32688, 32689, 50200])
    def test_data_of_every_length(self, length, minor):
        hive = Hive(build_hive(Key(values=[("v", 3, LONG[:length])]), minor=minor))
        assert [v.data for v in hive.values("")] == [LONG[:length]]
        assert hive.verify() == ()

    def test_old_hives_have_no_segments(self):
        """Version 1.3 keeps all data in one cell, whatever they begin with."""
        content = b"db\2\0" + LONG
        assert Hive(build_hive(Key(values=[("v", 3, content)]), minor=3)).values("")[0].data == content

    @pytest.mark.parametrize("name", ["", "plain", "Ünïcode", "规则 一", "a\\b", "x" * 300])
    def test_value_names(self, name):
        hive = Hive(build_hive(Key(values=[(name, 1, text("规则"))])))
        assert [(v.name, decode_text(v.data)) for v in hive.values("")] == [(name, "规则")]

    @pytest.mark.parametrize("name", ["plain", "ÜNÏcode", "防火墙 规则", "straße", "ÿ"])
    @pytest.mark.parametrize("kind", ["lh", "lf", "li"])
    def test_key_names(self, name, kind):
        hive = Hive(build_hive(Key(keys={name: Key(values=[("v", 3, b"1")])}, kind=kind)))
        assert hive.subkeys("") == (name,)
        assert hive.values(name.lower())[0].data == b"1"
        assert hive.verify() == ()

    def test_a_type_outside_the_list_is_kept(self):
        assert Hive(build_hive(Key(values=[("v", 0x80000007, b"12345")]))).values("")[0].type == 0x80000007

    def test_a_view_into_memory_is_read_like_bytes(self):
        assert everything(Hive(memoryview(build_hive(ROOT)))) == everything(Hive(build_hive(ROOT)))

    def test_only_what_is_asked_for_is_read(self):
        builder = HiveBuilder(ROOT)
        pack_into("<2s", builder.data, builder.places["PublicProfile"] + 4, b"xx")
        hive = Hive(builder.data)
        assert len(hive.values("FirewallRules")) == 5
        assert hive.problems == ()


class TestBaseBlock:
    def test_another_file_is_refused(self):
        with pytest.raises(FormatError, match=r"x\.hiv: expected a registry hive \(`regf`\) at offset 0x0"):
            Hive(b"PReg\1\0\0\0", "x.hiv")

    def test_the_first_bytes_tell_a_hive(self):
        assert is_hive(b"regf\1\2")
        assert not is_hive(b"rege")
        assert not is_hive(b"")

    @pytest.mark.parametrize("length", [4, 100, 4095, 4096, 4127])
    def test_a_file_cut_in_its_head_is_empty_and_a_problem(self, length):
        hive = Hive(build_hive(ROOT)[:length])
        assert list(hive.walk()) == []
        assert [p.offset for p in hive.problems] == [length]

    def test_a_dirty_hive_is_read_with_a_problem(self):
        builder = HiveBuilder(ROOT)
        pack_into("<II", builder.data, 4, 13, 12)
        builder.fix_checksum()
        hive = Hive(builder.data)
        assert hive.is_dirty
        assert [(p.offset, p.found) for p in hive.problems] == [(4, "13 and 12")]
        assert len(hive.values("FirewallRules")) == 5

    @pytest.mark.parametrize(
        ("at", "form", "value", "says"),
        [
            (508, "<I", 77, "checksum"),
            (20, "<I", 2, "version 1.3 to 1.6"),
            (24, "<I", 9, "version 1.3 to 1.6"),
            (28, "<I", 1, "version 1.3 to 1.6"),
            (40, "<I", 0x2000, "bins of 8192 bytes"),
            (4096, "<4s", b"hbix", "a bin (`hbin`)"),
            (36, "<I", 0x800, "the root key"),
            (36, "<I", 0xFFFFFFF8, "the root key"),
            (36, "<I", 0x21, "the root key"),
        ],
        ids=["checksum", "major", "minor", "log file", "size", "bin", "root: no key", "root: outside", "root: unaligned"],
    )
    def test_damage_is_named_and_the_rest_read(self, at, form, value, says):
        builder = HiveBuilder(ROOT)
        pack_into(form, builder.data, at, value)
        if at < 508:
            builder.fix_checksum()
        hive = Hive(builder.data)
        assert any(says in p.expected for p in hive.problems)
        assert len(hive.values("FirewallRules")) == 5

    def test_a_root_that_is_another_key_is_found_out(self):
        builder = HiveBuilder(ROOT)
        pack_into("<I", builder.data, 36, builder.places["FirewallRules"] - 4096)
        builder.fix_checksum()
        hive = Hive(builder.data)
        assert hive.problems
        assert len(hive.values("FirewallRules")) == 5

    def test_without_a_root_there_is_nothing(self):
        builder = HiveBuilder(ROOT)
        pack_into("<2s", builder.data, builder.places[""] + 4, b"kn")
        hive = Hive(builder.data)
        assert not hive.has_key("")
        assert list(hive.walk()) == []
        assert [p.offset for p in hive.problems] == [0x1020]


RULES, DOMAIN = "FirewallRules", "DomainProfile"
"""Rows: where (a path, ``path\\*`` its value list, ``path\\/`` its subkey list), offset there, form, value, key that must be named."""
DAMAGE = {
    "key: signature": (RULES, 4, "<2s", b"kn", ""),
    "key: parent": (RULES, 20, "<I", 0x20 + 8, RULES),
    "key: name too long": (RULES, 76, "<H", 900, ""),
    "key: another name": (RULES, 85, "<c", b"x", ""),
    "key: name cut": (RULES, 76, "<H", 5, ""),
    "key: name of two-byte characters": (RULES, 6, "<H", 0, ""),
    "key: no name": (RULES, 76, "<H", 0, ""),
    "key: backslash in the name": (RULES, 80, "<c", b"\\", ""),
    "key: too few values": (RULES, 40, "<I", 4, RULES),
    "key: too many values": (RULES, 40, "<I", 7, RULES),
    "key: absurd number of values": (RULES, 40, "<I", 0xFFFFFFFF, RULES),
    "key: no values, but a list": (RULES, 40, "<I", 0, RULES),
    "key: values, but no list": (RULES, 44, "<I", 0xFFFFFFFF, RULES),
    "key: list of values outside": (RULES, 44, "<I", 0x7FFFFFF8, RULES),
    "key: list of values unaligned": (RULES, 44, "<I", 0x123, RULES),
    "key: too few subkeys": (DOMAIN, 24, "<I", 0, DOMAIN),
    "key: too many subkeys": (DOMAIN, 24, "<I", 3, DOMAIN),
    "key: no list of subkeys": (DOMAIN, 32, "<I", 0xFFFFFFFF, DOMAIN),
    "key: list of subkeys is something else": (DOMAIN, 32, "<I", 0x20, DOMAIN),
    "key: cell size odd": (RULES, 0, "<i", -93, ""),
    "key: cell size tiny": (RULES, 0, "<i", -16, ""),
    "key: cell leaves the file": (RULES, 0, "<i", -0x10000, ""),
    "key: cell size zero": (RULES, 0, "<i", 0, ""),
    "key: cell marked free": (RULES, 0, "<i", 96, ""),
    "list: signature": ("\\/", 4, "<2s", b"ll", ""),
    "list: too few": ("\\/", 6, "<H", 2, ""),
    "list: too many": ("\\/", 6, "<H", 40, ""),
    "list: hash": ("\\/", 16, "<I", 1234, ""),
    "list: key outside": ("\\/", 16 + 4, "<I", 0x7FFFFFF8, ""),
    "list: key twice": ("\\/", 16, "<I", 0x20, ""),
    "value list: cell too small": (f"{RULES}\\*", 0, "<i", -16, RULES),
    "value list: free": (f"{RULES}\\*", 0, "<i", 24, RULES),
    "value list: value outside": (f"{RULES}\\*", 8, "<I", 0x7FFFFFF8, RULES),
    "value list: value unaligned": (f"{RULES}\\*", 8, "<I", 0x123, RULES),
    "value list: not a value": (f"{RULES}\\*", 8, "<I", 0x20, RULES),
    "value: signature": (f"{RULES}\\rule-2", 4, "<2s", b"kv", RULES),
    "value: name too long": (f"{RULES}\\rule-2", 6, "<H", 999, RULES),
    "value: cell marked free": (f"{RULES}\\rule-2", 0, "<i", 32, RULES),
    "value: data longer than their cell": (f"{RULES}\\rule-2", 8, "<I", 0x200, f"{RULES}\\rule-2"),
    "value: data longer than the file": (f"{RULES}\\rule-2", 8, "<I", 0x7FFFFFFF, f"{RULES}\\rule-2"),
    "value: inline data of 5 bytes": (f"{RULES}\\rule-2", 8, "<I", 0x80000005, f"{RULES}\\rule-2"),
    "value: data outside": (f"{RULES}\\rule-2", 12, "<I", 0x7FFFFFF8, f"{RULES}\\rule-2"),
    "value: data nowhere": (f"{RULES}\\rule-2", 12, "<I", 0xFFFFFFFF, f"{RULES}\\rule-2"),
}  # fmt: skip


def cells_of(hive: Hive) -> set[tuple[int, str, bytes]]:
    return {(v.offset, v.name, v.data) for key in hive.walk() for v in hive.values(key)}


def damaged(builder: HiveBuilder, where: str, offset: int, form: str, value: object) -> bytes:
    if where.endswith("*"):
        start = builder.lists[where.lstrip("\\")] if where != "\\*" else builder.lists["\\*"]
    elif where.endswith("/"):
        start = builder.lists[where[:-2]]
    else:
        start = builder.places[where]
    pack_into(form, builder.data, start + offset, value)
    return bytes(builder.data)


class TestDamage:
    @pytest.mark.parametrize("row", DAMAGE.values(), ids=list(DAMAGE))
    def test_damage_is_named_and_all_else_read(self, row):
        *what, named = row
        builder = HiveBuilder(ROOT)
        before = cells_of(Hive(bytes(builder.data)))
        hive = Hive(damaged(builder, *what))
        after = cells_of(hive)
        problems = hive.verify()
        assert problems
        assert all(p.offset is not None for p in problems)
        assert any(named in p.key for p in problems)
        if "rule-" in what[0]:
            assert {v[1] for v in before - after} <= {"rule-2"}
        elif what[0] == "\\/" and what[1] > 8:
            assert {v[1] for v in before - after} <= {f"rule-{n}" for n in range(5)}
        assert "PolicyVersion" in {v[1] for v in after}

    @pytest.mark.parametrize("name", list(DAMAGE))
    def test_asking_for_one_key_alone_shows_its_damage(self, name):
        """A lost rule is named without a look at the whole hive."""
        *what, _ = DAMAGE[name]
        hive = Hive(damaged(HiveBuilder(ROOT), *what))
        names = [v.name for key in (RULES, f"{DOMAIN}\\Logging") for v in hive.values(key)]
        assert names == [*(f"rule-{n}" for n in range(5)), "LogFilePath"] or hive.problems

    def test_a_value_that_is_listed_twice_is_named(self):
        builder = HiveBuilder(ROOT)
        start = builder.lists[f"{RULES}\\*"]
        builder.data[start + 8 : start + 12] = builder.data[start + 4 : start + 8]
        hive = Hive(builder.data)
        assert [v.name for v in hive.values(RULES)] == ["rule-0", "rule-0", "rule-2", "rule-3", "rule-4"]
        assert [p.found for p in hive.problems] == ["one that is listed twice"]

    def test_a_list_is_read_up_to_the_end_of_its_cell(self):
        builder = HiveBuilder(ROOT)
        pack_into("<H", builder.data, builder.lists[""] + 6, 40)
        hive = Hive(builder.data)
        assert hive.subkeys("") == ("DomainProfile", "FirewallRules", "PublicProfile")
        assert [(p.expected, p.found) for p in hive.problems] == [("at most 3 subkeys in the list", "40")]

    def test_a_name_is_not_read_beyond_its_cell(self):
        builder = HiveBuilder(Key(keys={"fills-its-cell-x": Key(), "other": Key()}))
        pack_into("<H", builder.data, builder.places["fills-its-cell-x"] + 76, 17)
        assert Hive(builder.data).subkeys("") == ("other",)

    def test_two_subkeys_of_one_name(self):
        hive = Hive(build_hive(Key(keys={"Name": Key(values=[("first", 3, b"1")]), "NAME": Key(), "Other": Key()})))
        assert hive.subkeys("") == ("Name", "Other")
        assert [v.name for v in hive.values("name")] == ["first"]
        assert [p.found for p in hive.problems] == ["another one"]

    def test_a_wrong_hash_does_not_hide_a_key(self):
        builder = HiveBuilder(ROOT)
        start = builder.lists[""]
        for n in range(3):
            pack_into("<I", builder.data, start + 12 + 8 * n, 99 + n)
        hive = Hive(builder.data)
        assert len(hive.values("FirewallRules")) == 5
        assert len([p for p in hive.problems if "hint" in p.expected]) == 3

    def test_another_key_with_the_hash_of_the_wanted_one(self):
        builder = HiveBuilder(ROOT)
        pack_into("<I", builder.data, builder.lists[""] + 12, name_hash("FIREWALLRULES"))
        hive = Hive(builder.data)
        assert len(hive.values("FirewallRules")) == 5
        assert hive.has_key("DomainProfile")

    @pytest.mark.parametrize("big", ["count", "list", "segment", "segment size", "signature"])
    def test_damage_in_segmented_data(self, big):
        builder = HiveBuilder(Key(values=[("a", 3, LONG), ("b", 1, text("sound"))]))
        value = builder.places["a"]
        (at,) = unpack_from("<I", builder.data, value + 12)
        (listed,) = unpack_from("<I", builder.data, at + 4096 + 8)
        (second,) = unpack_from("<I", builder.data, listed + 4096 + 8)
        place, form, wrong = {
            "count": (at + 4096 + 6, "<H", 3),
            "list": (at + 4096 + 8, "<I", 0x7FFFFFF8),
            "segment": (listed + 4096 + 8, "<I", 3),
            "segment size": (second + 4096, "<i", -800),
            "signature": (at + 4096 + 4, "<2s", b"bd"),
        }[big]
        pack_into(form, builder.data, place, wrong)
        hive = Hive(builder.data)
        assert [v.name for v in hive.values("")] == ["b"]
        assert [p.key for p in hive.problems] == ["\\a"]

    def test_every_cut_of_the_file_is_named(self):
        whole = build_hive(ROOT)
        for length in range(4128, len(whole), 97):
            assert Hive(whole[:length]).problems, length

    def test_problems_are_counted_once(self):
        builder = HiveBuilder(ROOT)
        hive = Hive(damaged(builder, f"{RULES}\\rule-2", 4, "<2s", b"kv"))
        for _ in range(3):
            hive.values(RULES)
            hive.verify()
        assert len([p for p in hive.problems if p.key == RULES]) == 1


class TestHostile:
    def test_a_key_that_contains_its_parent(self):
        builder = HiveBuilder(at_path("A\\B", Key(keys={"C": Key()})))
        listed = builder.lists["A\\B"]
        pack_into("<I", builder.data, listed + 8, builder.places["A"] - 4096)
        hive = Hive(builder.data)
        assert list(hive.walk()) == ["", "A", "A\\B"]
        assert any("circle" in p.expected for p in hive.problems)
        assert not hive.has_key("A\\B\\A\\B")

    def test_two_ways_to_one_key_are_walked_once(self):
        builder = HiveBuilder(Key(keys={"A": Key(keys={"X": Key()}), "B": Key(keys={"Y": Key(keys={"Z": Key()})})}))
        pack_into("<I", builder.data, builder.lists["A"] + 8, builder.places["B\\Y"] - 4096)
        hive = Hive(builder.data)
        walked = list(hive.walk())
        assert len([p for p in walked if p.endswith("Z")]) == 1
        assert hive.problems

    def test_a_list_of_lists_of_lists(self):
        builder = HiveBuilder(Key(keys={n: Key() for n in "abcdef"}, kind="ri"))
        pack_into("<I", builder.data, builder.lists[""] + 8, builder.lists[""] - 4096)
        hive = Hive(builder.data)
        assert hive.subkeys("") == ("c", "d", "e", "f")
        assert any("a list of lists" in p.found for p in hive.problems)

    def test_lists_that_overlap_cost_no_more_than_the_file(self):
        """Every slot of a list of lists names the same list, at a place of its own."""
        builder = HiveBuilder(Key(keys={f"k{n:04}": Key() for n in range(4000)}, kind="ri"))
        base = builder.lists[""]
        for n in range(2000):
            pack_into("<I", builder.data, base + 8 + 4 * n, base - 4096)
        assert Hive(builder.data).subkeys("") == ()

    def test_leaves_that_overlap_cost_no_more_than_the_file(self):
        """A list may start at every eighth byte of the same bytes, each as long as the rest of them."""
        builder = HiveBuilder(
            Key(values=[("room", 3, bytes(16000))], keys={f"k{n:03}": Key() for n in range(600)}, kind="ri")
        )
        (data_at,) = unpack_from("<I", builder.data, builder.places["room"] + 12)
        start = data_at + 4100 + 4
        for n in range(900):
            pack_into("<i2sH", builder.data, start + 8 * n, -8000, b"lh", 900)
        for n in range(300):
            pack_into("<I", builder.data, builder.lists[""] + 8 + 4 * n, start + 8 * n - 4096)
        hive = Hive(builder.data)
        assert hive.subkeys("") == ()
        assert any(p.expected == "lists that fit the file once" for p in hive.problems)
        assert hive._slots_left == 0

    def test_values_that_share_their_data_cannot_fill_memory(self):
        values = [("v", 3, LONG[:16000])] + [(f"w{n}", 3, b"12345") for n in range(300)]
        builder = HiveBuilder(Key(values=values))
        shared = builder.data[builder.places["v"] + 8 : builder.places["v"] + 16]
        for n in range(300):
            at = builder.places[f"w{n}"] + 8
            builder.data[at : at + 8] = shared
        hive = Hive(builder.data)
        assert sum(len(v.data) for v in hive.values("")) <= len(builder.data)
        assert len(hive.values("")) + sum("fits the file once" in p.expected for p in hive.problems) == 301

    def test_a_deep_hive_ends_at_the_limit(self):
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(5000)  # for the builder; the reader does not nest
        try:
            hive = Hive(build_hive(at_path("\\".join("k" * 600), Key())))
        finally:
            sys.setrecursionlimit(limit)
        assert len(list(hive.walk())) == 513
        assert any("levels" in p.expected for p in hive.problems)

    def test_the_number_of_problems_is_bounded(self):
        builder = HiveBuilder(Key(values=[(f"v{n}", 3, b"12345") for n in range(3000)]))
        for n in range(3000):
            pack_into("<2s", builder.data, builder.places[f"v{n}"] + 4, b"kv")
        hive = Hive(builder.data)
        assert hive.values("") == ()
        assert len(hive.problems) == 1000
        assert hive.problems[-1].found == "more, not listed"


# --- real hives against other readers --------------------------------------------------------------------------------

HIVES = ["winxp_SYSTEM", "win7_SYSTEM.xz", "win10_SYSTEM.xz", "luthfina16_v2.30.wfw", "puppet_fwpolicy_full_v2.28.wfw"]
Rows = list[tuple[str, str, int, str]]


@pytest.fixture(scope="module", params=HIVES)
def real(request, corpus, tmp_path_factory):
    """A real hive's name, unpacked path and every value as ours reads it."""
    path = corpus / "hives" / request.param
    if path.suffix == ".xz":
        unpacked = tmp_path_factory.mktemp("hive") / path.stem
        unpacked.write_bytes(lzma.decompress(path.read_bytes()))
        path = unpacked
    hive = Hive(path.read_bytes(), request.param)
    rows = [(key, v.name, v.type, hashlib.sha256(v.data).hexdigest()) for key in hive.walk() for v in hive.values(key)]
    yield request.param, path, hive, rows
    with suppress(OSError):
        hive.close()


@pytest.mark.corpus
@pytest.mark.slow
class TestRealHives:
    def test_nothing_is_wrong_with_them_but_one_is_dirty(self, real):
        name, _, hive, _ = real
        assert [p.offset for p in hive.verify()] == ([4] if name == "win10_SYSTEM.xz" else [])
        assert hive.is_dirty == (name == "win10_SYSTEM.xz")

    def test_every_value_equals_python_registry(self, real):
        from Registry import Registry

        _, path, _, rows = real
        theirs: Rows = []
        root = Registry.Registry(str(path)).root()
        waiting = [(root, "")]
        while waiting:
            key, at = waiting.pop()
            for value in key.values():
                name = "" if value.name() == "(default)" else value.name()
                cell = value._vkrecord
                kind = cell.unpack_dword(0xC)  # value_type() knows the documented types only
                # raw_data() makes its own of inline data: none for a list of texts, four bytes for all else
                is_inline = cell.raw_data_length() >= 0x80000000
                data = cell.unpack_binary(0x8, cell.data_length()) if is_inline else value.raw_data()
                theirs.append((at, name, kind, hashlib.sha256(data).hexdigest()))
            waiting.extend((sub, f"{at}\\{sub.name()}".strip("\\")) for sub in key.subkeys())
        ours = [(key, "" if name == "(default)" else name, kind, data) for key, name, kind, data in rows]
        assert sorted(ours) == sorted(theirs)

    @pytest.mark.debian
    def test_every_value_equals_hivex(self, real):
        _, path, _, rows = real
        theirs = [tuple(json.loads(line)) for line in debian.ask("hivex_dump.py", str(path), needs="hivex").splitlines()]
        assert sorted(rows) == sorted(theirs)
