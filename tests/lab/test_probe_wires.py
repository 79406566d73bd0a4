"""Probes against what nftables counted: every word agrees with where the packets of that very flow were last seen."""

from __future__ import annotations

import json
import sys

import pytest
from tests.lab.wires import PROBER, ROUTER, TARGET, Wires, need_namespaces

from cmfw.net.addr import parse_address
from cmfw.probe.messages import key_text, new_key

pytestmark = [pytest.mark.lab, pytest.mark.slow]

# (port, protocol, whether something listens, rules of the prober's output, of the router, of the target's input, of the target's output)
REJECT = "reject with icmpx type admin-prohibited"
RESET = "reject with tcp reset"
CASES = {
    "open": (5001, "tcp", True, "", "", "", ""),
    "closed": (5002, "tcp", False, "", "", "", ""),
    "reset by the host": (5003, "tcp", True, "", "", RESET, ""),
    "rejected by the host": (5004, "tcp", True, "", "", REJECT, ""),
    "dropped by the host": (5005, "tcp", True, "", "", "drop", ""),
    "reset forged by the router": (5006, "tcp", True, "", RESET, "", ""),
    "rejected by the router": (5007, "tcp", True, "", REJECT, "", ""),
    "dropped by the router": (5008, "tcp", True, "", "drop", "", ""),
    # a firewall in stealth mode: nobody listens, and the refusal is not sent
    "stealth": (5009, "tcp", False, "", "", "", "tcp flags & rst == rst drop"),
    "return path lost": (5010, "tcp", True, "", "return drop", "", ""),
    "dropped by the prober": (5011, "tcp", True, "drop", "", "", ""),
    "answer refused by the target": (5012, "tcp", True, "", "", "", "drop"),
    "down behind the router": (5013, "tcp", False, "", "", "", ""),
    "down on the wire": (5014, "tcp", False, "", "", "", ""),
    "udp answered": (5101, "udp", True, "", "", "", ""),
    "udp nobody listens": (5102, "udp", False, "", "", "", ""),
    "udp silent": (5103, "udp", False, "", "", "", ""),
    "udp rejected by the host": (5104, "udp", True, "", "", REJECT, ""),
    "udp dropped by the host": (5105, "udp", True, "", "", "drop", ""),
    "udp rejected by the router": (5107, "udp", True, "", REJECT, "", ""),
    "udp dropped by the router": (5108, "udp", True, "", "drop", "", ""),
    "udp return path lost": (5110, "udp", True, "", "return drop", "", ""),
    "udp answer refused by the target": (5112, "udp", True, "", "", "", "drop"),
}
FAMILIES = (4, 6)
DOWN = {
    "down behind the router": {4: "10.77.2.99", 6: "fd77:2::99"},
    "down on the wire": {4: "10.77.1.99", 6: "fd77:1::99"},
}
"""Addresses that nobody has: the router tells of the one, ARP of the other."""
SITUATIONS = {
    "open": ("open", "open", "open"),
    "closed": ("closed", "closed", "open"),
    "reset": ("reset by the host", "closed", "rejected"),
    "rejected": ("rejected by the router", "rejected", "rejected"),
    "dropped by the network": ("dropped by the router", "filtered", "network_drops"),
    "dropped by the host": ("dropped by the host", "filtered", "host_drops"),
    "host down": ("down behind the router", "host_down", "host_down"),
    "host down on the wire": ("down on the wire", "host_down", "host_down"),
    "forged reset": ("reset forged by the router", "closed", "forged_reset"),
    "stealth": ("stealth", "filtered", "open"),
    "UDP silent": ("udp silent", "filtered", "filtered"),
    "UDP nobody listens": ("udp nobody listens", "closed", "open"),
    "UDP return path lost": ("udp return path lost", "filtered", "return_lost"),
    "return path lost": ("return path lost", "filtered", "return_lost"),
}
"""(case, word of one end alone, word of both ends). A responder listens where nobody does, so a closed port is open to it."""

