"""Who is to blame where policy and packets disagree."""

from __future__ import annotations

import pytest
from tests.diagnose.machines import NOTIFY_BLOCK, SMB, rule, state

from cmfw.catalog import load
from cmfw.diagnose import diagnose
from cmfw.diagnose.place import find_place
from cmfw.diagnose.reconcile import reconcile
from cmfw.diagnose.testimony import HostOracle
from cmfw.diagnose.wire import WireOracle
from cmfw.engine.exact import Engine
from cmfw.engine.path import PathEngine
from cmfw.ingest.path_state import read_filter
from cmfw.ingest.site import read_site_text
from cmfw.model.finding import Severity
from cmfw.model.path import PathFilter, PathState, ZoneMember
from cmfw.model.verdict import Answer, Verdict
from cmfw.model.wire import ProbeResult, Service, Speaks, Word
from cmfw.net.addr import AddrSet, parse_address
from cmfw.net.flow import Flow
from cmfw.net.flowtext import parse_parts
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


def oracles(machine, results, *more):
    return [HostOracle(OFFICE, Engine(machine)), WireOracle(tuple(results)), *more]


def blamed(machine, *results):
    return [(one.code, dict(one.args)["variant"], one.severity) for one in reconcile(PLAN, oracles(machine, results))]


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
    seen = result(Word.REJECTED, by=ROUTER, evidence=("icmp type 3 code 13",))
    (found,) = reconcile(PLAN, oracles(state(SMB), [seen]))
    args = dict(found.args)
    assert (args["flow"], args["target"], args["box"], args["features"]) == (
        "push_smb", "10.2.0.17:445", "10.9.0.1", "client_push",
    )  # fmt: skip
    assert found.witness.startswith("in tcp 10.1.0.5:50000 > 10.2.0.17:445 ")
    assert found.evidence == ("icmp type 3 code 13", "hive!smb")
    assert found.subject == "office"


def test_one_finding_for_each_flow():
    assert len(blamed(state(SMB), result(Word.HOST_DROPS), result(Word.HOST_DROPS))) == 1


def filters(text: str) -> PathEngine:
    """One filter from the servers to the office."""
    lines = read_filter(text.encode(), "edge.flows")[0]
    one = PathFilter(from_zone="servers", to_zone="offices", file="edge.flows", lines=lines)
    members = (
        ZoneMember(name="cm1", zone="servers", addresses=AddrSet.from_pairs([(SERVER, SERVER)])),
        ZoneMember(name="office", zone="offices", addresses=AddrSet.parse("10.2.0.0/24")),
    )
    return PathEngine(PathState(filters=(one,), members=members))


STOPS, PASSES, UNREAD = "# who\nblock tcp * > *:445\nallow any * > *", "allow tcp * > *:445", "what is this"
BY_ROUTER, BY_TARGET = {"by": ROUTER}, {"by": TARGET}


@pytest.mark.parametrize(
    ("text", "rules", "found", "told"),
    [
        (STOPS, (SMB,), result(Word.NETWORK_DROPS), [("wire-network", "filter", "edge.flows:2")]),
        (STOPS, (SMB,), result(Word.REJECTED, **BY_ROUTER), [("wire-network", "filter", "edge.flows:2")]),
        (STOPS, (SMB,), result(Word.FILTERED), [("wire-network", "filter", "edge.flows:2")]),
        (STOPS, (SMB,), result(Word.CLOSED, **BY_TARGET), [("wire-network", "filter", "edge.flows:2")]),
        (STOPS, (SMB,), result(Word.OPEN), [("wire-path", "passes", "edge.flows:2")]),
        (STOPS, (SMB,), result(Word.HOST_DROPS), [("wire-host", "blocks", ""), ("wire-path", "passes", "edge.flows:2")]),
        (STOPS, (SMB,), result(Word.REJECTED, **BY_TARGET), [("wire-host", "blocks", "10.2.0.17"), ("wire-path", "passes", "edge.flows:2")]),
        (STOPS, (), result(Word.OPEN), [("wire-host", "allows", ""), ("wire-path", "passes", "edge.flows:2")]),
        (STOPS, (), result(Word.NETWORK_DROPS), []),
        (STOPS, (), result(Word.FILTERED), []),
        (PASSES, (SMB,), result(Word.NETWORK_DROPS), [("wire-path", "stops", "")]),
        (PASSES, (SMB,), result(Word.REJECTED, **BY_ROUTER), [("wire-path", "rejects", "10.9.0.1")]),
        (PASSES, (), result(Word.FORGED_RESET), [("wire-path", "stops", "")]),
        (PASSES, (SMB,), result(Word.FILTERED), [("wire-unclear", "silent", "")]),
        (PASSES, (SMB,), result(Word.RETURN_LOST), [("wire-network", "return_lost", "")]),
        (PASSES, (SMB,), result(Word.OPEN), []),
        (UNREAD, (SMB,), result(Word.NETWORK_DROPS), [("wire-network", "dropped", "")]),
        (UNREAD, (SMB,), result(Word.OPEN), []),
    ],
    ids=[
        "the filter explains a drop", "the filter explains a rejection", "the filter explains silence", "a filter may refuse in the name of the target",
        "packets pass a filter that blocks", "the host drops what a filter should have", "the host rejects what a filter should have",
        "past both", "all three agree", "all agree, silently", "dropped where every filter lets it pass",
        "rejected where every filter lets it pass", "reset where every filter lets it pass, and the host would block",
        "silence stays unclear", "an answer that gets lost", "all let it pass", "an unread line explains nothing", "an unread line blames nobody",
    ],
)  # fmt: skip
def test_host_path_and_packets_together(text, rules, found, told):
    heard = reconcile(PLAN, oracles(state(*rules), [found], filters(text)))
    args = [dict(one.args) for one in heard]
    assert [(one.code, arg["variant"], arg.get("box", "")) for one, arg in zip(heard, args, strict=True)] == told


