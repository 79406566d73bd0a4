"""The blocks of pages on the documentation site: MkDocs calls this as a hook.

Behind the kind of a block stand words for the tests that run the page: the file that it is, an exit code, a subnet. The site's reader of
Markdown takes a block with such words for a paragraph, and everything to the next block with it. Here the last word becomes the title.
"""

from __future__ import annotations

import re
from typing import Any

FENCE = re.compile(r'^```(?P<kind>\w+) (?:[^`"\n]+ )?(?P<last>[^`"\s]+)$', re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Give MkDocs the page with blocks that it can read."""
    return FENCE.sub(r'```\g<kind> title="\g<last>"', markdown)
