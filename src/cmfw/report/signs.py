"""A shape for each status, beside its colour and its word: none of the three carries the meaning alone."""

from __future__ import annotations

SIGNS = {"broken": "\u2716", "degraded": "\u25b2", "unknown": "\u25c6", "works": "\u2714", "disabled": "\u25cb"}
"""Cross, triangle, diamond, tick, ring. Not emoji: they print, and fonts for Chinese have them."""
