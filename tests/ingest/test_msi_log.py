"""The end of ``client.msi.log``."""

from __future__ import annotations

import io

import pytest

from cmfw.ingest.msi_log import looks_like_msi_log, read_msi_log
from cmfw.model.observation import Outcome

START = "=== Verbose logging started: 3/2/2026  9:00:41  Build type: SHIP UNICODE 5.00.10011.00  Calling process: ccmsetup.exe ===\r\n"
LINE = "MSI (s) (2C:E0) [09:01:10:123]: {}\r\n"


def read(text):
    return list(read_msi_log(io.BytesIO(text.encode("utf-16")), "client.msi.log", "h1", print))


@pytest.mark.parametrize(
    ("text", "outcome", "code"),
    [
        ("Product: Configuration Manager Client. Installation success or error status: 0.", Outcome.REACHED, ""),
        ("Product: Configuration Manager Client. Installation success or error status: 1603.", Outcome.FAILED, "win32-1603"),
        ("MainEngineThread is returning 1612", Outcome.FAILED, "win32-1612"),
    ],
)
def test_the_end(text, outcome, code):
    (event,) = read(START + LINE.format("Action start") + LINE.format(text))
    assert (event.stage, event.outcome, event.code, event.place.line) == ("setup_msi", outcome, code, 3)
    assert event.time == "2026-03-02T09:00:41.000"


def test_no_end_is_no_event():
    assert read(START + LINE.format("Action start")) == []


@pytest.mark.parametrize(("text", "is_one"), [(START, True), (LINE.format("x"), True), ("plain", False)])
def test_what_looks_like_one(text, is_one):
    assert looks_like_msi_log(text) is is_one
