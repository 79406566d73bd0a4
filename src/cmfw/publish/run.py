"""Takes the steps, one at a time, looking before each whether the object is still as it was left.

Nothing here remembers anything: what to do next follows from what the domain has. Between the last look at a file and its
replacement lies one round trip in which an edit by somebody else would be lost; the directory has no such moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from cmfw.publish.file_rights import file_rights
from cmfw.publish.gpo import POLICY, TEMPORARY, Entry, Gpo, Place
from cmfw.publish.reading import read_gpo
from cmfw.publish.server import Directory, Edited, Refused, Share
from cmfw.publish.steps import (
    AddContainer,
    AddEntry,
    AddFolder,
    ModifyEntry,
    ModifyLinks,
    RemoveEntry,
    RemoveFile,
    RemoveFolder,
    ReplaceFile,
    Secure,
    Step,
    Wanted,
    after,
    next_step,
)
from cmfw.values import value
from cmfw.words.phrases import Phrase, listed, phrase

Told = Callable[[Step], None]


@value
class Domain:
    """Both interfaces to a domain, the place of one object in it, and a source of names that nobody has used."""

    directory: Directory
    share: Share
    place: Place
    new_name: Callable[[], str]


def read(domain: Domain, linked: Iterable[str] = ()) -> Gpo:
    """What the domain has of the object, with the links of the containers ``linked``."""
    return read_gpo(domain.directory, domain.share, domain.place, linked)


def publish(domain: Domain, start: Gpo, wanted: Wanted, told: Told = lambda _: None) -> Gpo:
    """Make the domain what is wanted and return what it has then; ``told`` hears of every step that is done.

    Raises Edited where the object is no longer what it was at ``start`` or what the last step made of it, Refused where a
    step has no effect, and what the interfaces raise. Wherever it ends, the object is the old or the new one.
    """
    expected = start
    last: Step | None = None
    while True:
        found = read(domain, [dn for dn, _ in wanted.links])
        if watched(found) != watched(expected):
            raise Edited(
                phrase(
                    "`{guid}` was changed by somebody else: {names}",
                    guid=domain.place.guid,
                    names=what_differs(expected, found),
                )
            )
        step = next_step(found, wanted)
        if step is None:
            return found
        if step == last:
            raise Refused(phrase("the server took a step without an effect: {kind}", kind=type(step).__name__))
        take(step, domain)
        told(step)
        last, expected = step, after(step, found)


def watched(gpo: Gpo) -> Gpo:
    """What no one else may change meanwhile. Rights follow the object's own, and other people's files are theirs."""
    return replace(gpo, unsecured=frozenset(), strangers=())


def what_differs(expected: Gpo, found: Gpo) -> Phrase:
    """The parts of an object that are not the same, as a list."""
    names = (
        phrase("entry"),
        phrase("containers"),
        phrase("folders"),
        phrase("gpt"),
        phrase("policy"),
        phrase("leftovers"),
        phrase("links"),
    )
    return listed(name for name in names if getattr(expected, name) != getattr(found, name))


def take(step: Step, domain: Domain) -> None:
    """Take one step."""
    directory, share, place = domain.directory, domain.share, domain.place
    match step:
        case AddEntry(entry):
            directory.add(place.dn, _new_entry(entry, place))
        case AddContainer(name):
            directory.add(f"CN={name},{place.dn}", {"objectClass": ("top", "container")})
        case AddFolder(below):
            share.add_folder(place.path(below))
        case Secure(below):
            share.secure(place.path(below), file_rights(directory.rights(place.dn)))
        case ReplaceFile():
            _replace(step, domain)
        case RemoveFile(below):
            share.remove(place.path(below))
        case ModifyEntry(old, new):
            directory.exchange(place.dn, _changes(old, new))
        case ModifyLinks(dn, old, new):
            directory.exchange(dn, {"gPLink": (old, new)})
        case RemoveEntry():
            directory.remove(place.dn)
        case RemoveFolder(below):
            share.remove_folder(place.path(below))


def _new_entry(entry: Entry, place: Place) -> dict[str, tuple[str, ...]]:
    """Source: facts/lab.md 2.3 step 1; MS-GPOL 2.2.2."""
    found = {
        "objectClass": ("top", "container", "groupPolicyContainer"),
        "displayName": (entry.title,),
        "gPCFileSysPath": (place.address,),
        "flags": (str(entry.flags),),
        "versionNumber": (str(entry.version),),
        "gPCFunctionalityVersion": (str(entry.functionality),),
        "showInAdvancedViewOnly": ("TRUE",),
    }
    return found | ({"gPCMachineExtensionNames": (entry.names,)} if entry.names else {})


def _changes(old: Entry, new: Entry) -> dict[str, tuple[str, str]]:
    """Both attributes, also one that stays: the operation is to fail where somebody has changed it."""
    return {
        "versionNumber": (_signed(old.version), _signed(new.version)),
        "gPCMachineExtensionNames": (old.names, new.names),
    }


def _signed(version: int) -> str:
    """A number of 32 bits as the directory writes it."""
    return str(version - 2**32 if version >= 2**31 else version)


def _replace(step: ReplaceFile, domain: Domain) -> None:
    share, place = domain.share, domain.place
    path = place.path(step.below)
    beside = f"{path}{TEMPORARY}{domain.new_name()}"
    share.write_new(beside, step.new)
    share.secure(beside, file_rights(domain.directory.rights(place.dn)))
    if share.read(beside) != step.new:
        raise Refused(phrase("`{below}` was written, and what is read back is not the same", below=step.below))
    if share.read(path) != step.old:
        share.remove(beside)
        raise Edited(
            phrase(
                "`{guid}` was changed by somebody else: {names}",
                guid=place.guid,
                names=phrase("policy") if step.below == POLICY else phrase("gpt"),
            )
        )
    share.move_over(beside, path)
