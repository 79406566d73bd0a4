"""``.reg`` files: encodings, every kind of data, damage line by line, and hivexregedit's exports of real hives."""

from __future__ import annotations

import lzma
from collections import Counter

import pytest
from tests.ingest.hive_builder import Key, build_hive, text
from tests.oracles import debian

from cmfw.errors import FormatError
from cmfw.ingest.reg_text import Deletion, KeyMention, apply_reg, is_reg_text, read_reg
from cmfw.ingest.regf import Hive
from cmfw.ingest.registry import RegistryTree, RegistryValue, decode_text, decode_texts

HEAD = "Windows Registry Editor Version 5.00\r\n\r\n"
KEY = "HKEY_LOCAL_MACHINE\\SYSTEM\\FirewallRules"


def read(body: str, head: str = HEAD):
    return read_reg((head + body).encode("utf-8"), "x.reg")


def values(reading) -> list[tuple[str, int, bytes]]:
    return [(v.name, v.type, v.data) for v in reading.entries if isinstance(v, RegistryValue)]


def problems(reading) -> list[tuple[int | None, str]]:
    return [(p.line, p.expected) for p in reading.problems]


class TestEncodings:
    BODY = f'[{KEY}]\r\n"规则"="远程控制 é"\r\n'

    @pytest.mark.parametrize(
        "content",
        [
            b"\xff\xfe" + (HEAD + BODY).encode("utf-16-le"),
            b"\xfe\xff" + (HEAD + BODY).encode("utf-16-be"),
            (HEAD + BODY).encode("utf-16-le"),
            (HEAD + BODY).encode("utf-16-be"),
            b"\xef\xbb\xbf" + (HEAD + BODY).encode(),
            (HEAD + BODY).encode(),
            ("REGEDIT4\r\n\r\n" + BODY).encode(),
        ],
        ids=[
            "utf-16",
            "utf-16 big end first",
            "utf-16 unmarked",
            "utf-16 big end first, unmarked",
            "utf-8 marked",
            "utf-8",
            "regedit4, utf-8",
        ],
    )
    def test_text_is_read_in_every_encoding(self, content):
        reading = read_reg(content)
        assert values(reading) == [("规则", 1, text("远程控制 é"))]
        assert reading.problems == ()
        assert is_reg_text(content[:120])

    def test_a_code_page_that_is_not_named_is_a_problem(self):
        reading = read_reg(b'REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n"plain"="x"\r\n"n"="caf\xe9 \x80"\r\n')
        assert values(reading) == [("plain", 1, text("x")), ("n", 1, text("café €"))]
        assert problems(reading) == [(5, "text in UTF-16, UTF-8 or plain ASCII")]

    def test_bytes_without_a_place_in_the_code_page_are_kept_apart(self):
        reading = read_reg(b'REGEDIT4\r\n[HKEY_LOCAL_MACHINE\\A]\r\n"\x81"="1"\r\n"\x8d"="2"\r\n')
        assert [v[0] for v in values(reading)] == ["\x81", "\x8d"]
        assert len(reading.problems) == 1

    def test_what_is_not_utf8_after_its_mark(self):
        reading = read_reg(b"\xef\xbb\xbf" + (HEAD + f"[{KEY}]\r\n").encode() + b'"\xff"="x"\r\n')
        assert problems(reading) == [(4, "text in UTF-16, UTF-8 or plain ASCII")]

    def test_half_a_character_at_the_end_of_utf16(self):
        reading = read_reg(b"\xff\xfe" + (HEAD + self.BODY).encode("utf-16-le") + b"x")
        assert values(reading) == [("规则", 1, text("远程控制 é"))]
        assert [p.found for p in reading.problems] == ["half a character at the end"]

    def test_half_a_surrogate_pair_is_kept(self):
        content = b"\xff\xfe" + (HEAD + f'[{KEY}]\r\n"n"="a\ud800b"\r\n').encode("utf-16-le", "surrogatepass")
        assert values(read_reg(content)) == [("n", 1, b"a\0\x00\xd8b\0\0\0")]

    @pytest.mark.parametrize("head", ["REGEDIT4", "  REGEDIT4", "\r\nregedit4  ", "windows registry editor VERSION 5.00"])
    def test_headers(self, head):
        assert read(f'\n[{KEY}]\n"a"=dword:1\n', head).version == (4 if "4" in head else 5)

    @pytest.mark.parametrize(
        "content", [b"", b"regf", b"Windows Registry Editor Version 6.00\r\n", b"[HKEY_LOCAL_MACHINE]", b"\xff\xfe"]
    )
    def test_another_file_is_refused(self, content):
        assert not is_reg_text(content)
        with pytest.raises(FormatError, match=r"expected a \.reg file"):
            read_reg(content, "x.reg")

    @pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
    def test_line_ends(self, end):
        reading = read_reg(f'REGEDIT4{end}{end}[{KEY}]{end}"a"=hex:01,\\{end}  02{end}"b"=dword:2'.encode())
        assert values(reading) == [("a", 3, b"\1\2"), ("b", 4, b"\2\0\0\0")]
        assert [v.line for v in reading.entries] == [3, 4, 6]

    def test_only_line_ends_end_a_line(self):
        assert values(read(f'[{KEY}]\r\n"a"="x\u2028y\x0bz\x85"\r\n')) == [("a", 1, text("x\u2028y\x0bz\x85"))]


