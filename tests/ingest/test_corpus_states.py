"""Real machines: counts, round trips, nothing lost, and another program's view of the same hive."""

from __future__ import annotations

import csv
import io
import json
import lzma
import os
import re
import subprocess
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest
from tests.conftest import need

from cmfw.ingest import read_state
from cmfw.ingest.policy_keys import read_rules
from cmfw.ingest.preg import apply_preg, read_preg
from cmfw.ingest.regf_file import open_hive
from cmfw.ingest.registry import RegistryTree, RegistryView, decode_text
from cmfw.ingest.rulestring import parse_rule
from cmfw.ingest.rulewrite import write_rule
from cmfw.model.rule import Action, HostRule, Store
from cmfw.model.state import Gap

pytestmark = pytest.mark.corpus

COUNTS = {
    # name: (counts by store, policy version); FirewallRules as the corpus README counts them, other stores by hivex
    "hives/win7_SYSTEM.xz": (
        (("local", 323, 124), ("hardening static", 109, 109), ("hardening configurable", 2, 2)),
        (2, 10),
    ),
    "hives/win10_SYSTEM.xz": (
        (("local", 480, 236), ("hardening static", 203, 203), ("hardening configurable", 5, 5), ("appiso", 376, 376)),
        (2, 30),
    ),
    "hives/luthfina16_v2.30.wfw": ((("local", 412, 173),), (2, 30)),
    "hives/puppet_fwpolicy_full_v2.28.wfw": ((("local", 452, 218),), (2, 28)),
    "hives/winxp_SYSTEM": ((("local", 0, 0), ("legacy", 6, 6)), None),
    "hives/yossidoctor_FirewallRules.reg": ((("local", 31, 31),), None),
    "hives/malton33_Firewall.reg": ((("local", 0, 0),), None),
    "gpo/ncsc/NCSC_Windows_GPO.zip": ((("gpo", 8, 8),), None),
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts(corpus: Path, name: str) -> None:
    state, _ = read_state([str(corpus / name)])
    assert (state.sources[-1].counts, state.policy_version) == COUNTS[name]


def stated_rules(corpus: Path) -> dict[str, int]:
    """Registry.pol path to the number of firewall rules that the README states."""
    text = (corpus / "README.md").read_text(encoding="utf-8")
    return {path: int(count) for path, count in re.findall(r"`(gpo/\S+?registry\.pol)`.*?, (\d+) firewall rules", text)}


def test_every_registry_pol_has_the_rules_that_the_readme_states(corpus: Path) -> None:
    stated = stated_rules(corpus)
    files = {path.relative_to(corpus).as_posix() for path in corpus.rglob("registry.pol")}
    assert stated.keys() == files
    assert len(files) > 10
    for name, count in stated.items():
        state, _ = read_state([str(corpus / name)])
        assert [source.counts[0][1] for source in state.sources] == [count], name


def test_the_lists_of_windows_xp_are_its_policy(corpus: Path) -> None:
    state, problems = read_state([str(corpus / "hives/winxp_SYSTEM")])
    assert problems == ()
    assert [(gap.code, gap.may_allow, gap.may_block) for gap in state.gaps] == [("no_gpo_source", False, False)]
    opened = {
        (rule.program, rule.profiles, rule.remote_address.is_any) for rule in state.rules if rule.action is Action.ALLOW
    }
    programs = (r"%windir%\system32\sessmgr.exe", r"%windir%\Network Diagnostic\xpnetdiag.exe")
    assert opened == {(program, profiles, True) for program in programs for profiles in (1, 6)}


def test_gaps_of_sound_machines_turn_no_verdict(corpus: Path) -> None:
    found: list[Gap] = []
    for name in COUNTS:
        if "malton33" not in name:
            found += read_state([str(corpus / name)]).state.gaps
    assert found
    assert not [gap for gap in found if gap.may_allow or gap.may_block]


def views(corpus: Path) -> list[RegistryView]:
    hives: list[RegistryView] = [
        open_hive(str(corpus / "hives" / name))
        for name in ("win7_SYSTEM.xz", "win10_SYSTEM.xz", "luthfina16_v2.30.wfw", "puppet_fwpolicy_full_v2.28.wfw")
    ]
    for path in sorted(corpus.rglob("registry.pol")):
        tree = RegistryTree(str(path))
        apply_preg(read_preg(path.read_bytes(), str(path)).entries, tree)
        hives.append(tree)
    return hives


def rule_keys(view: RegistryView) -> list[tuple[str, Store]]:
    """Every key with rules in the file, also in copies that are not in force."""
    out = []
    for key in view.walk():
        low = key.lower()
        if low.endswith(("restrictedservices\\static\\system", "restrictedservices\\configurable\\system")):
            out.append((key, Store.HARDENING))
        elif low.endswith("appiso\\firewallrules"):
            out.append((key, Store.APPISO))
        elif low.endswith(("firewallrules", "consecrules")):
            out.append((key, Store.LOCAL))
    return out


def texts(corpus: Path) -> list[tuple[str, str, Store]]:
    """(text, id, store) of every rule string of the corpus, hives, policies, lists and event logs."""
    out = []
    for view in views(corpus):
        for key, store in rule_keys(view):
            out += [(decode_text(value.data), value.name, store) for value in view.values(key) if value.type == 1]
    reg = (corpus / "hives/yossidoctor_FirewallRules.reg").read_text(encoding="utf-16").replace("\\\\", "\\")
    out += [(text, name, Store.LOCAL) for name, text in re.findall(r'"([^"]+)"="(v2[^"\r\n]*)"', reg)]
    rows = csv.reader(io.StringIO((corpus / "rulestrings/NCSC_GPO.csv").read_text(encoding="utf-8-sig")))
    out += [(cell, "csv", Store.GPO) for row in rows for cell in row if re.match(r"v2\.\d+\|", cell)]
    for path in sorted((corpus / "rulestrings").glob("*.zip")):
        with ZipFile(path) as archive:
            logged = "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
        out += [
            (text.replace("\\\\", "\\"), "log", Store.LOCAL)
            for text in re.findall(r'"Details":\s*"(v2\.\d+\|[^"]*)"', logged)
        ]
    return out


def test_every_real_rule_string_reads_back_equal(corpus: Path) -> None:
    every = texts(corpus)
    assert len(every) > 3_700
    connection_rules = 0
    for text, name, store in every:
        rule, problems = parse_rule(text, id=name, store=store)
        if rule is None:
            connection_rules += 1
            assert "Boundary" in problems[0]
            continue
        assert problems == (), text
        again, _ = parse_rule(write_rule(rule), id=name, store=store)
        assert again is not None
        assert replace(again, version=rule.version) == rule, text
    assert connection_rules == 1


def test_no_value_is_lost(corpus: Path) -> None:
    seen = 0
    for view in views(corpus):
        for key, store in rule_keys(view):
            rules, secured, problems = read_rules(view, key, store, secure=key.lower().endswith("consecrules"))
            named = {problem.key for problem in problems}
            made = {rule.origin.partition("!")[2] for rule in (*rules, *secured)}
            values = {f"{value.key}\\{value.name}" for value in view.values(key)}
            assert made | named == values
            seen += len(values)
    assert seen > 3_700


SINGLE = {"app": "program", "svc": "service", "name": "name", "desc": "description", "embedctxt": "group"}
EXTRA = {"luown": "local_owner", "luauth": "local_users"}
STORES = {
    "Parameters\\FirewallPolicy\\FirewallRules": Store.LOCAL,
    "AppIso\\FirewallRules": Store.APPISO,
    "Static\\System": Store.HARDENING,
    "Configurable\\System": Store.HARDENING,
}


@pytest.mark.slow
def test_dissect_target_reads_the_same_rules(corpus: Path, tmp_path: Path) -> None:
    """Keys and single-valued fields only: of repeated tokens dissect.target keeps the last (facts section 5)."""
    python = os.environ.get("CMFW_DISSECT", "")
    need(bool(python) and Path(python).exists(), "no python with dissect.target (set CMFW_DISSECT)")
    config = tmp_path / "Windows/System32/config"
    config.mkdir(parents=True)
    path = config / "SYSTEM"
    path.write_bytes(lzma.decompress((corpus / "hives/win10_SYSTEM.xz").read_bytes()))
    script = Path(__file__).parent.parent / "oracles/dissect_rules.py"
    done = subprocess.run([python, str(script), str(tmp_path)], capture_output=True, check=True, encoding="utf-8")
    theirs: dict[tuple[Store, str], dict[str, str]] = {}
    for row in json.loads(done.stdout):
        store = next((store for end, store in STORES.items() if row["source"].endswith(end)), None)
        if store is not None and "\\Defaults\\" not in row["source"]:
            theirs[store, row["key"]] = row
    ours = {(rule.store, rule.id): rule for rule in read_state([str(path)]).state.rules}
    assert len(ours) == 480 + 203 + 5 + 376
    assert ours.keys() == theirs.keys()
    protocols: dict[str, set[int | None]] = defaultdict(set)
    for key, rule in ours.items():
        compare(rule, theirs[key])
        protocols[theirs[key].get("protocol", "")].add(rule.protocol)
    assert all(len(numbers) == 1 for numbers in protocols.values()), protocols
    assert protocols["TCP"] == {6}
    assert protocols["UDP"] == {17}
    assert protocols[""] == {None}


def compare(rule: HostRule, theirs: dict[str, str]) -> None:
    assert theirs["version"].lower() == "v{}.{}".format(*rule.version)
    assert theirs["action"].lower() == rule.action
    assert theirs["dir"].upper() == rule.direction.name
    assert theirs.get("active", "True") == str(rule.active)
    assert theirs.get("edge", "False").lower() == str(rule.edge).lower()
    for token, field in SINGLE.items():
        # `Svc==Name` is in Windows' own rules
        assert theirs.get(token, "").removeprefix("=") == (getattr(rule, field) or ""), (rule.id, token)
    for token, field in EXTRA.items():
        assert theirs.get(token, "") == getattr(rule.extras, field), (rule.id, token)
    assert theirs.get("apppkgid", "") == "".join(rule.extras.packages if "apppkgid" in theirs else ())
