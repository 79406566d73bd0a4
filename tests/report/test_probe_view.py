"""A probe's evidence in words: ours in the language of the run, a stranger's as they came."""

from __future__ import annotations

import pytest

from cmfw import words
from cmfw.model.wire import ProbeResult, Service, Speaks, Word
from cmfw.net.flow import TCP
from cmfw.report.probe_view import _evidence, _listener
from cmfw.words.phrases import phrase

RESULT = ProbeResult(
    items=("i",),
    protocol=TCP,
    address=0x0A000002,
    port=80,
    word=Word.OPEN,
    evidence=("ECONNREFUSED", phrase("wire {count}", count=3), "open"),
    service=Service("mp_http", Speaks.OTHER, (("mplist", "403"), ("server", "open"), ("heard", phrase("no HTTP")))),
)


@pytest.mark.parametrize(
    ("lang", "evidence", "facts"),
    [
        ("en", "ECONNREFUSED, wire 3, open", "(mplist 403, server open, heard no HTTP)"),
        ("zh_CN", "ECONNREFUSED, 线路上 3 个, open", "(mplist 403, 服务器 open, 听到 不是 HTTP)"),
    ],
)
def test_only_our_own_words_are_translated(lang, evidence, facts):
    words.choose(lang)
    try:
        assert _evidence(RESULT) == evidence
        assert _listener(RESULT).endswith(facts)
    finally:
        words.choose("en")
