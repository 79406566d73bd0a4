"""Zone firewalls of other makes: what Aerleon writes is believed only as far as the reader of the make understands all of it."""

from __future__ import annotations

import pytest
from tests.emit.network_cases import case, emitted, two_zones
from tests.emit.plans import item
from tests.emit.test_aerleon_acl import generate, replaced

from cmfw.emit.network import emit_between
from cmfw.errors import Unsupported
from cmfw.ingest import fortios_text, junos_policies, paloalto_xml
from cmfw.model.plan import Endpoint
from cmfw.net.addr import AddrSet

CLIENTS4 = Endpoint("client", "desktops", AddrSet.parse("10.20.0.0/16"), 1)
READ = {
    "juniper-srx": junos_policies.read_policies,
    "paloalto": paloalto_xml.read_rules,
    "fortinet": fortios_text.read_policies,
}
WRONG = [
    ("juniper", "destination-port 445", "destination-port 445-446", "wider than the plan"),
    ("juniper", "destination-port 445;", "", "wider than the plan"),
    ("juniper", "destination-port 445", "destination-port 446", "wider than the plan"),
    ("juniper", "10.11.0.0/20", "10.11.0.0/21", "narrower than the plan"),
    ("juniper", "tcp-established;", "", "wider than the plan"),
    ("juniper", "then accept;", "then { count x; accept; }", "does not read back"),
    ("juniper", "protocol tcp;", "protocol tcp; ttl 3;", "does not read back"),
    ("juniper", "protocol tcp;", "protocol tcp { x; }", "does not read back"),
    ("juniper", "then accept;", "then { accept { x; } }", "does not read back"),
    ("juniper", "then accept;", "then accept; filter other;", "does not read back"),
    ("juniper", "filter cmfw-1", "filter other", "does not read back"),
    ("juniper", "then accept;", "then accept", "does not read back"),
    ("juniper-srx", "destination-port 445", "destination-port 445-446", "wider than the plan"),
    ("juniper-srx", "10.11.0.0/20", "10.11.0.0/21", "narrower than the plan"),
    ("juniper-srx", "deny;", "permit;", "wider than the plan"),
    ("juniper-srx", "source-address [ CMFWN1 ]", "source-address [ any ]", "not certain"),
    ("juniper-srx", "to-zone servers {", "to-zone other {", "narrower than the plan"),
    ("juniper-srx", "permit;", "permit; log;", "does not read back"),
    ("juniper-srx", "permit;", "permit { tunnel { ipsec-vpn x; } }", "does not read back"),
    (
        "juniper-srx",
        "source-address [ CMFWN1 ];",
        "source-address [ CMFWN1 ]; source-address [ CMFWN2 ];",
        "does not read back",
    ),
    ("juniper-srx", "source-address [ CMFWN1 ];", "source-address [ CMFWN1 ] { x; }", "does not read back"),
    ("juniper-srx", "term t1 protocol tcp", "term t1 alg ftp protocol tcp", "does not read back"),
    ("paloalto", "<port>445</port>", "<port>445,446</port>", "wider than the plan"),
    ("paloalto", "10.11.0.0/20", "10.11.0.0/21", "narrower than the plan"),
    ("paloalto", "<action>deny</action>", "<action>allow</action>", "wider than the plan"),
    ("paloalto", "<rule-type>interzone</rule-type>", "<rule-type>universal</rule-type>", "does not read back"),
    ("paloalto", "<action>allow</action>", "<action>allow</action><disabled>yes</disabled>", "does not read back"),
    ("paloalto", "<member>CMFWN1</member>", "<member>elsewhere</member>", "not certain"),
    ("paloalto", "</config>", "", "does not read back"),
    ("fortinet", "tcp-portrange 445", "tcp-portrange 445-446", "wider than the plan"),
    ("fortinet", "tcp-portrange 445", "tcp-portrange 445:1024-65535", "does not read back"),
    ("fortinet", "10.11.0.0 255.255.240.0", "10.11.0.0 255.255.248.0", "narrower than the plan"),
    ("fortinet", 'set schedule "always"', 'set schedule "nights"', "does not read back"),
    ("fortinet", "set action accept", "set action accept\n        set nat enable", "does not read back"),
    ("fortinet", 'set srcaddr "CMFWN1"', 'set srcaddr "all"', "not certain"),
    ("fortinet", "\nend\nconfig firewall policy", "\nconfig firewall policy", "does not read back"),
]


@pytest.mark.parametrize(
    ("target", "before", "after", "reason"),
    WRONG,
    ids=[f"{w[0]}: {w[1].split()[0]} {w[3]} {n}" for n, w in enumerate(WRONG)],
)
def test_what_it_does_wrongly_is_refused(target, before, after, reason, monkeypatch):
    from aerleon import api

    seen = []
    real = api.Generate
    generate(monkeypatch, lambda made: seen.extend(made.values()) or replaced(before, after)(made))
    with pytest.raises(Unsupported, match=reason):
        emit_between(target, *case("tcp_only"))
    assert any(before in text for text in seen), "nothing was replaced"
    monkeypatch.setattr(api, "Generate", real)
    emit_between(target, *case("tcp_only"))


@pytest.mark.parametrize(
    ("target", "changes", "reason"),
    [
        ("juniper", {"protocol": 17}, "keeps no state"),
        ("paloalto", {"protocol": 1, "icmp": (8, None)}, "by application"),
        ("fortinet", {"protocol": 1, "icmp": (8, None)}, "no reader can prove"),
        ("juniper-srx", {"protocol": 1, "icmp": (8, 3)}, "no ICMP codes"),
        ("juniper-srx", {"protocol": None}, "TCP, UDP and ICMP"),
    ],
)
def test_what_is_not_handed_over(target, changes, reason):
    with pytest.raises(Unsupported, match=reason):
        emit_between(target, *two_zones(item(target=CLIENTS4, **changes)))


@pytest.mark.parametrize("target", READ)
def test_nothing_that_is_there_gets_new_members_or_is_taken_away(target):
    text = emitted(target, "tcp_only")[0].content.decode()
    found = READ[target](text, "x")
    assert found.problems == []
    assert all(name.startswith("CMFW") for name in (*found.addresses, *found.groups))
    assert all(name.startswith(("cmfw-", "service-cmfw-")) for name in found.services)
    assert all(rule.name.startswith("cmfw-") for rule in found.rules)
    assert "replace:" not in text
    assert "edit 1\n" not in text


@pytest.mark.parametrize("host", ['a"b', "a*/ } deny; /*", "a\\", "</entry>", "主机", "a;b", "a' end"])
@pytest.mark.parametrize("target", ["juniper", *READ])
def test_no_name_breaks_out(target, host):
    """A comment that ended early would be read as a statement, which is none of ours."""
    one = item(source=Endpoint("site_server", host, AddrSet.parse("10.1.0.5"), 1), target=CLIENTS4, id=f"push:{host}")
    emit_between(target, *two_zones(one, host=host))
