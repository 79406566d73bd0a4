"""CCMSetup command lines as administrators write them."""

from __future__ import annotations

import pytest

from cmfw.ingest.ccmsetup import CcmSetup, parse_ccmsetup

LINES = [
    ("nothing", "", CcmSetup()),
    ("a source", "/source:\\\\srv\\share", CcmSetup(source="\\\\srv\\share")),
    ("a quoted source", '/source:"\\\\srv\\my share" FSP=f1', CcmSetup(source="\\\\srv\\my share", fsp="f1")),
    ("quotes around the switch", '"/source:\\\\srv\\my share"', CcmSetup(source="\\\\srv\\my share")),
    ("a dash and capitals", "-SOURCE:D:\\cm", CcmSetup(source="D:\\cm")),
    ("the first source", "/source:\\\\a\\x /source:\\\\b\\x", CcmSetup(source="\\\\a\\x")),
    ("/mp before SMSMP", "SMSMP=two /mp:one", CcmSetup(mp="one")),
    ("SMSMP", "smsmp=two", CcmSetup(mp="two")),
    ("ports", "CCMHTTPPORT=8080 CCMHTTPSPORT=8443", CcmSetup(http_port=8080, https_port=8443)),
    ("no ports", "CCMHTTPPORT=0 CCMHTTPSPORT=x", CcmSetup(wrong=(("CCMHTTPPORT", "0"), ("CCMHTTPSPORT", "x")))),
    ("a folder", 'CCMINSTALLDIR="D:\\My CCM"', CcmSetup(install_dir="D:\\My CCM")),
    ("the rest is passed over", "/UsePKICert /noservice SMSSITECODE=P01 DNSSUFFIX=x RESETKEYINFORMATION=TRUE", CcmSetup()),
]


@pytest.mark.parametrize(("text", "wanted"), [row[1:] for row in LINES], ids=[row[0] for row in LINES])
def test_it_reads(text, wanted):
    assert parse_ccmsetup(text) == wanted
