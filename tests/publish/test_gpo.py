"""Versions of an object: which one is ahead, and which one follows."""

from __future__ import annotations

import pytest

from cmfw.publish.gpo import is_ahead, next_version


@pytest.mark.parametrize(
    ("one", "other", "following"),
    [
        (0, 0, 1),
        (5, 5, 6),
        (6, 5, 7),
        (5, 6, 7),
        (65535, 65535, 1),
        (2, 65535, 3),
        (3 * 65536 + 5, 3 * 65536 + 5, 3 * 65536 + 6),
        (3 * 65536 + 65535, 2 * 65536 + 65535, 3 * 65536 + 1),
    ],
    ids=[
        "new",
        "in step",
        "files ahead",
        "directory ahead",
        "never 0",
        "past the end",
        "the user part stays",
        "the larger user part",
    ],
)
def test_the_version_that_follows_both(one, other, following):
    assert next_version(one, other) == following


@pytest.mark.parametrize(
    ("one", "other", "ahead"),
    [(6, 5, True), (5, 5, False), (5, 6, False), (2, 65535, True), (65535, 2, False), (65536 + 5, 5, False)],
    ids=["later", "same", "earlier", "past the end", "behind past the end", "the user part alone"],
)
def test_ahead(one, other, ahead):
    assert is_ahead(one, other) is ahead
