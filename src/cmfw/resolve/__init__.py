"""From the catalog and one site to one plan, and what to tell an administrator about the site. Pure."""

from __future__ import annotations

from cmfw.resolve.lint import lint_site
from cmfw.resolve.plans import resolve

__all__ = ["lint_site", "resolve"]
