"""What initiator and responder say to each other: sealed, fresh, once. Pure; the clock is an argument.

A message is one line: the hexadecimal HMAC-SHA256 of what follows, a blank, canonical JSON (keys sorted, no blanks, ASCII). Requests
and replies are sealed for their own direction, so that neither can be sent back as the other. A request carries the challenge of its
connection, so that it is good for one connection to one responder, and for none that has the same key or has begun anew. Source:
RFC 2104; facts, "Initiator and responder design".
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections import OrderedDict
from hashlib import sha256
from typing import Any

from cmfw.errors import CmfwError, InputError, Problem
from cmfw.values import value
from cmfw.words.phrases import phrase

KEY_SCHEMA = "cmfw/respond-key/1"
KEY_BYTES = 32
WINDOW_S = 120
"""Clocks may differ by so much, and a message is remembered for twice as long."""
MOST_NONCES = 4096
"""So many messages are remembered; further ones are refused until the oldest are too old to be sent again."""
MOST_LINE = 32 * 1024
REQUEST, REPLY = b"cmfw respond 1 request\n", b"cmfw respond 1 reply\n"
_MAC = 64
_NONCE = 32
_TAG_HEAD = b"cmfw"
TAG_BYTES = 32


class Refused(CmfwError):
    """A message that is not taken; nothing is sent back, for whoever cannot seal learns nothing."""


@value
class Key:
    """An enrolment key, the same on both ends."""

    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes")

    def __repr__(self) -> str:
        return "Key(...)"

    def mac(self, direction: bytes, content: bytes) -> bytes:
        """The seal of some content, as hexadecimal digits."""
        return hmac.new(self.secret, direction + content, sha256).hexdigest().encode("ascii")

    def tag(self, session: str, flow: int) -> bytes:
        """What the packets of one flow carry; nobody else can make it. Its reverse, of the same length, is the answer."""
        head = _TAG_HEAD + bytes.fromhex(session)[:8] + flow.to_bytes(4, "big")
        return head + hmac.new(self.secret, b"cmfw respond 1 tag\n" + head, sha256).digest()[: TAG_BYTES - len(head)]


def new_key() -> Key:
    """A key that nobody knows yet."""
    return Key(secrets.token_bytes(KEY_BYTES))


def key_text(key: Key) -> str:
    """The key as the text of an enrolment file."""
    return json.dumps({"schema": KEY_SCHEMA, "key": key.secret.hex()}, indent=2) + "\n"


def read_key(text: str, path: str) -> Key:
    """The key of an enrolment file; raises InputError for any other text, and never shows it."""
    wanted = phrase("an enrolment key of `cmfw respond --new-key` ({key_schema})", key_schema=KEY_SCHEMA)
    try:
        document = json.loads(text)
        if sorted(document) == ["key", "schema"] and document["schema"] == KEY_SCHEMA:
            return Key(bytes.fromhex(document["key"]))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(Problem(path, wanted, "another text")) from error
    raise InputError(Problem(path, wanted, "another document"))


def canonical(body: dict[str, Any]) -> bytes:
    """The body as the one line that is sealed."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def seal(key: Key, direction: bytes, body: dict[str, Any]) -> bytes:
    """The message of a body, with its line feed."""
    content = canonical(body)
    return key.mac(direction, content) + b" " + content + b"\n"


def unseal(key: Key, direction: bytes, line: bytes) -> dict[str, Any]:
    """The body of a message; raises Refused for one that is too long, forged, or not as we write it.

    The seal is checked before anything is parsed.
    """
    if len(line) > MOST_LINE:
        raise Refused("a message that is too long")
    content = line[_MAC + 1 : -1]
    if (
        line[_MAC : _MAC + 1] != b" "
        or line[-1:] != b"\n"
        or not hmac.compare_digest(line[:_MAC], key.mac(direction, content))
    ):
        raise Refused("a message with a wrong seal")
    try:
        body = json.loads(content)
        if isinstance(body, dict) and canonical(body) == content:
            return body
    except (ValueError, RecursionError) as error:
        raise Refused("a sealed message that is no JSON") from error
    raise Refused("a sealed message that is not canonical")


def request(kind: str, session: str, now: float, room: int, **more: Any) -> dict[str, Any]:
    """The body of a fresh request; ``room`` bytes are added so that the reply is no longer than the request."""
    body = {"v": 1, "kind": kind, "session": session, "time": int(now), "nonce": secrets.token_hex(_NONCE // 2), **more}
    return {**body, "pad": "." * room}


class Freshness:
    """Takes each message once, and only while it is fresh. Memory is bounded; where it is full nothing more is taken."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, float] = OrderedDict()

    def take(self, body: dict[str, Any], now: float) -> None:
        """Remember the message; raises Refused for one that is old, from the future, seen before, or one too many."""
        sent, nonce = body.get("time"), body.get("nonce")
        if type(sent) is not int or not isinstance(nonce, str) or not _is_hex(nonce, _NONCE):
            raise Refused("a message without time or nonce")
        if abs(now - sent) > WINDOW_S:
            raise Refused("a message that is late or early")
        while self._seen and next(iter(self._seen.values())) < now:
            self._seen.popitem(last=False)
        if nonce in self._seen:
            raise Refused("a message that was seen before")
        if len(self._seen) >= MOST_NONCES:
            raise Refused("too many messages")
        # a message from the future stays fresh for longer; all are kept for the longest time so that the oldest goes first
        self._seen[nonce] = now + 2 * WINDOW_S


def _is_hex(text: str, length: int) -> bool:
    return len(text) == length and not text.strip("0123456789abcdef")


def is_session(text: object) -> bool:
    """Whether it names a session: 16 hexadecimal digits."""
    return isinstance(text, str) and _is_hex(text, 16)


def new_challenge() -> str:
    """What a responder says first on a connection; every request on it repeats it, so that none is good on another."""
    return secrets.token_hex(_NONCE // 2)


def is_challenge(text: object) -> bool:
    """Whether it is what a responder says first: 32 hexadecimal digits."""
    return isinstance(text, str) and _is_hex(text, _NONCE)


def new_session() -> str:
    """The name of a session that nobody can guess."""
    return secrets.token_hex(8)
