"""Two machines of a workspace."""

from __future__ import annotations

import pytest
from tests.web.conftest import DEMO, text_of


@pytest.fixture
def pair(demo):
    """The example's client, and the same one with its block of port 10123 switched off."""
    before = (DEMO / "client.reg").read_text(encoding="utf-8")
    lines = before.splitlines(keepends=True)
    at = next(at for at, line in enumerate(lines) if "5C90E6A2" in line)
    lines[at] = lines[at].replace("Active=TRUE", "Active=FALSE")
    assert lines[at] not in before
    demo.send("/w/demo/machines", {"name": "mended"}, files={"machine": ("mended.reg", "".join(lines).encode())})
    return demo


def test_what_a_switched_rule_does(pair):
    page = pair.open("/w/demo/diff?before=client&after=mended")
    features = page.text.partition('id="features"')[2].partition("</section>")[0]
    assert "Client Notification" in features
    assert features.count("<tr>") == 2
    said = text_of(page)
    assert "Newly allowed" in said
    assert "out tcp" in said
    assert "Block unknown high ports" in said


def test_a_machine_equals_itself(pair):
    said = text_of(pair.open("/w/demo/diff?before=client&after=client"))
    assert "both give every flow the same verdict" in said
    assert "Every feature has the same status on both." in said


def test_a_single_machine_has_nothing_to_be_compared_with(demo):
    assert "needs two machines" in text_of(demo.open("/w/demo/diff"))


def test_machines_that_are_not_there(pair):
    assert pair.open("/w/demo/diff?before=client&after=none").status_code == 404
