"""CSV of the firewall cmdlets: delimiters, encodings, the layout of Firewall-Manager, bare selections, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.ingest.netsec_exports import COLUMNS, as_csv, flat
from tests.ingest.netsec_writer import FILTERS, document, listed
from tests.ingest.test_ps_json import LISTS, RULES, SMB, answer, codes, plain, profile, smb_flow

from cmfw.errors import InputError
from cmfw.ingest import read_state
from cmfw.model.rule import Store
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer
from cmfw.net.flow import Profile


def read(tmp_path: Path, *contents: str | bytes) -> HostState:
    paths = []
    for number, content in enumerate(contents):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        paths.append(str(path))
    result = read_state(paths)
    assert {source.format for source in result.state.sources} == {"ps-csv"}
    return result.state


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize(
    "head", ["", "#TYPE Selected.System.Management.Automation.PSCustomObject\r\n"], ids=["plain", "with type"]
)
def test_the_layout_of_firewall_manager_says_everything(tmp_path, delimiter, head):
    assert plain(read(tmp_path, head + as_csv(flat(RULES), delimiter=delimiter)).rules) == RULES


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path, encoding):
    assert plain(read(tmp_path, as_csv(flat(RULES)).encode(encoding)).rules) == RULES


def test_a_rule_stands_in_its_line(tmp_path):
    assert read(tmp_path, as_csv(flat(RULES))).rules[1].origin.endswith("0.csv:3")


def test_a_selection_of_properties_that_rules_do_not_have(tmp_path):
    """An empty port column is no "any": the trap of every exported list of rules."""
    bare = [{"DisplayName": "SMB", "Enabled": "True", "Direction": "Inbound", "Action": "Allow", "Profile": "Any"}]
    columns = (
        "DisplayName",
        "Enabled",
        "Direction",
        "Action",
        "Profile",
        "Protocol",
        "LocalPort",
        "RemoteAddress",
        "Program",
    )
    state = read(tmp_path, as_csv(bare, columns))
    assert answer(state, smb_flow()) is Answer.UNKNOWN
    assert ("PortFilter", "not in this export") in state.rules[0].extras.unknown
    assert ("AddressFilter", "not in this export") in state.rules[0].extras.unknown


def test_lists_that_export_csv_did_not_write(tmp_path):
    (row,) = flat([SMB])
    state = read(tmp_path, as_csv([row | {"LocalPort": "System.String[]"}]))
    assert ("LocalPort", "cut off in this export") in state.rules[0].extras.unknown


def test_rules_and_filters_in_tables_of_their_own(tmp_path):
    parts = document(RULES, "sections", numbers=False)
    assert set(parts) == {"Rules", *FILTERS}
    state = read(tmp_path, *(as_csv(rows, tuple(rows[0])) for rows in parts.values()))
    assert plain(state.rules) == RULES


def test_profiles(tmp_path):
    row = profile("Private", Enabled="False", DefaultOutboundAction="Block", DisabledInterfaceAliases="NotConfigured")
    assert read(tmp_path, as_csv([row], tuple(row))).setting(Store.LOCAL, Profile.PRIVATE).enable_firewall is False


def test_a_quote_inside_and_a_line_inside(tmp_path):
    (row,) = flat([SMB])
    (found,) = listed(read(tmp_path, as_csv([row | {"Description": 'a "b",\r\nc'}, {}][:1])))
    assert found.description == 'a "b",\r\nc'


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace('"445"', '"445","extra"', 1), f"expected {len(COLUMNS)} cells"),
        (lambda text: text.replace('"445"', '"445', 1), "rows of cells"),
        (lambda text: text.replace('"Service"', '"Program"', 1), "every column once"),
    ],
    ids=["a cell too many", "an open quote", "a column twice"],
)  # fmt: skip
def test_what_is_lost_leaves_everything_open(tmp_path, change, said):
    path = tmp_path / "x.csv"
    path.write_text(change(as_csv(flat([SMB, LISTS]))), encoding="utf-8", newline="")
    state, problems = read_state([str(path)])
    assert any(said in problem.text() for problem in problems)
    assert codes(state)["damaged_export"] == (True, True)


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["inbound-builtin", "additional-roles", "inbound-custom"])
def test_a_table_of_wishes_is_no_machine(corpus, name):
    """Curated tables of another tool: no direction, no action, and roles where addresses stand."""
    with pytest.raises(InputError, match="columns Direction and Action"):
        read_state([str(corpus / "gpo" / "dc_firewall" / f"{name}-firewall-rules.csv")])
