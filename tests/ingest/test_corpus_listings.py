"""Real rules, written as netsh lists them: what a listing hides is never taken for granted, and no verdict changes sides."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from tests.engine.test_corpus_verdicts import FAR, FLOWS, NEAR, SUBNET, made
from tests.ingest.netsh_writer import LANGUAGES, profile_settings, written

from cmfw.engine.reference import judge
from cmfw.ingest import read_state
from cmfw.ingest.unshown_conditions import unshown
from cmfw.model.rule import AddressMatch, Extras, HostRule, Store
from cmfw.net.flow import Profile

pytestmark = pytest.mark.corpus

MACHINES = (
    "hives/win7_SYSTEM.xz",
    "hives/win10_SYSTEM.xz",
    "hives/luthfina16_v2.30.wfw",
    "hives/puppet_fwpolicy_full_v2.28.wfw",
)
HIDDEN = ("packages", "proximity", "local_owner", "local_users", "interface_ids", "platforms", "ignore_remote")
SHOWN_WORDS = ("LocalSubnet", "DNS", "DHCP", "WINS", "DefaultGateway")


@pytest.fixture(scope="module")
def states(corpus):
    return {name: read_state([str(corpus / name)], local_subnets=[SUBNET]).state for name in MACHINES}


def listed(rules) -> list[HostRule]:
    """The rules that netsh lists: those of the rule stores."""
    return [rule for rule in rules if rule.store in (Store.LOCAL, Store.GPO)]


def as_listed(rule: HostRule) -> HostRule:
    """The rule with its visible conditions only; netsh shows addresses that it has no word for as any."""
    words = rule.remote_address.keywords
    strange = [word for word in words if not word.startswith(SHOWN_WORDS)]
    return replace(rule, extras=Extras.NONE, remote_address=AddressMatch.ANY if strange else rule.remote_address)


def hides_something(rule: HostRule) -> bool:
    return any(getattr(rule.extras, name) for name in HIDDEN) or as_listed(rule).remote_address != rule.remote_address


def test_every_rule_with_a_condition_that_no_listing_shows_is_in_doubt(states):
    rules = [rule for state in states.values() for rule in listed(state.rules)]
    counts = Counter((hides_something(rule), bool(unshown(as_listed(rule)))) for rule in rules)
    assert counts[True, False] == 0
    assert counts[True, True] > 250
    # and few of the others are
    assert counts[False, True] < 0.05 * counts[False, False]


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_verdict_changes_sides(states, tmp_path, name, language):
    """The twelve flows of the oracle: the same answer by the listing, or unknown for a named reason."""
    state = states[name]
    policies = {profile: policy_of(state, profile) for profile in Profile}
    path = tmp_path / "listing.txt"
    content = profile_settings(policies, LANGUAGES[language]) + written(listed(state.rules), LANGUAGES[language])
    path.write_bytes(b"\xff\xfe" + content.encode("utf-16-le"))
    by_listing = read_state([str(path)], local_subnets=[SUBNET]).state
    assert len(by_listing.rules) == len(listed(state.rules))
    same = allowed = wanted = 0
    for profile in Profile:
        for row in FLOWS:
            for peer in (FAR, NEAR):
                flow = made(row, profile, peer)
                # services, and hardening by service, are in no listing
                truth = judge(flow, replace(state, services=by_listing.services, rules=tuple(listed(state.rules))))
                found = judge(flow, by_listing)
                assert found.answer == truth.answer or (found.answer == "unknown" and found.missing), flow.text()
                same += found.answer == truth.answer
                allowed += (found.answer == truth.answer) if truth.answer == "allow" else 0
                wanted += truth.answer == "allow"
    # a rule of a store app may be one for everything, so what no rule allows for certain is open on machines that have apps
    assert same > len(Profile) * len(FLOWS)
    assert allowed > 0.9 * wanted > 0


def policy_of(state, profile: Profile) -> tuple[bool, str]:
    """The settings as netsh prints them."""
    found = state.setting(Store.LOCAL, profile)
    inbound = "AllowInbound" if found.default_inbound_allow else "BlockInbound"
    if found.do_not_allow_exceptions:
        inbound = "BlockInboundAlways"
    outbound = "BlockOutbound" if found.default_outbound_allow is False else "AllowOutbound"
    return found.enable_firewall is not False, f"{inbound},{outbound}"