DATA = {
    '"n"="text"': ("n", 1, text("text")),
    '"n"=""': ("n", 1, text("")),
    '@="default"': ("", 1, text("default")),
    '""="no name"': ("", 1, text("no name")),
    r'"n"="C:\\Windows\\x.exe"': ("n", 1, text("C:\\Windows\\x.exe")),
    r'"a\"b\\c"="say \"hi\""': ('a"b\\c', 1, text('say "hi"')),
    '"a=b;c]"="x;y"': ("a=b;c]", 1, text("x;y")),
    '"n"="two\r\nlines"': ("n", 1, text("two\r\nlines")),
    '"n"="text" ; why': ("n", 1, text("text")),
    '  "n" = "text"  ': ("n", 1, text("text")),
    '"n"=dword:0000021e': ("n", 4, b"\x1e\x02\0\0"),
    '"n"=DWORD:FFffFFff': ("n", 4, b"\xff\xff\xff\xff"),
    '"n"=dword:1': ("n", 4, b"\1\0\0\0"),
    '"n"=dword:00000001;x': ("n", 4, b"\1\0\0\0"),
    '"n"=hex:': ("n", 3, b""),
    '"n"=hex:01,fF,5': ("n", 3, b"\1\xff\5"),
    '"n"=hex:01,02,': ("n", 3, b"\1\2"),
    '"n"=hex:01,\\\r\n  02,\\\r\n  03': ("n", 3, b"\1\2\3"),
    '"n"=hex: 01 , 02 ;x': ("n", 3, b"\1\2"),
    '"n"=hex(0):': ("n", 0, b""),
    '"n"=hex(1):61,00,00,00': ("n", 1, text("a")),
    '"n"=hex(2):25,00,00,00': ("n", 2, text("%")),
    '"n"=hex(7):61,00,00,00,00,00': ("n", 7, b"a\0\0\0\0\0"),
    '"n"=hex(b):01,02,03,04,05,06,07,08': ("n", 11, bytes(range(1, 9))),
    '"n"=hex(80000007):01': ("n", 0x80000007, b"\1"),
    '"n"=HEX(2):00,00': ("n", 2, b"\0\0"),
}


