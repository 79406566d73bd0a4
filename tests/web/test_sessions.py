"""Sessions by a clock that the test turns."""

from __future__ import annotations

import pytest

from cmfw.web.sessions import IDLE_S, MOST_SESSIONS, MOST_TRIES, TRIES_S, Sessions


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sessions(clock):
    return Sessions("the right one", clock)


def test_the_secret_opens_a_session_and_nothing_else_does(sessions):
    assert sessions.opened("the wrong one") is None
    name = sessions.opened("the right one")
    assert sessions.is_open(name)
    assert not sessions.is_open(name + "x")


def test_a_session_ends_where_nobody_uses_it(sessions, clock):
    name = sessions.opened("the right one")
    clock.now += IDLE_S - 1
    assert sessions.is_open(name)
    clock.now += IDLE_S - 1
    assert sessions.is_open(name)
    clock.now += IDLE_S + 1
    assert not sessions.is_open(name)


def test_a_closed_session_is_closed(sessions):
    name = sessions.opened("the right one")
    sessions.close(name)
    assert not sessions.is_open(name)


def test_guessing_is_braked_for_the_right_secret_too(sessions, clock):
    for _ in range(MOST_TRIES):
        assert sessions.opened("guess") is None
    assert sessions.opened("the right one") is None
    clock.now += TRIES_S + 1
    assert sessions.opened("the right one") is not None


def test_there_are_only_so_many_sessions(sessions):
    names = [sessions.opened("the right one") for _ in range(MOST_SESSIONS + 3)]
    assert [sessions.is_open(name) for name in (*names[:3], *names[-3:])] == [False] * 3 + [True] * 3


def test_tokens_belong_to_their_session(sessions):
    one, other = sessions.opened("the right one"), sessions.opened("the right one")
    assert sessions.is_own(one, sessions.forgery_token(one))
    assert not sessions.is_own(other, sessions.forgery_token(one))
    assert not sessions.is_own("", "")
