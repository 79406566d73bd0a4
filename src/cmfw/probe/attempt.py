"""``Attempt``: one probe on its way, over one socket. It answers events with the next thing to wait for, or with a result."""

from __future__ import annotations

import os
import socket
from dataclasses import replace

from cmfw.model.wire import ProbeResult, Speaks, Word
from cmfw.net.addr import is_v6
from cmfw.net.flow import ICMP_PROTOCOLS, TCP
from cmfw.probe import sockets
from cmfw.probe.classify import PENDING, QueuedError, connect_word, error_word, evidence_of
from cmfw.probe.plan import Probe
from cmfw.probe.poller import ERROR, READ, WRITE
from cmfw.probe.proto import make_talk
from cmfw.probe.proto.icmp import echo, is_reply
from cmfw.probe.proto.rpc import Interface
from cmfw.probe.proto.tag import TagTalk
from cmfw.probe.proto.talk import Talk
from cmfw.probe.results import made_result
from cmfw.words.phrases import phrase

_CHUNK = 16384
_PAYLOAD = 16


class Attempt:
    """What every kind of probe has. A subclass sets ``result`` when it is done; ``wants`` is the mask to wait for."""

    __slots__ = ("attempts", "connected", "index", "made", "probe", "result", "source", "started", "tag", "wants")

    def __init__(self, index: int, probe: Probe, now: float) -> None:
        self.index = index
        self.probe = probe
        self.started = now
        self.attempts = 1
        self.connected = False
        self.result: ProbeResult | None = None
        self.source: int | None = None
        self.wants = 0
        self.tag = b""
        """What the responder at the other end waits for; empty where there is none."""
        self.made: socket.socket

    def begin(self) -> None:
        """Open the socket and send the first packet; OSError where this machine has no means left."""
        raise NotImplementedError

    def event(self, mask: int, now: float) -> None:
        """The socket is ready."""
        raise NotImplementedError

    def over(self) -> None:
        """Nothing more is waited for."""
        raise NotImplementedError

    def again(self) -> None:
        """Send the packet once more, where the system does not do that."""

    def settle(self, word: Word, by: int | None = None, *, now: float | None = None, evidence: tuple[str, ...] = ()) -> None:
        """Set the result."""
        probe = self.probe
        self.result = made_result(
            probe,
            word,
            by=by,
            port=probe.port,
            source=self.source,
            attempts=self.attempts,
            ms=None if now is None else round(1000 * (now - self.started), 2),
            evidence=evidence,
        )

    def _own_address(self) -> int | None:
        try:
            text = self.made.getsockname()[0].partition("%")[0]
            return sockets.number_of(socket.inet_pton(self.made.family, text))
        except OSError:
            return None


class TcpAttempt(Attempt):
    """A TCP connection, and the talk over it where the probe has one."""

    __slots__ = ("_joins", "_out", "_spoken", "interface", "talk")

    def __init__(self, index: int, probe: Probe, now: float) -> None:
        super().__init__(index, probe, now)
        self.talk: Talk | None = None
        self.interface: Interface | None = None
        self._joins = False
        self._out = b""
        self._spoken: ProbeResult | None = None

    def begin(self) -> None:
        """Connect without waiting."""
        target = self.probe.address
        self.made = sockets.tcp_socket(v6=is_v6(target))
        number = self.made.connect_ex((sockets.ip_text(target), self.probe.port or 0))
        self.wants = WRITE
        if self.source is None:
            self.source = self._own_address()
        if number not in PENDING:
            self._failed(number, self.started)

    def event(self, mask: int, now: float) -> None:
        """Connected, refused, or something to read or write."""
        if self._joins:
            self._join(mask)
            return
        if self.connected:
            self._speak(mask)
            return
        if mask & ERROR:
            number = self.made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if number:
                self._failed(number, now)
                return
        self.connected = True
        sockets.close_at_once(self.made)
        if now - self.started > 0.9:  # sooner than a second, no system sends a SYN again (RFC 6298 2.1)
            self.attempts = 1 + sockets.retransmitted(self.made)
        self.settle(Word.OPEN, self.probe.address, now=now)
        if self.tag or self.probe.talk:
            self._begin_talk()

    def _failed(self, number: int, now: float) -> None:
        queued = sockets.queued_error(self.made)
        word, by = connect_word(number, queued, self.probe.address)
        answered = word not in (Word.FILTERED, Word.NOT_PROBED, Word.BLOCKED_HERE)
        self.settle(word, by, now=now if answered else None, evidence=evidence_of(number, queued))

    def _begin_talk(self) -> None:
        # the connection stands: from here on only what listens is in question
        self._spoken, self.result = self.result, None
        self.talk = TagTalk(self.tag) if self.tag else make_talk(self.probe.talk, self.probe.host, self.interface)
        self._out = self.talk.opening()
        self.wants = READ | (WRITE if self._out else 0)
        if self.talk.service is not None:
            self._spoke()

    def _speak(self, mask: int) -> None:
        talk = self.talk
        if talk is None:
            return
        try:
            if self._out and mask & ~READ:
                sent = self.made.send(self._out[:_CHUNK])
                self._out = self._out[sent:]
            if mask & ~WRITE:
                chunk = self.made.recv(_CHUNK)
                if not chunk:
                    talk.end()
                else:
                    self._out += talk.receive(chunk)
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            talk.end()
        if talk.again and talk.service is None:
            self._connect_again(talk)
        else:
            self.wants = READ | (WRITE if self._out else 0)
        if talk.service is not None:
            self._spoke()

    def _connect_again(self, talk: Talk) -> None:
        """Open another connection to go on with the talk; the runner sees the new socket, and closes the old one."""
        try:
            made = sockets.tcp_socket(v6=is_v6(self.probe.address))
        except OSError:
            talk.finish(Speaks.OTHER, ("heard", phrase("one answer")))
            return
        if made.connect_ex((sockets.ip_text(self.probe.address), self.probe.port or 0)) not in PENDING:
            made.close()
            talk.finish(Speaks.OTHER, ("heard", phrase("one answer")))
            return
        self.made, self._joins, self.wants = made, True, WRITE

    def _join(self, mask: int) -> None:
        """The other connection is made, or refused."""
        talk = self.talk
        if talk is None:
            return
        self._joins = False
        if mask & ERROR and self.made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            talk.finish(Speaks.OTHER, ("heard", phrase("one answer")))
            self._spoke()
            return
        sockets.close_at_once(self.made)
        self._out = talk.renew()
        self.wants = READ | (WRITE if self._out else 0)

    def _spoke(self) -> None:
        if self._spoken is not None and self.talk is not None:
            self.result = replace(self._spoken, service=self.talk.service)

    def over(self) -> None:
        """Silence: of the wire, or of what listens."""
        if self.talk is not None:
            self.talk.end()
            if self.talk.service is None:
                self.talk.finish(Speaks.OTHER)
            self._spoke()
        else:
            self.attempts = 1 + sockets.retransmitted(self.made)
            self.settle(Word.FILTERED)


