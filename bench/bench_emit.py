"""Policies a second for Windows, proof included, against Aerleon writing the same flows as netsh commands without one.

The policy is the usual one of a branch: 11 outbound and 6 inbound flows of Configuration Manager (2 management points, 4
distribution points, 8 subnets), for 200 sites with other addresses each. Both start from rules in memory and end with text in
memory. Ours is then read back by our own reader and compared with what it was made from; Aerleon checks its input and
compares nothing. All take turns at each site, and the best of five rounds counts; every round and every target has addresses
of its own, so that nothing is gained by remembering a text.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from functools import partial

from bench.protocol import Absent, Result

SITES = 200
ROUNDS = 5
WANTED = 20.0
TARGETS = ("netsh", "registry-pol", "gpo-backup", "reg", "powershell", "syncml", "intune", "dsc", "ansible")
OUT = (
    ("mp-http", "MPS", 80), ("mp-https", "MPS", 443), ("notify", "MPS", 10123), ("dp-http", "DPS", 80),
    ("dp-https", "DPS", 443), ("dp-smb", "DPS", 445), ("sup-http", "MP1", 8530), ("sup-https", "MP1", 8531),
    ("fsp", "MP2", 80), ("smp", "MP2", 445), ("share", "MPS", 445),
)  # fmt: skip
IN = (
    ("push-smb", "MP1", 445), ("push-epm", "MP1", 135), ("push-rpc", "MP1", (49152, 65535)),
    ("control", "NETS", 2701), ("desktop", "NETS", 3389), ("wmi", "MP1", 24158),
)  # fmt: skip
Peers = dict[str, list[str]]


def peers(number: int) -> Peers:
    """The addresses of one site; no two numbers below 65,536 share any."""
    a, b = divmod(number, 256)
    base = f"10.{a}.{b}"
    points = [f"{base}.5", f"{base}.7"]
    return {
        "MPS": points,
        "MP1": points[:1],
        "MP2": points[1:],
        "DPS": [f"{base}.{n}" for n in (11, 13, 17, 19)],
        "NETS": [f"{20 + n}.{a}.{b}.0/24" for n in range(0, 16, 2)],
    }


def rules(number: int, kinds=(OUT, IN)):
    """The rules of one site: one rule for each flow, with all its peers."""
    from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch
    from cmfw.net.addr import AddrSet
    from cmfw.net.flow import Direction
    from cmfw.net.ports import PortSet

    found = {name: AddressMatch(AddrSet.parse(*texts)) for name, texts in peers(number).items()}
    made = []
    for direction, side, flows in ((Direction.OUT, "remote_port", kinds[0]), (Direction.IN, "local_port", kinds[1])):
        for name, far, port in flows:
            more = {side: PortMatch(PortSet.of(port)), "remote_address": found[far]}
            said = {"name": f"{name} {number}", "description": "page-2016, line 117", "group": "cmfw"}
            made.append(
                HostRule(
                    id=f"cmfw-{name}-{number}",
                    action=Action.ALLOW,
                    direction=direction,
                    protocol=6,
                    profiles=1,
                    **said,
                    **more,
                )
            )
    return tuple(made)


def ours(target: str, number: int, made) -> str:
    """The answer of the proof for one policy, after writing it and reading it back."""
    from cmfw.emit.convert import host_target, written_state
    from cmfw.emit.host_policy import HostPolicy
    from cmfw.emit.proof import compare
    from cmfw.model.state import HostState

    module = host_target(target)
    policy = HostPolicy(owner="P01", where=f"group {number}", rules=made)
    output = module.write_policy(policy)
    source = HostState(rules=made)
    return compare(source, written_state(source, policy, module.read_policy(output.artifacts))).answer


def theirs() -> Callable[[int], object]:
    """A function that makes Aerleon write the policy of one site; raises Absent where it is not installed."""
    try:
        from aerleon import api
        from aerleon.lib import naming
    except ImportError as error:
        raise Absent("no `aerleon` (pip install aerleon)") from error

    def word(port) -> str:
        return str(port) if isinstance(port, int) else f"{port[0]}-{port[1]}"

    services = {f"P{word(p).replace('-', 'TO')}": [{"protocol": "tcp", "port": word(p)}] for _, _, p in (*OUT, *IN)}

    def terms(flows, side: str):
        rest = {"protocol": "tcp", "action": "accept"}
        return [
            {"name": name, side: far, "destination-port": f"P{word(port).replace('-', 'TO')}", **rest}
            for name, far, port in flows
        ]

    def write(number: int) -> object:
        full = {
            name: {"values": [{"address": text if "/" in text else f"{text}/32"} for text in texts]}
            for name, texts in peers(number).items()
        }
        names = naming.Naming()
        names.ParseDefinitionsObject({"networks": full, "services": services}, "bench")
        made = {}
        for way, flows, side in (("out", OUT, "destination-address"), ("in", IN, "source-address")):
            header = {"targets": {"windows_advfirewall": f"{way} inet"}}
            one = {"filename": f"{way}{number}", "filters": [{"header": header, "terms": terms(flows, side)}]}
            made |= api.Generate([one], names)
        return made

    return write


def turns(works: dict[str, Callable[[int], Callable[[], object]]], sites: int, rounds: int) -> dict[str, float]:
    """Seconds of each for all sites: at each site they take turns, and the best of the rounds counts.

    What a work gives for a number, which no other number or work of theirs has, is timed; making it is not.
    """
    best = dict.fromkeys(works, float("inf"))
    gc.collect()
    gc.freeze()
    for at in range(rounds):
        spent = dict.fromkeys(works, 0.0)
        for site in range(at * sites, (at + 1) * sites):
            for turn, (name, work) in enumerate(works.items()):
                timed = work(turn * sites * rounds + site)
                start = time.perf_counter()
                timed()
                spent[name] += time.perf_counter() - start
        best = {name: min(best[name], spent[name]) for name in works}
    return best


def by_size(target: str) -> dict[str, float]:
    """Milliseconds of one proved policy by its number of rules."""
    found = {}
    for copies in (1, 4, 16):
        times = []
        for number in range(3):
            made = tuple(rule for n in range(copies) for rule in rules(1000 + number * 16 + n))
            start = time.perf_counter()
            ours(target, number, made)
            times.append(time.perf_counter() - start)
        found[f"{target}_{17 * copies}_rules_ms"] = round(1000 * min(times), 2)
    return found


def run(*, quick: bool) -> Result:
    """Policies a second of each target and of Aerleon, and the ratio; ``quick`` only asks whether the proofs hold."""
    from cmfw.emit.convert import host_target
    from cmfw.emit.host_policy import HostPolicy

    answers = {f"{target} is proved equal": ours(target, 1, rules(1)) == "equal" for target in TARGETS}
    one, other = (host_target("netsh").write_policy(HostPolicy(owner="P01", where="g", rules=made)) for made in both())
    answers["a lost rule is seen"] = one != other
    if quick:
        return Result(figures={"policies": 1}, answers=answers)
    write = theirs()
    # one command for each outbound flow and far address, one for each inbound flow with all of them, as Aerleon writes it
    wanted = sum(len(peers(0)[far]) for _, far, _ in OUT) + len(IN)
    lines = sum(str(text).count("netsh advfirewall") for text in write(0).values())
    answers["aerleon writes every flow"] = lines == wanted
    works = {target: (lambda site, target=target: partial(ours, target, site, rules(site))) for target in TARGETS}
    best = turns({"aerleon": lambda site: partial(write, site), **works}, SITES, ROUNDS)
    figures: dict[str, float | int | str] = {"policies": SITES, "rules_per_policy": len(rules(0))}
    figures |= {f"{name}_policies_per_s": round(SITES / seconds) for name, seconds in best.items()}
    figures |= {f"{target}_ratio": round(best["aerleon"] / best[target], 1) for target in TARGETS}
    # all of them written once each, against as many policies of the other
    together = len(TARGETS) * best["aerleon"] / sum(best[target] for target in TARGETS)
    figures["together_ratio"] = round(together, 1)
    figures |= by_size("netsh") | by_size("registry-pol")
    claims = {
        f"{target}: {WANTED:.0f}x aerleon, proof included": best["aerleon"] / best[target] >= WANTED for target in TARGETS
    }
    claims[f"the Windows targets together: {WANTED:.0f}x aerleon, proof included"] = together >= WANTED
    return Result(figures=figures, answers=answers, claims=claims)


def both():
    """A policy, and the same without its first rule."""
    return rules(1), rules(1)[1:]
