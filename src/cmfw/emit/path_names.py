"""Names and comments that network targets write: identifiers that any of them takes, made from any text, and never two the same."""

from __future__ import annotations

import string

_PLAIN = string.ascii_letters + string.digits + "_"
_IN_IDS = _PLAIN + ".:>/-"
MOST_NAME = 24


def identifier(text: str, most: int = MOST_NAME) -> str:
    """The text where it is a plain identifier of at most ``most`` characters, else what of it is, and a digest of all of it."""
    return _named(text, _PLAIN, most)


def stable_id(text: str, most: int = 100) -> str:
    """The id of a flow as a comment that needs no quoting: the text itself, or what of it is plain and a digest."""
    return _named(text, _IN_IDS, most)


def _named(text: str, plain: str, most: int) -> str:
    if text and len(text) <= most and not text.strip(plain):
        return text
    from hashlib import sha256

    kept = "".join(char if char in plain else "_" for char in text)[: most - 9]
    return f"{kept}_{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
