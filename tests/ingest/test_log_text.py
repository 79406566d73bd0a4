"""Text of log files: encodings, pieces, long lines."""

from __future__ import annotations

import io

import pytest

from cmfw.ingest import log_text
from cmfw.ingest.log_text import encoding_of, lines, readable


def read(data):
    problems = []
    return list(lines(io.BytesIO(data), "f.log", problems.append)), problems


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xef\xbb\xbfabc", ("utf-8", 3)),
        (b"\xff\xfea\0", ("utf-16-le", 2)),
        (b"\xfe\xff\0a", ("utf-16-be", 2)),
        ("plain enough to be told".encode("utf-16-le"), ("utf-16-le", 0)),
        ("plain enough to be told".encode("utf-16-be"), ("utf-16-be", 0)),
        (b"plain", ("utf-8", 0)),
        (b"plain" + bytes(300), ("utf-8", 0)),
        (b"", ("utf-8", 0)),
    ],
    ids=["utf-8 mark", "utf-16 mark", "big-endian mark", "utf-16", "big-endian", "ascii", "zeros", "nothing"],
)
def test_the_encoding(head, name):
    assert encoding_of(head) == name


def test_lines_are_numbered_and_keep_what_is_in_them():
    assert read(b"a\r\n\nb\tc\r\nlast") == ([(1, "a"), (2, ""), (3, "b\tc"), (4, "last")], [])


def test_a_line_that_crosses_pieces_is_whole(monkeypatch):
    monkeypatch.setattr(log_text, "PIECE", 7)
    found, problems = read("0123456789规则\nabc\n".encode())
    assert found == [(1, "0123456789规则"), (2, "abc")]
    assert problems == []


def test_a_long_line_is_cut_told_and_the_next_is_read(monkeypatch):
    monkeypatch.setattr(log_text, "PIECE", 64)
    monkeypatch.setattr(log_text, "LONGEST", 256)
    found, problems = read(b"x" * 1000 + b"\nnext\n")
    assert [(n, len(text)) for n, text in found] == [(1, 256), (2, 4)]
    assert problems[0].line == 1


def test_a_file_without_end_is_cut(monkeypatch):
    monkeypatch.setattr(log_text, "PIECE", 64)
    monkeypatch.setattr(log_text, "MOST_BYTES", 640)
    found, problems = read(b"abc\n" * 1000)
    assert 100 < len(found) < 200
    assert "not read" in problems[0].found


@pytest.mark.parametrize(
    ("raw", "text"),
    [("安装".encode("gb18030"), "安装"), (b"plain", "plain"), ("规则".encode(), "规则"), (b"caf\xe9", "caf\xe9")],
    ids=["Chinese code page", "ascii", "utf-8", "Western code page"],
)
def test_what_was_meant(raw, text):
    assert readable(raw.decode("utf-8", "surrogateescape")) == text
