"""Explanations lead to one another."""

from __future__ import annotations

import pytest
from tests.web.conftest import text_of


@pytest.mark.parametrize(
    ("word", "place"),
    [
        ("client_push", "/explain/feature/client_push"),
        ("E1", "/explain/erratum/E1"),
        ("tcp/10123", "/explain/port/tcp%2F10123"),
        ("feature-broken", "/explain/finding/feature-broken"),
        ("hive", "/explain/format/hive"),
    ],
)
def test_a_word_leads_to_its_page(browser, word, place):
    answer = browser.open("/explain", params={"q": word})
    assert answer.headers["location"] == place
    assert browser.open(place).status_code == 200


def test_every_topic_has_a_page(browser):
    from cmfw.catalog import PACKS, load
    from cmfw.report.topics import topics_of

    index = browser.open("/explain").text
    topics = topics_of(load(PACKS))
    assert index.count('<a href="/explain/') == len(topics) + 1
    for topic in topics[:: max(len(topics) // 60, 1)]:
        answer = browser.open(f"/explain/{topic.kind}/{topic.id.replace('/', '%2F').replace('#', '%23')}")
        assert answer.status_code == 200, topic


def test_features_of_a_port_are_links(browser):
    assert '<a href="/explain/feature/client_push">' in browser.open("/explain/port/445").text


def test_a_word_without_meaning_names_near_ones(browser):
    answer = browser.open("/explain", params={"q": "client_pusch"})
    assert answer.status_code == 404
    assert "client_push" in text_of(answer)


def test_the_name_of_a_row_is_no_link_to_a_flow_of_that_name(browser):
    page = browser.open("/explain/feature/client_push").text
    assert "<td>mp_http</td>" in page
    assert "Client Installation by Using Group Policy (gpo_install)</a>" in page


def test_every_key_of_a_site_file_is_told(browser):
    from cmfw.ingest.site_keys import SITE_KEYS

    page = browser.open("/explain/site-file").text
    assert [key.path for key in SITE_KEYS if f"<code>{key.path}</code>" not in page] == []
