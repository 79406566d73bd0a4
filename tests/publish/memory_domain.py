"""A domain in memory, which can fail at every call and lets others in between two calls."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from struct import pack
from typing import Any

from cmfw.publish.gpo import Place
from cmfw.publish.run import Domain
from cmfw.publish.server import Edited, Refused, Unreachable

PLACE = Place("lab.test", "DC=lab,DC=test", "{6B1F5A2E-3C57-4D7E-9A41-0D9A8F3B7C15}")
OU = "OU=Clients,DC=lab,DC=test"
SID = bytes.fromhex("010100000000000512000000")


def descriptor(mask: int = 0x000F00FF) -> bytes:
    """A descriptor with one owner and one entry."""
    ace = pack("<BBHI", 0, 0, 8 + len(SID), mask) + SID
    dacl = pack("<BxHHxx", 2, 8 + len(ace), 1) + ace
    return pack("<BxHIIII", 1, 0x8004, 20, 20 + len(SID), 0, 20 + 2 * len(SID)) + SID + SID + dacl


class Broken(Unreachable):
    """The connection is lost, as if the machine had died."""


class MemoryDomain:
    """What both interfaces keep. ``fail_at`` is the number of the call that never returns (having done its work or not);
    ``before`` is called before every one, ``seen`` after it.
    """

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, tuple[str, ...]]] = {OU.lower(): {"name": ("Clients",)}}
        self.files: dict[str, bytes] = {}
        self.folders: dict[str, str] = {}
        self.security: dict[str, bytes] = {}
        self.calls = 0
        self.fail_at: int | None = None
        self.fails_after = False
        self.before: Callable[[str], None] = lambda _: None
        self.seen: Callable[[], None] = lambda: None
        for folder in ("lab.test", "lab.test\\Policies"):
            self.folders[folder.lower()] = folder

    def domain(self, place: Place = PLACE) -> Domain:
        numbers = count()
        return Domain(MemoryDirectory(self), MemoryShare(self), place, lambda: f"{next(numbers)}")

    def file(self, below: str) -> bytes | None:
        return self.files.get(PLACE.path(below).lower())

    def entry(self, name: str) -> str:
        return self.objects.get(PLACE.dn.lower(), {}).get(name, ("",))[0]

    def call(self, name: str, work: Callable[[], Any]) -> Any:
        self.calls += 1
        if self.calls == self.fail_at and not self.fails_after:
            raise Broken(name)
        self.before(name)
        result = work()
        self.seen()
        if self.calls == self.fail_at:
            raise Broken(name)
        return result


class MemoryDirectory:
    """Objects by their distinguished name in lower case."""

    def __init__(self, world: MemoryDomain) -> None:
        self.world = world

    def read(self, dn, names):
        wanted = {name.lower() for name in names}

        def found():
            entry = self.world.objects.get(dn.lower())
            return None if entry is None else {k: v for k, v in entry.items() if k.lower() in wanted}

        return self.world.call("read_entry", found)

    def _below(self, dn):
        end = "," + dn.lower()
        inside = [name for name in self.world.objects if name.endswith(end)]
        return [name[: -len(end)].removeprefix("cn=") for name in inside if "," not in name[: -len(end)]]

    def children(self, dn):
        return self.world.call("children", lambda: tuple(self._below(dn)))

    def titled(self, container, title):
        def found():
            entries = {name: self.world.objects[f"cn={name},{container}".lower()] for name in self._below(container)}
            return tuple(name.upper() for name, entry in entries.items() if entry["displayName"] == (title,))

        return self.world.call("titled", found)

    def add(self, dn, attributes):
        def work():
            if dn.lower() in self.world.objects:
                raise Refused("there is one")
            self.world.objects[dn.lower()] = dict(attributes)

        self.world.call("add", work)

    def exchange(self, dn, changes):
        def work():
            entry = self.world.objects[dn.lower()]
            for name, (old, _) in changes.items():
                if entry.get(name, ("",)) != (old,):
                    raise Edited(name)
            for name, (_, new) in changes.items():
                entry[name] = (new,)
                if not new:
                    del entry[name]

        self.world.call("exchange", work)

    def remove(self, dn):
        def work():
            for name in [name for name in self.world.objects if name.endswith(dn.lower())]:
                del self.world.objects[name]

        self.world.call("remove_entry", work)

    def rights(self, dn):
        return self.world.call("entry_rights", lambda: self.world.security.get(dn.lower(), descriptor()))


class MemoryShare:
    """Files and folders by their path in lower case."""

    def __init__(self, world: MemoryDomain) -> None:
        self.world = world

    def read(self, path):
        return self.world.call("read_file", lambda: self.world.files.get(path.lower()))

    def names(self, path):
        start = path.lower() + "\\"

        def found():
            if path.lower() not in self.world.folders:
                return None
            inside = [name for name in (*self.world.files, *self.world.folders) if name.startswith(start)]
            return tuple(name[len(start) :] for name in inside if "\\" not in name[len(start) :])

        return self.world.call("names", found)

    def add_folder(self, path):
        self.world.call("add_folder", lambda: self.world.folders.__setitem__(path.lower(), path))

    def write_new(self, path, content):
        """Half of it first: a machine may die there."""

        def put(part):
            self.world.files[path.lower()] = part

        if path.lower() in self.world.files:
            raise Refused("there is one")
        self.world.call("write_half", lambda: put(content[: len(content) // 2]))
        self.world.call("write_rest", lambda: put(content))

    def move_over(self, path, target):
        def work():
            self.world.files[target.lower()] = self.world.files.pop(path.lower())

        self.world.call("move_over", work)

    def remove(self, path):
        self.world.call("remove_file", lambda: self.world.files.pop(path.lower()))

    def remove_folder(self, path):
        def work():
            if any(name.startswith(path.lower() + "\\") for name in (*self.world.files, *self.world.folders)):
                raise Refused("not empty")
            del self.world.folders[path.lower()]

        self.world.call("remove_folder", work)

    def rights(self, path):
        return self.world.call("file_rights", lambda: self.world.security.get(path.lower(), descriptor()))

    def secure(self, path, rights):
        self.world.call("secure", lambda: self.world.security.__setitem__(path.lower(), rights))
