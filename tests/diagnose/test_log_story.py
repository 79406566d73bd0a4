"""Stories out of events: what stands, what was recovered from, what the verdict is."""

from __future__ import annotations

import pytest

from cmfw.catalog.log_facts import load_log_facts
from cmfw.diagnose.log_story import stories
from cmfw.model.observation import Layer, LogEvent, Outcome, Place

FACTS = load_log_facts()


def event(stage, outcome, at, code="", peer="", flows=None, subject="", utc=""):
    return LogEvent(
        host="h1",
        subject=subject,
        time=f"2026-03-02T09:00:{at:02}.000",
        utc=utc,
        component="c",
        stage=stage,
        outcome=Outcome(outcome),
        flows=FACTS.stages[stage].flows if flows is None else flows,
        peer=peer,
        code=code,
        text="t",
        place=Place("f.log", at),
    )


def story(*events):
    (found,) = stories(events, FACTS)
    return found


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        ([event("push_share", "failed", 1, "win32-53")], "network"),
        ([event("push_wmi", "failed", 1, "win32-5")], "authentication"),
        ([event("messaging", "failed", 1, "win32-12175")], "tls"),
        ([event("scan", "failed", 1, "0x80244022")], "server"),
        ([event("scan", "failed", 1, "0x8024402c")], "name"),
        ([event("setup_end", "failed", 1, "0x80004005")], "other"),
        ([event("notification", "fallback", 1)], "fallback"),
        ([event("notification", "failed", 1, "win32-10060"), event("notification", "fallback", 2)], "fallback"),
        ([event("registration", "reached", 1)], "clean"),
        ([event("registration", "tried", 1)], "started"),
        ([event("scan", "failed", 1, "win32-12002"), event("messaging", "failed", 2, "http-403")], "network"),
        ([event("scan", "failed", 1, "nobody-knows")], "other"),
    ],
    ids=["network", "access denied", "certificate", "503", "name", "other", "fallback", "failure, then fallback", "clean", "started",
         "network before authentication", "unknown code"],
)  # fmt: skip
def test_the_verdict(events, verdict):
    assert story(*events).verdict == verdict


@pytest.mark.parametrize(
    ("failure", "success", "stands"),
    [
        (event("messaging", "failed", 1, "win32-12002", "a"), event("messaging", "reached", 2, peer="a"), False),
        (event("messaging", "failed", 1, "win32-12002", "a"), event("messaging", "reached", 2, peer="b"), True),
        (event("messaging", "failed", 1, "win32-12002", "a"), event("messaging", "reached", 2), False),
        (event("messaging", "failed", 2, "win32-12002", "a"), event("messaging", "reached", 1, peer="a"), True),
        (event("messaging", "failed", 1, "win32-12002"), event("scan", "reached", 2), True),
        (event("setup_location", "failed", 1, "win32-12002"), event("setup_end", "reached", 2), False),
        (event("setup_end", "failed", 1, "win32-1603"), event("setup_mp", "reached", 2), True),
        (event("push_share", "failed", 1, "win32-53"), event("push_wmi", "reached", 2), False),
        (event("notification", "fallback", 1), event("notification", "reached", 2), True),
    ],
    ids=["same peer", "other peer", "peer not said", "success before", "other step", "later step of setup", "earlier step of setup",
         "later step of push", "success by the fallback"],
)  # fmt: skip
def test_a_failure_stands_until_the_same_succeeds(failure, success, stands):
    assert bool(story(failure, success).doubts) is stands


def test_what_was_recovered_from_is_shown_as_reached():
    found = story(event("messaging", "failed", 1, "win32-12002", "a"), event("messaging", "reached", 2, peer="a"))
    assert [(s.state, s.recovered) for s in found.stages] == [(Outcome.REACHED, True)]
    assert found.last_stage == "messaging"


def test_an_answer_shows_that_the_flow_is_open():
    found = story(event("messaging", "failed", 1, "http-403", "a", flows=("mp_https",)))
    assert found.doubts[0].answered
    assert found.works == ("mp_https",)


def test_what_both_works_and_fails_is_not_said_to_work():
    events = [event("messaging", "reached", 1, peer="a", flows=("mp_http",))]
    events.append(event("messaging", "failed", 2, "win32-12029", "b", flows=("mp_http",)))
    assert story(*events).works == ()


def test_a_refusal_by_rst_is_of_the_network_though_something_answered():
    (doubt,) = story(event("notification", "failed", 1, "win32-10061")).doubts
    assert (doubt.layer, doubt.answered) == (Layer.NETWORK, False)


def test_the_code_of_a_push_without_a_step_still_names_its_flow():
    (doubt,) = story(event("push_request", "failed", 1, "win32-1722")).doubts
    assert doubt.flows == ("push_epm", "push_wmi")


def test_the_code_repeated_at_the_end_of_a_push_is_no_second_doubt():
    events = [event("push_wmi", "failed", 1, "win32-5"), event("push_request", "failed", 2, "win32-5")]
    assert [doubt.stage for doubt in story(*events).doubts] == ["push_wmi"]


def test_a_code_of_pushing_puts_no_flow_of_pushing_in_doubt_elsewhere():
    (doubt,) = story(event("setup_end", "failed", 1, "win32-53")).doubts
    assert doubt.flows == ()


def test_a_revocation_list_out_of_reach_is_a_flow_of_its_own():
    (doubt,) = story(event("messaging", "failed", 1, "0x80092013", flows=("mp_https",))).doubts
    assert doubt.flows == ("mp_https", "env_crl_http")


def test_utc_orders_where_every_record_has_it():
    early = event("messaging", "reached", 9, peer="a", utc="2026-03-02T01:00:00Z")
    late = event("messaging", "failed", 1, "win32-12002", "a", utc="2026-03-02T02:00:00Z")
    assert story(early, late).doubts
    assert not story(event("messaging", "reached", 9, peer="a"), late).doubts


def test_one_story_for_each_machine_that_a_server_worked_on():
    found = stories([event("push_share", "failed", n, "win32-53", subject=f"pc{n}") for n in (2, 1)], FACTS)
    assert [each.subject for each in found] == ["pc1", "pc2"]


def test_connections_are_added_up():
    events = [event("messaging", "reached", 1, peer="a"), event("messaging", "failed", 2, "http-403", "a")]
    (connection,) = story(*events).connections
    assert (connection.peer, connection.count, connection.failed) == ("a", 2, 1)
