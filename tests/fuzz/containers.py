"""Fuzz targets for the readers of hives, Registry.pol and ``.reg`` files.

What is checked is exact: a value, record or line whose own bytes no change touched is in the output as it was, or there is
at least one problem. What each one was is taken from the sound seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from struct import unpack_from
from typing import NamedTuple

from tests.fuzz.harness import Mutation, Seed, Target
from tests.ingest.hive_builder import HiveBuilder, Key, text

from cmfw.errors import FormatError
from cmfw.ingest.preg import apply_preg, read_preg, write_preg
from cmfw.ingest.reg_query import read_query
from cmfw.ingest.reg_text import Deletion, KeyMention, RegReading, apply_reg, read_reg
from cmfw.ingest.regf import Hive
from cmfw.ingest.registry import RegistryTree, RegistryValue

RULE = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|LPort={}|App=System|Name=@FirewallAPI.dll,-28502|"
ROOT_KEY = "SOFTWARE\\Policies\\Microsoft\\WindowsFirewall"


class Part(NamedTuple):
    """A value of the seed: the ranges of bytes that it depends on, and what the reader makes of it."""

    ranges: tuple[tuple[int, int], ...]
    row: tuple[object, ...]


class HiveFacts(NamedTuple):
    """Of a sound hive: its keys and its values."""

    keys: tuple[str, ...]
    parts: tuple[Part, ...]


# --- hives -----------------------------------------------------------------------------------------------------------


def fuzz_regf(corpus: Path | None) -> Target:
    """Hives: built ones with every structure, and with a corpus real ``.wfw`` files, whole and as excerpts."""
    rules = Key(values=[(f"rule-{n}", 1, text(RULE.format(n))) for n in range(8)])
    many = Key(keys={f"k{n}": Key(values=[("v", 4, bytes([n, 0, 0, 0]))]) for n in range(9)}, kind="ri")
    other = Key(values=[("规则", 1, text("值")), ("", 3, b"12345")], keys={"防火墙": Key(), "Logging": Key()}, kind="lf")
    big = Key(values=[("big", 3, bytes(range(256)) * 130), ("small", 1, text("x"))], keys={"x": Key()}, kind="li")
    seeds = [
        hive_seed("rules", Key(values=[("PolicyVersion", 4, b"\x1e\2\0\0")], keys={"FirewallRules": rules}), 4),
        hive_seed("lists", Key(keys={"Many": many, "Other": other, "Rules": rules}), 4),
        hive_seed("segments", Key(keys={"Big": big, "Rules": rules}), 1),
    ]
    for path in sorted((corpus / "hives").glob("*.wfw")) if corpus else ():
        hive = Hive(path.read_bytes())
        root = Key(keys={k: Key([(v.name, v.type, v.data) for v in hive.values(k)[:12]]) for k in hive.subkeys("")})
        seeds += [hive_seed(f"excerpt of {path.name}", root, 3), real_hive_seed(path)]
    tokens = (
        b"nk",
        b"vk",
        b"lh",
        b"lf",
        b"li",
        b"ri",
        b"db",
        b"hbin",
        b"regf",
        b"\xff\xff\xff\xff",
        b"\0\0\0\0",
        b"\x20\0\0\0",
    )
    return Target("regf", tuple(seeds), check_hive, tokens)


def hive_seed(name: str, root: Key, weight: int) -> Seed:
    builder = HiveBuilder(root)
    places = [at for at in (*builder.places.values(), *builder.lists.values()) if at < len(builder.data)]
    return seed_of_hive(name, bytes(builder.data), weight, places)


def real_hive_seed(path: Path) -> Seed:
    return seed_of_hive(path.name, path.read_bytes(), 1, [])


def seed_of_hive(name: str, content: bytes, weight: int, places: list[int]) -> Seed:
    hive = Hive(content)
    parts = [part_of_hive(content, v) for key in hive.walk() for v in hive.values(key)]
    assert hive.verify() == ()
    hot = [(at, min(at + 96, len(content))) for at in places or [low for p in parts for low, _ in p.ranges]]
    return Seed(name, content, weight, ((0, 48), *hot), HiveFacts(tuple(hive.walk()), tuple(parts)))


def part_of_hive(content: bytes, value: RegistryValue) -> Part:
    """A value depends on its cell and on its data's cells; where a key or list is changed, that has to show."""
    at = value.offset
    name_length, length, data_at = unpack_from("<HII", content, at + 6)
    ranges = [(at, at + 24 + name_length)]
    if 0 < length < 0x80000000:
        start = data_at + 4096
        ranges.append((start, start + 4 + min(length, 16344)))
        if length > 16344 and content[start + 4 : start + 6] == b"db":
            count, listed = unpack_from("<HI", content, start + 6)
            ranges.append((listed + 4096, listed + 4100 + 4 * count))
            segments = unpack_from(f"<{count}I", content, listed + 4100)
            ranges += [(segment + 4096, segment + 4100 + 16344) for segment in segments]
    return Part(tuple(ranges), (at, value.name, value.type, value.data))


