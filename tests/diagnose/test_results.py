"""Rows as JSON data, and steps applied to a state."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import pytest
from tests.diagnose.machines import NOTIFY_BLOCK, SMB, ask, configured, planned, row, rule, site, state

from cmfw import catalog
from cmfw.diagnose import Repair, Step, diagnose
from cmfw.diagnose.results import Action
from cmfw.engine.exact import Engine
from cmfw.model.rule import Store
from cmfw.model.state import Gap
from cmfw.net.flow import Profile

MACHINES = {
    "nothing open": state(),
    "blocked by a rule": state(NOTIFY_BLOCK),
    "unknown": state(gaps=(Gap("legacy_lists", "old lists", may_allow=True),)),
}


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_rows_have_the_published_shape(machine):
    schema = json.loads(files("cmfw.cli").joinpath("schemas", "audit.json").read_text(encoding="utf-8"))
    wanted = {**schema["properties"]["features"], "$defs": schema["$defs"]}
    plan = planned(site(), advisory=True)
    found = diagnose(catalog.load(), site(), plan, Engine(machine), "office")
    jsonschema.validate([one.as_dict() for one in found.rows], wanted)
    assert any(one.advisory for one in found.rows)


def test_a_row_says_who_what_and_why():
    degraded = row(ask(state(NOTIFY_BLOCK)), "client_notification").as_dict()
    assert {k: degraded[k] for k in ("clients", "peer", "status", "low", "high")} == {
        "clients": "office",
        "peer": "cm1.example.test",
        "status": "degraded",
        "low": "degraded",
        "high": "degraded",
    }
    (blocked,) = degraded["blocking"]
    assert blocked["by"] == [{"id": "no-notify", "store": "local", "origin": "hive!no-notify"}]
    assert (blocked["why"], blocked["action"], blocked["end"]) == ("rule", "block", "from")
    peers = row(ask(state()), "wakeup_proxy").as_dict()
    assert peers["peer"] is None
    assert row(ask(state()), "fsp").as_dict()["low"] is None


def test_steps_change_only_what_they_name():
    off, block = rule("a", "Dir=In|Protocol=6|LPort=446|", on=False), rule("b", "Action=Block|Dir=In|")
    before = state(off, block, settings=configured(Store.GPO, allow_local_policy_merge=False, do_not_allow_exceptions=True))
    after = Repair(
        (
            Step(Action.ENABLE_RULE, "", off),
            Step(Action.DISABLE_RULE, "", block),
            Step(Action.ADD_RULE, "", SMB),
            Step(Action.ALLOW_LOCAL_RULES, "", None, int(Profile.DOMAIN), Store.GPO),
            Step(Action.LEAVE_SHIELDS_UP, "", None, int(Profile.PUBLIC), Store.GPO),
        )
    ).apply(before)
    assert [(r.id, r.active) for r in after.rules] == [("a", True), ("b", False), ("smb", True)]
    domain, public = (after.setting(Store.GPO, p) for p in (Profile.DOMAIN, Profile.PUBLIC))
    assert (domain.allow_local_policy_merge, domain.do_not_allow_exceptions) == (True, True)
    assert (public.allow_local_policy_merge, public.do_not_allow_exceptions) == (False, False)
    assert [(r.id, r.active) for r in before.rules] == [("a", False), ("b", True)]
