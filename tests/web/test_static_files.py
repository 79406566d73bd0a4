"""The files that pages use: as they came from others, and nothing in them that asks elsewhere."""

from __future__ import annotations

import re
from hashlib import sha256

import pytest

from cmfw.web.frame import resource

HTMX = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
"""Of dist/htmx.min.js in the npm package htmx.org 2.0.11."""


def test_htmx_is_as_its_makers_published_it():
    assert sha256(resource("htmx.min.js")).hexdigest() == HTMX
    assert b'version:"2.0.11"' in resource("htmx.min.js")
    assert resource("htmx-LICENSE.txt").startswith(b"Zero-Clause BSD")


@pytest.mark.parametrize("name", ["page.css", "web.css", "web.js", "icon.svg"])
def test_our_own_files_ask_nobody_else(name):
    text = resource(name).decode().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|//[a-z]|url\(|@import", text.replace("// ", ""))


def test_an_address_of_another_version_leads_to_nothing(demo):
    from cmfw.web.frame import static

    assert demo.open(static("web.css")).headers["cache-control"].startswith("public")
    assert demo.open("/static/000000000000/web.css").status_code == 404