class TestData:
    @pytest.mark.parametrize("line", list(DATA))
    def test_a_line_says(self, line):
        reading = read(f'[{KEY}]\r\n"before"=dword:2\r\n{line}\r\n"after"=dword:3\r\n')
        assert values(reading) == [("before", 4, b"\2\0\0\0"), DATA[line], ("after", 4, b"\3\0\0\0")]
        assert reading.problems == ()
        after = reading.entries[-1]
        assert (after.key, after.line) == (KEY, 6 + line.count("\n"))

    @pytest.mark.parametrize("line", list(DATA))
    def test_the_last_line_needs_no_end(self, line):
        assert values(read(f"[{KEY}]\r\n{line}")) == [DATA[line]]

    def test_regedit4_writes_texts_in_ansi(self):
        reading = read(
            '[HKEY_LOCAL_MACHINE\\A]\n"e"=hex(2):25,61,25,00\n"m"=hex(7):61,00,62,63,00,00\n"b"=hex:61,62\n', "REGEDIT4\n"
        )
        entries = {v.name: v for v in reading.entries if isinstance(v, RegistryValue)}
        assert decode_text(entries["e"].data) == "%a%"
        assert decode_texts(entries["m"].data) == ("a", "bc")
        assert entries["b"].data == b"ab"
        assert reading.problems == ()

    def test_regedit4_with_texts_in_utf16_all_the_same(self):
        assert values(read('[HKEY_LOCAL_MACHINE\\A]\n"e"=hex(2):25,00,61,00,00,00\n', "REGEDIT4\n")) == [
            ("e", 2, text("%a"))
        ]

    def test_regedit4_with_bytes_of_a_code_page(self):
        reading = read('[HKEY_LOCAL_MACHINE\\A]\n"e"=hex(2):e9,00\n', "REGEDIT4\n")
        assert values(reading) == [("e", 2, text("é"))]
        assert [p.line for p in reading.problems] == [3]


class TestKeys:
    @pytest.mark.parametrize(
        ("line", "entry"),
        [
            (f"[{KEY}]", KeyMention(KEY, 3)),
            (f"  [{KEY}\\]  ", KeyMention(KEY, 3)),
            ("[HKEY_LOCAL_MACHINE\\A]B]", KeyMention("HKEY_LOCAL_MACHINE\\A]B", 3)),
            ("[HKEY_LOCAL_MACHINE\\[A;B]", KeyMention("HKEY_LOCAL_MACHINE\\[A;B", 3)),
            (f"[{KEY}];see 1", KeyMention(KEY, 3)),
            (f"[{KEY}] ; see [1] there", KeyMention(KEY, 3)),
            ("[hklm\\a]", KeyMention("hklm\\a", 3)),
            ("[\\A\\B]", KeyMention("A\\B", 3)),
            (f"[-{KEY}]", Deletion(KEY, None, 3)),
        ],
    )
    def test_a_key_line_says(self, line, entry):
        reading = read(f"{line}\r\n")
        assert reading.entries == (entry,)
        assert reading.problems == ()

    def test_deletions_work_in_order(self):
        body = (
            f'[{KEY}]\r\n"a"=dword:1\r\n"b"=dword:2\r\n"A"=-\r\n@="x"\r\n@=-\r\n'
            f'[{KEY}\\Sub]\r\n"c"=dword:3\r\n[-{KEY}\\Sub]\r\n[{KEY}\\Other]\r\n[{KEY}]\r\n"d"=dword:4\r\n'
        )
        reading = read(body)
        tree = RegistryTree()
        apply_reg(reading.entries, tree)
        assert [v.name for v in tree.values(KEY)] == ["b", "d"]
        assert tree.subkeys(KEY) == ("Other",)
        assert [e for e in reading.entries if isinstance(e, Deletion)] == [
            Deletion(KEY, "A", 6),
            Deletion(KEY, "", 8),
            Deletion(f"{KEY}\\Sub", None, 11),
        ]
        assert (reading.problems, tree.problems) == ((), ())

    def test_comments_and_empty_lines_say_nothing(self):
        assert read(f';[{KEY}]\r\n\r\n   \r\n  ; "a"="b"\r\n').entries == ()

    def test_a_key_that_windows_cannot_hold_is_named(self):
        tree = RegistryTree("x.reg")
        apply_reg(read('[HKEY_LOCAL_MACHINE\\A\\\\B]\r\n"a"=dword:1\r\n').entries, tree)
        assert [p.line for p in tree.problems] == [3, 4]


