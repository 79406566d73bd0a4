"""Where evidence stands: files, lines and registry values, and paths as references."""

from __future__ import annotations

import pytest

from cmfw.report.origins import Origin, origin_of


@pytest.mark.parametrize(
    ("text", "files", "wanted"),
    [
        ("a.hive!KEY\\V", (), Origin("a.hive", 0, "KEY\\V")),
        ("C:\\x\\b.txt:17", (), Origin("C:\\x\\b.txt", 17)),
        ("page-2016 line 43", (), Origin("", 0, "page-2016 line 43")),
        ("wow!.reg!KEY\\V!", ("wow!.reg", "wow"), Origin("wow!.reg", 0, "KEY\\V!")),
        ("wow!.txt:9", ("wow!.txt",), Origin("wow!.txt", 9)),
        ("a:0", (), Origin("", 0, "a:0")),
    ],
)
def test_the_place(text, files, wanted):
    assert origin_of(text, files) == wanted


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("exports/a b.reg", "exports/a%20b.reg"),
        ("exports\\a.reg", "exports/a.reg"),
        ("C:\\exports\\a#1.reg", "file:///C:/exports/a%231.reg"),
        ("/srv/a.reg", "file:///srv/a.reg"),
        ("\\\\srv\\share\\a.reg", "file://srv/share/a.reg"),
        ("策略.reg", "%E7%AD%96%E7%95%A5.reg"),
    ],
)
def test_the_reference(file, uri):
    assert Origin(file).uri == uri