class DatagramAttempt(Attempt):
    """What UDP and ICMP share: packets that this side repeats, and errors from the error queue."""

    __slots__ = ()

    def _send(self, packet: bytes) -> None:
        try:
            self.made.send(packet)
        except OSError as error:
            self._error(error.errno or 0, self.started)

    def _error(self, number: int, now: float) -> None:
        if number in PENDING:
            return
        queued: QueuedError | None = sockets.queued_error(self.made)
        word, by = error_word(number, queued, self.probe.address, self.probe.protocol)
        self.source = self._own_address()
        self.settle(word, by, now=now if by is not None else None, evidence=evidence_of(number, queued))

    def _received(self, now: float) -> bytes | None:
        """A packet that came, None where an error did or nothing."""
        number = self.made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            self._error(number, now)
            return None
        try:
            return self.made.recv(_CHUNK)
        except OSError as error:
            self._error(error.errno or 0, now)
            return None

    def over(self) -> None:
        """Silence."""
        self.source = self._own_address()
        self.settle(Word.FILTERED)


class UdpAttempt(DatagramAttempt):
    """An empty datagram: nobody is harmed by it, and filters see the same ports."""

    __slots__ = ()

    def begin(self) -> None:
        """Send the datagram."""
        target = self.probe.address
        self.made = sockets.udp_socket(v6=is_v6(target))
        number = self.made.connect_ex((sockets.ip_text(target), self.probe.port or 0))
        self.wants = READ
        if number:
            self._error(number, self.started)
        else:
            self._send(self.tag)

    def again(self) -> None:
        """Once more: datagrams get lost."""
        self.attempts += 1
        self._send(self.tag)

    def event(self, mask: int, now: float) -> None:
        """An answer of any kind shows that both ways are open."""
        del mask
        packet = self._received(now)
        if packet is not None and (not self.tag or packet == self.tag[::-1]):
            self.source = self._own_address()
            self.settle(Word.OPEN, self.probe.address, now=now, evidence=(phrase("datagram"),))


class PingAttempt(DatagramAttempt):
    """An ICMP echo request."""

    __slots__ = ("_payload",)

    def __init__(self, index: int, probe: Probe, now: float) -> None:
        super().__init__(index, probe, now)
        self._payload = os.urandom(_PAYLOAD)

    def begin(self) -> None:
        """Send the echo request."""
        target = self.probe.address
        try:
            self.made = sockets.ping_socket(v6=is_v6(target))
        except PermissionError:
            # any socket will do to let go of later
            self.made = sockets.udp_socket(v6=is_v6(target))
            self.settle(Word.NOT_PROBED, evidence=(phrase("no right to send ICMP"),))
            return
        self.wants = READ
        number = self.made.connect_ex((sockets.ip_text(target), 0))
        if number:
            self._error(number, self.started)
        else:
            self._ask()

    def _ask(self) -> None:
        self._send(echo(self._payload, self.attempts, v6=is_v6(self.probe.address)))

    def again(self) -> None:
        """Once more: echo requests get lost."""
        self.attempts += 1
        self._ask()

    def event(self, mask: int, now: float) -> None:
        """A reply with our payload; raw sockets see other packets too."""
        del mask
        packet = self._received(now)
        if packet is not None and is_reply(packet, self._payload, v6=is_v6(self.probe.address)):
            self.source = self._own_address()
            self.settle(Word.OPEN, self.probe.address, now=now, evidence=(phrase("echo reply"),))


def make_attempt(index: int, probe: Probe, now: float) -> Attempt:
    """The attempt for a probe of that protocol."""
    if probe.protocol == TCP:
        return TcpAttempt(index, probe, now)
    return PingAttempt(index, probe, now) if probe.protocol in ICMP_PROTOCOLS else UdpAttempt(index, probe, now)
