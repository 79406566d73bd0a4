"""The next step from what a domain has to what it is to have; pure, so that any interruption is just another beginning.

The order keeps three promises whenever it stops, and whichever step was the last: Registry.pol is the old or the new file;
the extensions that read it are named as long as it may hold rules; and its change is announced last, by one number in
GPT.INI and then in the directory. A run that never ended shows in the files (``gpt_ini``), so the next one finishes it.
Source: facts/lab.md 2.3 (order), MS-GPOL 3.2.5.1, ADR 20.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cmfw.publish.extension_names import has_names, with_names
from cmfw.publish.gpo import CONTAINERS, FOLDERS, GPT, POLICY, Entry, Gpo, is_ahead, machine_half, next_version
from cmfw.publish.gpt_ini import Stamp, digest_of, stamp_of, version_of, write_gpt
from cmfw.values import value


@value(kw_only=True)
class Wanted:
    """What the domain is to have. ``links`` are (distinguished name, gPLink); ``is_gone``: nothing, as before it was created."""

    title: str
    policy: bytes | None
    names: str
    members: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    is_gone: bool = False

    @property
    def stamp(self) -> Stamp:
        """What GPT.INI is to say."""
        return Stamp(digest_of(self.policy), self.members)


@value
class AddEntry:
    """Make the object in the directory: version 0, which no client applies, and the extensions that will read it."""

    entry: Entry


@value
class AddContainer:
    """Make a child of the object in the directory."""

    name: str


@value
class AddFolder:
    """Make a folder of the object."""

    below: str


@value
class Secure:
    """Give a folder the rights of the object."""

    below: str


@value
class ReplaceFile:
    """Put a whole file into its place, by another name first; only where the old one is still there."""

    below: str
    old: bytes | None
    new: bytes


@value
class RemoveFile:
    """Take a file away."""

    below: str


@value
class ModifyEntry:
    """Change version and extension names in one operation, which fails where they are no longer the old ones."""

    old: Entry
    new: Entry


@value
class ModifyLinks:
    """Change the links of a container in one operation, which fails where they are no longer the old ones."""

    dn: str
    old: str
    new: str


@value
class RemoveEntry:
    """Take the object with its children out of the directory."""


@value
class RemoveFolder:
    """Take an empty folder of the object away."""

    below: str


Step = (
    AddEntry
    | AddContainer
    | AddFolder
    | Secure
    | ReplaceFile
    | RemoveFile
    | ModifyEntry
    | ModifyLinks
    | RemoveEntry
    | RemoveFolder
)


def steps(found: Gpo, wanted: Wanted) -> tuple[Step, ...]:
    """Every step from here to there; empty where the domain has it. Raises FormatError for what cannot be kept."""
    return tuple(_steps(found, wanted))


def _steps(found: Gpo, wanted: Wanted) -> Iterator[Step]:
    while step := next_step(found, wanted):
        yield step
        found = after(step, found)


def next_step(found: Gpo, wanted: Wanted) -> Step | None:
    """The next step; None where the domain has what is wanted."""
    if found.leftovers:
        return RemoveFile(found.leftovers[0])
    if wanted.is_gone:
        return _link_step(found, wanted) or _removal_step(found)
    return _creation_step(found, wanted) or _content_step(found, wanted) or _link_step(found, wanted)


def _creation_step(found: Gpo, wanted: Wanted) -> Step | None:
    """What an object needs to be one."""
    if found.entry is None:
        return AddEntry(Entry(title=wanted.title, version=0, names=wanted.names))
    for name in CONTAINERS:
        if name not in found.containers:
            return AddContainer(name)
    for below in FOLDERS:
        if below not in found.folders:
            return AddFolder(below)
    for below in FOLDERS:
        if below in found.unsecured:
            return Secure(below)
    return None


def _content_step(found: Gpo, wanted: Wanted) -> Step | None:
    """Names that are missing, the policy, the number in GPT.INI, the number in the directory and the names as wanted."""
    entry = found.entry
    if entry is None:
        raise ValueError("an object without its entry has no content")
    # INVARIANT: the extensions are named before Registry.pol holds anything for them, and as long as it does
    if not has_names(entry.names, wanted.names):
        return ModifyEntry(entry, replace(entry, names=with_names(entry.names, wanted.names)))
    if found.policy != wanted.policy:
        return RemoveFile(POLICY) if wanted.policy is None else ReplaceFile(POLICY, found.policy, wanted.policy)
    version = version_of(found.gpt)
    is_announced = found.gpt is not None and stamp_of(found.gpt) == wanted.stamp and machine_half(version) != 0
    if not is_announced or not (version == entry.version or is_ahead(version, entry.version)):
        following = next_version(version, entry.version)
        return ReplaceFile(GPT, found.gpt, write_gpt(found.gpt, following, wanted.stamp))
    if entry.version != version or entry.names != wanted.names:
        return ModifyEntry(entry, replace(entry, version=version, names=wanted.names))
    return None


def _link_step(found: Gpo, wanted: Wanted) -> Step | None:
    present = dict(found.links)
    for dn, text in wanted.links:
        if present[dn] != text:
            return ModifyLinks(dn, present[dn], text)
    return None


def _removal_step(found: Gpo) -> Step | None:
    """The directory first: an object without files is none that a client could half apply, files without object are none."""
    if found.entry is not None:
        return RemoveEntry()
    for below, content in ((POLICY, found.policy), (GPT, found.gpt)):
        if content is not None:
            return RemoveFile(below)
    for below in reversed(FOLDERS):
        if below in found.folders:
            return RemoveFolder(below)
    return None


def after(step: Step, found: Gpo) -> Gpo:
    """What the domain has once the step is done."""
    match step:
        case AddEntry(entry):
            return replace(found, entry=entry, unsecured=found.folders)
        case AddContainer(name):
            return replace(found, containers=found.containers | {name})
        case AddFolder(below):
            return replace(found, folders=found.folders | {below}, unsecured=found.unsecured | {below})
        case Secure(below):
            return replace(found, unsecured=found.unsecured - {below})
        case ReplaceFile(below, _, new):
            return _with_file(found, below, new)
        case RemoveFile(below):
            return _with_file(found, below, None)
        case ModifyEntry(_, new):
            return replace(found, entry=new, unsecured=frozenset())
        case ModifyLinks(dn, _, new):
            return replace(found, links=tuple((name, new if name == dn else text) for name, text in found.links))
        case RemoveEntry():
            return replace(found, entry=None, containers=frozenset(), unsecured=frozenset())
        case RemoveFolder(below):
            return replace(found, folders=found.folders - {below})


def _with_file(found: Gpo, below: str, content: bytes | None) -> Gpo:
    if below == POLICY:
        return replace(found, policy=content)
    if below == GPT:
        return replace(found, gpt=content)
    return replace(found, leftovers=tuple(name for name in found.leftovers if name != below))
