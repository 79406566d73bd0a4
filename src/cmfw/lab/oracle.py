"""``LabOracle``: one machine's verdicts by packets. An ``Oracle`` like the engines and the probe.

The machine stands alone with one peer, which takes whatever address a flow names. Both get addresses and processes as
questions come.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from cmfw.engine.conditions import MULTICAST
from cmfw.engine.reference import judge as judge_by_specification
from cmfw.lab.firewall_rules import INTERFACE, FirewallText, Marks, Process, firewall_text
from cmfw.lab.shots import Evidence, Fate, Shot
from cmfw.lab.supervisor import Supervised
from cmfw.lab.wire import Wire
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer, Verdict, Why
from cmfw.net.flow import ICMP4, ICMP_PROTOCOLS, KERNEL, PORT_PROTOCOLS, Direction, Flow, Principal, Profile

MACHINE, PEER = 0, 1
NOT_PLAYED = "lab"
"""What is missing to know where sockets cannot be the flow."""
_ECHO_REQUESTS = (8, 128)


class LabOracle:
    """Judges flows of one machine; to be used in a ``with`` block."""

    name = "lab"

    def __init__(self, state: HostState) -> None:
        """Raises LabError where this system cannot hold a lab."""
        self.state = state
        self._child = Supervised(lambda: Wire([(), ()]))
        self._addresses: set[tuple[int, int]] = set()
        self._processes: tuple[Process, ...] = ()
        self._loaded: tuple[Profile, tuple[Process, ...], FirewallText] | None = None

    def sees(self, flow: Flow) -> bool:
        """Whether sockets can be the flow: unicast TCP, UDP or echo requests of an ordinary process on a wired network.

        The kernel answers echo requests, so an inbound one belongs to no other process.
        """
        if flow.principal is not Principal.ORDINARY or flow.interface is not INTERFACE:
            return False
        if any(address in MULTICAST for address in (flow.local, flow.remote)) or flow.local == flow.remote:
            return False
        if flow.protocol in ICMP_PROTOCOLS:
            is_echo = flow.icmp_type == _ECHO_REQUESTS[flow.protocol != ICMP4]
            return is_echo and (flow.direction is Direction.OUT or flow.program == KERNEL)
        # a packet from or to port 0 is none that sockets send
        return flow.protocol in PORT_PROTOCOLS and bool(flow.local_port and flow.remote_port)

    def judge(self, flow: Flow) -> Verdict:
        """What the machine does with the flow, by a packet and its evidence.

        Where the machine's files leave that open no packet is sent, and the verdict is that of the specification.
        """
        known = judge_by_specification(flow, self.state)
        if known.answer is Answer.UNKNOWN:
            return known
        if not self.sees(flow):
            return Verdict(Answer.UNKNOWN, Why.EVIDENCE, missing=(NOT_PLAYED,))
        process = (flow.program, flow.service)
        text = self._load(flow.profile, process)
        return self._verdict(self._send(flow, Marks(self._processes).of(process)), text)

    def _send(self, flow: Flow, mark: int) -> Evidence:
        incoming = flow.direction is Direction.IN
        for number, address in ((MACHINE, flow.local), (PEER, flow.remote)):
            if (number, address) not in self._addresses:
                self._child.call("give_address", number, address)
                self._addresses.add((number, address))
        source, source_port, target, target_port = flow.endpoints()
        shot = Shot(
            source=PEER if incoming else MACHINE,
            target=MACHINE if incoming else PEER,
            protocol=flow.protocol,
            source_address=source,
            target_address=target,
            source_port=source_port or 0,
            target_port=target_port or 0,
            icmp=None if flow.icmp_type is None or flow.icmp_code is None else (flow.icmp_type, flow.icmp_code),
            sender=0 if incoming else mark,
            listener=mark if incoming else 0,
        )
        found: list[Evidence] = self._child.call("send", [shot])
        return found[0]

    def _verdict(self, evidence: Evidence, text: FirewallText) -> Verdict:
        labels = dict(text.labels)
        said = [labels[prefix] for number, prefix in evidence.logs if number == MACHINE]
        answer = Answer.BLOCK if evidence.fate is Fate.STOPPED else Answer.ALLOW
        decided = said[-1]
        return Verdict(answer, decided.why, () if decided.rule is None else (decided.rule,))

    def _load(self, profile: Profile, process: Process) -> FirewallText:
        """The rule set in force, made anew where the profile or the process is another."""
        if process not in self._processes:
            self._processes = (*self._processes, process)
        if self._loaded is None or self._loaded[:2] != (profile, self._processes):
            text = firewall_text(self.state, profile, Marks(self._processes))
            self._child.call("load", [(MACHINE, f"flush ruleset\n{text.text}")])
            self._loaded = profile, self._processes, text
        else:
            # a flow that is asked about again is a new flow
            self._child.call("load", [])
        return self._loaded[2]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._child.close()
