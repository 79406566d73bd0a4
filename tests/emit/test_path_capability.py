"""The table of network targets in the docs."""

from __future__ import annotations

from importlib import import_module

from tests.conftest import ROOT
from tests.emit.cases import UPDATE

from cmfw.emit.network import NETWORK_TARGETS
from cmfw.emit.path_capability import path_table


def test_the_table_of_the_docs_is_current():
    path = ROOT / "docs" / "network-targets.md"
    text = path.read_text(encoding="utf-8")
    begin, end = "<!-- table: begin -->\n", "<!-- table: end -->"
    head, _, rest = text.partition(begin)
    old, _, tail = rest.partition(end)
    new = path_table(import_module(module).CAPABILITIES for module in NETWORK_TARGETS.values())
    if UPDATE:
        path.write_text(f"{head}{begin}{new}{end}{tail}", encoding="utf-8", newline="\n")
        old = new
    assert old == new, "run once with CMFW_UPDATE_GOLDEN=1"
