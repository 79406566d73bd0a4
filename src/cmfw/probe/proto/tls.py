"""TLS as bytes in and bytes out: a handshake that looks at the certificate without trusting it, and a talk inside.

Who listens is asked here, not whether it may be trusted: a probe sends nothing secret. Without a talk inside, the handshake is all
that is claimed (client notification has no open description beyond it; facts, "Notification").
"""

from __future__ import annotations

import hashlib
import ssl
from functools import cache

from cmfw.model.wire import Speaks
from cmfw.probe.proto.talk import Talk, Unexpected
from cmfw.words.phrases import phrase


@cache
def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # old servers are to be found, not refused
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


class TlsTalk(Talk):
    """Right where a handshake ends; with ``inner`` right where what is inside is right."""

    def __init__(self, host: str, inner: Talk | None = None, kind: str = "tls") -> None:
        super().__init__()
        self.__dict__["kind"] = kind
        self._name = host if any(c.isalpha() for c in host) and ":" not in host else None
        self._inner = inner
        self._begin()

    def _begin(self) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = _context().wrap_bio(self._in, self._out, server_hostname=self._name)
        self._shaken = False

    def opening(self) -> bytes:
        """The client hello."""
        self._shake()
        return self._out.read()

    def step(self) -> bytes | None:
        """Hand what came to TLS, and what it holds to the talk inside."""
        arrived = self.take(len(self.buffer))
        if not arrived:
            return None
        self._in.write(arrived)
        if not self._shaken:
            self._shake()
        if self._shaken and self.service is None:
            self._speak()
        return self._out.read()

    def renew(self) -> bytes:
        """A new client hello; what is inside goes on."""
        self._begin()
        return super().renew()

    def end(self) -> None:
        """Close the talk inside first."""
        if self._inner is not None and self._shaken and self.service is None:
            self._inner.end()
            self._settle()
        if not self.again:
            super().end()

    def _shake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            self._failed(error)
            return
        self._shaken = True
        if not self.facts:
            self._look()
        if self._inner is None:
            self.facts.append(("checked", phrase("handshake only")))
            self.finish(Speaks.RIGHT)
        else:
            self._tls.write(self._inner.renew() if self._inner.again else self._inner.opening())

    def _look(self) -> None:
        """Note version and certificate."""
        self.facts.append(("tls", self._tls.version() or ""))
        certificate = self._tls.getpeercert(binary_form=True)
        if certificate:
            self.facts.append(("certificate_sha256", hashlib.sha256(certificate).hexdigest()))

    def _failed(self, error: ssl.SSLError) -> None:
        """An alert is TLS too: a server that wants a client certificate, or no protocol in common."""
        reason = (error.reason or "").lower().replace("_", " ")
        if "alert" in reason or "certificate required" in reason:
            self.finish(Speaks.RIGHT if "certificate" in reason else Speaks.OTHER, ("alert", reason))
        else:
            raise Unexpected(phrase("no TLS: {reason}", reason=reason or phrase("broken")))

    def _speak(self) -> None:
        inner = self._inner
        while inner is not None and self.service is None and not self.again:
            try:
                plain = self._tls.read(16384)
            except ssl.SSLWantReadError:
                return
            except ssl.SSLZeroReturnError:
                inner.end()
                self._settle()
                return
            except ssl.SSLError as error:
                self._failed(error)
                return
            if not plain:
                inner.end()
            else:
                reply = inner.receive(plain)
                if reply:
                    self._tls.write(reply)
            self._settle()

    def _settle(self) -> None:
        """Take over what the talk inside found."""
        inner = self._inner
        self.again = inner is not None and inner.again
        if inner is not None and inner.service is not None and self.service is None:
            self.finish(inner.service.speaks, *inner.service.facts)
