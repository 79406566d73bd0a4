"""Looks that may keep too much and never drop what matters (the general claim is a property)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.diagnose.machines import SVCHOST, rule

from cmfw.diagnose.prefilter import may_decide, may_meet
from cmfw.model.rule import Store
from cmfw.net.flowtext import parse_parts

FLOWS = parse_parts(f'in tcp 10.9.0.5 > 10.9.8.9:445 profile=domain program="{SVCHOST}" service=rpcss').flows()
ROWS = (
    ("its own flows", "Dir=In|Protocol=6|LPort=445|", True),
    ("another direction", "Dir=Out|Protocol=6|LPort=445|", False),
    ("another profile", "Dir=In|Protocol=6|LPort=445|Profile=Public|", False),
    ("another port", "Dir=In|Protocol=6|LPort=446|", False),
    ("a keyword port may be any", "Dir=In|Protocol=6|LPort=RPC|", True),
    ("another peer", "Dir=In|Protocol=6|LPort=445|RA4=10.9.0.6|", False),
    ("another peer that a loose rule ignores", "Dir=In|Protocol=6|LPort=445|RA4=10.9.0.6|LOM=TRUE|", True),
    ("a keyword address may be any", "Dir=In|Protocol=6|LPort=445|RA4=LocalSubnet|", True),
    ("another service", f"Dir=In|Protocol=6|App={SVCHOST}|Svc=bits|", False),
    ("any service", "Dir=In|Protocol=6|LPort=445|Svc=*|", True),
    ("another program", r"Dir=In|Protocol=6|App=C:\other.exe|", False),
    ("a path that only the host can expand", r"Dir=In|Protocol=6|App=%LOCALAPPDATA%\svchost.exe|", True),
)


@pytest.mark.parametrize(("text", "wanted"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_may_meet(text, wanted):
    assert may_meet(rule("r", text), FLOWS.boxes[0]) is wanted


def test_a_hardening_rule_matters_to_its_service_whatever_its_direction_and_program():
    flow = FLOWS.witness()
    hardened = rule("h", r"Action=Block|Dir=Out|Protocol=17|App=C:\other.exe|Svc=RpcSs|", store=Store.HARDENING)
    assert may_decide(hardened, flow, int(flow.direction), int(flow.profile))
    assert not may_decide(replace(hardened, service="bits"), flow, int(flow.direction), int(flow.profile))
    assert not may_decide(replace(hardened, store=Store.LOCAL), flow, int(flow.direction), int(flow.profile))
    assert not may_decide(replace(hardened, active=False), flow, int(flow.direction), int(flow.profile))
