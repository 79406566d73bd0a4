"""Backups: taken before anything changes, brought back from any state that a run left, and from no other."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.properties.test_publish import NEW, foreign_world, policy
from tests.publish.memory_domain import OU, PLACE, Broken, MemoryDomain

from cmfw import words
from cmfw.errors import InputError
from cmfw.publish import backup as backups
from cmfw.publish.gpo import GPT, POLICY, Gpo
from cmfw.publish.run import what_differs
from cmfw.publish.server import Edited
from cmfw.publish.session import Proposal, Reached, apply, propose, propose_rollback, roll_back
from cmfw.words.phrases import told

TITLE = "clients"


def reach(world: MemoryDomain) -> Reached:
    domain = world.domain()
    return Reached(PLACE.domain, PLACE.base, domain.directory, domain.share)


def put(world: MemoryDomain, root, ours: bytes):
    at = reach(world)
    return apply(at, propose(at, TITLE, ours, link=(OU,)), root, lambda _: None)


def bring_back(world: MemoryDomain, root):
    at = reach(world)
    backup = backups.find_last(root, at.domain, TITLE)
    return roll_back(at, propose_rollback(at, backup), backup, lambda _: None)


def shape(world: MemoryDomain) -> tuple[object, ...]:
    """What a machine sees of the domain, without the number that counts up."""
    objects = {
        name: {k: v for k, v in entry.items() if k != "versionNumber"}
        for name, entry in world.objects.items()
        if name == PLACE.dn.lower() or name == OU.lower()
    }
    return objects, {name: content for name, content in world.files.items() if not name.endswith("gpt.ini")}


def test_what_was_there_is_what_comes_back(tmp_path):
    world = foreign_world()
    before = shape(world)
    put(world, tmp_path, NEW)
    assert shape(world) != before
    bring_back(world, tmp_path)
    assert shape(world) == before
    assert int(world.entry("versionNumber")) == 131079 + 2


def test_a_creation_is_undone_to_nothing(tmp_path):
    world = MemoryDomain()
    world.objects[OU.lower()]["gPLink"] = ("[LDAP://CN=other,DC=lab,DC=test;0]",)
    before = ({name: dict(entry) for name, entry in world.objects.items()}, dict(world.files), dict(world.folders))
    put(world, tmp_path, NEW)
    assert len(world.files) == 2
    bring_back(world, tmp_path)
    assert (world.objects, world.files, world.folders) == before


def test_publications_are_undone_one_after_the_other(tmp_path):
    world = foreign_world()
    shapes = [shape(world)]
    for ours in (policy("cmfw-a"), policy("cmfw-b"), policy("cmfw-c")):
        put(world, tmp_path, ours)
        shapes.append(shape(world))
    for wanted in reversed(shapes[:-1]):
        bring_back(world, tmp_path)
        assert shape(world) == wanted
    with pytest.raises(InputError, match="not rolled back"):
        bring_back(world, tmp_path)


@pytest.mark.parametrize("fails_after", [False, True], ids=["call not done", "call done, answer lost"])
@pytest.mark.parametrize("make", [foreign_world, MemoryDomain], ids=["an update", "a creation"])
def test_whatever_call_of_a_rollback_is_the_last_the_next_one_ends_it(make, fails_after, tmp_path):
    at = 0
    while True:
        at += 1
        root = tmp_path / str(at)
        world = make()
        put(world, root, policy("cmfw-a"))
        wanted = shape(world)
        put(world, root, NEW)
        world.fail_at, world.fails_after = world.calls + at, fails_after
        try:
            bring_back(world, root)
        except Broken:
            world.fail_at = None
            bring_back(world, root)
        else:
            break
        assert shape(world) == wanted
        assert backups.find_last(root, PLACE.domain, TITLE).folder.name == "0001"
    assert at > 20


def test_an_interrupted_publication_and_the_next_one_share_a_backup(tmp_path):
    world = foreign_world()
    before = shape(world)
    at = reach(world)
    world.before = lambda name: world.__setattr__("fail_at", world.calls + 1) if name == "move_over" else None
    with pytest.raises(Broken):
        apply(at, propose(at, TITLE, NEW, link=(OU,)), tmp_path, lambda _: None)
    world.before, world.fail_at = (lambda _: None), None
    put(world, tmp_path, policy("cmfw-z"))
    bring_back(world, tmp_path)
    assert shape(world) == before


@pytest.mark.parametrize("part", ["policy", "gpt", "version", "names", "link"])
def test_an_edit_since_is_not_rolled_back(part, tmp_path):
    world = foreign_world()
    put(world, tmp_path, NEW)
    match part:
        case "policy":
            world.files[PLACE.path(POLICY).lower()] += policy("x")[8:]
        case "gpt":
            world.files[PLACE.path(GPT).lower()] += b"[x]\r\n"
        case "version":
            world.objects[PLACE.dn.lower()]["versionNumber"] = ("7",)
        case "names":
            world.objects[PLACE.dn.lower()]["gPCMachineExtensionNames"] = ("",)
        case "link":
            world.objects[OU.lower()]["gPLink"] = ("[LDAP://CN=other;0]",)
    before = (dict(world.files), {name: dict(entry) for name, entry in world.objects.items()})
    with pytest.raises(Edited, match=r"changed by somebody else since: (?:policy|gpt|version|names|gPLink)"):
        bring_back(world, tmp_path)
    assert (world.files, world.objects) == before


def test_files_of_others_keep_a_new_object_from_being_removed(tmp_path):
    world = MemoryDomain()
    put(world, tmp_path, NEW)
    guid_folder = next(name for name in world.folders if name.endswith("machine"))
    world.files[f"{guid_folder}\\comment.cmtx"] = b"x"
    with pytest.raises(Edited, match=r"comment\.cmtx"):
        bring_back(world, tmp_path)


def test_a_backup_is_read_as_it_was_written(tmp_path):
    world = foreign_world()
    taken = put(world, tmp_path, NEW)
    assert backups.load(taken.folder) == taken


def damage_file(folder):
    (folder / "Registry.pol").write_bytes(b"x")


def damage_record(folder):
    (folder / "gpo.json").write_text("{}", encoding="utf-8")


def other_schema(folder):
    row = json.loads((folder / "gpo.json").read_text(encoding="utf-8"))
    (folder / "gpo.json").write_text(json.dumps(row | {"schema": "cmfw/gpo-backup/2"}), encoding="utf-8")


def no_file(folder):
    (folder / "GPT.INI").unlink()


@pytest.mark.parametrize("damage", [damage_file, damage_record, other_schema, no_file], ids=lambda f: f.__name__)
def test_a_damaged_backup_is_refused(damage, tmp_path):
    folder = put(foreign_world(), tmp_path, NEW).folder
    damage(folder)
    with pytest.raises(InputError):
        backups.load(folder)


def test_a_backup_of_another_domain_is_refused(tmp_path):
    world = foreign_world()
    taken = put(world, tmp_path, NEW)
    at = replace(reach(world), domain="other.test")
    with pytest.raises(InputError, match=r"a backup from `other\.test`"):
        propose_rollback(at, taken)


def test_two_objects_of_one_title_are_not_guessed_between():
    world = foreign_world()
    other = f"cn={{7b1f5a2e-3c57-4d7e-9a41-0d9a8f3b7c15}},cn=policies,cn=system,{PLACE.base}".lower()
    world.objects[other] = {"displayName": (TITLE,)}
    with pytest.raises(InputError, match="2 objects"):
        propose(reach(world), TITLE, NEW)


def test_nothing_is_written_down_where_there_is_nothing_to_do(tmp_path):
    world = foreign_world()
    put(world, tmp_path / "a", NEW)
    assert put(world, tmp_path / "b", NEW) is None
    assert not (tmp_path / "b").exists()
    assert isinstance(propose(reach(world), TITLE, NEW, link=(OU,)), Proposal)


def test_the_parts_of_an_object_are_named_in_the_language_of_the_run():
    found = what_differs(Gpo(gpt=b"a", links=((OU, "1"),)), Gpo(gpt=b"b"))
    assert found == "gpt, links"
    words.choose("zh_CN")
    try:
        assert told(found) == "GPT.INI 文件、链接"
    finally:
        words.choose("en")
