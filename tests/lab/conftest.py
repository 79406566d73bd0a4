"""What the lab tests need: a Linux that lets this user have namespaces, and libnftables."""

from __future__ import annotations

import sys
from functools import cache

import pytest
from tests.conftest import need


@cache
def missing() -> str:
    """Why this machine cannot hold a lab; empty where it can."""
    if sys.platform != "linux":
        return "the lab needs Linux"
    from cmfw.errors import LabError
    from cmfw.lab.supervisor import Supervised
    from cmfw.lab.wire import Wire

    try:
        Supervised(lambda: Wire([[]])).close()
    except LabError as error:
        return str(error)
    return ""


@pytest.fixture(autouse=True)
def _lab(request: pytest.FixtureRequest) -> None:
    """Skip or fail a test with the ``lab`` marker where there can be no lab."""
    if request.node.get_closest_marker("lab"):
        need(not missing(), missing())
