"""The next step, in rows: what a domain has and is to have, and what is done about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cmfw.publish.extension_names import FIREWALL_NAMES
from cmfw.publish.gpo import GPT, POLICY, Entry, Gpo
from cmfw.publish.gpt_ini import write_gpt
from cmfw.publish.steps import ModifyEntry, ReplaceFile, Wanted, after, next_step, steps

OLD, NEW = b"old", b"new"
WANTED = Wanted(title="t", policy=NEW, names=FIREWALL_NAMES)
OLD_STAMP = replace(WANTED, policy=OLD).stamp
DONE = Gpo(
    entry=Entry(title="t", version=5, names=FIREWALL_NAMES),
    containers=frozenset({"Machine", "User"}),
    folders=frozenset({"", "Machine", "User"}),
    gpt=write_gpt(None, 5, WANTED.stamp),
    policy=NEW,
)
ENTRY = DONE.entry


def names_of(found: Gpo, wanted: Wanted = WANTED) -> list[str]:
    return [f"{type(step).__name__} {getattr(step, 'below', '')}".strip() for step in steps(found, wanted)]


@pytest.mark.parametrize(
    ("found", "taken"),
    [
        (DONE, []),
        (replace(DONE, policy=OLD, gpt=write_gpt(None, 5, OLD_STAMP)), [f"ReplaceFile {POLICY}", f"ReplaceFile {GPT}", "ModifyEntry"]),
        (replace(DONE, gpt=write_gpt(None, 5, OLD_STAMP)), [f"ReplaceFile {GPT}", "ModifyEntry"]),
        (replace(DONE, entry=replace(ENTRY, version=4)), ["ModifyEntry"]),
        (replace(DONE, entry=replace(ENTRY, version=6)), [f"ReplaceFile {GPT}", "ModifyEntry"]),
        (replace(DONE, gpt=b"[General]\r\nVersion=5\r\n"), [f"ReplaceFile {GPT}", "ModifyEntry"]),
        (replace(DONE, gpt=None), [f"ReplaceFile {GPT}", "ModifyEntry"]),
        (replace(DONE, gpt=write_gpt(None, 65536, WANTED.stamp), entry=replace(ENTRY, version=65536)), [f"ReplaceFile {GPT}", "ModifyEntry"]),
        (replace(DONE, entry=replace(ENTRY, names="")), ["ModifyEntry"]),
        (replace(DONE, leftovers=("Machine\\Registry.pol.cmfw-1",)), ["RemoveFile Machine\\Registry.pol.cmfw-1"]),
        (replace(DONE, containers=frozenset({"Machine"})), ["AddContainer"]),
        (replace(DONE, unsecured=frozenset({"Machine"})), ["Secure Machine"]),
    ],
    ids=[
        "nothing to do",
        "an update",
        "cut off behind the policy: announced with the next version",
        "cut off behind GPT.INI: the directory follows",
        "the directory is ahead: the next version of both",
        "somebody rewrote GPT.INI: announced again",
        "no GPT.INI",
        "a machine half of 0 is no policy to a client",
        "names lost: named again before anything else",
        "our own file left over",
        "a container is missing",
        "a folder with other rights",
    ],
)  # fmt: skip
def test_the_steps(found, taken):
    assert names_of(found) == taken


def test_from_nothing():
    assert names_of(Gpo()) == [
        "AddEntry", "AddContainer", "AddContainer", "AddFolder", "AddFolder Machine", "AddFolder User", "Secure", "Secure Machine",
        "Secure User", f"ReplaceFile {POLICY}", f"ReplaceFile {GPT}", "ModifyEntry",
    ]  # fmt: skip


def test_back_to_nothing():
    taken = names_of(DONE, replace(WANTED, is_gone=True))
    assert taken == [
        "RemoveEntry",
        f"RemoveFile {POLICY}",
        f"RemoveFile {GPT}",
        "RemoveFolder User",
        "RemoveFolder Machine",
        "RemoveFolder",
    ]


def test_the_extensions_go_last_when_the_rules_go():
    taken = steps(DONE, replace(WANTED, policy=None, names=""))
    assert [type(step).__name__ for step in taken] == ["RemoveFile", "ReplaceFile", "ModifyEntry"]
    assert isinstance(taken[-1], ModifyEntry)
    assert (taken[-1].new.names, taken[-1].new.version) == ("", 6)


def test_a_version_is_counted_on_past_both():
    (policy, gpt, entry) = steps(replace(DONE, policy=OLD, entry=replace(ENTRY, version=9)), WANTED)
    assert isinstance(policy, ReplaceFile)
    assert isinstance(gpt, ReplaceFile)
    assert gpt.new == write_gpt(DONE.gpt, 10, WANTED.stamp)
    assert entry.new.version == 10


def test_links_come_last_and_only_where_they_differ():
    found = replace(DONE, links=(("OU=a", ""), ("OU=b", "[x]")))
    wanted = replace(WANTED, links=(("OU=a", "[y]"), ("OU=b", "[x]")))
    (step,) = steps(found, wanted)
    assert (step.dn, step.old, step.new) == ("OU=a", "", "[y]")
    assert next_step(after(step, found), wanted) is None