def test_filters_and_packets_without_a_machine():
    (found,) = reconcile(PLAN, [filters(STOPS), WireOracle((result(Word.OPEN),))])
    assert (found.code, found.subject) == ("wire-path", "cm1")
    assert found.witness.startswith("out tcp 10.1.0.5:50000 > 10.2.0.17:445 ")


class Played:
    """The office machine, played by somebody who gets one answer wrong."""

    name = "lab"

    def __init__(self, machine, wrong: int) -> None:
        self._host = HostOracle(OFFICE, Engine(machine))
        self._wrong = wrong
        self.asked = []

    def sees(self, flow: Flow) -> bool:
        return flow.protocol == 6

    def judge(self, flow: Flow) -> Verdict:
        self.asked.append(flow)
        known = self._host.judge(flow)
        if known.answer is Answer.UNKNOWN or flow.local_port != self._wrong:
            return known
        return Verdict(Answer.BLOCK if known.answer is Answer.ALLOW else Answer.ALLOW, known.why)


@pytest.mark.parametrize(("rules", "variant"), [((SMB,), "allow"), ((), "block")])
def test_a_machine_that_is_played_contradicts_its_policy(rules, variant):
    right, wrong = Played(state(*rules), 446), Played(state(*rules), 445)
    assert reconcile(PLAN, oracles(state(*rules), [], right)) == ()
    assert len(right.asked) > 3
    (found,) = reconcile(PLAN, oracles(state(*rules), [], wrong))
    args = dict(found.args)
    assert (found.code, found.severity, args["variant"], args["oracle"]) == (
        "played-differs",
        Severity.ERROR,
        variant,
        "lab",
    )
    assert "10.2.0." in found.witness


def test_the_policies_of_two_machines_are_refused():
    with pytest.raises(ValueError, match="one machine"):
        reconcile(PLAN, [*oracles(state(SMB), []), *oracles(state(), [])])


def test_a_diagnosis_takes_all_oracles_together():
    wire = WireOracle((result(Word.FILTERED),))
    machine, path = state(SMB), filters(STOPS)
    found = diagnose(load(SITE.packs), SITE, PLAN, Engine(machine), "office", path=path, others=(wire, Played(machine, 445)))
    alone = diagnose(load(SITE.packs), SITE, PLAN, Engine(machine), "office", path=path)
    assert {one.code for one in set(found.findings) - set(alone.findings)} == {"wire-network", "played-differs"}
    assert found.rows == alone.rows


def flow_of(text: str) -> Flow:
    return parse_parts(text).flows().witness()


def test_a_machine_sees_its_own_flows():
    host = HostOracle(OFFICE, Engine(state(SMB, addresses=HERE)))
    flows = reconcile(PLAN, oracles(state(SMB), [result(Word.HOST_DROPS)]))[0].witness
    assert host.name == "host"
    assert host.sees(flow_of(flows))
    assert host.judge(flow_of(flows)).answer is Answer.ALLOW
    assert not host.sees(flow_of(flows.replace("10.2.0.17", "10.2.0.18")))
    assert HostOracle(OFFICE, Engine(state(SMB))).sees(flow_of(flows.replace("10.2.0.17", "10.2.0.18")))
