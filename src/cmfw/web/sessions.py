"""Who is in: sessions opened with the server's secret, the forgery token of each, and a brake on guessing."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from hashlib import sha256
from hmac import digest

MOST_SESSIONS = 1000
IDLE_S = 12 * 3600.0
MOST_TRIES = 5
TRIES_S = 60.0
"""Wrong secrets that are taken within so many seconds, from everybody together."""


class Sessions:
    """The open sessions; the least recently used one goes where there are too many. INVARIANT: only used by one event loop."""

    def __init__(self, secret: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._secret = sha256(secret.encode()).digest()
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._wrong: deque[float] = deque()

    def opened(self, secret: str) -> str | None:
        """The name of a new session; None for a wrong secret, or where too many were tried just now."""
        if self.is_braked:
            return None
        if not secrets.compare_digest(sha256(secret.encode(errors="replace")).digest(), self._secret):
            self._wrong.append(self._clock())
            return None
        name = secrets.token_urlsafe(32)
        self._seen[name] = self._clock()
        while len(self._seen) > MOST_SESSIONS:
            self._seen.popitem(last=False)
        return name

    @property
    def is_braked(self) -> bool:
        """Whether nobody may try a secret now."""
        while self._wrong and self._clock() - self._wrong[0] > TRIES_S:
            self._wrong.popleft()
        return len(self._wrong) >= MOST_TRIES

    def is_open(self, name: str) -> bool:
        """Whether the session is known and was used not long ago; it now was."""
        seen = self._seen.get(name)
        if seen is None:
            return False
        if self._clock() - seen > IDLE_S:
            del self._seen[name]
            return False
        self._seen[name] = self._clock()
        self._seen.move_to_end(name)
        return True

    def close(self, name: str) -> None:
        """Forget the session."""
        self._seen.pop(name, None)

    def forgery_token(self, name: str) -> str:
        """What a form of the session has to bring back. Source: OWASP, signed token bound to the session."""
        return digest(self._key, name.encode(), "sha256").hex()

    def is_own(self, name: str, token: str) -> bool:
        """Whether a form came from a page of the session."""
        return secrets.compare_digest(token.encode(errors="replace"), self.forgery_token(name).encode())
