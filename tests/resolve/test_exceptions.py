"""Documented exceptions: which rules a predefined group means on the group's Windows and profile."""

from __future__ import annotations

import pytest
from tests.resolve.test_plans import plan

MEMBERS = [
    ("Windows 10, Domain", 'os = "Windows 10 22H2"', ["FPS-SMB-In-TCP-NoScope"]),
    ("Windows 10, Private: the LocalSubnet twin", 'os = "10.0.19045"\nprofile = "private"', ["FPS-SMB-In-TCP"]),
    ("a server has no such edition here", 'os = "Server 2022"', []),
    ("unknown Windows", 'os = "BeOS"', []),
    ("no Windows said", "", []),
    ("another product", 'os = "Windows 11"\nproduct = "other"', []),
]


@pytest.mark.parametrize(("more", "wanted"), [m[1:] for m in MEMBERS], ids=[m[0] for m in MEMBERS])
def test_the_member_rules_of_a_group(more, wanted):
    (found,) = [e for e in plan(more).exceptions if e.kind == "group"]
    assert [rule.id for rule in found.rules] == wanted
    assert all(rule.active for rule in found.rules)
    assert (found.id, found.group, found.where, found.role) == ("push-fps:room", "@FirewallAPI.dll,-28502", "room", "client")
    assert (found.directions, found.direction_given, found.citation.at) == (("out", "in"), True, "line 43")


def test_an_unknown_windows_is_said_and_a_known_one_without_rules_is_not():
    def omitted(os):
        return [o.args for o in plan(f'os = "{os}"').omissions if o.code == "unknown_os"]

    assert omitted("BeOS") == [(("detail", "BeOS"), ("where", "room"))]
    assert omitted("Server 2022") == []


def test_a_program_exception_is_planned_where_its_role_is():
    (found,) = [e for e in plan().exceptions if e.kind == "program"]
    assert (found.where, found.role) == ("mp1", "console")
    assert [(r.program, r.local_port.is_any) for r in found.rules] == [("C:\\Console\\statview.exe", True)]


def test_a_port_exception_follows_the_sites_ports():
    servers = 'code = "P01"\nports = { http = [81, 8081] }\n[[system]]\nhost = "cm1"\n'
    (found,) = [e for e in plan(servers=servers).exceptions if e.id.startswith("requests-80")]
    assert [(r.remote_port.ports.texts(), r.program) for r in found.rules] == [(["81", "8081"], None)]
