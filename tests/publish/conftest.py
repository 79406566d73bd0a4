"""A domain for the tests that need a real one, started once and stopped at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.publish import domain as domains


@pytest.fixture(scope="session")
def domain() -> Iterator[domains.Domain]:
    """A controller that lets in TCP 445 and 636 and nothing else."""
    with domains.running() as found:
        yield found