BROKEN = {
    '"n"=': "a string",
    '"n"': "`=` after the name",
    '"n': "`=` after the name",
    '"n"="text': "nothing behind the data",
    '"n"="te"xt"': "nothing behind the data",
    '"n"="C:\\"': "nothing behind the data",
    '"n"=dword:': "a string",
    '"n"=dword:123456789': "a string",
    '"n"=dword:12345678 9': "nothing behind the data",
    '"n"=dword:x': "a string",
    '"n"=hex:0g': "nothing behind the data",
    '"n"=hex:001': "bytes such as",
    '"n"=hex:01,,02': "bytes such as",
    '"n"=hex:01 02': "bytes such as",
    '"n"=hex:01,\\': "more bytes after",
    '"n"=hex(:01': "a string",
    '"n"=hex(123456789):01': "a string",
    '"n"=qword:1': "a string",
    '"n"=str(2):"x"': "a string",
    "n=dword:1": "a key, a value or a comment",
    "\x00": "a key, a value or a comment",
}  # fmt: skip


class TestDamage:
    @pytest.mark.parametrize("line", list(BROKEN))
    def test_one_line_is_lost_and_named(self, line):
        reading = read(f'[{KEY}]\r\n"before"=dword:2\r\n{line}\r\n"after"=dword:3\r\n"last"="x"\r\n')
        assert [v[0] for v in values(reading)] == ["before", "after", "last"]
        ((number, expected),) = problems(reading)
        assert number == 5
        assert expected.startswith(BROKEN[line])

    @pytest.mark.parametrize("line", ['"n"="text', '"n"=hex:01,\\\r\n', '"n"=hex:01,\\'])
    def test_a_file_that_ends_too_early(self, line):
        reading = read(f'[{KEY}]\r\n"before"=dword:2\r\n{line}')
        assert [v[0] for v in values(reading)] == ["before"]
        assert [p[0] for p in problems(reading)] == [5]

    @pytest.mark.parametrize("line", ["[HKEY_LOCAL_MACHINE\\A", "[]", "[-]", "[\\]", "[HKEY_LOCAL_MACHINE\\A]x"])
    def test_the_values_of_a_broken_key_go_nowhere(self, line):
        reading = read(f'[{KEY}]\r\n"a"=dword:1\r\n{line}\r\n"b"=dword:2\r\n"c"=dword:3\r\n')
        assert [v[0] for v in values(reading)] == ["a"]
        assert [p[0] for p in problems(reading)] == [5, 6, 7]

    def test_values_without_a_key(self):
        reading = read(f'"a"=dword:1\r\n[-{KEY}]\r\n"b"=dword:2\r\n')
        assert values(reading) == []
        assert problems(reading) == [(3, "a key before its values"), (5, "a key before its values")]

    def test_a_comment_that_may_be_part_of_the_key_is_named(self):
        reading = read(f"[{KEY}] ; see [1]\r\n")
        assert reading.entries == (KeyMention(f"{KEY}] ; see [1", 3),)
        assert [p[0] for p in problems(reading)] == [3]

    def test_an_unknown_root_is_named_and_read(self):
        reading = read('[HKEY_LOCAL_MACHINF\\A]\r\n"a"=dword:1\r\n')
        assert len(values(reading)) == 1
        assert [p[0] for p in problems(reading)] == [3]

    def test_a_backslash_that_escapes_nothing_is_kept_and_named(self):
        reading = read(f'[{KEY}]\r\n"n"="C:\\Windows\\\\x"\r\n')
        assert values(reading) == [("n", 1, text("C:\\Windows\\x"))]
        assert [p[0] for p in problems(reading)] == [4]

    def test_a_lost_continuation_costs_one_value(self):
        reading = read(f'[{KEY}]\r\n"a"=hex:01,\r\n  02,\\\r\n  03\r\n"b"=dword:2\r\n')
        assert [v[0] for v in values(reading)] == ["a", "b"]
        assert [p[0] for p in problems(reading)] == [5, 6]

    def test_a_continuation_too_many_costs_one_value(self):
        reading = read(f'[{KEY}]\r\n"a"=hex:01,\\\r\n"b"=dword:2\r\n')
        assert [v[0] for v in values(reading)] == ["b"]
        assert [p[0] for p in problems(reading)] == [4]

    def test_the_number_of_problems_is_bounded(self):
        reading = read("junk\r\n" * 3000)
        assert len(reading.problems) == 1000
        assert reading.problems[-1].found == "more, not listed"

    @pytest.mark.parametrize("unit", ['"a"="\n', '@="\\"\n', '"', "\\", '"a"=hex:01,\\\n', "[", '"\\"\n', "[;]", "\n"])
    def test_a_hostile_file_takes_linear_time(self, unit):
        read(f"[{KEY}]\n" + unit * (300_000 // len(unit)))


# --- real files, and another writer ----------------------------------------------------------------------------------


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("malton33_Firewall.reg", {"RegistryValue": 12, "KeyMention": 3}),
        ("yossidoctor_FirewallRules.reg", {"RegistryValue": 31, "KeyMention": 1}),
    ],
)
def test_real_files_are_read_without_a_problem(corpus, name, counts):
    reading = read_reg((corpus / "hives" / name).read_bytes(), name)
    assert reading.problems == ()
    assert Counter(type(e).__name__ for e in reading.entries) == counts


