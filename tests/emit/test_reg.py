"""The registry file: what other people's programs make of it, and what the undo leaves."""

from __future__ import annotations

import subprocess

import pytest
from tests.conftest import need
from tests.emit.plans import SVCHOST, group_exception, item, of_rule, request, rule
from tests.ingest.hive_builder import HiveBuilder, Key

from cmfw.emit import emit
from cmfw.emit.reg import KEY
from cmfw.ingest.reg_text import apply_reg, read_reg
from cmfw.ingest.registry import REG_SZ, RegistryTree, RegistryValue, decode_text, encode_text
from cmfw.ingest.rulewrite import write_rule

RULES = f"{KEY}\\FirewallRules"
MEMBER = rule(id="FPS-SMB-In-TCP", group="@FirewallAPI.dll,-28502", name="@FirewallAPI.dll,-28511", active=False)
HOSTILE = 'a\\b "quoted" ; [x] $(y) %z% =1 财务'


def content(asked, which=0) -> bytes:
    return emit("reg", asked).artifacts[which].content


def applied(tree: RegistryTree, data: bytes) -> dict[str, str]:
    """(value name -> text) of the rules key after an import into ``tree``."""
    reading = read_reg(data, "x.reg")
    assert reading.problems == ()
    apply_reg(reading.entries, tree)
    return {value.name: decode_text(value.data) for value in tree.values(RULES)}


def test_regedit_writes_such_files():
    data = content(of_rule(rule()))
    assert data.startswith("\ufeffWindows Registry Editor Version 5.00\r\n\r\n".encode("utf-16-le"))
    assert data.decode("utf-16-le").replace("\r\n", "").count("\n") == 0


@pytest.mark.debian
def test_hivex_merges_it_into_a_hive(tmp_path):
    # hivexregedit reads the bytes of a text file as they are, so only ASCII says anything here
    hostile = HOSTILE.encode("ascii", "ignore").decode()
    asked = request(item(rule(name=hostile, program=SVCHOST), rule(id="[b]=1", name="b")))
    need(subprocess.run(["which", "hivexregedit"], capture_output=True, check=False).returncode == 0, "no hivexregedit")
    hive = tmp_path / "SYSTEM"
    key = Key()
    for name in reversed(("CurrentControlSet", "Services", "SharedAccess", "Parameters", "FirewallPolicy", "FirewallRules")):
        key = Key(keys={name: key})
    hive.write_bytes(bytes(HiveBuilder(key).data))
    # hivexregedit takes no comments before the first key, and plain UTF-8
    text = "\n".join(line for line in content(asked).decode("utf-16").splitlines() if not line.startswith(";"))
    source = tmp_path / "x.reg"
    source.write_text(text, encoding="utf-8")
    merge = [
        "hivexregedit",
        "--merge",
        "--encoding",
        "UTF-16LE",
        "--prefix",
        "HKEY_LOCAL_MACHINE\\SYSTEM",
        str(hive),
        str(source),
    ]
    done = subprocess.run(merge, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    below = RULES.removeprefix("HKEY_LOCAL_MACHINE\\SYSTEM")
    shown = subprocess.run(
        ["hivexregedit", "--export", "--prefix", "X", str(hive), below], capture_output=True, check=True
    ).stdout
    found = {v.name: decode_text(v.data) for v in read_reg(shown, "hivex").entries if isinstance(v, RegistryValue)}
    wanted = applied(RegistryTree(), content(asked))
    assert found == wanted
    assert len(found) == 2


def test_the_undo_takes_our_rules_out_and_leaves_the_others():
    tree = RegistryTree()
    before = applied(tree, content(of_rule(rule(id="theirs"))))
    asked = of_rule(rule(id="ours", name=HOSTILE))
    assert set(applied(tree, content(asked))) == {"theirs", "ours"}
    assert applied(tree, content(asked, 1)) == before


def test_the_undo_switches_members_off_again():
    tree = RegistryTree()
    tree.set_value(RegistryValue(RULES, MEMBER.id, REG_SZ, encode_text(write_rule(MEMBER))))
    before = {MEMBER.id: write_rule(MEMBER)}
    asked = request(exceptions=[group_exception(MEMBER)], scope="documented")
    assert "|Active=TRUE|" in applied(tree, content(asked))[MEMBER.id]
    assert applied(tree, content(asked, 1)) == before
    assert [loss.code for loss in emit("reg", asked).losses] == ["group-members"]


def test_the_version_of_the_store_is_left_to_windows():
    reading = read_reg(content(of_rule(rule())), "x.reg")
    assert "PolicyVersion" not in {entry.name for entry in reading.entries if isinstance(entry, RegistryValue)}
