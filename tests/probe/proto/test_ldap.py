"""LDAP root DSE."""

from __future__ import annotations

import pytest
from tests.probe.proto.answers import LDAP_DONE, ldap_entry, tlv
from tests.probe.proto.speak import play

from cmfw.model.wire import Speaks
from cmfw.probe.proto.ldap import LdapTalk


def test_a_directory():
    entry = ldap_entry(dnsHostName="dc1.example.com", DEFAULTNAMINGCONTEXT="DC=example,DC=com", other="x")
    service = play(LdapTalk(), entry, LDAP_DONE)
    assert service.speaks is Speaks.RIGHT
    assert dict(service.facts) == {"dnsHostName": "dc1.example.com", "defaultNamingContext": "DC=example,DC=com"}


def test_a_directory_that_tells_nothing_is_one():
    assert play(LdapTalk(), LDAP_DONE).speaks is Speaks.RIGHT


@pytest.mark.parametrize(
    "answer",
    [
        b"220 mail\r\n", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80", b"\x30\x85" + bytes(5), tlv(0x30, tlv(4, b"x") * 2),
        tlv(0x30, tlv(2, b"\1") + tlv(0x78, b"")), tlv(0x30, tlv(2, b"\1") + b"\x64\x84\0\0\1\0"), ldap_entry(dnsHostName="x")[:20],
    ],
    ids=["smtp", "4 GiB promised", "no length", "a length of 5 bytes", "no message id", "another operation", "ends early", "cut"],
)  # fmt: skip
def test_something_else(answer):
    assert play(LdapTalk(), answer).speaks is Speaks.OTHER


def test_a_fact_is_short_and_in_one_line():
    service = play(LdapTalk(), ldap_entry(dnsHostName="\n" + "x" * 5000), LDAP_DONE)
    assert dict(service.facts)["dnsHostName"] == "?" + "x" * 116 + "..."