def exported(path: str) -> bytes:
    return debian.run(
        "hivexregedit", "--export", "--prefix", "HKEY_LOCAL_MACHINE\\T", path, "\\", package="libwin-hivex-perl"
    )


def as_exported(hive: Hive) -> list[tuple[str, str, int, bytes]]:
    return sorted(
        (f"HKEY_LOCAL_MACHINE\\T\\{key}".rstrip("\\"), v.name, v.type, v.data)
        for key in hive.walk()
        for v in hive.values(key)
    )


@pytest.mark.debian
class TestHivexregedit:
    def test_its_export_of_a_built_hive_equals_the_hive(self, tmp_path):
        keys = {
            "规则": Key(values=[('quo"te\\', 1, text('a"b\\c')), ("big", 3, bytes(range(256)) * 80), ("", 7, b"")]),
            "B": Key(),
        }
        hive = build_hive(Key(values=[("d", 4, b"\1\2\3\4"), ("q", 11, bytes(8)), ("odd", 0x10007, b"\1")], keys=keys))
        path = tmp_path / "t.hive"
        path.write_bytes(hive)
        reading = read_reg(exported(str(path)))
        assert sorted(tuple(v[:4]) for v in reading.entries if isinstance(v, RegistryValue)) == as_exported(Hive(hive))
        assert reading.problems == ()

    @pytest.mark.corpus
    @pytest.mark.slow
    @pytest.mark.parametrize(
        "name",
        ["luthfina16_v2.30.wfw", "puppet_fwpolicy_full_v2.28.wfw", "winxp_SYSTEM", "win7_SYSTEM.xz", "win10_SYSTEM.xz"],
    )
    def test_its_export_of_a_real_hive_equals_the_hive(self, corpus, tmp_path, name):
        content = (corpus / "hives" / name).read_bytes()
        content = lzma.decompress(content) if name.endswith(".xz") else content
        path = tmp_path / "real.hive"
        path.write_bytes(content)
        reading = read_reg(exported(str(path)))
        assert sorted(tuple(v[:4]) for v in reading.entries if isinstance(v, RegistryValue)) == as_exported(Hive(content))
        assert [p for p in reading.problems if "root" not in p.expected] == []