def check_hive(seed: Seed, mutation: Mutation) -> None:
    try:
        hive = Hive(mutation.content, seed.name)
    except FormatError:
        return
    # first as an audit does, which asks for the keys that it knows, then the whole
    asked = {row_of_hive(v) for key in seed.facts.keys for v in hive.values(key)}
    if not hive.problems:
        check_values(seed, mutation, asked)
    whole = {row_of_hive(v) for key in hive.walk() for v in hive.values(key)}
    problems = hive.verify()
    assert all(p.offset is not None and 0 <= p.offset <= max(len(mutation.content), 4128) for p in problems), "a wild offset"
    if not problems:
        check_values(seed, mutation, whole)


def row_of_hive(value: RegistryValue) -> tuple[object, ...]:
    return value.offset, value.name, value.type, value.data


def check_values(seed: Seed, mutation: Mutation, found: set[tuple[object, ...]]) -> None:
    for part in seed.facts.parts:
        if part.row not in found:
            assert not all(mutation.leaves_in_place(*r) for r in part.ranges), f"value `{part.row[1]}` at {part.row[0]:#x}"


# --- Registry.pol ----------------------------------------------------------------------------------------------------


def fuzz_preg(corpus: Path | None) -> Target:
    """Registry.pol: a built one, and with a corpus all real ones of less than 20 KB."""
    entries = [RegistryValue(f"{ROOT_KEY}\\FirewallRules", f"rule-{n}", 1, text(RULE.format(n))) for n in range(3)]
    entries += [
        RegistryValue(f"{ROOT_KEY}\\DomainProfile", "EnableFirewall", 4, b"\1\0\0\0"),
        RegistryValue(f"{ROOT_KEY}\\DomainProfile", "**del.DefaultInboundAction", 1, text(" ")),
        RegistryValue(ROOT_KEY, "odd;]", 3, b"]\0[\0\x01"),
        RegistryValue(ROOT_KEY, "规则", 11, bytes(range(8))),
        RegistryValue(ROOT_KEY, "", 0, b""),
        RegistryValue(ROOT_KEY, "list", 7, text("a") + text("b") + b"\0\0"),
    ]
    contents = {"built": write_preg(entries), "one": write_preg(entries[:1]), "nothing": write_preg([])}
    if corpus:
        contents |= {p.parent.name: p.read_bytes() for p in sorted(corpus.rglob("*.pol")) if 100 < p.stat().st_size < 20_000}
    seeds = tuple(preg_seed(name, content, 4 if name == "built" else 1) for name, content in contents.items())
    words = ("[", "]", ";", "\0", "][", "\0;", "**del.", "**DelVals.", "];[")
    tokens = (b"PReg", *(w.encode("utf-16-le") for w in words))
    return Target("preg", seeds, check_preg, tokens)


def preg_seed(name: str, content: bytes, weight: int) -> Seed:
    entries = read_preg(content).entries
    ends = [*(e.offset for e in entries[1:]), *([len(content)] if entries else [])]
    parts = tuple(Part(((e.offset, end),), e[:4]) for e, end in zip(entries, ends, strict=True))
    hot = tuple((end - len(e.data) - 16, end) for e, end in zip(entries, ends, strict=True))
    return Seed(name, content, weight, hot, parts)


def check_preg(seed: Seed, mutation: Mutation) -> None:
    try:
        reading = read_preg(mutation.content, seed.name)
    except FormatError:
        return
    tree = RegistryTree(seed.name)
    apply_preg(reading.entries, tree)
    list(tree.walk())
    assert all(p.offset is not None and 0 <= p.offset <= len(mutation.content) for p in reading.problems), "a wild offset"
    found = Counter(e[:4] for e in reading.entries)
    first = min(low for low, _ in mutation.touched) if mutation.touched else len(seed.content)
    check_rows(seed, mutation, found, named=bool(reading.problems), first=first)


def check_rows(seed: Seed, mutation: Mutation, found: Counter, *, named: bool, first: int) -> None:
    """Everything before the first change is there in any case, everything else unless there is a problem."""
    wanted = Counter(
        part.row
        for part in seed.facts
        if part.ranges[0][1] <= first or (not named and all(mutation.leaves(*r) for r in part.ranges))
    )
    missing = wanted - found
    assert not missing, f"{next(iter(missing))!r}"[:200]


# --- .reg ------------------------------------------------------------------------------------------------------------