PROBE = """
import json, sys
from cmfw.net.addr import parse_address
from cmfw.probe.initiate import Responder, probe_two_ended
from cmfw.probe.messages import read_key
from cmfw.probe.plan import Probe
from cmfw.probe.record import result_row
from cmfw.probe.run import Limits, run_probes
asked = json.loads(sys.argv[1])
probes = [Probe(items=(name,), protocol=protocol, address=parse_address(target), port=port, host="t")
          for name, protocol, target, port in asked["probes"]]
limits = Limits(timeout_s=asked["timeout_s"], rate=0)
if asked["responder"]:
    target, key = asked["responder"]
    found = probe_two_ended(probes, Responder(parse_address(target), 10124, read_key(key, "key")), limits)
else:
    found = run_probes(probes, limits)
print(json.dumps([result_row(one) for one in found]))
"""
LISTEN = """
import select, socket, sys
sockets = []
for family, protocol, port in [line.split() for line in sys.argv[1].split(",")]:
    made = socket.socket(socket.AF_INET6 if family == "6" else socket.AF_INET,
                         socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == "6":
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    made.bind(("::" if family == "6" else "0.0.0.0", int(port)))
    if protocol == "tcp":
        made.listen(64)
    sockets.append(made)
print("ready", flush=True)
while True:
    for one in select.select(sockets, [], [])[0]:
        if one.type == socket.SOCK_STREAM:
            one.accept()[0].close()
        else:
            content, sender = one.recvfrom(2000)
            try:
                one.sendto(content, sender)
            except OSError:
                pass
"""


def rules(where: str) -> str:
    """Counters of every flow at the edges of one namespace, and the rules of the cases there."""
    counters, early, late, chains = [], [], [], {"input": [], "output": [], "forward": []}
    for port, protocol, _, at_prober, at_router, at_input, at_output in CASES.values():
        to, back = f"{protocol} dport {port}", f"{protocol} sport {port}"
        for name in ("sent", "arrived", "accepted", "replied", "returned"):
            counters.append(f"counter {name}_{port} {{}}")
        if where == "prober":
            late.append(f"{to} counter name sent_{port}")
            early.append(f"{back} counter name returned_{port}")
            chains["output"] += [f"{to} {at_prober}"] if at_prober else []
        elif where == "router" and at_router:
            chains["forward"].append(f"{back} drop" if at_router == "return drop" else f"{to} {at_router}")
        elif where == "target":
            early.append(f"{to} counter name arrived_{port}")
            late.append(f"{back} counter name replied_{port}")
            chains["input"] += [f"{to} {at_input}"] if at_input else []
            chains["input"].append(f"{to} counter name accepted_{port}")
            chains["output"] += [f"{back} {at_output}"] if at_output else []
    body = "\n".join(counters)
    hooks = {"early": ("prerouting", -300, early), "late": ("postrouting", 300, late)}
    for name, lines in chains.items():
        hooks[name] = (name, 0, lines)
    for name, (hook, priority, lines) in hooks.items():
        listed = "\n".join(lines)
        body += f"\nchain {name}_chain {{\ntype filter hook {hook} priority {priority};\n{listed}\n}}"
    return f"table inet cases {{\n{body}\n}}"


@pytest.fixture(scope="module")
def wires():
    need_namespaces()
    with Wires() as made:
        for name in ("prober", "router", "target"):
            made.filter(name, rules(name))
        yield made


def probes(family: int) -> list[tuple[str, int, str, int]]:
    return [(name, 6 if case[1] == "tcp" else 17, DOWN.get(name, TARGET)[family], case[0]) for name, case in CASES.items()]


def silent_service(wires: Wires, family: int) -> None:
    """A UDP service that takes everything and answers nothing."""
    made = wires.start(
        "target", sys.executable, "-c", LISTEN.replace("one.sendto", "(lambda *_: None)"), f"{family} udp 5103"
    )
    assert made.stdout.readline() == "ready\n"


def ask(wires: Wires, family: int, key: str = "") -> dict[str, dict]:
    for name in ("prober", "target"):
        wires.run(name, "nft", "reset", "counters")
    spec = {"probes": probes(family), "timeout_s": 3.5, "responder": [TARGET[family], key] if key else None}
    return {row["items"][0]: row for row in wires.python("prober", PROBE, json.dumps(spec))}


def truth(wires: Wires) -> dict[int, str]:
    """Where the packets of each port were last seen, by the counters alone."""
    counts = wires.counters("prober")
    there = wires.counters("target")
    found = {}
    for port, *_ in CASES.values():
        if not counts[f"sent_{port}"]:
            found[port] = "prober"
        elif not there[f"arrived_{port}"]:
            found[port] = "network"
        elif not there[f"accepted_{port}"]:
            found[port] = "host"
        elif not there[f"replied_{port}"] or not counts[f"returned_{port}"]:
            found[port] = "way back"
        else:
            found[port] = "through"
    return found


