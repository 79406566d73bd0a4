"""The table of network targets in the docs, in both languages."""

from __future__ import annotations

import pytest
from tools import target_pages

PAGES = target_pages.network_pages()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_table_of_the_docs_is_current(path):
    assert path.read_text(encoding="utf-8") == PAGES[path], "run `python -m tools.pages`"
