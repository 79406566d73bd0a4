"""Registry values of a policy as JSON."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from tests.ingest.hive_builder import text

from cmfw.errors import InputError
from cmfw.ingest import read_state
from cmfw.model.rule import Store
from cmfw.net.flow import Profile

KEY = "SOFTWARE\\Policies\\Microsoft\\WindowsFirewall"
RULE = "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=2701|Name=n|"


def entry(key: str, name: str, kind: int, data: bytes, **changes: Any) -> dict[str, Any]:
    found = {"KeyName": key, "ValueName": name, "Type": kind, "Data": base64.b64encode(data).decode(), "Hive": 0}
    return found | changes


def written(tmp_path: Path, *entries: dict) -> str:
    path = tmp_path / "values.json"
    path.write_text(json.dumps(list(entries)), encoding="utf-8")
    return str(path)


def test_rules_and_settings(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        entry(f"{KEY}\\FirewallRules", "r", 1, text(RULE)),
        entry(f"{KEY}\\PublicProfile", "EnableFirewall", 4, b"\0\0\0\0"),
        entry(f"{KEY}\\DomainProfile\\GloballyOpenPorts\\List", "p", 1, text("445:TCP:*:enabled:x")),
    )
    state = read_state([path]).state
    assert (state.rules[0].id, state.rules[0].store) == ("r", Store.GPO)
    assert any(rule.id.startswith("legacy:") for rule in state.rules)
    assert state.setting(Store.GPO, Profile.PUBLIC).enable_firewall is False


BROKEN = {
    "no base64": {"Data": "%%%"},
    "no type": {"Type": None},
    "no data": {"Data": None},
    "an empty part in the key": {"KeyName": f"{KEY}\\\\\\\\x"},
}


@pytest.mark.parametrize("changes", BROKEN.values(), ids=BROKEN)
def test_a_value_that_cannot_be_read_leaves_everything_open(tmp_path: Path, changes: dict) -> None:
    path = written(tmp_path, entry(KEY, "PolicyVersion", 4, b"\0\0\0\0"), entry(KEY, "x", 1, text(RULE)) | changes)
    state, problems = read_state([path])
    assert [(gap.code, gap.may_allow, gap.may_block) for gap in state.gaps if gap.may_allow] == [("store:gpo", True, True)]
    assert len(problems) == 1


def test_values_of_users_and_other_keys_are_none_of_ours(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none"):
        read_state([written(tmp_path, entry(KEY, "x", 4, b"\0\0\0\0", Hive=1), entry("SOFTWARE\\X", "y", 4, b"\0\0\0\0"))])
