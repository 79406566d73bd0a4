"""Oracles that a command line names beside a configuration: results of probes, and a lab that plays the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cmfw.diagnose.wire import WireOracle
    from cmfw.model.state import HostState
    from cmfw.model.verdict import Oracle


def read_probe(path: str) -> WireOracle:
    """What an earlier run of ``cmfw probe`` saw; raises InputError for a file that it did not write. Nothing is sent."""
    from pathlib import Path

    from cmfw.diagnose.wire import WireOracle
    from cmfw.errors import InputError, Problem
    from cmfw.probe.record import read_results

    try:
        return WireOracle(read_results(Path(path).read_text(encoding="utf-8-sig"), path))
    except UnicodeDecodeError as error:
        raise InputError(Problem(path, "UTF-8", "other bytes", offset=error.start)) from error


@contextmanager
def played(state: HostState, *, wanted: bool) -> Iterator[tuple[Oracle, ...]]:
    """The machine in a lab of namespaces while the context lasts, nothing unless it is wanted.

    Raises LabError where this system cannot hold a lab.
    """
    if not wanted:
        yield ()
        return
    from cmfw.cli.lab import check_system

    check_system()
    from cmfw.lab.oracle import LabOracle

    with LabOracle(state) as lab:
        yield (lab,)
