"""From a plan and a host engine to feature statuses and findings. Pure; every answer is data."""

from __future__ import annotations

from cmfw.diagnose.results import (
    AdvisoryResult,
    BlockedFlow,
    Diagnosis,
    ExceptionResult,
    Presence,
    Repair,
    RowResult,
    Step,
)
from cmfw.diagnose.run import diagnose

__all__ = [
    "AdvisoryResult",
    "BlockedFlow",
    "Diagnosis",
    "ExceptionResult",
    "Presence",
    "Repair",
    "RowResult",
    "Step",
    "diagnose",
]
