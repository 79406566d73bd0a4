"""The bar: seen on a terminal after a second, taken away, and nothing where nobody watches."""

from __future__ import annotations

import io
import time

import pytest

from cmfw.cli import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(progress, "_FIRST_S", 0.0)
    monkeypatch.setattr(progress, "_EVERY_S", 0.001)


def waited(monkeypatch, stream: io.StringIO) -> str:
    """What stands on stderr after work that lasts until something is shown, or for a while where nothing is."""
    monkeypatch.setattr("sys.stderr", stream)
    with progress.Waiting():
        until = time.monotonic() + (5 if stream.isatty() else 0.05)
        while time.monotonic() < until and not stream.getvalue():
            pass
    return stream.getvalue()


@pytest.mark.usefixtures("at_once")
def test_a_long_answer_is_waited_for_with_a_bar_that_goes_away(monkeypatch):
    shown = waited(monkeypatch, Terminal())
    assert shown.startswith("\r[")
    assert shown.count("#") == shown.count(" s") >= 1
    assert shown.endswith("\r\033[K")


@pytest.mark.usefixtures("at_once")
def test_nothing_is_shown_where_nobody_watches(monkeypatch):
    assert waited(monkeypatch, io.StringIO()) == ""


def test_a_short_answer_shows_nothing(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    with progress.Waiting():
        pass
    assert stream.getvalue() == ""


@pytest.mark.usefixtures("at_once")
def test_an_error_ends_the_bar(monkeypatch):
    before = progress.threading.active_count()
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    with pytest.raises(ValueError, match="lost"), progress.Waiting():
        raise ValueError("lost")
    assert progress.threading.active_count() == before
