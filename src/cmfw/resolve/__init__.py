"""From the catalog and one site to one plan; what to tell an administrator about the site is in ``lint``. Pure."""

from __future__ import annotations

from cmfw.resolve.plans import resolve

__all__ = ["resolve"]
