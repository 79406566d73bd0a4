"""Publishing may stop anywhere and anybody may meddle: the object is the old or the new one, and the next run ends it."""

from __future__ import annotations

import random
import threading
from dataclasses import replace

import pytest
from tests.publish.memory_domain import OU, PLACE, Broken, MemoryDomain

from cmfw.ingest.preg import read_preg, write_preg
from cmfw.ingest.registry import REG_DWORD, REG_SZ, RegistryValue, encode_text
from cmfw.publish.extension_names import FIREWALL_NAMES, has_names, with_names
from cmfw.publish.gpo import GPT, POLICY, is_ahead, machine_half
from cmfw.publish.gpt_ini import digest_of, stamp_of, version_of
from cmfw.publish.policy_merge import merge
from cmfw.publish.run import publish, read
from cmfw.publish.server import Edited, Refused
from cmfw.publish.wanted import wanted_policy

KEY = "SOFTWARE\\Policies\\Microsoft\\WindowsFirewall"
EXPLORER = "[{00000000-0000-0000-0000-000000000000}{0F6B957D-509E-11D1-A7CC-0000F87571E3}]"


def policy(*names: str) -> bytes:
    version = RegistryValue(KEY, "PolicyVersion", REG_DWORD, (522).to_bytes(4, "little"))
    return write_preg(
        [version, *(RegistryValue(f"{KEY}\\FirewallRules", n, REG_SZ, encode_text(f"text of {n}")) for n in names)]
    )


FOREIGN = write_preg([RegistryValue("SOFTWARE\\Policies\\Contoso", "Mode;]", REG_SZ, encode_text("x][;"))])


def run(world: MemoryDomain, ours: bytes, who: str = "one") -> None:
    domain = replace(world.domain(), new_name=lambda: who)
    found = read(domain, [OU])
    publish(domain, found, wanted_policy(found, PLACE, "clients", ours, link=[OU]))


def foreign_world() -> MemoryDomain:
    """An object that somebody else made, with settings and an extension of theirs."""
    world = MemoryDomain()
    world.objects[PLACE.dn.lower()] = {
        "displayName": ("clients",),
        "versionNumber": ("131079",),
        "gPCFunctionalityVersion": ("2",),
        "gPCMachineExtensionNames": (EXPLORER,),
    }
    for name in ("machine", "user"):
        world.objects[f"cn={name},{PLACE.dn}".lower()] = {}
    for below in ("", "Machine", "User"):
        world.folders[PLACE.path(below).lower()] = PLACE.path(below)
    world.files[PLACE.path(GPT).lower()] = b"[General]\r\nVersion=131079\r\ndisplayName=New\r\n"
    world.files[PLACE.path(POLICY).lower()] = FOREIGN
    return world


def published_world() -> MemoryDomain:
    world = MemoryDomain()
    run(world, policy("cmfw-a", "cmfw-b"))
    return world


def rules_in(content: bytes | None) -> set[str]:
    return set() if content is None else {e.name for e in read_preg(content).entries if e.key.endswith("FirewallRules")}


def watch_for_mixtures(world: MemoryDomain, *whole: bytes | None) -> None:
    """After every call: the policy is a whole one of those, and named extensions read it."""

    def look():
        here = world.file(POLICY)
        assert here in whole, "neither the old nor the new policy"
        if rules_in(here):
            assert has_names(world.entry("gPCMachineExtensionNames"), FIREWALL_NAMES), "rules that no extension reads"

    world.seen = look


def settled(world: MemoryDomain, content: bytes) -> None:
    """What holds of every domain after a run that ended."""
    assert world.file(POLICY) == content
    version = version_of(world.file(GPT))
    assert str(version) == world.entry("versionNumber")
    assert machine_half(version) != 0
    assert stamp_of(world.file(GPT)).digest == digest_of(content)
    assert has_names(world.entry("gPCMachineExtensionNames"), FIREWALL_NAMES)
    assert world.objects[OU.lower()]["gPLink"] == (f"[LDAP://{PLACE.dn};0]",)
    assert not [name for name in world.files if ".cmfw-" in name]


WORLDS = {"a new object": MemoryDomain, "somebody else's object": foreign_world, "our object": published_world}
NEW = policy("cmfw-b", "cmfw-c")


def calls_of(make) -> int:
    world = make()
    before = world.calls
    run(world, NEW)
    return world.calls - before


