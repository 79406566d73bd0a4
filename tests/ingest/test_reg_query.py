"""What ``reg query`` prints, read as an export of the registry."""

from __future__ import annotations

import pytest

from cmfw.ingest import read_state
from cmfw.ingest.reg_query import is_query_text, read_query
from cmfw.ingest.registry import REG_BINARY, REG_DWORD, REG_EXPAND_SZ, REG_MULTI_SZ, REG_QWORD, REG_SZ, decode_text
from cmfw.model.rule import Store
from cmfw.net.flow import Profile

KEY = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
RULES = f"""
{KEY}\\DomainProfile
    EnableFirewall    REG_DWORD    0x1
    DefaultOutboundAction    REG_DWORD    0x1

{KEY}\\FirewallRules
    Agent In    REG_SZ    v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=2701|Name=Agent|
    {{5C0A}}    REG_SZ    v2.30|Action=Block|Active=TRUE|Dir=Out|Protocol=6|RPort=8531|Name=Stop|

"""


def values(text: str) -> list[tuple[str, int, bytes]]:
    return [(one.name, one.type, one.data) for one in read_query(text.encode()).entries]


def state(tmp_path, text: str, encoding: str = "utf-8"):
    path = tmp_path / "x.txt"
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    return read_state([str(path)]).state


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp850"])
def test_keys_and_values_are_the_policy_of_the_machine(tmp_path, encoding):
    found = state(tmp_path, RULES, encoding)
    assert [(rule.id, rule.name) for rule in found.rules] == [("Agent In", "Agent"), ("{5C0A}", "Stop")]
    ((store, profile, settings),) = found.settings
    assert (store, profile, settings.default_outbound_allow) == (Store.LOCAL, Profile.DOMAIN, False)
    assert not [gap for gap in found.gaps if gap.may_allow or gap.may_block]


@pytest.mark.parametrize(
    ("line", "kind", "data"),
    [
        ("    n    REG_DWORD    0x2b", REG_DWORD, b"\x2b\0\0\0"),
        ("    n    REG_QWORD    0x1f", REG_QWORD, b"\x1f" + bytes(7)),
        ("    n    REG_BINARY    0A0b", REG_BINARY, b"\x0a\x0b"),
        ("\tn\tREG_DWORD\t0x7", REG_DWORD, b"\x07\0\0\0"),
        (r"    n    REG_MULTI_SZ    a\0b", REG_MULTI_SZ, "a\0b\0\0".encode("utf-16-le")),
        ("    n    REG_EXPAND_SZ    %x%\\y  z", REG_EXPAND_SZ, "%x%\\y  z\0".encode("utf-16-le")),
        ("    n    REG_SZ", REG_SZ, b"\0\0"),
    ],
)
def test_data_of_each_type(line, kind, data):
    assert values(f"{KEY}\n{line}\n    m    REG_DWORD    0x1\n")[0] == ("n", kind, data)


@pytest.mark.parametrize("name", ["(Default)", "(Standard)", "(既定)", "<NO NAME>"])
def test_the_value_without_a_name_is_called_so_in_every_language(name):
    assert values(f"{KEY}\n    {name}    REG_SZ    (value not set)\n    m    REG_DWORD    0x1\n")[0][0] == ""


def test_a_rule_whose_id_stands_in_parentheses_keeps_it():
    found = read_query(
        f"{KEY}\n    (a)    REG_SZ    v2.30|Action=Allow|\n    (b)    REG_SZ    v2.30|Action=Block|\n".encode()
    )
    assert [(one.name, decode_text(one.data)[:12]) for one in found.entries] == [
        ("(a)", "v2.30|Action"),
        ("(b)", "v2.30|Action"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "End of search: 3 match(es) found.",
        "    n    REG_DWORD    x",
        "    n    REG_DWORD    0x123456789",
        "    n    REG_STRANGE    1",
        "    n    REG_?    x    m    REG_SZ    v2.30|Action=Block|",
        "rest of a description|",
    ],
)
def test_a_line_that_cannot_be_read_may_be_a_rule(tmp_path, line):
    found = state(tmp_path, f"{RULES.rstrip()}\n{line}\n")
    assert [(gap.may_allow, gap.may_block) for gap in found.gaps if gap.code.startswith("store:")] == [(True, True)]


def test_trap_one_value_alone_is_what_was_asked_for(tmp_path):
    found = state(tmp_path, "\n".join(RULES.split("\n")[5:7]) + "\n")
    assert len(found.rules) == 1
    assert any(gap.may_block for gap in found.gaps)


def test_trap_a_key_that_is_only_named_was_not_asked(tmp_path):
    """``reg query KEY`` without ``/s`` names the keys below and prints none of their values."""
    found = state(tmp_path, f"{RULES.partition(KEY + chr(92) + 'FirewallRules')[0]}{KEY}\\FirewallRules\n")
    assert [gap.code for gap in found.gaps if gap.may_allow and gap.may_block] == ["partial_export"]


def test_a_program_in_an_uncertain_code_page_proves_nothing(tmp_path):
    text = RULES.replace("|Name=Stop", "|App=C:\\Büro\\a.exe|Name=Stop")
    assert not any(gap.code.startswith("store:") for gap in state(tmp_path, text).gaps)
    assert any(gap.code.startswith("store:") for gap in state(tmp_path, text, "cp850").gaps)


def test_prompts_and_banners_are_passed_over(tmp_path):
    text = f"C:\\>reg query {KEY} /s\n! REG.EXE VERSION 3.0\n{RULES}C:\\>\n"
    assert not any(gap.code.startswith("store:") for gap in state(tmp_path, text).gaps)


@pytest.mark.parametrize(
    "text", ["", "HKEY_LOCAL_MACHINE\\x\n", "Name    REG_SZ    x\n", "# HKEY_LOCAL_MACHINE\\x\n    a    b\n"]
)
def test_other_text_is_not_taken(text):
    assert not is_query_text(text.encode())


def test_a_program_of_an_old_list_in_a_code_page_that_nobody_names():
    key = "HKEY_LOCAL_MACHINE\\SYSTEM\\P\\StandardProfile\\AuthorizedApplications\\List"
    line = "    C:\\Prüf\\x.exe    REG_SZ    C:\\Prüf\\x.exe:*:Enabled:x"
    other = "    C:\\y.exe    REG_SZ    C:\\y.exe:*:Enabled:y"
    text = f"\r\n{key}\r\n{line}\r\n{other}\r\n"
    assert read_query(text.encode("utf-8")).problems == ()
    (problem,) = read_query(text.encode("cp850")).problems
    assert "code page" in problem.found
    assert problem.line == 3


def test_text_that_lost_a_byte():
    key = "HKEY_LOCAL_MACHINE\\SOFTWARE\\P"
    text = f"\r\n{key}\r\n    a    REG_SZ    one\r\n    b    REG_SZ    two\r\n    c    REG_SZ    three\r\n".encode(
        "utf-16-le"
    )
    at = text.index("two".encode("utf-16-le"))
    assert read_query(b"\xff\xfe" + text).problems == ()
    # a byte less, and one more at the end: still whole units
    reading = read_query(b"\xff\xfe" + text[:at] + text[at + 1 :] + b"\0")
    assert any("shifted" in problem.found for problem in reading.problems)
