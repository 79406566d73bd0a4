"""Who a flow text means where it does not say: rows of the usual listener, bare names, services."""

from __future__ import annotations

import pytest

from cmfw.net.flow import Principal
from cmfw.net.flowquery import Names, parse_flow

SVCHOST = "c:\\windows\\system32\\svchost.exe"
REMOTE_CONTROL = "c:\\windows\\ccm\\remctrl\\cmrcservice.exe"
CCMEXEC = "c:\\windows\\ccm\\ccmexec.exe"


def _canonical(path: str) -> str:
    return path.lower().replace("%windir%", "c:\\windows")


NAMES = Names(
    usual=(
        ("in", "tcp", "49152-65535", "%windir%\\System32\\svchost.exe", "winmgmt"),
        ("in", "tcp", "50100-50200", "c:\\tight.exe", "tight"),
        ("in", "tcp", "135", "%windir%\\System32\\svchost.exe", "RpcSs"),
        ("in", "tcp", "445", "System", ""),
        ("in", "tcp", "2701", "%windir%\\CCM\\RemCtrl\\CmRcService.exe", "CmRcService"),
        ("out", "tcp", "80,443", "%windir%\\CCM\\CcmExec.exe", "CcmExec"),
        ("in", "icmp4", "8:*", "System", ""),
    ),
    programs=(
        ("%windir%\\System32\\svchost.exe", "RpcSs"),
        ("%windir%\\System32\\svchost.exe", "winmgmt"),
        ("%windir%\\CCM\\RemCtrl\\CmRcService.exe", "CmRcService"),
        ("%windir%\\CCM\\CcmExec.exe", "CcmExec"),
        ("c:\\twice\\a.exe", ""),
        ("c:\\other\\a.exe", ""),
        ("c:\\two.exe", "first"),
        ("c:\\two.exe", "second"),
    ),
    canonical=_canonical,
)


@pytest.mark.parametrize(
    ("text", "program", "service", "assumed"),
    [
        pytest.param("in tcp * > *:445", "system", "", "program service", id="445 is the kernel"),
        pytest.param("in tcp * > *:135", SVCHOST, "rpcss", "program service", id="135 is the endpoint mapper"),
        pytest.param("in tcp * > *:50000", SVCHOST, "winmgmt", "program service", id="a dynamic port is wmi"),
        pytest.param("in tcp * > *:50150", "c:\\tight.exe", "tight", "program service", id="the narrowest row wins"),
        pytest.param("out tcp * > *:80", CCMEXEC, "ccmexec", "program service", id="80 out is the agent"),
        pytest.param("in tcp * > *:80", None, None, "", id="80 in is nobody we know"),
        pytest.param("in tcp * > *:135-445", None, None, "", id="a range over two rows is nobody's"),
        pytest.param("in tcp * > *", None, None, "", id="no port, nobody"),
        pytest.param("in any * > *", None, None, "", id="no protocol, nobody"),
        pytest.param("in icmp4 * > * type=8", "system", "", "program service", id="echo is the kernel"),
        pytest.param("in icmp4 * > * type=13", None, None, "", id="another icmp type is nobody's"),
        pytest.param("in tcp * > *:445 program=*", "*", None, "", id="a star is every program"),
        pytest.param("in tcp * > *:9 program=CmRcService.exe", REMOTE_CONTROL, "cmrcservice", "program service", id="bare"),
        pytest.param("in tcp * > *:9 program=A.exe", "c:\\twice\\a.exe", "", "program service", id="the likeliest place"),
        pytest.param("in tcp * > *:9 program=b.exe", "b.exe", "", "service", id="an unknown bare name stays"),
        pytest.param("in tcp * > *:9 program=System", "system", "", "service", id="the kernel is no file name"),
        pytest.param(f"in tcp * > *:9 program={SVCHOST}", SVCHOST, "*", "service", id="svchost elsewhere is any service"),
        pytest.param(f"in tcp * > *:135 program={SVCHOST}", SVCHOST, "rpcss", "service", id="svchost on 135 is rpcss"),
        pytest.param("in tcp * > *:9 program=c:\\two.exe", "c:\\two.exe", "*", "service", id="of two services either"),
        pytest.param("in tcp * > *:135 program=c:\\x.exe", "c:\\x.exe", "", "service", id="another program, no service"),
        pytest.param("in tcp * > *:135 program=c:\\x.exe service=y", "c:\\x.exe", "y", "", id="both said"),
        pytest.param("in tcp * > *:135 service=RPCSS", SVCHOST, "rpcss", "program", id="the usual service has its program"),
        pytest.param("in tcp * > *:135 service=other", None, "other", "", id="another service, any program"),
    ],
)
def test_who_is_meant(text, program, service, assumed):
    query = parse_flow(text, NAMES)
    assert query.parts.program == program
    assert query.parts.service == service
    assert [name for name, _ in query.assumed] == [*assumed.split(), "interface"]


def test_assumptions_are_written_into_the_normal_text_and_only_there():
    query = parse_flow("In TCP 10.0.0.5 > 10.1.0.9:135", NAMES)
    assert query.text == "In TCP 10.0.0.5 > 10.1.0.9:135"
    assert query.normal == f"in tcp 10.0.0.5 > 10.1.0.9:135 program={SVCHOST} service=rpcss"
    again = parse_flow(query.normal, NAMES)
    assert again.normal == query.normal
    assert again.flows == query.flows
    assert dict(again.assumed) == {"interface": "lan,wireless"}


def test_a_said_interface_is_not_assumed():
    assert parse_flow("in tcp * > *:445 interface=ras", NAMES).assumed == (("program", "system"), ("service", ""))


def test_every_program_includes_app_packages():
    confined = int(Principal.CONFINED)
    assert all(box.principal & confined for box in parse_flow("in tcp * > *:445 program=*", NAMES).flows)
    assert not any(box.principal & confined for box in parse_flow("in tcp * > *:445", NAMES).flows)
