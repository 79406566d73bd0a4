"""Observations hold together."""

from __future__ import annotations

import pytest

from cmfw.model.observation import Observation, Place, Seen
from cmfw.net.flowtext import parse_parts

WHOLE = {"host": "h", "flow": parse_parts("in tcp * > *:445"), "seen": Seen.ALLOWED, "first": "", "last": ""}


@pytest.mark.parametrize(("count", "places"), [(0, (Place("f", 1),)), (1, ())], ids=["never", "nowhere"])
def test_what_was_never_or_nowhere_seen_is_no_observation(count, places):
    with pytest.raises(ValueError, match="at least once"):
        Observation(**WHOLE, count=count, places=places)


def test_a_place_is_written_as_file_and_line():
    assert str(Place("a.zip!b.log", 7)) == "a.zip!b.log:7"
