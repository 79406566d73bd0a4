"""What we say of an answer is told in the language of the run; programs, and what the other side said, keep the English."""

from __future__ import annotations

import pytest
from tests.probe.proto.speak import play

from cmfw import words
from cmfw.probe.proto.rdp import RdpTalk
from cmfw.probe.proto.smb import SmbTalk
from cmfw.probe.proto.talk import MOST_FACT, Talk, shown
from cmfw.words.phrases import Phrase, phrase, told


@pytest.mark.parametrize(
    ("talk", "answer", "english", "chinese"),
    [
        pytest.param(SmbTalk(), b"SSH-2.0-x\r\n", "no SMB transport header", "没有 SMB 传输标头", id="a constant"),
        pytest.param(
            SmbTalk(), b"\0\0\0\7", "a transport header of 7 bytes", "7 字节的传输标头", id="a text with a number in it"
        ),
        pytest.param(RdpTalk(), b"\3", "1 bytes that end early", "提前结束的 1 字节", id="an answer that ends"),
    ],
)
def test_what_was_heard_instead(talk: Talk, answer: bytes, english: str, chinese: str):
    (fact,) = play(talk, answer).facts
    assert fact == ("heard", english)
    words.choose("zh_CN")
    try:
        assert told(fact[1]) == chinese
    finally:
        words.choose("en")
    assert told(fact[1]) == english


def test_a_fact_keeps_what_it_was_made_of_unless_it_has_to_be_cut():
    text = phrase("{count} towers", count=7)
    assert shown(text) is text
    assert not isinstance(shown(phrase("{text} here", text="x" * MOST_FACT)), Phrase)
    assert shown("a\nb") == "a?b"
