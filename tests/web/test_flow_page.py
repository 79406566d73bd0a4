"""One packet on one machine."""

from __future__ import annotations

import pytest
from tests.web.conftest import text_of

PLACE = "/w/demo/m/client/flow"


@pytest.mark.parametrize(
    ("flow", "said"),
    [
        ("in tcp 10.20.1.10 > 10.30.0.17:445 profile=domain", "block: no rule matches"),
        ("in tcp 10.20.5.21 > 10.30.0.17:2701 profile=domain", "allow: a rule decides"),
        ("out tcp 10.30.0.17 > 10.20.1.10:10123", "Block unknown high ports"),
    ],
)
def test_a_flow_is_judged_as_the_command_does(demo, flow, said):
    page = demo.open(PLACE, params={"q": flow})
    assert page.status_code == 200
    assert said in text_of(page)
    assert "The way of one packet" in text_of(page)


def test_the_field_begins_with_what_does_not_pass(demo):
    page = demo.open(PLACE)
    assert 'value="in tcp 10.20.1.10:50000 &gt; 10.30.0.1:445' in page.text
    assert "The way of one packet" not in text_of(page)


@pytest.mark.parametrize("flow", ["nonsense", "in tcp a > b", "in tcp 10.0.0.1 >", "x" * 5000, "in tcp * > *:99999"])
def test_what_is_no_flow_is_told_with_its_place(demo, flow):
    page = demo.open(PLACE, params={"q": flow})
    assert page.status_code == 422
    assert "at character" in text_of(page)