WORDS = {
    "prober": {"blocked_here"},
    "network": {"network_drops", "forged_reset", "rejected"},
    "host": {"host_drops", "rejected"},
    "way back": {"return_lost"},
    "through": {"open", "closed"},
}


@pytest.mark.parametrize("family", FAMILIES)
def test_with_a_responder_every_word_agrees_with_the_counters(wires, family, tmp_path):
    key = key_text(new_key())
    (tmp_path / "key.json").write_text(key, encoding="utf-8")
    silent_service(wires, family)
    listen = TARGET[family] if family == 4 else f"[{TARGET[family]}]"
    responder = wires.start(
        "target", sys.executable, "-m", "cmfw", "respond", "--key", str(tmp_path / "key.json"), "--listen", listen,
        "--allow", "tcp/5001-5099", "--allow", "udp/5100-5199", "--deadline", "60",
    )  # fmt: skip
    assert "10124" in responder.stdout.readline()
    found = ask(wires, family, key)
    seen = truth(wires)
    for name, (port, *_) in CASES.items():
        row = found[name]
        if row["answer"] == "unknown":
            assert name in (*DOWN, "udp silent"), (name, row)
        else:
            assert row["word"] in WORDS[seen[port]], (name, row, seen[port])
    assert {name: found[case]["word"] for name, (case, _, word) in SITUATIONS.items()} == {
        name: word for name, (_, _, word) in SITUATIONS.items()
    }
    assert [seen[CASES[name][0]] for name in (*DOWN, "udp silent")] == ["network", "network", "way back"]
    words = {name: row["word"] for name, row in found.items()}
    assert words["reset forged by the router"] == "forged_reset"
    assert words["rejected by the router"] == words["reset by the host"] == words["rejected by the host"] == "rejected"
    assert found["rejected by the router"]["by"] == ROUTER[family]
    assert found["rejected by the host"]["by"] == TARGET[family]
    assert words["answer refused by the target"] == words["udp answer refused by the target"] == "return_lost"
    assert words["udp dropped by the router"] == "network_drops"
    assert words["udp dropped by the host"] == "host_drops"
    assert words["udp answered"] == "open"


@pytest.mark.parametrize("family", FAMILIES)
def test_alone_no_word_claims_more_than_the_counters_show(wires, family):
    listed = ",".join(f"{family} {case[1]} {case[0]}" for case in CASES.values() if case[2])
    listener = wires.start("target", sys.executable, "-c", LISTEN, listed)
    assert listener.stdout.readline() == "ready\n"
    silent_service(wires, family)
    found = ask(wires, family)
    listener.kill()
    seen = truth(wires)
    for name, (port, *_) in CASES.items():
        row = found[name]
        if row["answer"] == "allow" and name not in ("reset forged by the router", "reset by the host"):
            # the error that says that nobody listens is no UDP packet, and not counted as one
            reached = ("through", "way back") if name == "udp nobody listens" else ("through",)
            assert seen[port] in reached, (name, row, seen[port])
        elif row["answer"] == "block":
            assert seen[port] != "through", (name, row, seen[port])
    words = {name: row["word"] for name, row in found.items()}
    assert {name: words[case] for name, (case, _, _) in SITUATIONS.items()} == {
        name: word for name, (_, word, _) in SITUATIONS.items()
    }
    assert words["rejected by the host"] == "rejected"
    assert found["udp rejected by the router"]["by"] == ROUTER[family]
    assert {words[name] for name in ("answer refused by the target", "udp dropped by the host")} == {"filtered"}
    assert all(parse_address(row["source"]) == parse_address(PROBER[family]) for row in found.values())


def test_echo_through_and_dropped(wires):
    spec = {"probes": [("a", 1, TARGET[4], None), ("b", 58, TARGET[6], None)], "timeout_s": 2.5, "responder": None}
    assert [row["word"] for row in wires.python("prober", PROBE, json.dumps(spec))] == ["open", "open"]
    wires.filter(
        "router",
        "table inet echo { chain f { type filter hook forward priority 1; icmp type echo-request drop; icmpv6 type echo-request reject with icmpx type admin-prohibited; }\n}",
    )
    found = wires.python("prober", PROBE, json.dumps(spec))
    wires.run("router", "nft", "delete", "table", "inet", "echo")
    assert [(row["word"], row["by"]) for row in found] == [("filtered", None), ("rejected", ROUTER[6])]
    assert found[0]["attempts"] == 3
