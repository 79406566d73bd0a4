"""Values without their container, and the tree that is built entry by entry."""

from __future__ import annotations

import pytest

from cmfw.errors import FormatError
from cmfw.ingest import FORMATS
from cmfw.ingest.registry import (
    RegistryTree,
    RegistryValue,
    decode_number,
    decode_text,
    decode_texts,
    encode_text,
    find_value,
    fold,
    text_flaw,
)


@pytest.mark.parametrize(
    ("data", "text", "flaw"),
    [
        (b"a\0b\0\0\0", "ab", ""),
        (b"", "", "no NUL at the end"),
        (b"\0\0", "", ""),
        (b"a\0b\0", "ab", "no NUL at the end"),
        (b"a\0b\0\0\0\0\0", "ab", ""),
        (b"a\0\0\0c\0", "a", "something after the NUL"),
        (b"a\0b\0\0\0x", "ab", "an odd number of bytes"),
        (b"a\0b", "a", "an odd number of bytes"),
        (b"-N\x87e\0\0", "中文", ""),
        (b"\x00\xd8a\0\0\0", "\ud800a", ""),
        (b"a\x00\x00b\0\0", "a\u6200", ""),
    ],
    ids=[
        "text and its NUL",
        "nothing at all",
        "only the NUL",
        "no NUL",
        "two NULs",
        "text behind the NUL",
        "odd: garbage behind the NUL",
        "odd: half a character",
        "Chinese",
        "half a surrogate pair",
        "zero bytes of two characters are no NUL",
    ],
)
def test_text(data, text, flaw):
    assert (decode_text(data), text_flaw(data)) == (text, flaw)


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        (b"a\0\0\0b\0\0\0\0\0", ("a", "b")),
        (b"a\0\0\0b\0", ("a", "b")),
        (b"\0\0", ()),
        (b"", ()),
        (b"a\0\0\0\0\0b\0\0\0\0\0", ("a",)),
    ],
    ids=["two", "two, not ended", "an empty list", "no bytes", "what follows the end does not count"],
)
def test_texts(data, texts):
    assert decode_texts(data) == texts


@pytest.mark.parametrize(
    ("kind", "data", "number"),
    [
        (4, b"\x01\x02\x03\x04", 0x04030201),
        (5, b"\x01\x02\x03\x04", 0x01020304),
        (11, b"\x05" + bytes(6) + b"\x06", 0x0600000000000005),
    ],
    ids=["dword", "dword, big end first", "qword"],
)
def test_number(kind, data, number):
    assert decode_number(RegistryValue("K", "n", kind, data)) == number


@pytest.mark.parametrize(("kind", "data"), [(4, b"\1\2\3"), (4, b""), (11, b"\1\2\3\4"), (1, b"\1\0\0\0"), (3, b"\1\0\0\0")])
def test_what_is_no_number(kind, data):
    with pytest.raises(FormatError, match=r"`K\\n`: expected a number, found type \d+ with \d+ bytes at offset 0x2a"):
        decode_number(RegistryValue("K", "n", kind, data, 42))


def test_text_is_written_as_it_is_read():
    assert encode_text("aé中\ud800") == b"a\0\xe9\0\x2d\x4e\x00\xd8\0\0"
    assert decode_text(encode_text("aé中\ud800")) == "aé中\ud800"


@pytest.mark.parametrize(
    ("name", "folded"),
    [("FirewallRules", "FIREWALLRULES"), ("straße", "STRAßE"), ("çédille", "ÇÉDILLE"), ("ıµ", "ıµ"), ("中文", "中文")],
    ids=["ascii", "sharp s has no single upper case", "accents", "no way back", "Chinese"],
)
def test_names_are_folded_character_by_character(name, folded):
    assert fold(name) == folded


def value(key: str, name: str, number: int) -> RegistryValue:
    return RegistryValue(key, name, 4, number.to_bytes(4, "little"))


class TestTree:
    @pytest.fixture
    def tree(self):
        tree = RegistryTree("made up")
        for item in (value("A\\B", "x", 1), value("a\\b", "Y", 2), value("A\\C", "z", 3), value("A\\B\\D", "x", 4)):
            tree.set_value(item)
        return tree

    def test_keys_are_found_without_case_and_keep_their_spelling(self, tree):
        assert list(tree.walk()) == ["", "A", "A\\B", "A\\B\\D", "A\\C"]
        assert tree.subkeys("a") == ("B", "C")
        assert tree.has_key("\\a\\B\\")
        assert not tree.has_key("A\\X")
        assert [v.name for v in tree.values("A\\b")] == ["x", "Y"]

    def test_what_is_not_there_is_empty(self, tree):
        assert (tree.subkeys("X"), tree.values("X"), list(tree.walk("X"))) == ((), (), [])
        assert find_value(tree, "A\\B", "w") is None

    def test_a_value_of_that_name_is_replaced(self, tree):
        tree.set_value(value("A\\B", "X", 5))
        assert decode_number(find_value(tree, "a\\b", "x")) == 5
        assert len(tree.values("A\\B")) == 2

    def test_deleting_a_key_takes_what_is_below(self, tree):
        tree.delete_key("a\\b")
        assert list(tree.walk()) == ["", "A", "A\\C"]
        tree.set_value(value("A\\B\\D", "new", 6))
        assert [v.name for v in tree.values("A\\B\\D")] == ["new"]

    def test_deleting_the_top_leaves_an_empty_tree(self, tree):
        tree.delete_key("")
        assert list(tree.walk()) == [""]
        assert tree.subkeys("") == ()

    def test_deleting_values(self, tree):
        tree.delete_value("A\\B", "X")
        assert [v.name for v in tree.values("A\\B")] == ["Y"]
        tree.delete_values("A\\B")
        tree.delete_value("A\\B", "gone")
        tree.delete_values("no\\key")
        tree.delete_key("no\\key")
        assert tree.values("A\\B") == ()
        assert tree.has_key("A\\B\\D")

    @pytest.mark.parametrize("key", ["A\\\\B", "\\".join("k" * 513)], ids=["an empty part", "513 levels"])
    def test_keys_that_windows_cannot_hold(self, tree, key):
        with pytest.raises(FormatError):
            tree.create_key(key)

    def test_the_deepest_key(self, tree):
        tree.create_key("\\".join("k" * 512))
        assert len(list(tree.walk("k"))) == 512


def test_hives_are_asked_for_first():
    """A hive is the commonest file and the dearest to be late for: no other reader is loaded to find that it is one."""
    assert tuple(FORMATS)[:2] == ("wfw", "hive")
