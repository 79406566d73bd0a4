"""Sealed messages: whatever is forged, late, early, repeated, too long or not canonical is refused."""

from __future__ import annotations

import json

import pytest

from cmfw.errors import InputError
from cmfw.probe.messages import (
    KEY_SCHEMA,
    MOST_LINE,
    MOST_NONCES,
    REPLY,
    REQUEST,
    TAG_BYTES,
    WINDOW_S,
    Freshness,
    Key,
    Refused,
    canonical,
    key_text,
    new_key,
    new_session,
    read_key,
    request,
    seal,
    unseal,
)

KEY = Key(bytes(range(32)))
OTHER = Key(bytes(range(1, 33)))
NOW = 1_700_000_000.0
BODY = {"kind": "report", "flows": [[1, "tcp", 445]]}
LINE = seal(KEY, REQUEST, BODY)


def test_what_is_sealed_is_read():
    assert unseal(KEY, REQUEST, LINE) == BODY


@pytest.mark.parametrize(
    ("line", "key", "direction"),
    [
        (LINE, OTHER, REQUEST),
        (LINE, KEY, REPLY),
        (LINE.replace(b"445", b"446"), KEY, REQUEST),
        (b"0" + LINE[1:], KEY, REQUEST),
        (LINE[:70], KEY, REQUEST),
        (LINE[:-1], KEY, REQUEST),
        (LINE + b"\n", KEY, REQUEST),
        (b"", KEY, REQUEST),
        (b"\n", KEY, REQUEST),
        (LINE[65:], KEY, REQUEST),
        (LINE[:64].upper() + LINE[64:], KEY, REQUEST),
        (LINE.replace(b"{", b"{ ", 1), KEY, REQUEST),
        (b"x" * (MOST_LINE + 1), KEY, REQUEST),
    ],
    ids=[
        "another key", "sent back as a reply", "another port", "another seal", "cut", "no line feed", "two line feeds", "empty", "an empty line", "no seal",
        "seal in capitals", "a blank more", "too long",
    ],
)  # fmt: skip
def test_refused(line, key, direction):
    with pytest.raises(Refused):
        unseal(key, direction, line)


@pytest.mark.parametrize(
    "content",
    [b"[]", b"{}}", b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":NaN}', b"\xff", b"[" * 5000, b'{"a":1,"a":1}'],
    ids=["no object", "broken", "keys out of order", "blanks", "no number", "no text", "deep", "twice the same key"],
)
def test_what_is_sealed_but_not_canonical_is_refused(content):
    with pytest.raises(Refused):
        unseal(KEY, REQUEST, KEY.mac(REQUEST, content) + b" " + content + b"\n")


@pytest.mark.parametrize(
    ("offset", "taken"),
    [(0, True), (WINDOW_S, True), (-WINDOW_S, True), (WINDOW_S + 1, False), (-WINDOW_S - 1, False)],
    ids=["now", "as late as may be", "as early as may be", "late", "early"],
)
def test_the_window_of_time(offset, taken):
    body = request("report", new_session(), NOW, 0)
    if taken:
        Freshness().take(body, NOW + offset)
    else:
        with pytest.raises(Refused, match="late"):
            Freshness().take(body, NOW + offset)


@pytest.mark.parametrize("after", [0, 1, WINDOW_S - 1, WINDOW_S])
def test_a_message_is_taken_once(after):
    fresh, body = Freshness(), request("report", new_session(), NOW, 0)
    fresh.take(body, NOW)
    with pytest.raises(Refused, match="before"):
        fresh.take(body, NOW + after)


@pytest.mark.parametrize(
    "change",
    [{"time": "1"}, {"time": True}, {"time": None}, {"time": NOW}, {"nonce": "x"}, {"nonce": 5}, {"nonce": "A" * 32}],
    ids=str,
)
def test_a_message_without_a_proper_time_and_nonce_is_refused(change):
    with pytest.raises(Refused, match="without"):
        Freshness().take(request("report", new_session(), NOW, 0) | change, NOW)


def test_memory_is_bounded_and_full_means_refused():
    fresh = Freshness()
    for _ in range(MOST_NONCES):
        fresh.take(request("report", new_session(), NOW, 0), NOW)
    with pytest.raises(Refused, match="too many"):
        fresh.take(request("report", new_session(), NOW, 0), NOW)
    later = NOW + 2 * WINDOW_S + 1
    fresh.take(request("report", new_session(), later, 0), later)


def test_a_key_is_never_shown():
    assert KEY.secret.hex() not in repr(KEY)
    with pytest.raises(InputError) as error:
        read_key('{"schema": "' + KEY_SCHEMA + '", "key": "abcd"}', "key.json")
    assert "abcd" not in str(error.value)


def test_a_key_file_is_read_back():
    key = new_key()
    assert read_key(key_text(key), "key.json") == key
    assert new_key() != key


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"schema":"x","key":"00"}', json.dumps({"schema": KEY_SCHEMA, "key": 5})]
)
def test_another_file_is_no_key(text):
    with pytest.raises(InputError, match="enrolment key"):
        read_key(text, "key.json")


def test_a_tag_is_of_its_session_flow_and_key():
    session = new_session()
    tags = {KEY.tag(session, 1), KEY.tag(session, 2), OTHER.tag(session, 1), KEY.tag(new_session(), 1)}
    assert len(tags) == 4
    assert {len(tag) for tag in tags} == {TAG_BYTES}


def test_canonical_is_stable():
    assert canonical({"b": [1, "é"], "a": None}) == b'{"a":null,"b":[1,"\\u00e9"]}'
