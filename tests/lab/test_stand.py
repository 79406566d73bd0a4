"""Real servers and clients in the lab: each feature with its ports open, closed one after the other, and open again."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from tests.lab.stand_sites import HTTP, HTTPS, SEVERAL, need_programs, played, scripted

from cmfw.lab.stand import steps
from cmfw.lab.stand.behave import Behaviour, Round
from cmfw.lab.stand.steps import Step
from cmfw.model.verdict import Status

pytestmark = [pytest.mark.lab, pytest.mark.debian, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _programs():
    need_programs()


@cache
def over(kind: str) -> Behaviour:
    """One run of a site, for all tests."""
    return played(scripted({"http": HTTP, "https": HTTPS}[kind]))


def closed(run: Behaviour, *texts: str) -> Round:
    """The round with exactly these closings."""
    (found,) = (one for one in run.rounds if one.closing and one.closing.text() == texts)
    return found


def statuses(one: Round) -> dict[str, Status]:
    return {row.row.feature: row.seen for row in one.rows}


def fell(run: Behaviour, *texts: str) -> dict[str, str]:
    """The features that do not work in a round, with their status."""
    return {name: status.word for name, status in statuses(closed(run, *texts)).items() if status < Status.WORKS}


def through(one: Round, feature: str) -> tuple[str, ...]:
    (row,) = (row for row in one.rows if row.row.feature == feature)
    return row.through


def facts(one: Round, item: str) -> list[tuple[str, str]]:
    (found,) = {seen.exchange.facts for seen in one.exchanges if seen.exchange.item == item and seen.exchange.is_done}
    return list(found)


@pytest.mark.parametrize("kind", ["http", "https"])
def test_stand_ins_formula_and_specification_agree_in_every_round(kind):
    run = over(kind)
    assert [(one.closing and one.closing.text(), row.row.feature) for one in run.rounds for row in one.wrong] == []
    assert run.lame == ()
    assert len(run.rounds) > 30
    assert {name for row in run.script.rows for name in [row.feature]} >= {
        *steps.STEPS,
        "client_notification",
        "wakeup_proxy",
    }


@pytest.mark.parametrize("kind", ["http", "https"])
def test_whatever_failed_works_again_once_it_is_open(kind):
    run = over(kind)
    again = [one for one in run.rounds if one.closing is None]
    assert len(again) == 1 + len(run.script.closings)
    assert {status for one in again for status in statuses(one).values()} == {Status.WORKS}
    assert {through(one, "client_notification") for one in again} == {("notify_tcp:office>mp1.example.test",)}


@pytest.mark.parametrize("kind", ["http", "https"])
def test_every_failure_is_a_packet_that_the_closing_dropped(kind):
    failed = [(one, seen) for one in over(kind).rounds for seen in one.exchanges if not seen.exchange.is_done]
    assert len(failed) > 20
    for one, seen in failed:
        assert one.closing is not None
        assert seen.outcome.place is not None
        assert [ref.origin for ref in seen.outcome.verdict.by] == ["what if"]
        assert seen.exchange.packet


@pytest.mark.parametrize("kind", ["http", "https"])
def test_every_exchange_passed_by_a_rule_of_the_plan(kind):
    first = over(kind).rounds[0]
    assert all(seen.outcome.verdict.by and seen.exchange.facts for seen in first.exchanges)


def test_notification_falls_back_to_asking_and_comes_back():
    run = over("http")
    tcp, web = "mp1.example.test: in tcp/10124", "mp1.example.test: in tcp/80,8081"
    assert fell(run, tcp) == {"client_notification": "degraded"}
    assert through(closed(run, tcp), "client_notification") == ("mp_http:office>mp1.example.test",)
    assert statuses(closed(run, web))["client_notification"] is Status.WORKS
    assert fell(run, tcp, web)["client_notification"] == "broken"


def test_notification_falls_back_to_https():
    run = over("https")
    tcp, web = "mp1.example.test: in tcp/10124", "mp1.example.test: in tcp/443"
    assert through(closed(run, tcp), "client_notification") == ("mp_https:office>mp1.example.test",)
    assert fell(run, tcp, web)["client_notification"] == "broken"


@pytest.mark.parametrize("port", ["tcp/445", "tcp/135", "tcp/49152-65535"])
def test_a_blocked_push_blocks_no_other_way_to_install(port):
    run = over("http")
    assert fell(run, f"office: in {port}") == {"client_push": "broken"}
    working = statuses(closed(run, f"office: in {port}"))
    assert {working[name] for name in ("manual_install", "gpo_install", "logon_install", "sup_install")} == {Status.WORKS}


def test_push_without_echo_works():
    assert fell(over("http"), "office: in icmp4/8") == {"wakeup_proxy": "broken"}


def test_what_push_exchanges():
    first = over("http").rounds[0]
    smb = facts(first, "push_smb:cm1.example.test>office")
    assert ("dialect", "0x0311") in smb
    assert ("copied", r"\\10.9.64.11\ADMIN$\ccmsetup.exe") in smb
    assert ("service_manager", "NETLOGON=1") in smb
    mapped = dict(facts(first, "push_epm:cm1.example.test>office"))
    assert 49152 <= int(mapped["port"]) <= 49183
    assert dict(facts(first, "push_wmi:cm1.example.test>office"))["port"] == mapped["port"]


def test_the_alternative_port_is_used_where_the_default_is_closed():
    run = over("http")
    one = closed(run, "mp1.example.test: in tcp/80")
    assert fell(run, "mp1.example.test: in tcp/80") == {}
    assert facts(one, "dp_http:office>mp1.example.test")[0] == ("port", "8081")
    assert facts(run.rounds[0], "dp_http:office>mp1.example.test")[0] == ("port", "80")


def test_content_comes_by_smb_where_the_distribution_point_is_closed_to_requests():
    run = over("http")
    web, smb = "mp1.example.test: in tcp/80,8081", "mp1.example.test: in tcp/445"
    assert "swdist_install" not in fell(run, smb)
    assert fell(run, web, smb)["swdist_install"] == "broken"


@pytest.mark.parametrize("port", [8532, 8533])
def test_both_ports_of_the_wsus_pair_are_needed(port):
    assert fell(over("https"), f"sup1.example.test: in tcp/{port}") == {"sup_install": "broken"}


def test_a_management_point_over_https_wants_the_clients_certificate():
    seen = facts(over("https").rounds[0], "mp_https:office>mp1.example.test")
    assert ("request", "CCM_POST /ccm_system/request") in seen
    assert ("without_certificate", "403") in seen
    assert next(text for name, text in seen if name == "client_certificate").startswith("CN=cmfw lab host")


def test_a_sleeper_is_woken_directly_and_by_its_manager():
    seen = dict(facts(over("http").rounds[0], "wup_wol:office>office"))
    assert seen["card_saw"] == "unicast, broadcast"
    assert seen["manager_took_call"] == "10.9.64.4:3389"
    assert seen["awake_again"] == "10.9.64.4"
    for door in ("in icmp4/8", "in udp/25536", "out udp/9"):
        assert fell(over("http"), f"office: {door}") == {"wakeup_proxy": "broken"}


def test_remote_control_and_fallback_status_point_have_one_port_each():
    assert fell(over("http"), "office: in tcp/2701") == {"remote_control": "broken"}
    assert fell(over("https"), "mp1.example.test: in tcp/80,8081") == {"fsp": "broken"}


def test_several_groups_and_distribution_points():
    script = scripted(SEVERAL)
    chosen = {("mp1.example.test: in tcp/10123",), ("dp3.example.test: in tcp/80",)}
    run = played(replace(script, closings=tuple(one for one in script.closings if one.text() in chosen)))
    assert run.wrong == run.lame == ()
    notified = {row.row.clients: row.seen for row in closed(run, "mp1.example.test: in tcp/10123").rows if row.row.peer}
    assert notified["办公"] is Status.DEGRADED
    # requests want every distribution point, setup is content with one
    assert fell(run, "dp3.example.test: in tcp/80") == {"client_requests": "degraded"}


def test_a_client_that_behaves_otherwise_than_the_formula_is_told(monkeypatch):
    both = (Step((("sup_http",), ("sup_https",))), *steps.STEPS["sup_install"][1:])
    monkeypatch.setitem(steps.STEPS, "sup_install", both)
    script = scripted(HTTPS)
    only = tuple(one for one in script.closings if one.text() == ("sup1.example.test: in tcp/8532",))
    run = played(replace(script, closings=only))
    assert {row.row.feature for row in run.wrong} == {"sup_install"}
