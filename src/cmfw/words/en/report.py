"""English words: report."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "report.clients": "Clients",
    "report.which_form": "no form is asked for: give --format, or a FILE whose name ends like one of {forms}",
    "report.needs_file": "{form} is no text: give a FILE with -o",
}
