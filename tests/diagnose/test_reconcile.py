"""Who is to blame where policy and packets disagree."""

from __future__ import annotations

import pytest
from tests.diagnose.machines import NOTIFY_BLOCK, SMB, rule, state

from cmfw.catalog import load
from cmfw.diagnose.place import find_place
from cmfw.diagnose.reconcile import reconcile
from cmfw.engine.exact import Engine
from cmfw.ingest.site import read_site_text
from cmfw.model.finding import Severity
from cmfw.model.wire import ProbeResult, Service, Speaks, Word
from cmfw.net.addr import AddrSet, parse_address
from cmfw.resolve import resolve

SITE = read_site_text(
    """
code = "P01"
system = [{ host = "cm1", addresses = ["10.1.0.5"], roles = ["site_server", "management_point"] }]
[[clients]]
name = "office"
subnets = ["10.2.0.0/24"]
default_outbound = "block"
features = ["client_requests", "client_notification"]
install = [{ method = "push" }]
""",
    "site.toml",
)
PLAN = resolve(load(SITE.packs), SITE)
SERVER, TARGET, ROUTER = (parse_address(text) for text in ("10.1.0.5", "10.2.0.17", "10.9.0.1"))
OFFICE = find_place(SITE, "office", host=False)
"""The client at 10.2.0.17."""
ITEMS = {item.flow: item.id for item in PLAN.items}


def result(word: Word, *, flow: str = "push_smb", port: int = 445, address: int = TARGET, **more) -> ProbeResult:
    settings = {"source": SERVER, **more}
    return ProbeResult(items=(ITEMS[flow],), protocol=6, address=address, port=port, word=word, **settings)


def out(word: Word, **more) -> ProbeResult:
    return result(word, flow="notify_tcp", port=10123, address=SERVER, source=TARGET, **more)


ODD = rule("odd", "Dir=In|Protocol=6|LPort=445|App=System|Security=Authenticate|")
HERE = AddrSet.from_pairs([(TARGET, TARGET)])
SPOKEN = Service("smb", Speaks.RIGHT)


def blamed(machine, *results):
    return [(one.code, dict(one.args)["variant"], one.severity) for one in reconcile(PLAN, OFFICE, Engine(machine), results)]


@pytest.mark.parametrize(
    ("found", "code", "variant", "severity"),
    [
        (result(Word.NETWORK_DROPS), "wire-network", "dropped", Severity.ERROR),
        (result(Word.FORGED_RESET), "wire-network", "reset", Severity.ERROR),
        (result(Word.RETURN_LOST), "wire-network", "return_lost", Severity.ERROR),
        (result(Word.REJECTED, by=ROUTER), "wire-network", "rejected", Severity.ERROR),
        (result(Word.REJECTED, by=TARGET), "wire-host", "blocks", Severity.ERROR),
        (result(Word.HOST_DROPS), "wire-host", "blocks", Severity.ERROR),
        (result(Word.CLOSED, by=TARGET), "wire-service", "closed", Severity.WARNING),
        (result(Word.OPEN, service=Service("smb", Speaks.OTHER)), "wire-service", "other", Severity.WARNING),
        (result(Word.OPEN, service=Service("smb", Speaks.SILENT)), "wire-service", "silent", Severity.WARNING),
        (result(Word.FILTERED), "wire-unclear", "silent", Severity.NOTE),
        (result(Word.NOT_SEEN), "wire-unclear", "refused", Severity.NOTE),
        (result(Word.REJECTED), "wire-unclear", "refused", Severity.NOTE),
        (result(Word.HOST_DOWN), None, None, None),
        (result(Word.BLOCKED_HERE), None, None, None),
        (result(Word.OPEN, service=SPOKEN), None, None, None),
        (result(Word.OPEN), None, None, None),
    ],
    ids=lambda value: value.word.value if isinstance(value, ProbeResult) else None,
)
def test_where_the_policy_allows(found, code, variant, severity):
    assert blamed(state(SMB), found) == ([(code, variant, severity)] if code else [])


@pytest.mark.parametrize("word", [Word.OPEN, Word.CLOSED, Word.RETURN_LOST])
def test_what_gets_through_a_policy_that_blocks(word):
    assert blamed(state(), result(word)) == [("wire-host", "allows", Severity.ERROR)]


@pytest.mark.parametrize("word", [Word.FILTERED, Word.HOST_DROPS, Word.REJECTED, Word.NETWORK_DROPS, Word.HOST_DOWN])
def test_where_both_block_there_is_nothing_to_say(word):
    assert blamed(state(), result(word)) == []


def test_a_policy_that_is_not_certain_blames_nobody():
    for word in Word:
        assert blamed(state(ODD), result(word)) == []


@pytest.mark.parametrize(
    ("rules", "found", "code", "variant"),
    [
        ((), out(Word.BLOCKED_HERE), "wire-host", "keeps_in"),
        ((), out(Word.NETWORK_DROPS), "wire-network", "dropped"),
        ((), out(Word.REJECTED, by=ROUTER), "wire-network", "rejected"),
        ((), out(Word.REJECTED, by=SERVER), None, None),
        ((), out(Word.CLOSED, by=SERVER), None, None),
        ((NOTIFY_BLOCK,), out(Word.OPEN), "wire-host", "lets_out"),
        ((NOTIFY_BLOCK,), out(Word.REJECTED, by=ROUTER), "wire-host", "lets_out"),
        ((NOTIFY_BLOCK,), out(Word.FILTERED), None, None),
        ((NOTIFY_BLOCK,), out(Word.BLOCKED_HERE), None, None),
    ],
    ids=[
        "stopped here, and allowed", "dropped on the way", "rejected on the way", "rejected by the server", "nobody listens there",
        "blocked, and open", "blocked, and a router saw it", "blocked, and silent", "blocked, and stopped here",
    ],
)  # fmt: skip
def test_the_machine_that_sends(rules, found, code, variant):
    got = blamed(state(*rules), found)
    assert [pair[:2] for pair in got] == ([(code, variant)] if code else [])


def test_probes_of_other_machines_are_passed_over():
    machine = state(SMB, addresses=HERE)
    assert blamed(machine, result(Word.NETWORK_DROPS, address=TARGET + 1)) == []
    assert len(blamed(machine, result(Word.NETWORK_DROPS))) == 1


def test_the_finding_names_flow_target_and_box():
    (found,) = reconcile(
        PLAN, OFFICE, Engine(state(SMB)), [result(Word.REJECTED, by=ROUTER, evidence=("icmp type 3 code 13",))]
    )
    args = dict(found.args)
    assert (args["flow"], args["target"], args["box"], args["features"]) == (
        "push_smb", "10.2.0.17:445", "10.9.0.1", "client_push",
    )  # fmt: skip
    assert found.witness.startswith("in tcp 10.1.0.5:50000 > 10.2.0.17:445 ")
    assert found.evidence == ("icmp type 3 code 13",)
    assert found.subject == "office"


def test_one_finding_for_each_flow():
    assert len(blamed(state(SMB), result(Word.HOST_DROPS), result(Word.HOST_DROPS))) == 1
