"""HTTP/1.1: a few requests, each known to be harmless, until the answers show which role listens.

They share a connection, and take another one where the server closes it or its answer is longer than we read.

Source: RFC 9112; which URL of a role answers what: facts, "Probe endpoints" (management point test URLs `mplist` and `mpcert`,
403 without a client certificate; 401 and 403 of the two messaging folders), WSUS self-update and web service URLs.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cmfw.model.wire import Speaks
from cmfw.probe.proto.talk import Talk, Unexpected
from cmfw.values import value
from cmfw.words.phrases import constant, phrase

MOST_HEAD = 16 * 1024
MOST_BODY = 32 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: |\r|$)")
_STATUS_START = b"HTTP/1."


@value
class Answer:
    """One answer: status, header fields by lower-case name, and the body as far as it was read."""

    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes

    def field(self, name: str) -> str:
        """The value of a header field, empty where it is not there."""
        return next((text for key, text in self.fields if key == name), "")


@value
class Ask:
    """One request and its short name in reports."""

    name: str
    target: str
    method: str = "GET"


Judge = Callable[[dict[str, Answer]], bool]

MP_ASKS = (
    Ask("mplist", "/sms_mp/.sms_aut?mplist"),
    Ask("mpcert", "/sms_mp/.sms_aut?mpcert"),
    # no body: Windows authentication answers before any message is read
    Ask("ccm_post", "/ccm_system_windowsauth/request", "CCM_POST"),
    Ask("ccm_system", "/ccm_system/"),
)
DP_ASKS = (Ask("datalib", "/SMS_DP_SMSPKG$/DataLib"), Ask("packages", "/SMS_DP_SMSPKG$/"))
WSUS_ASKS = (
    Ask("selfupdate", "/selfupdate/iuident.cab"),
    Ask("client", "/ClientWebService/client.asmx"),
    Ask("simple_auth", "/SimpleAuthWebService/SimpleAuth.asmx"),
)
WEB_ASKS = (Ask("root", "/"),)


def is_mp(answers: dict[str, Answer]) -> bool:
    """Whether it is a management point: a list or certificate, or 401 and 403 where its messaging folders are."""
    for name, mark in (("mplist", b"<MPList"), ("mpcert", b"<MPCert")):
        if name in answers and answers[name].status == 200 and mark in answers[name].body:
            return True
    statuses = [answers[name].status if name in answers else 0 for name in ("ccm_post", "ccm_system")]
    return statuses == [401, 403]


def is_dp(answers: dict[str, Answer]) -> bool:
    """Whether it is a distribution point: its package folder is there, for us or behind an authentication."""
    return any(answer.status in (200, 401) for answer in answers.values())


def is_wsus(answers: dict[str, Answer]) -> bool:
    """Whether it is a WSUS server: the self-update cabinet, or a web service of its own."""
    if "selfupdate" in answers and answers["selfupdate"].status == 200 and answers["selfupdate"].body.startswith(b"MSCF"):
        return True
    return any(name in answers and answers[name].status == 200 for name in ("client", "simple_auth"))


def is_web(answers: dict[str, Answer]) -> bool:
    """Whether anything speaks HTTP."""
    return bool(answers)


class HttpTalk(Talk):
    """Asks one thing after the other until ``judge`` is sure; other where the last answer is not what is looked for."""

    def __init__(self, kind: str, host: str, asks: tuple[Ask, ...], judge: Judge) -> None:
        super().__init__()
        self.__dict__["kind"] = kind
        self._host = host
        self._asks = list(asks)
        self._judge = judge
        self._answers: dict[str, Answer] = {}
        self._now = self._asks[0]
        self._closed = False

    def opening(self) -> bytes:
        """The first request."""
        self._now = self._asks.pop(0)
        host = f"[{self._host}]" if ":" in self._host else self._host
        length = "" if self._now.method == "GET" else "Content-Length: 0\r\n"
        lines = (
            f"{self._now.method} {self._now.target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: cmfw-probe\r\nAccept: */*\r\n"
        )
        return f"{lines}{length}\r\n".encode("ascii", "replace")

    def step(self) -> bytes | None:
        """Read one answer, and ask the next."""
        head, whole, complete = self._read()
        if head is None:
            return None
        status, fields, start = head
        if not complete and len(self.buffer) - start <= MOST_BODY and not self._closed:
            return None
        answer = Answer(status, fields, whole)
        self._answers[self._now.name] = answer
        self.facts.append((self._now.name, str(status)))
        if len(self._answers) == 1 and answer.field("server"):
            self.facts.append(("server", answer.field("server")))
        if self._judge(self._answers):
            self.finish(Speaks.RIGHT)
        elif not self._asks:
            self.finish(Speaks.OTHER)
        elif not complete or answer.field("connection").lower() == "close":
            self.again = True
        else:
            return self.opening()
        return b""

    def renew(self) -> bytes:
        """The next request, on a connection of its own."""
        self._closed = False
        return super().renew()

    def end(self) -> None:
        """An answer without a length ends with the connection."""
        self._closed = True
        if self.service is None and not self.again:
            try:
                self.step()
            except Unexpected as error:
                self.finish(Speaks.OTHER, ("heard", constant(str(error))))
        if self.again:
            return
        if self.service is None and self._answers:
            self.finish(Speaks.OTHER)
        super().end()

    def _read(self) -> tuple[tuple[int, tuple[tuple[str, str], ...], int] | None, bytes, bool]:
        """((status, fields, where the body starts), body, whether all of it is here); (None, ...) without a whole head."""
        start = bytes(self.buffer[: len(_STATUS_START)])
        if not _STATUS_START.startswith(start):
            raise Unexpected("no HTTP")
        split = self.buffer.find(b"\r\n\r\n", 0, MOST_HEAD)
        if split < 0:
            if len(self.buffer) >= MOST_HEAD:
                raise Unexpected(phrase("an HTTP head of more than {most} bytes", most=MOST_HEAD))
            return None, b"", False
        lines = bytes(self.buffer[:split]).split(b"\r\n")
        found = _STATUS.match(lines[0])
        if found is None:
            raise Unexpected("no HTTP status line")
        status, fields = int(found[1]), _fields(lines[1:])
        if 100 <= status < 200 and status != 101:
            del self.buffer[: split + 4]
            return self._read() if self.buffer else (None, b"", False)
        body, length = self._body(fields, split + 4, status)
        if length is not None:
            del self.buffer[:length]
        return (status, fields, split + 4), body, length is not None

    def _body(self, fields: tuple[tuple[str, str], ...], start: int, status: int) -> tuple[bytes, int | None]:
        """(body, bytes up to its end), the end None where it is not here yet or only the connection's end tells."""
        known = dict(fields)
        rest = bytes(self.buffer[start : start + MOST_BODY])
        if status in (204, 304):
            return b"", start
        if "chunked" in known.get("transfer-encoding", "").lower():
            return _chunked(rest, start)
        length = known.get("content-length", "")
        if length.isascii() and length.isdigit() and len(length) < 10:
            size = int(length)
            return rest[:size], start + size if len(rest) >= size else None
        return rest, None


def _fields(lines: list[bytes]) -> tuple[tuple[str, str], ...]:
    """Header fields; lines that are none are passed over."""
    found = []
    for line in lines:
        name, colon, text = line.partition(b":")
        if colon:
            found.append((name.decode("latin-1").strip().lower(), text.decode("latin-1").strip()))
    return tuple(found)


def _chunked(rest: bytes, start: int) -> tuple[bytes, int | None]:
    """The body without its chunk sizes. Raises Unexpected for a size that is none."""
    body, at = b"", 0
    while True:
        line = rest.find(b"\r\n", at)
        if line < 0:
            return body, None
        text = rest[at:line].partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9a-fA-F]{1,8}", text):
            raise Unexpected("a chunk without a size")
        size = int(text, 16)
        if len(rest) < line + 2 + size + 2:
            return body + rest[line + 2 : line + 2 + size], None
        body += rest[line + 2 : line + 2 + size]
        at = line + 2 + size + 2
        if size == 0:
            return body, start + at
