"""Reads what is: machine state files of every known format, and site files.

``read_state`` gives the state of one machine; ``cmfw.ingest.site`` reads site files.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cmfw.ingest.host_state import ReadResult

FORMATS = {
    "wfw": "cmfw.ingest.wfw",
    "hive": "cmfw.ingest.hive",
    "registry-pol": "cmfw.ingest.registry_pol",
    "reg": "cmfw.ingest.reg",
    "gpo": "cmfw.ingest.gpo",
    "collector": "cmfw.ingest.collector",
    "ps-json": "cmfw.ingest.ps_json",
    # before the other tables, which would take its heads for those of a cmdlet
    "mmc": "cmfw.ingest.mmc",
    "ps-csv": "cmfw.ingest.ps_csv",
    "clixml": "cmfw.ingest.clixml",
    "ps-text": "cmfw.ingest.ps_text",
    "gpreport": "cmfw.ingest.gpreport",
    "netsh": "cmfw.ingest.netsh",
    "syncml": "cmfw.ingest.syncml",
    "intune": "cmfw.ingest.intune",
    "dsc": "cmfw.ingest.dsc",
    "registry-json": "cmfw.ingest.registry_json",
    "ps-script": "cmfw.ingest.ps_script",
    "netsh-script": "cmfw.ingest.batch_script",
    # takes any text with rule strings in it, so it is asked last
    "rule-strings": "cmfw.ingest.rule_strings",
}
"""Format name to module, in the order in which they are asked whether a file is theirs. Each has ``sniff`` and ``read``."""


def format_module(name: str) -> ModuleType:
    """The module of a format, loaded on first use."""
    from importlib import import_module

    return import_module(FORMATS[name])


def read_state(paths: Sequence[str], *, local_subnets: Sequence[str] = (), digests: bool = False) -> ReadResult:
    """The state of the machine that all ``paths`` describe, and what is wrong with the files. See ``host_state``."""
    from cmfw.ingest import host_state

    return host_state.read_state(paths, local_subnets=local_subnets, digests=digests)
