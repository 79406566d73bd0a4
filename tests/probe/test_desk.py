"""The responder's answers: allow-list, bounds, deadline, one peer for each session, and never more bytes than were asked with."""

from __future__ import annotations

import pytest

from cmfw.net.flow import TCP, UDP
from cmfw.net.ports import PortSet
from cmfw.probe.desk import MOST_FLOWS, MOST_SESSIONS, SESSION_S, Count, Desk
from cmfw.probe.messages import REPLY, REQUEST, Key, Refused, new_challenge, new_session, request, seal, unseal

KEY = Key(bytes(range(32)))
NOW = 1_700_000_000.0
CHALLENGE = "c0" * 16
PEER, HERE = 0x0A000001, 0x0A000002
ALLOWED = {TCP: PortSet.of(445, (5000, 5999)), UDP: PortSet.of(25536)}


class Doors:
    """Doors that only remember."""

    def __init__(self):
        self.opened, self.closed = {}, []

    def open(self, session, peer, here, flows):
        self.opened[session] = (peer, here, flows)
        return {one.number: "busy" if one.port == 445 else "listening" for one in flows}

    def counts(self, session):
        return {one.number: Count(one.port % 7, one.number) for one in self.opened[session][2]}

    def close(self, session):
        self.closed.append(session)


@pytest.fixture
def doors():
    return Doors()


@pytest.fixture
def desk(doors):
    return Desk(KEY, ALLOWED, doors)


def ask(desk, kind, session, *, now=NOW, peer=PEER, room=4000, **more):
    line = seal(KEY, REQUEST, request(kind, session, now, room, challenge=CHALLENGE, **more))
    reply = desk.hear(line, peer, HERE, now, CHALLENGE)
    assert len(reply) <= len(line)
    return unseal(KEY, REPLY, reply)


FLOWS = [[1, "tcp", 445], [2, "tcp", 5001], [3, "udp", 25536], [4, "tcp", 22], [5, "udp", 445]]


def test_only_allowed_ports_are_opened(desk, doors):
    session = new_session()
    answer = ask(desk, "open", session, flows=FLOWS)
    states = dict(answer["flows"])
    assert states == {1: "busy", 2: "listening", 3: "listening", 4: "not_allowed", 5: "not_allowed"}
    peer, here, flows = doors.opened[session]
    assert (peer, here) == (PEER, HERE)
    assert [(one.protocol, one.port) for one in flows] == [(TCP, 445), (TCP, 5001), (UDP, 25536)]


def test_counts_are_reported_and_sessions_closed(desk, doors):
    session = new_session()
    ask(desk, "open", session, flows=FLOWS)
    assert ask(desk, "report", session)["flows"] == [[1, 4, 1, 0, 0], [2, 3, 2, 0, 0], [3, 0, 3, 0, 0]]
    assert ask(desk, "close", session)["kind"] == "close"
    assert doors.closed == [session]
    with pytest.raises(Refused, match="not open"):
        ask(desk, "report", session)


def test_the_reply_is_about_the_request(desk):
    session = new_session()
    body = request("open", session, NOW, 4000, challenge=CHALLENGE, flows=FLOWS)
    answer = unseal(KEY, REPLY, desk.hear(seal(KEY, REQUEST, body), PEER, HERE, NOW, CHALLENGE))
    assert (answer["nonce"], answer["session"]) == (body["nonce"], session)


def test_a_request_is_answered_once(desk):
    line = seal(KEY, REQUEST, request("open", new_session(), NOW, 4000, challenge=CHALLENGE, flows=FLOWS))
    desk.hear(line, PEER, HERE, NOW, CHALLENGE)
    with pytest.raises(Refused, match="before"):
        desk.hear(line, PEER, HERE, NOW, CHALLENGE)


def test_a_short_request_gets_no_longer_reply(desk, doors):
    session = new_session()
    with pytest.raises(Refused, match="room"):
        ask(desk, "open", session, room=0, flows=[[port, "udp", port] for port in range(1, 100)])
    assert doors.closed == [session]


def test_another_peer_learns_nothing_of_a_session(desk):
    session = new_session()
    ask(desk, "open", session, flows=FLOWS)
    with pytest.raises(Refused, match="not open"):
        ask(desk, "report", session, peer=PEER + 1)


def test_a_session_ends_at_its_deadline(desk, doors):
    session = new_session()
    ask(desk, "open", session, flows=FLOWS)
    desk.expire(NOW + SESSION_S - 1)
    assert doors.closed == []
    desk.expire(NOW + SESSION_S)
    assert doors.closed == [session]


def test_sessions_are_bounded(desk):
    for _ in range(MOST_SESSIONS):
        ask(desk, "open", new_session(), flows=FLOWS)
    with pytest.raises(Refused, match="too many"):
        ask(desk, "open", new_session(), flows=FLOWS)


@pytest.mark.parametrize(
    "flows",
    [
        [],
        [[at, "tcp", 5000 + at] for at in range(MOST_FLOWS + 1)],
        [[1, "tcp", 5001], [1, "tcp", 5002]],
        [[1, "tcp", 5001], [2, "tcp", 5001]],
        [[1, "icmp4", 5001]],
        [[1, "sctp", 5001]],
        [[1, "tcp", 0]],
        [[1, "tcp", 65536]],
        [[1, "tcp", "445"]],
        [[True, "tcp", 445]],
        [[-1, "tcp", 445]],
        [[1, "tcp"]],
        [[1, ["tcp"], 445]],
        {"1": "tcp"},
        None,
    ],
    ids=[
        "none", "too many", "a number twice", "a port twice", "no ports", "unknown protocol", "port 0", "port 65536", "port as text",
        "a number that is none", "a negative number", "half a flow", "protocol in a list", "no list", "null",
    ],
)  # fmt: skip
def test_flows_that_are_none_are_refused(desk, doors, flows):
    with pytest.raises(Refused):
        ask(desk, "open", new_session(), room=30_000 if flows and len(flows) > 50 else 4000, flows=flows)
    assert doors.opened == {}


@pytest.mark.parametrize(
    "change",
    [{"v": 2}, {"kind": "shell"}, {"kind": None}, {"session": "x"}, {"session": 5}, {"extra": 1}],
    ids=str,
)
def test_a_sealed_message_of_another_shape_is_refused(desk, change):
    body = request("report", new_session(), NOW, 4000, challenge=CHALLENGE) | change
    with pytest.raises(Refused):
        desk.hear(seal(KEY, REQUEST, body), PEER, HERE, NOW, CHALLENGE)


def test_close_closes_everything(desk, doors):
    sessions = [new_session() for _ in range(3)]
    for session in sessions:
        ask(desk, "open", session, flows=FLOWS)
    desk.close()
    assert sorted(doors.closed) == sorted(sessions)


def test_a_request_is_good_on_its_own_connection_alone(doors):
    """Neither a responder that begins anew nor another one of the same key takes what was sent to this one."""
    line = seal(KEY, REQUEST, request("open", new_session(), NOW, 4000, challenge=CHALLENGE, flows=FLOWS))
    first, anew, another = (Desk(KEY, ALLOWED, doors) for _ in range(3))
    assert first.hear(line, PEER, HERE, NOW, CHALLENGE)
    before = dict(doors.opened)
    for desk, here in ((anew, HERE), (another, HERE + 1)):
        with pytest.raises(Refused, match="another connection"):
            desk.hear(line, PEER, here, NOW, new_challenge())
    assert doors.opened == before
