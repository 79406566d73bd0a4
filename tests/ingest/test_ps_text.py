"""Console text of the firewall cmdlets: lists, tables, what the console cut, and lines that went on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.ingest.netsec_exports import COLUMNS, as_list, as_table, flat
from tests.ingest.netsec_writer import document, listed
from tests.ingest.test_ps_json import ECHO, LISTS, OFF, RULES, SMB, answer, codes, plain, profile, smb_flow

from cmfw.errors import InputError
from cmfw.ingest import format_module, read_state
from cmfw.ingest.input_file import open_input
from cmfw.model.rule import PortMatch, Store
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer
from cmfw.net.flow import Profile
from cmfw.net.ports import PortSet

USUAL = """\

Name                          : sshd
DisplayName                   : OpenSSH**
Description                   :
DisplayGroup                  :
Group                         :
Enabled                       : True
Profile                       : Any
Platform                      : {}
Direction                     : Inbound
Action                        : Allow
EdgeTraversalPolicy           : Block
LooseSourceMapping            : False
LocalOnlyMapping              : False
Owner                         :
PrimaryStatus                 : OK
Status                        : \u5df2\u4ece\u5b58\u50a8\u533a\u6210\u529f\u5206\u6790\u89c4\u5219\u3002 (65536)
EnforcementStatus             : NotApplicable
PolicyStoreSource             : PersistentStore
PolicyStoreSourceType         : Local
RemoteDynamicKeywordAddresses : {}

"""


def read(tmp_path: Path, *contents: str | bytes) -> HostState:
    paths = []
    for number, content in enumerate(contents):
        path = tmp_path / f"{number}.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-16"))
        paths.append(str(path))
    result = read_state(paths)
    assert {source.format for source in result.state.sources} == {"ps-text"}
    return result.state


def test_the_usual_view_of_a_rule(tmp_path):
    (found,) = listed(read(tmp_path, "PS C:\\> Get-NetFirewallRule\r\n" + USUAL))
    assert (found.id, found.name, found.active, found.profiles) == ("sshd", "OpenSSH**", True, 7)
    assert [name for name, _ in found.extras.unknown] == [
        "PortFilter", "AddressFilter", "ApplicationFilter", "ServiceFilter", "InterfaceFilter", "InterfaceTypeFilter", "SecurityFilter",
    ]  # fmt: skip
    assert found.origin.endswith("0.txt:3")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_lists_say_everything(tmp_path, encoding):
    rules = [replace(one, id="{8897f95a-d712-4847-a70c-45177fe444a1}") if one is SMB else one for one in RULES]
    assert plain(read(tmp_path, as_list(flat(rules)).encode(encoding)).rules) == rules


def test_filters_in_lists_of_their_own(tmp_path):
    parts = document(RULES, "sections", numbers=False)
    assert plain(read(tmp_path, *(as_list(rows) for rows in parts.values())).rules) == RULES


@pytest.mark.parametrize("width", [80, 120])
def test_long_values_that_go_on(tmp_path, width):
    long = replace(
        SMB, description="word " * 60 + "end", program="C:\\Program Files\\Some Vendor\\" + "x" * 70 + "\\agent.exe"
    )
    (found,) = listed(read(tmp_path, as_list(flat([long]), width=width)))
    assert found.description == long.description
    # a path that was broken at the console's edge may have had a blank there
    assert found.program == long.program or dict(found.extras.unknown)["Program"] == "cut off in this export"


def test_a_list_that_goes_on_is_whole(tmp_path):
    many = replace(SMB, local_port=PortMatch(PortSet.of(*range(1001, 1101, 2))))
    assert plain(read(tmp_path, as_list(flat([many]), width=100)).rules) == [many]


@pytest.mark.parametrize("mark", ["...", "\u2026"], ids=["5.1", "7"])
def test_a_list_that_the_console_cut(tmp_path, mark):
    many = replace(SMB, local_port=PortMatch(PortSet.of(445, 1001, 1003, 1005, 1007)))
    state = read(tmp_path, as_list(flat([many]), most=4).replace("...", mark))
    assert ("LocalPort", "cut off in this export") in state.rules[0].extras.unknown
    assert answer(state, smb_flow()) is Answer.UNKNOWN


def test_a_table_says_everything_that_fits(tmp_path):
    rules = [SMB, replace(ECHO, name="\u56de\u663e\u8bf7\u6c42"), OFF]
    assert plain(read(tmp_path, as_table(flat(rules))).rules) == rules


def test_a_table_that_was_cut(tmp_path):
    long = replace(SMB, program="C:\\Program Files\\A Vendor of Software\\agent.exe")
    (found,) = listed(read(tmp_path, as_table(flat([long]), widest=30)))
    assert ("Program", "cut off in this export") in found.extras.unknown


def test_columns_that_did_not_fit(tmp_path):
    (found,) = listed(read(tmp_path, as_table(flat([SMB]), COLUMNS[:9])))
    assert ("PortFilter", "not in this export") in found.extras.unknown


def test_a_wrapped_row_is_lost_and_said(tmp_path):
    text = as_table(flat([SMB, OFF]), COLUMNS[:9])
    lines = text.split("\r\n")
    lines.insert(4, " " * 60 + "rest of a cell")
    path = tmp_path / "x.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    state, problems = read_state([str(path)])
    assert [problem.line for problem in problems] == [5]
    assert codes(state)["damaged_export"] == (True, True)


def test_profiles(tmp_path):
    state = read(tmp_path, as_list([profile("Public", Enabled="False")]))
    assert state.setting(Store.LOCAL, Profile.PUBLIC).enable_firewall is False


def test_a_word_of_another_language_is_unread(tmp_path):
    state = read(tmp_path, as_list(flat([SMB])).replace(": True", ": Verdadero", 1))
    assert ("Enabled", "Verdadero") in state.rules[0].extras.unknown


def test_a_line_that_is_no_property_is_a_problem(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text(as_list(flat([SMB])).replace("Protocol ", "Prot ocol", 1), encoding="utf-8")
    state, problems = read_state([str(path)])
    assert any("expected a property" in problem.text() for problem in problems)
    assert "Protocol" in dict(state.rules[0].extras.unknown)


def test_a_rule_that_lost_its_action_leaves_everything_open(tmp_path):
    text = "\n".join(
        line for line in as_list(flat([SMB, LISTS])).splitlines() if not line.startswith("Action") or "Allow" in line
    )
    assert codes(read(tmp_path, text))["unread_rules"] == (True, True)


def test_a_listing_of_netsh_is_not_taken(tmp_path):
    lines = (
        "Rule Name:",
        "-" * 70,
        "Enabled:",
        "Direction:",
        "Profiles:",
        "LocalIP:",
        "RemoteIP:",
        "Protocol:",
        "LocalPort:",
        "Action:",
    )
    path = tmp_path / "x.txt"
    path.write_text("\n".join(f"{line:<38}Any" for line in lines), encoding="utf-8")
    assert not format_module("ps-text").sniff(open_input(str(path)))


def test_a_million_lines_are_refused(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text(USUAL + "x :\n" * 1_000_001, encoding="utf-8")
    with pytest.raises(InputError, match="more than 1,000,000 lines"):
        read_state([str(path)])


def test_other_text_is_refused(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("Name: a\nCity: b\nStreet: c\n", encoding="utf-8")
    with pytest.raises(InputError):
        read_state([str(path)])
