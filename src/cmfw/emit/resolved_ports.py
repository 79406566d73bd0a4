"""Port keywords as numbers, for targets that have no word for them. Source: facts/windows_firewall.md 4.7."""

from __future__ import annotations

from dataclasses import replace

from cmfw.errors import Unsupported
from cmfw.model.rule import HostRule, PortKeyword, PortMatch
from cmfw.net.ports import PortSet
from cmfw.words.phrases import phrase

WORDS = {PortKeyword.RPC.value, PortKeyword.RPC_EPMAP.value}
LOSSES = {
    "rpc": "the keyword is written as the dynamic ports, and only where the rule names the program or service that listens there",
    "rpc-epmap": "the keyword is written as port 135",
}


def with_numbers(rule: HostRule, rpc_ports: PortSet, target: str) -> HostRule:
    """The rule with RPC-EPMap as 135 and RPC as the dynamic ports.

    RPC means ports at which an RPC server listens: without a program or service, every listener on a dynamic port would be
    opened. Raises Unsupported for that. Source: corrections 26.
    """
    words = rule.local_port.keywords
    if not words:
        return rule
    ports = rule.local_port.ports
    if PortKeyword.RPC_EPMAP in words:
        ports |= PortSet.of(135)
    if PortKeyword.RPC in words:
        if rule.program is None and rule.service in (None, "*"):
            reason = phrase("the port keyword RPC without a program or service would open every dynamic port")
            raise Unsupported(target, rule.id, reason)
        ports |= rpc_ports
    return replace(rule, local_port=PortMatch(ports))
