"""Policies a second for Windows, proof included, against Aerleon writing the same rules as netsh commands without one.

Both start from rules in memory and end with text in memory. Ours is then read back by our own reader and compared with what it was made
from; Aerleon checks its input and compares nothing. Policies differ from each other, so nothing is gained by a cache of whole results.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from bench.protocol import Absent, Result, best_of

SIZES = (10, 30, 100)
POLICIES = 40
WANTED = 20.0
TARGETS = ("netsh", "registry-pol", "reg", "powershell", "syncml", "dsc")


def rules(number: int, size: int):
    """The rules of one policy: one server, one TCP port each."""
    from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch
    from cmfw.net.addr import AddrSet
    from cmfw.net.flow import Direction
    from cmfw.net.ports import PortSet

    return tuple(
        HostRule(
            id=f"rule-{number}-{n}",
            name=f"rule-{number}-{n}",
            action=Action.ALLOW,
            direction=Direction.OUT,
            protocol=6,
            remote_port=PortMatch(PortSet.of(1000 + n)),
            remote_address=AddressMatch(AddrSet.parse(f"10.1.{number}.5")),
            group="cmfw",
        )
        for n in range(size)
    )


def ours(target: str, policies) -> list[str]:
    """The answer of the proof for each policy, after writing and reading it back."""
    from cmfw.emit.convert import host_target, written_state
    from cmfw.emit.host_policy import HostPolicy
    from cmfw.emit.proof import compare
    from cmfw.model.state import HostState

    module = host_target(target)
    answers = []
    for number, made in enumerate(policies):
        policy = HostPolicy(owner="P01", where=f"group {number}", rules=made)
        output = module.write_policy(policy)
        source = HostState(rules=made)
        answers.append(compare(source, written_state(source, policy, module.read_policy(output.artifacts))).answer)
    return answers


def theirs(size: int):
    """A function that makes Aerleon write the same policies; raises Absent where it is not installed."""
    try:
        from aerleon import api
        from aerleon.lib import naming
    except ImportError as error:
        raise Absent("no `aerleon` (pip install aerleon)") from error
    names = naming.Naming()
    networks = {f"SERVER{k}": {"values": [{"address": f"10.1.{k}.5/32"}]} for k in range(POLICIES)}
    services = {f"PORT{n}": [{"protocol": "tcp", "port": 1000 + n}] for n in range(size)}
    names.ParseDefinitionsObject({"networks": networks, "services": services}, "bench")

    def terms(k: int):
        rest = {"protocol": "tcp", "action": "accept", "destination-address": f"SERVER{k}"}
        return [{"name": f"rule-{k}-{n}", "destination-port": f"PORT{n}", **rest} for n in range(size)]

    def policy(k: int):
        header = {"targets": {"windows_advfirewall": "out inet"}}
        return {"filename": f"p{k}", "filters": [{"header": header, "terms": terms(k)}]}

    return lambda: api.Generate([policy(k) for k in range(POLICIES)], names)


def run(*, quick: bool) -> Result:
    """Policies a second of each target, and for netsh the ratio to Aerleon; ``quick`` only asks whether the proofs hold."""
    from cmfw.emit.convert import host_target
    from cmfw.emit.host_policy import HostPolicy

    small = [rules(k, 3) for k in range(3)]
    answers = {f"{target} is proved equal": ours(target, small) == ["equal"] * 3 for target in TARGETS}
    one = HostPolicy(owner="P01", where="g", rules=small[0])
    lost = replace(small[0][0], active=False)
    answers["a lost rule is seen"] = host_target("netsh").write_policy(one) != host_target("netsh").write_policy(
        replace(one, rules=(lost, *small[0][1:]))
    )
    if quick:
        return Result(figures={"policies": 3}, answers=answers)
    figures: dict[str, float | int | str] = {}
    claims: dict[str, bool] = {}
    for size in SIZES:
        policies = [rules(k, size) for k in range(POLICIES)]
        for target in TARGETS:
            figures[f"{target}_{size}_rules_policies_per_s"] = round(
                POLICIES / best_of(3, partial(ours, target, policies)), 1
            )
        write = theirs(size)
        answers[f"aerleon writes {POLICIES} policies of {size}"] = len(write()) == POLICIES
        figures[f"aerleon_{size}_rules_policies_per_s"] = round(POLICIES / best_of(3, write), 1)
        for target in TARGETS:
            ratio = figures[f"{target}_{size}_rules_policies_per_s"] / figures[f"aerleon_{size}_rules_policies_per_s"]
            figures[f"{target}_{size}_rules_ratio"] = round(ratio, 2)
        claims[f"netsh: {WANTED:.0f}x aerleon at {size} rules"] = figures[f"netsh_{size}_rules_ratio"] >= WANTED
    return Result(figures=figures, answers=answers, claims=claims)