def fuzz_reg(corpus: Path | None) -> Target:
    """``.reg`` files: built ones in three encodings, and with a corpus the real ones."""
    key = f"HKEY_LOCAL_MACHINE\\{ROOT_KEY}"
    rules = "".join(f'"rule-{n}"="{RULE.format(n)}"\r\n' for n in range(4))
    body = (
        f'\r\n[{key}]\r\n@="default"\r\n"PolicyVersion"=dword:0000021e\r\n\r\n[{key}\\FirewallRules]\r\n{rules}'
        f'"a\\\\b\\"c"="C:\\\\Windows\\\\x.exe"\r\n"gone"=-\r\n[-{key}\\Old]\r\n[{key}\\Logging]\r\n'
        '"hex"=hex:01,02,03,\\\r\n  04,05\r\n"path"=hex(2):25,00,61,00,25,00,00,00\r\n"list"=hex(7):61,00,00,00,00,00\r\n'
        '"q"=hex(b):01,02,03,04,05,06,07,08\r\n"last"=dword:00000007\r\n'
    )  # fmt: skip
    five = "Windows Registry Editor Version 5.00\r\n" + body
    contents = {
        "utf-16": b"\xff\xfe" + five.encode("utf-16-le"),
        "utf-8": five.replace("default", "默认").encode(),
        "regedit4": ("REGEDIT4\r\n" + body.replace("25,00,61,00,25,00,00,00", "25,61,25,00")).encode(),
    }
    if corpus:
        contents |= {p.name: p.read_bytes() for p in sorted((corpus / "hives").glob("*.reg"))}
    seeds = tuple(reg_seed(name, content) for name, content in contents.items())
    words = ('"', "\\", ";", "[", "]", "-", "=", "\r\n", "\n", "@", ",", "hex:", "dword:", '"="', "\\\r\n", "[-", '"x"=-')
    tokens = tuple(w.encode("utf-16-le") for w in words) + tuple(w.encode() for w in words)
    return Target("reg", seeds, check_reg, tokens)


def fuzz_reg_query(_: Path | None) -> Target:
    """What ``reg query`` prints, in the encodings of a console and of PowerShell's ``>``; no corpus has any."""
    key = f"HKEY_LOCAL_MACHINE\\{ROOT_KEY}"
    rules = "".join(f"    rule-{n}    REG_SZ    {RULE.format(n)}\r\n" for n in range(4))
    body = (
        f"\r\n{key}\r\n    (Default)    REG_SZ    default\r\n    PolicyVersion    REG_DWORD    0x21e\r\n\r\n"
        f"{key}\\FirewallRules\r\n{rules}    a b\\c    REG_SZ    C:\\Windows\\x.exe\r\n\r\n"
        f"{key}\\Logging\r\n    hex    REG_BINARY    0102030405\r\n    path    REG_EXPAND_SZ    %windir%\\a\r\n"
        "    list    REG_MULTI_SZ    a\\0b\r\n    q    REG_QWORD    0x7\r\n    last    REG_DWORD    0x7\r\n"
    )
    contents = {
        "utf-16": b"\xff\xfe" + body.encode("utf-16-le"),
        "ascii": body.encode(),
        "utf-8": body.replace("App=System", "App=C:\\默认\\x.exe").encode(),
    }
    seeds = tuple(reg_seed(name, content, read_query) for name, content in contents.items())
    words = ("    ", "\t", "REG_", "REG_SZ", "REG_DWORD", "HKEY_LOCAL_MACHINE\\", "\r\n", "\n", "(", ")", "0x", "\\0", "|")
    tokens = tuple(w.encode("utf-16-le") for w in words) + tuple(w.encode() for w in words)
    return Target("reg-query", seeds, lambda seed, mutation: check_reg(seed, mutation, read_query), tokens)


ReadText = Callable[[bytes, str], RegReading]


def reg_seed(name: str, content: bytes, read: ReadText = read_reg) -> Seed:
    reading = read(content, name)
    assert reading.problems == ()
    end = "\n".encode("utf-16-le") if content[:2] == b"\xff\xfe" else b"\n"
    starts = [
        0,
        *(
            at + len(end)
            for at in range(2 if len(end) == 2 else 0, len(content), len(end))
            if content[at : at + len(end)] == end
        ),
    ]
    lines = [e.line for e in reading.entries]
    parts = []
    for row, line, following in zip(rows_of(reading), lines, [*lines[1:], len(starts)], strict=True):
        # with the line end before: a change there can make the line part of another
        parts.append(Part(((starts[line - 1] - 2 * len(end), starts[following - 1]),), row))
    return Seed(name, content, 1, (), tuple(parts))


def rows_of(reading: RegReading) -> list[tuple[object, ...]]:
    """What each entry says by itself; which key a value belongs to is said by another line."""
    rows: list[tuple[object, ...]] = []
    for entry in reading.entries:
        match entry:
            case RegistryValue(_, name, kind, data):
                rows.append((name, kind, data))
            case Deletion(_, str(name)):
                rows.append(("delete", name))
            case Deletion(key):
                rows.append(("delete key", key))
            case KeyMention(key):
                rows.append(("key", key))
    return rows


def check_reg(seed: Seed, mutation: Mutation, read: ReadText | None = None) -> None:
    try:
        reading = (read or read_reg)(mutation.content, seed.name)
    except FormatError:
        return
    tree = RegistryTree(seed.name)
    apply_reg(reading.entries, tree)
    list(tree.walk())
    assert all(p.line is not None and p.line >= 1 for p in reading.problems), "a problem without a line"
    check_rows(seed, mutation, Counter(rows_of(reading)), named=bool(reading.problems), first=0)
