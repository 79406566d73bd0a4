"""Records of one Configuration Manager log to events: what the marks of the catalog find in the messages.

A failure is told where a mark says so, or where a known component writes a known code of connections in a record about a
failure. Codes that are of other things in most records (access denied to a file, not enough memory) count with a mark only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cmfw.catalog.log_facts import ANY_COMPONENT, LogFacts, LogMark, LogUrl, canonical_code, url_of
from cmfw.ingest.ccm_log import LogRecord, moment
from cmfw.ingest.log_text import readable
from cmfw.model.observation import Layer, LogEvent, Outcome, Place

_HEX = re.compile(r"\b0x[0-9A-Fa-f]{8}\b")
_SOCKET = re.compile(r"\berror:? (1[01]\d{3})\b")
_FAILS = re.compile(r"fail|error|unable|cannot|could ?n.t", re.IGNORECASE)
_URL = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[^/:\s'\"`,<>\]]+)(?::(\d{1,5}))?", re.IGNORECASE)
_SETUP = "ccmsetup"
_LONGEST_TEXT = 200
_NOT_BY_ITSELF = frozenset({"win32-5", "0x80004005"})
"""Codes that mean a connection only where a mark says so. Source: WUAHandler writes 0x80070005 about local policy."""
_NO_CAUSE = frozenset({"CCM_E_BAD_HTTP_STATUS_CODE"})
"""Texts of a CCMHTTP line whose cause is in the line that follows. Source: catalog, `cmg-errors`."""
_TEXT_CODES = {"CCM_E_NO_CLIENT_PKI_CERT": "0x87d00454"}
"""Texts of a CCMHTTP line with ``Code=0``. Source: catalog, `cmg-content`."""


class Marker:
    """Reads the records of one file; keeps which machine each thread works on, and whom the last failure was about."""

    def __init__(self, facts: LogFacts, host: str, path: str) -> None:
        self.facts, self.host, self.path = facts, host, path
        self.named = ""
        """The name that the file gives its own machine."""
        self._subjects: dict[str, str] = {}
        self._last: dict[str, LogEvent] = {}
        self._any = facts.marks.get(ANY_COMPONENT, ())
        self._own: dict[str, tuple[LogMark, ...]] = {}

    def events(self, records: Iterable[LogRecord]) -> Iterator[LogEvent]:
        """The events of the records, in order."""
        for record in records:
            marks = self._own.get(record.component)
            if marks is None:
                marks = self._own[record.component] = self.facts.marks.get(record.component.lower(), ()) + self._any
            message, hit = record.message, False
            for mark in marks:
                if mark.contains in message:
                    hit = True
                    yield from self._marked(mark, record)
            if not hit and ("0x8" in message or "rror 1" in message):
                yield from self._unmarked(record)

    def _marked(self, mark: LogMark, record: LogRecord) -> Iterator[LogEvent]:
        found = mark.pattern.search(record.message) if mark.pattern else None
        if mark.pattern and found is None:
            return
        parts = {name: text for name, text in found.groupdict().items() if text} if found else {}
        subject = _host_name(parts.get("subject", ""))
        match mark.outcome:
            case "names":
                self.named = subject
                return
            case "ends":
                self._subjects.pop(record.thread, None)
                return
            case "begins":
                self._subjects[record.thread] = subject
                yield self._event(record, Outcome.TRIED, mark.stage, parts, mark)
                return
        if mark.contains.startswith("[CCMHTTP] ERROR INFO") and (last := self._last.pop(record.thread, None)):
            yield self._answered(last, record, parts)
            return
        event = self._event(record, Outcome(mark.outcome), mark.stage, parts, mark)
        if parts.get("share") in _NO_CAUSE:
            self._last[record.thread] = event
            return
        yield event

    def _answered(self, last: LogEvent, record: LogRecord, parts: dict[str, str]) -> LogEvent:
        """The failure of the line before, with the HTTP status that this line adds."""
        from dataclasses import replace

        code = canonical_code(parts.get("code", ""), status=True)
        return replace(last, code=code or last.code, text=_short(f"{last.text} {record.message}"))

    def _unmarked(self, record: LogRecord) -> Iterator[LogEvent]:
        """A known code in a message about a failure of a component that talks to site systems."""
        stage = self.facts.stage_of.get(record.component.lower())
        if stage is None or not (record.kind == 3 or _FAILS.search(record.message)):
            return
        written = [*_HEX.findall(record.message), *_SOCKET.findall(record.message)]
        for code in dict.fromkeys(map(canonical_code, written)):
            error = self.facts.errors.get(code)
            if error is not None and error.layer is not Layer.OTHER and code not in _NOT_BY_ITSELF:
                url = _URL.search(record.message)
                yield self._event(record, Outcome.FAILED, stage, {"code": code} | ({"url": url[0]} if url else {}), None)

    def _event(
        self, record: LogRecord, outcome: Outcome, stage: str, parts: dict[str, str], mark: LogMark | None
    ) -> LogEvent:
        local, utc = moment(record)
        target = _Target(parts, self.facts, setup=record.component.lower() == _SETUP)
        shown = stage or target.stage or self.facts.stage_of.get(record.component.lower(), "")
        flows = (mark.flows if mark else ()) or target.flows
        if not flows and (not target.url or target.row is None):
            flows = self.facts.stages[shown].flows if shown else ()
        code = parts.get("code", "")
        if parts.get("share", "") in _TEXT_CODES:
            code = _TEXT_CODES[parts["share"]]
        known = code if code in self.facts.errors else canonical_code(code, status=_is_status(record, code))
        return LogEvent(
            host=self.host,
            subject=self._subjects.get(record.thread, "") or _host_name(parts.get("subject", "")),
            time=local,
            utc=utc,
            component=readable(record.component)[:80],
            stage=shown,
            outcome=outcome,
            flows=_of_scheme(flows, target.protocol),
            role=(mark.role if mark else "") or target.role,
            peer=target.peer,
            port=target.port,
            protocol=target.protocol,
            code=known if outcome is Outcome.FAILED else "",
            text=_short(record.message),
            place=Place(self.path, record.line),
        )


class _Target:
    """Whom a message is about: host, port, protocol and role, from its URL or from its parts."""

    def __init__(self, parts: dict[str, str], facts: LogFacts, *, setup: bool) -> None:
        self.url = parts.get("url", "")
        self.peer, self.port, self.protocol = _host_name(parts.get("peer", "")), None, parts.get("protocol", "").lower()
        if found := _URL.match(self.url):
            self.protocol, self.peer = found[1].lower(), _host_name(found[2].strip("[]"))
            self.port = _port(found[3]) or {"http": 80, "https": 443}[self.protocol]
        self.port = _port(parts.get("port", "")) or self.port
        if not self.protocol and self.port in (443, 8531):
            self.protocol = "https"
        self.row: LogUrl | None = url_of(self.url, facts) if self.url else None
        self.role = self.row.role if self.row else ""
        self.stage = self.row.stage if self.row else ""
        chosen = (setup, self.protocol == "https")
        self.flows = next((flows for which, flows in self.row.flows if which == chosen), ()) if self.row else ()


def _is_status(record: LogRecord, code: str) -> bool:
    """Whether a plain number is an HTTP status: three digits where the message speaks of one."""
    return len(code) == 3 and "tatus" in record.message


def _of_scheme(flows: tuple[str, ...], protocol: str) -> tuple[str, ...]:
    """The flows, of an HTTP and HTTPS pair only the one that was used."""
    other = {"http": "_https", "https": "_http"}.get(protocol)
    kept = tuple(flow for flow in flows if other is None or not flow.endswith(other))
    return kept or flows


def _host_name(text: str) -> str:
    """A host name in lower case without what surrounds it; the empty string for none."""
    plain = readable(text).strip("\\'\"`.,; ").lower()
    return plain.partition("/")[0][:255]


def _port(text: str | None) -> int | None:
    """The port that the text is; None for no port (0 is how a client writes that it does not know)."""
    return int(text) if text and text.isascii() and text.isdigit() and 0 < int(text) < 65536 else None


def _short(message: str) -> str:
    """The message on one line, shortened."""
    text = " ".join(readable(message[:2000]).split())
    text = "".join(char if char.isprintable() else "?" for char in text)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 3] + "..."
