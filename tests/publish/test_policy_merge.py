"""Our entries in somebody's Registry.pol: theirs byte for byte, ours once."""

from __future__ import annotations

import pytest

from cmfw.errors import FormatError
from cmfw.ingest.preg import HEADER, read_preg, write_preg
from cmfw.ingest.registry import REG_DWORD, REG_SZ, RegistryValue, decode_number, encode_text
from cmfw.publish.policy_merge import merge

KEY = "SOFTWARE\\Policies\\Microsoft\\WindowsFirewall"
RULES = f"{KEY}\\FirewallRules"
FPS = "FPS-SMB-In-TCP"


def rule(name: str, text: str = "v2.10|", key: str = RULES) -> bytes:
    return write_preg([RegistryValue(key, name, REG_SZ, encode_text(text))])[len(HEADER) :]


def version(number: int) -> bytes:
    return write_preg([RegistryValue(KEY, "PolicyVersion", REG_DWORD, number.to_bytes(4, "little"))])[len(HEADER) :]


def file(*records: bytes) -> bytes:
    return HEADER + b"".join(records)


SETTING = rule("a;[]", "x", "Software\\Policies\\Contoso")


@pytest.mark.parametrize(
    ("present", "ours", "merged"),
    [
        (None, file(version(522), rule("cmfw-a")), file(version(522), rule("cmfw-a"))),
        (b"", file(rule("cmfw-a")), file(rule("cmfw-a"))),
        (file(SETTING), file(rule("cmfw-a")), file(SETTING, rule("cmfw-a"))),
        (file(rule("cmfw-old"), SETTING), file(rule("cmfw-a")), file(SETTING, rule("cmfw-a"))),
        (file(rule("CMFW-A", "old"), SETTING), file(rule("cmfw-a")), file(SETTING, rule("cmfw-a"))),
        (file(rule("**Del.cmfw-a"), SETTING), file(rule("cmfw-a")), file(SETTING, rule("cmfw-a"))),
        (file(rule("theirs")), file(rule("cmfw-a")), file(rule("theirs"), rule("cmfw-a"))),
        (
            file(rule("cmfw-a", key="Software\\X")),
            file(rule("cmfw-a")),
            file(rule("cmfw-a", key="Software\\X"), rule("cmfw-a")),
        ),
        (file(version(600), SETTING), file(version(522), rule("cmfw-a")), file(version(600), SETTING, rule("cmfw-a"))),
        (file(version(515), SETTING), file(version(522), rule("cmfw-a")), file(SETTING, version(522), rule("cmfw-a"))),
        (file(version(522), SETTING), file(version(522), rule("cmfw-a")), file(version(522), SETTING, rule("cmfw-a"))),
    ],
    ids=[
        "no file",
        "an empty file",
        "other settings stay in front",
        "our rules of before go",
        "without regard to case",
        "and what took them out",
        "other people's rules stay",
        "other keys stay",
        "a newer version stays",
        "an older version goes up",
        "the same version stays where it is",
    ],
)
def test_merged(present, ours, merged):
    assert merge(present, ours).content == merged
    assert merge(merged, ours).content == merged


def test_a_predefined_rule_is_ours_only_where_the_stamp_says_so():
    theirs, ours = rule(FPS, "theirs"), rule(FPS, "ours")
    first = merge(file(theirs), file(ours))
    assert (first.content, first.members) == (file(theirs, ours), (FPS,))
    assert merge(first.content, file(rule("cmfw-a")), first.members).content == file(theirs, rule("cmfw-a"))
    assert merge(file(theirs), file(rule("cmfw-a"))).content == file(theirs, rule("cmfw-a"))


def test_a_predefined_rule_of_an_interrupted_run_is_not_written_twice():
    theirs, ours = rule(FPS, "theirs"), rule(FPS, "ours")
    assert merge(file(theirs, ours), file(ours)).content == file(theirs, ours)


def test_every_foreign_record_keeps_its_bytes_and_its_place():
    odd = b"".join((rule("b", "x" * 300), rule("a;]", "[;]"), version(700), rule("**DelVals.", " "), rule("财务部", "中文")))
    merged = merge(file(odd), file(version(522), rule("cmfw-z"))).content
    assert merged == file(odd, rule("cmfw-z"))
    assert [decode_number(e) for e in read_preg(merged).entries if e.name == "PolicyVersion"] == [700]


@pytest.mark.parametrize(
    "present", [b"no policy", file(SETTING)[:-3], file(SETTING) + b"x", b"PReg\2\0\0\0" + SETTING],
    ids=["another file", "cut off", "more than records", "another version"],
)  # fmt: skip
def test_what_cannot_be_kept_is_not_touched(present):
    with pytest.raises(FormatError):
        merge(present, file(rule("cmfw-a")))
