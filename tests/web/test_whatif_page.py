"""Questions in the address."""

from __future__ import annotations

import re

import pytest
from tests.web.conftest import text_of

BLOCK = "{5C90E6A2-8D13-4F7B-B2A4-D36E1F08C7A5}"


def outcomes(page):
    """Feature -> outcome of the rows that change."""
    answer = page.text.partition('id="answer"')[2]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>.*?</tr>', answer)
    told = re.findall(r'<tr><th scope="row">([^<]*)</th>(?:(?!</tr>).)*class="outcome (\w+)"', answer)
    assert rows
    return dict(told)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("", {}),
        ("close=out:tcp/80&close=out:tcp/443&close=", {"Client Requests": "worse"}),
        (f"disable={BLOCK}", {"Client Notification": "better"}),
        ("open=in:tcp/445&open=in:tcp/49152-65535", {"Client Push Installation": "better"}),
        ("without=remote_control", {"Remote Control": "off"}),
        ("notification=10124", {"Client Notification": "better"}),
    ],
    ids=["nothing", "no web", "without the block", "push opened", "not used", "another port"],
)
def test_what_a_change_does(demo, question, expected):
    page = demo.open(f"/w/demo/m/client/whatif?{question}")
    assert page.status_code == 200
    assert expected.items() <= outcomes(page).items()
    if not expected:
        assert outcomes(page) == {}


@pytest.mark.parametrize(
    "question", ["close=nonsense", "disable=none", "profile=home", "http=x", "set=a", "here=a", "firewall=maybe"]
)
def test_what_cannot_be_supposed_is_told(demo, question):
    page = demo.open(f"/w/demo/m/client/whatif?{question}")
    assert page.status_code == 422
    assert "expected" in text_of(page)
    assert "command line" not in text_of(page)
    assert demo.open(f"/w/demo/m/client/whatif?{question}", headers={"hx-request": "true"}).status_code == 200


def test_the_form_holds_the_question(demo):
    page = demo.open(f"/w/demo/m/client/whatif?close=tcp/80&disable={BLOCK}&profile=public&firewall=off")
    assert 'name="close" value="tcp/80"' in page.text
    assert re.search(rf'name="disable" value="{re.escape(BLOCK)}" checked', page.text)
    assert '<option value="public" selected>' in page.text


def test_more_changes_than_a_question_takes(demo):
    assert demo.open("/w/demo/m/client/whatif?" + "&".join(f"close=tcp/{n}" for n in range(1, 60))).status_code == 422


def test_a_machine_that_nobody_has_yet(demo):
    page = demo.open("/w/demo/whatif?as=office&close=in:tcp/445")
    assert page.status_code == 200
    assert outcomes(page)["Client Push Installation"] == "worse"
    assert 'name="as" value="office"' in page.text
    assert outcomes(demo.open("/w/demo/whatif")) == {}
    assert demo.open("/w/demo/whatif?as=nobody").status_code == 422


def test_another_product_is_asked_about_as_if_it_were_planned(demo):
    text = demo.open("/w/demo/site/file").text.replace('profile = "domain"', 'profile = "domain"\nproduct = "other"')
    demo.send("/w/demo/site", {"text": text})
    assert outcomes(demo.open("/w/demo/whatif?notification=10125&close=tcp/10125"))["Client Notification"] == "worse"


def test_a_whole_group_is_switched(demo):
    page = demo.open("/w/demo/m/client/whatif?enable-group=@FirewallAPI.dll,-28502")
    assert '<option value="@FirewallAPI.dll,-28502" selected>' in page.text
    assert outcomes(page)["Windows Event Viewer, Windows Performance Monitor, and Windows Diagnostics"] in (
        "better",
        "undecided",
    )
