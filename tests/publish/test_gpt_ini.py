"""GPT.INI: the version, our stamp, and every other byte as it was."""

from __future__ import annotations

from configparser import ConfigParser

import pytest

from cmfw.errors import FormatError
from cmfw.publish.gpt_ini import Stamp, digest_of, stamp_of, version_of, write_gpt

STAMP = Stamp("ab12", ("FPS-SMB-In-TCP", "WMI-RPCSS-In-TCP"))


@pytest.mark.parametrize(
    ("content", "version"),
    [
        (None, 0),
        (b"", 0),
        (b"[General]\r\nVersion=65539\r\n", 65539),
        (b"[general]\nversion = 7 \ndisplayName=x\n", 7),
        (b"[Other]\r\nVersion=5\r\n[General]\r\nVersion=3", 3),
        (b"[General]\r\ndisplayName=Version\r\n", 0),
    ],
    ids=["no file", "empty", "as Windows writes it", "another spelling", "in its own section only", "no version"],
)
def test_the_version_is_the_one_of_the_section_general(content, version):
    assert version_of(content) == version


@pytest.mark.parametrize(
    "content",
    [
        b"[General]\r\nVersion=x\r\n",
        b"[General]\r\nVersion=4294967296\r\n",
        b"\xff\xfe[\0G\0",
        b"[General]\r\nVersion=-1\r\n",
    ],
    ids=["no number", "33 bits", "UTF-16", "below zero"],
)
def test_what_is_no_version_is_refused(content):
    with pytest.raises(FormatError):
        version_of(content)


@pytest.mark.parametrize(
    ("content", "written"),
    [
        (None, b"[General]\r\nVersion=9\r\n"),
        (b"[General]\r\nVersion=8\r\ndisplayName=\xd6l\r\n", b"[General]\r\nVersion=9\r\ndisplayName=\xd6l\r\n"),
        (b"[A]\r\nx=1\r\n[General]\r\nVersion=8", b"[A]\r\nx=1\r\n[General]\r\nVersion=9\r\n"),
        (b"[General]\r\n", b"[General]\r\nVersion=9\r\n"),
        (b"x=1", b"x=1\r\n[General]\r\nVersion=9\r\n"),
    ],
    ids=["no file", "a name in some code page", "the last line unended", "no version", "no section"],
)
def test_all_else_keeps_its_bytes(content, written):
    ours = b"[cmfw]\r\npolicy=ab12\r\nrules=FPS-SMB-In-TCP;WMI-RPCSS-In-TCP\r\n"
    assert write_gpt(content, 9, STAMP) == written + ours


def test_a_stamp_takes_the_place_of_the_last_one():
    first = write_gpt(b"[General]\r\nVersion=8\r\n", 9, STAMP) + b"[Later]\r\ny=2\r\n"
    second = write_gpt(first, 10, Stamp("cd34"))
    assert second == b"[General]\r\nVersion=10\r\n[cmfw]\r\npolicy=cd34\r\n[Later]\r\ny=2\r\n"
    assert (stamp_of(first), stamp_of(second)) == (STAMP, Stamp("cd34"))


def test_a_file_without_our_section_has_no_stamp():
    assert stamp_of(None) is None
    assert stamp_of(b"[General]\r\npolicy=ab12\r\n") is None


def test_another_reader_of_such_files_agrees():
    parser = ConfigParser()
    parser.read_string(write_gpt(b"[General]\r\nVersion=8\r\n", 65545, STAMP).decode("ascii"))
    assert parser["General"]["Version"] == "65545"
    assert parser["cmfw"]["rules"] == ";".join(STAMP.members)


def test_no_policy_has_a_digest_of_its_own():
    assert digest_of(None) != digest_of(b"")
