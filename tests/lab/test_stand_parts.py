"""What stand-ins are told and decide, without a lab: steps, ports to close, configurations, frames, subnets."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.lab.stand_sites import HTTP, HTTPS, scripted

from cmfw.lab.stand import frames, shares, web
from cmfw.lab.stand.certificates import Identity, is_host_name
from cmfw.lab.stand.segment import subnet_around
from cmfw.lab.stand.smb_client import Refused
from cmfw.lab.stand.steps import Step, after_ways, of_step
from cmfw.model.verdict import Status
from cmfw.net.addr import AddrSet, format_address, parse_address

SLEEPER, CALLER = bytes.fromhex("025740000003"), bytes.fromhex("025740000009")


# --- what clients do ---------------------------------------------------------------------------------------------------

ONE, TWO = Step((("a",), ("b",))), Step((("a",), ("b",)), worse=True)


@pytest.mark.parametrize(
    ("step", "done", "status"),
    [
        (ONE, [(1, 1)], Status.WORKS),
        (ONE, [(0, 1), (1, 1)], Status.WORKS),
        (TWO, [(0, 1), (1, 1)], Status.DEGRADED),
        (ONE, [(1, 2)], Status.DEGRADED),
        (Step((("a",),), one_peer=True), [(1, 2)], Status.WORKS),
        (ONE, [(0, 2), (0, 1)], Status.BROKEN),
        (Step((("a",),), counts=False), [(0, 1)], Status.WORKS),
    ],
    ids=[
        "first way",
        "as good a way",
        "worse way",
        "one of two peers",
        "one of two peers is enough",
        "no way",
        "a step that does not count",
    ],
)
def test_what_a_step_comes_to(step, done, status):
    assert after_ways(step, done) is status


def test_a_way_that_the_plan_has_no_flow_for_is_none():
    step = Step((("mp_http", "mp_https"), ("dp_smb",)))
    assert of_step(step, ["mp_https", "rc_tcp"]) == (("mp_https",),)


# --- what is closed ----------------------------------------------------------------------------------------------------


def test_every_port_is_closed_alone_and_what_is_fallen_back_to_together():
    texts = [one.text() for one in scripted(HTTP).closings]
    assert len(texts) == len(set(texts))
    assert ("mp1.example.test: in tcp/80",) in texts
    assert ("mp1.example.test: in tcp/80,8081",) in texts
    assert ("mp1.example.test: in tcp/10124", "mp1.example.test: in tcp/80,8081") in texts
    # the share is outside, where the site has no firewall; the magic packet needs none at its target
    assert ("office: out tcp/445",) in texts
    assert ("office: out udp/9",) in texts


def test_rows_without_stand_ins_are_named_with_the_reason():
    refused = {row.feature: reason for row, reason, _ in scripted(HTTP).not_played}
    assert refused == dict.fromkeys(("remote_assistance", "remote_desktop", "remote_tools", "queries"), "no_stand_in")


def test_a_site_over_https_has_doors_with_and_without_client_certificates():
    script = scripted(HTTPS)
    doors = {script.layout.hosts[number].name: server.doors for number, server in script.parts.webs}
    told = {(name, door.port): (door.is_tls, door.asks_client) for name, of in doors.items() for door in of}
    assert told == {
        ("mp1.example.test", 443): (True, True),
        ("mp1.example.test", 80): (False, False),
        ("mp1.example.test", 8081): (False, False),
        ("sup1.example.test", 8532): (False, False),
        ("sup1.example.test", 8533): (True, False),
    }


# --- what servers are told ---------------------------------------------------------------------------------------------


def test_a_web_server_refuses_clients_without_a_certificate_only_where_it_asks():
    doors = (web.Door(port=8444, is_tls=True, asks_client=True), web.Door(port=8086))
    server = web.WebServer(roles=(web.MP, web.FSP), doors=doors)
    text = web.config_text(server, Path("/run/x"), Identity(Path("/c.pem"), Path("/c.key")), Path("/a.pem"))
    asks, plain = text.split("  server {")[1:]
    assert "listen 8444 ssl;" in asks
    assert "listen [::]:8444 ssl;" in asks
    assert "return 403" in asks
    assert "listen 8086;" in plain
    assert "403" not in plain
    assert "ssl" not in plain
    assert {path for path, _ in web.files_of(server)} == {web.SETUP_FILE, web.TASKS}


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ((49152, 65535), range(49152, 49185)),
        ((600, 1040), range(1024, 1041)),
        ((50000, 50011), range(50000, 50012)),
        ((24158, 24158), range(0)),
        ((600, 1030), range(0)),
    ],
    ids=["windows", "above what samba takes", "a short range", "a pinned port", "too few above"],
)
def test_the_dynamic_ports_lie_in_the_range_of_the_site(given, taken):
    assert shares.dynamic_ports(*given) == taken


def test_push_is_not_played_where_its_ports_are_too_few():
    refused = {
        row.feature: reason for row, reason, _ in scripted(HTTP.replace("[ports]", '[ports]\nrpc = "24158"')).not_played
    }
    assert refused["client_push"] == "rpc_range"
    assert "manual_install" not in refused


def test_a_refusal_is_an_error_of_the_network_to_whoever_waits():
    assert issubclass(Refused, OSError)


@pytest.mark.parametrize(("name", "fits"), [("mp1.example.test", True), ("办公", False), ("a b", False), ("", False)])
def test_only_host_names_stand_in_certificates(name, fits):
    assert is_host_name(name) is fits


# --- frames ------------------------------------------------------------------------------------------------------------


def ip(protocol: int, rest: bytes, target: bytes) -> bytes:
    head = bytes((0x45, 0)) + (20 + len(rest)).to_bytes(2, "big") + bytes(5) + bytes((protocol,)) + bytes(10)
    return target + CALLER + b"\x08\x00" + head + rest


def tcp(flags: int) -> bytes:
    return (50123).to_bytes(2, "big") + (3389).to_bytes(2, "big") + bytes(9) + bytes((flags,)) + bytes(6)


@pytest.mark.parametrize(
    ("frame", "port"),
    [
        (ip(6, tcp(0x02), SLEEPER), 3389),
        (ip(6, tcp(0x12), SLEEPER), 0),
        (ip(6, tcp(0x10), SLEEPER), 0),
        (ip(6, tcp(0x02), CALLER), 0),
        (ip(17, tcp(0x02), SLEEPER), 0),
        (ip(6, b"", SLEEPER), 0),
        (b"", 0),
    ],
    ids=["opens", "answers", "goes on", "to another", "udp", "cut off", "nothing"],
)
def test_a_connection_is_opened_to_the_sleeper(frame, port):
    assert frames.opens_connection_to(frame, SLEEPER) == port


@pytest.mark.parametrize(
    ("frame", "port"),
    [
        (ip(17, (7777).to_bytes(2, "big") + (9).to_bytes(2, "big") + bytes(4) + frames.magic(SLEEPER), SLEEPER), 9),
        (ip(17, (7777).to_bytes(2, "big") + (7).to_bytes(2, "big") + bytes(4) + frames.magic(SLEEPER), frames.BROADCAST), 7),
        (ip(17, bytes(8) + frames.magic(CALLER), frames.BROADCAST), 0),
        (ip(17, bytes(8) + frames.magic(SLEEPER)[:-1], SLEEPER), 0),
        (ip(17, bytes(2) + (9).to_bytes(2, "big") + bytes(4) + frames.magic(SLEEPER), CALLER), 0),
    ],
    ids=["unicast", "broadcast", "for another card", "one byte short", "to another machine"],
)
def test_a_magic_packet_wakes_its_own_card(frame, port):
    assert frames.magic_port(frame, SLEEPER) == port


def test_a_magic_packet_is_102_bytes():
    assert frames.magic(SLEEPER) == b"\xff" * 6 + SLEEPER * 16
    assert len(frames.magic(SLEEPER)) == 102


def test_an_answer_on_behalf_answers_what_was_asked():
    asked = parse_address("10.9.64.4")
    request = frames.BROADCAST + CALLER + bytes.fromhex("0806 0001 0800 06 04 0001") + CALLER
    request += parse_address("10.9.64.9").to_bytes(4, "big") + bytes(6) + asked.to_bytes(4, "big")
    assert frames.arp_request_for(request) == (asked, CALLER, parse_address("10.9.64.9"))
    reply = frames.arp_reply(SLEEPER, asked, CALLER, parse_address("10.9.64.9"))
    assert reply[:12] == CALLER + SLEEPER
    assert frames.arp_request_for(reply) is None
    assert frames.arp_request_for(request[:-1]) is None


# --- subnets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "address", "found"),
    [
        ("10.9.64.0/22", "10.9.65.11", ("10.9.65.1", "10.9.65.254", 24)),
        ("10.9.64.32/28", "10.9.64.35", ("10.9.64.33", "10.9.64.46", 28)),
        ("10.9.64.32/29", "10.9.64.33", ("10.9.64.33", "10.9.64.38", 29)),
        ("10.9.64.32/30", "10.9.64.33", None),
    ],
    ids=["a part of a wide one", "a narrow one", "the smallest", "no room"],
)
def test_a_segment_lies_inside_the_clients_addresses(known, address, found):
    subnet = subnet_around(AddrSet.parse(known).ranges, parse_address(address))
    told = subnet and (format_address(subnet.clients[0]), format_address(subnet.router), subnet.width)
    assert told == found
