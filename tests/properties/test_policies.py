"""Random rules, written as Intune, SyncML, DSC and the old lists have them, and read back: equal, wherever there are words for them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from tests.ingest import policy_writers
from tests.ingest.registry_trees import tree
from tests.properties import universe

from cmfw.ingest import read_state
from cmfw.ingest.policy_keys import read_group_policy
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ALL_INTERFACES, ICMP_PROTOCOLS, TCP, UDP, Direction
from cmfw.net.ports import PortSet

RULES = 300
"""Rules at soak factor 1."""


def rules(rng: Random, count: int, *, icmp: bool = True) -> list[HostRule]:
    """Random rules that the Firewall CSP has words for."""
    out: list[HostRule] = []
    while len(out) < count:
        made = universe.rule(rng, len(out), (Store.MDM,))
        made = replace(made, name=f"name {len(out)}", description=rng.choice(("", "d")), origin="", extras=Extras.NONE)
        made = replace(made, edge=made.direction is Direction.IN and rng.random() < 0.1)
        if policy_writers.csp_is_able(made) and (icmp or made.icmp is None):
            out.append(made)
    return out


def read(tmp_path: Path, text: str, name: str) -> list[HostRule]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    state, problems = read_state([str(path)])
    assert problems == ()
    return [replace(rule, origin="") for rule in state.rules]


def bare(rule: HostRule) -> HostRule:
    return replace(rule, id="", origin="", extras=Extras.NONE, store=Store.MDM)


@pytest.mark.parametrize("verb", ["Add", "Replace"])
def test_syncml(tmp_path, verb, soak, seed, record_count):
    some = rules(Random(f"{seed} syncml {verb}"), RULES * soak)
    assert read(tmp_path, policy_writers.syncml(some, verb=verb), "policy.xml") == some
    record_count("rules through SyncML", len(some))


@pytest.mark.parametrize("prefix", ["", "device_"])
def test_settings_catalog(tmp_path, prefix, soak, seed, record_count):
    some = rules(Random(f"{seed} catalog {prefix}"), RULES * soak)
    found = read(tmp_path, policy_writers.catalog(some, prefix=prefix), "policy.json")
    assert [bare(rule) for rule in found] == [bare(rule) for rule in some]
    assert all(rule.extras is Extras.NONE or rule.extras == Extras.NONE for rule in found)
    record_count("rules through the settings catalog", len(some))


def test_endpoint_protection(tmp_path, soak, seed, record_count):
    some = [replace(rule, active=True) for rule in rules(Random(f"{seed} endpoint"), RULES * soak, icmp=False)]
    found = read(tmp_path, policy_writers.endpoint_protection(some), "policy.json")
    assert [bare(rule) for rule in found] == [bare(rule) for rule in some]
    record_count("rules through endpoint protection", len(some))


def test_dsc(tmp_path, soak, seed, record_count):
    some = rules(Random(f"{seed} dsc"), RULES * soak, icmp=False)
    some = [replace(rule, interfaces=ALL_INTERFACES) if rule.interfaces & 8 else rule for rule in some]
    path = tmp_path / "rules.json"
    path.write_text(policy_writers.dsc(some), encoding="utf-8")
    found = read_state([str(path)]).state.rules
    assert [bare(rule) for rule in found] == [bare(rule) for rule in some]
    for rule in found:
        wanted = {"dsc", "ICMP4"} if rule.protocol in ICMP_PROTOCOLS else {"dsc"}
        assert dict(rule.extras.unknown).keys() == wanted
    record_count("rules through DSC", len(some))


def entry(rng: Random, number: int) -> tuple[str, str, HostRule]:
    """(key, data, the rule that it stands for) of one entry of an old list."""
    addresses = universe.addresses(rng)
    scope, remote = rng.choice(
        (("*", AddressMatch.ANY), (",".join(addresses.texts()), AddressMatch(addresses)),
         ("LocalSubNet", AddressMatch(AddrSet.EMPTY, ("LocalSubnet4", "LocalSubnet6"))))
    )  # fmt: skip
    on = rng.random() < 0.8
    status = rng.choice(("enabled", "Enabled", "ENABLED")) if on else rng.choice(("disabled", "Disabled"))
    rule = HostRule(
        id="", action=Action.ALLOW, direction=Direction.IN, store=Store.GPO, active=on, profiles=1, remote_address=remote, name=f"n{number}",
        version=(2, 0),
    )  # fmt: skip
    if rng.random() < 0.5:
        path = rf"%ProgramFiles%\app {number}\a.exe"
        return r"AuthorizedApplications\List", f"{path}:{scope}:{status}:n{number}", replace(rule, program=path)
    port, protocol = 10_000 + number, rng.choice((TCP, UDP))
    word = rng.choice(("TCP", "tcp") if protocol == TCP else ("UDP", "Udp"))
    match = PortMatch(PortSet.of(port))
    return (
        r"GloballyOpenPorts\List",
        f"{port}:{word}:{scope}:{status}:n{number}",
        replace(rule, protocol=protocol, local_port=match),
    )


def test_old_lists(soak, seed, record_count):
    rng = Random(f"{seed} lists")
    for _ in range(10 * soak):
        made = [entry(rng, number) for number in range(40)]
        keys: dict[str, dict[str, str]] = {}
        for number, (key, data, _) in enumerate(made):
            keys.setdefault(f"DomainProfile__{key.replace(chr(92), '__')}", {})[f"v{number}"] = data
        part = read_group_policy(tree(**keys), "")[1]
        assert (part.gaps, part.problems) == ((), ())
        found = {rule.name: replace(rule, id="", origin="") for rule in part.rules}
        assert found == {rule.name: rule for _, _, rule in made}
    record_count("entries of old lists", 400 * soak)


def test_a_document_is_json(seed):
    assert json.loads(policy_writers.dsc(rules(Random(seed), 3)))["resources"]