@pytest.mark.parametrize("make", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("fails_after", [False, True], ids=["call not done", "call done, answer lost"])
def test_whatever_call_is_the_last_the_next_run_ends_it(make, fails_after, record_count):
    total = calls_of(make)
    assert total > 20
    for last in range(1, total + 1):
        world = make()
        old = world.file(POLICY)
        new = merge(old, NEW).content
        watch_for_mixtures(world, old, new)
        world.fail_at, world.fails_after = world.calls + last, fails_after
        with pytest.raises(Broken):
            run(world, NEW)
        world.fail_at = None
        run(world, NEW)
        settled(world, new)
        assert FOREIGN[8:] in new or make is not foreign_world
    record_count("publications cut off in memory", total)


@pytest.mark.parametrize("make", WORLDS.values(), ids=WORLDS)
def test_several_cuts_in_a_row(make, seed, soak, record_count):
    picked = random.Random(seed)
    for _ in range(20 * soak):
        world = make()
        old = world.file(POLICY)
        new = merge(old, NEW).content
        watch_for_mixtures(world, old, new)
        for _ in range(picked.randrange(2, 6)):
            world.fail_at, world.fails_after = world.calls + picked.randrange(1, 60), picked.random() < 0.5
            try:
                run(world, NEW)
            except Broken:
                continue
        world.fail_at = None
        run(world, NEW)
        settled(world, new)
    record_count("publications cut off in memory", 20 * soak)


@pytest.mark.parametrize("make", WORLDS.values(), ids=WORLDS)
def test_a_second_run_has_nothing_to_do(make):
    world = make()
    run(world, NEW)
    files, objects = dict(world.files), {name: dict(entry) for name, entry in world.objects.items()}
    run(world, NEW)
    assert (world.files, world.objects) == (files, objects)


def edit_version(world: MemoryDomain) -> None:
    world.objects[PLACE.dn.lower()]["versionNumber"] = (str(int(world.entry("versionNumber")) + 3),)


def edit_names(world: MemoryDomain) -> None:
    names = with_names(world.entry("gPCMachineExtensionNames"), THEIRS)
    world.objects[PLACE.dn.lower()]["gPCMachineExtensionNames"] = (names,)


def edit_gpt(world: MemoryDomain) -> None:
    world.files[PLACE.path(GPT).lower()] = b"[General]\r\nVersion=777\r\n"


def edit_policy(world: MemoryDomain) -> None:
    world.files[PLACE.path(POLICY).lower()] = FOREIGN + FOREIGN[8:]


THEIRS = "[{C6DC5466-785A-11D2-84D0-00C04FB169F7}{942A8E4F-A261-11D1-A760-00C04FB9603F}]"
EDITS = {
    "version": (edit_version, lambda world: int(world.entry("versionNumber"))),
    "names": (edit_names, lambda world: world.entry("gPCMachineExtensionNames")),
    "GPT.INI": (edit_gpt, lambda world: world.file(GPT)),
    "Registry.pol": (edit_policy, lambda world: world.file(POLICY)),
}
BLIND = {"move_over"}
"""The call right behind the last look at a file: the one round trip that a share leaves open."""


def kept_from_the_start(world: MemoryDomain, edit: str, was: object) -> bool:
    """Whether an edit that was there before the first look is still in what the run made of it."""
    match edit:
        case "version":
            return is_ahead(int(world.entry("versionNumber")), was)
        case "names":
            return has_names(world.entry("gPCMachineExtensionNames"), THEIRS)
        case "GPT.INI":
            return version_of(world.file(GPT)) > 777
    return (FOREIGN + FOREIGN[8:])[8:] in world.file(POLICY)


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("make", [foreign_world, published_world], ids=["somebody else's object", "our object"])
def test_an_edit_meanwhile_is_found_and_never_overwritten(make, edit, record_count):
    meddle_with, part = EDITS[edit]
    world = make()
    begun = world.calls
    read(world.domain(), [OU])
    first_look = world.calls - begun
    total = calls_of(make)
    found = 0
    for at in range(1, total + 1):
        world = make()
        kept: list[object] = []

        def meddle(name, world=world, at=world.calls + at, kept=kept):
            if world.calls == at and name not in BLIND:
                meddle_with(world)
                kept.append(part(world))

        world.before = meddle
        try:
            run(world, NEW)
        except Edited:
            found += 1
            assert part(world) == kept[0]
        else:
            assert not kept or part(world) == kept[0] or (at <= first_look and kept_from_the_start(world, edit, kept[0]))
    assert found > 10
    record_count("foreign edits during a publication in memory", total)


def test_two_runs_at_once_end_in_one_policy(seed, soak, record_count):
    """Both go step by step in any order; at most one of them ends, and a third run settles what they left."""
    picked = random.Random(seed)
    for _ in range(10 * soak):
        world = published_world()
        old = world.file(POLICY)
        policies = [policy("cmfw-a", "cmfw-x"), policy("cmfw-y")]
        watch_for_mixtures(world, old, *(merge(old, ours).content for ours in policies))
        turns = [threading.Semaphore(0), threading.Semaphore(0)]
        back = threading.Semaphore(0)
        alive = [True, True]
        failures: list[BaseException] = []
        local = threading.local()
        world.before = lambda _, back=back, turns=turns, local=local: (back.release(), turns[local.me].acquire())

        def body(me, world=world, local=local, turns=turns, back=back, alive=alive, failures=failures, policies=policies):
            local.me = me
            turns[me].acquire()
            try:
                run(world, policies[me], who=f"of-{me}")
            except (Edited, Refused, KeyError):
                pass
            except BaseException as error:  # noqa: BLE001 - told by the test's own thread
                failures.append(error)
            alive[me] = False
            back.release()

        threads = [threading.Thread(target=body, args=(me,)) for me in (0, 1)]
        for thread in threads:
            thread.start()
        while any(alive):
            me = picked.randrange(2)
            if alive[me]:
                turns[me].release()
                back.acquire()
        for thread in threads:
            thread.join()
        assert failures == []
        world.before = lambda _: None
        world.seen = lambda: None
        run(world, NEW)
        settled(world, merge(old, NEW).content)
    record_count("pairs of runs at once in memory", 10 * soak)
