"""Annotations, whose escapes are those of the toolkit."""

from __future__ import annotations

from cmfw.report.github import annotation
from cmfw.report.origins import Origin


def test_an_annotation():
    told = annotation("error", "t", ["50% done", "", "b"], Origin("a,b.txt", 7), "s:1")
    assert told == "::error title=t s%3A1,file=a%2Cb.txt,line=7::50%25 done%0Ab"


def test_one_without_a_place():
    assert annotation("notice", "t", ["m"], None, "s") == "::notice title=t s::m"
