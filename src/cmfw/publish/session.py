"""One call of ``publish``: reach the domain, find the object, say what would change, change it, or bring back what was there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4, uuid5

from cmfw.errors import COMMAND_LINE, InputError, Problem
from cmfw.publish import backup as backups
from cmfw.publish.account import Account
from cmfw.publish.backup import Backup
from cmfw.publish.gpo import Gpo, Place
from cmfw.publish.run import Domain, publish, read
from cmfw.publish.server import Directory, Share
from cmfw.publish.steps import Step, Wanted, steps
from cmfw.publish.wanted import wanted_policy
from cmfw.values import value
from cmfw.words.phrases import listed, phrase

_NAMESPACE = UUID("1f0a5d52-5a0e-4a55-9c56-6f5b7c2e9d41")
"""Of the ids of new objects: the same title in the same domain always gets the same one, so two first runs make one object."""


@value
class Reached:
    """A domain by its name and distinguished name, and the two interfaces to it."""

    domain: str
    base: str
    directory: Directory
    share: Share

    def at(self, place: Place) -> Domain:
        """The interfaces to one object."""
        return Domain(self.directory, self.share, place, lambda: uuid4().hex[:12])


@value(kw_only=True)
class Proposal:
    """What there is, what is wanted and the steps from one to the other."""

    place: Place
    title: str
    found: Gpo
    wanted: Wanted
    steps: tuple[Step, ...]


@contextmanager
def reached(server: str, account: Account, *, ca: str = "", domain: str = "") -> Iterator[Reached]:
    """The domain of a controller, over LDAPS and SMB, closed again at the end.

    Raises InputError where the controller belongs to another domain than the one that is meant.
    """
    from cmfw.publish import ldap_directory, smb_share

    directory = ldap_directory.connect(server, account, ca=ca)
    try:
        base = directory.base()
        name = domain_of(base)
        if domain and domain.lower() != name.lower():
            raise InputError(
                Problem(
                    COMMAND_LINE,
                    phrase("a controller of `{domain}`", domain=domain),
                    phrase("one of `{name}`", name=name),
                    key="--domain",
                )
            )
        share = smb_share.connect(server, account)
        try:
            yield Reached(name, base, directory, share)
        finally:
            share.close()
    finally:
        directory.close()


def domain_of(base: str) -> str:
    """The DNS name of a domain by its distinguished name. Source: RFC 2247."""
    return ".".join(part[3:] for part in base.split(",") if part[:3].lower() == "dc=")


def find_place(at: Reached, title: str) -> Place:
    """The object of that title, or where it is going to be; raises InputError where several have the title."""
    guids = at.directory.titled(f"CN=Policies,CN=System,{at.base}", title)
    if len(guids) > 1:
        them = listed(f"`{guid}`" for guid in sorted(guids))
        raise InputError(
            Problem(
                COMMAND_LINE,
                "a title that one object has",
                phrase("{count} objects", count=len(guids)),
                hint=them,
                key="--name",
            )
        )
    new = f"{{{uuid5(_NAMESPACE, f'{at.domain.lower()}/{title}')}}}".upper()
    return Place(at.domain, at.base, guids[0] if guids else new)


def propose(at: Reached, title: str, ours: bytes, *, link: tuple[str, ...] = (), unlink: tuple[str, ...] = ()) -> Proposal:
    """What publishing ``ours`` (a Registry.pol) under that title would do; nothing is changed."""
    place = find_place(at, title)
    found = read(at.at(place), (*link, *unlink))
    wanted = wanted_policy(found, place, title, ours, link=link, unlink=unlink)
    return Proposal(place=place, title=title, found=found, wanted=wanted, steps=steps(found, wanted))


def propose_rollback(at: Reached, backup: Backup) -> Proposal:
    """What bringing back a backup would do; nothing is changed. Raises Edited where the object was changed since."""
    if backup.place.domain.lower() != at.domain.lower():
        raise InputError(
            Problem(
                str(backup.folder),
                phrase("a backup from `{domain}`", domain=at.domain),
                phrase("one from `{domain}`", domain=backup.place.domain),
            )
        )
    found = read(at.at(backup.place), [dn for dn, _ in backup.before.links])
    wanted = backups.wanted_back(backup, found)
    return Proposal(place=backup.place, title=backup.title, found=found, wanted=wanted, steps=steps(found, wanted))


def apply(at: Reached, proposal: Proposal, root: Path, told: Callable[[Step], None]) -> Backup | None:
    """Take the steps, with a backup below ``root`` before the first of them; returns the backup, None where there is no step."""
    place, found = proposal.place, proposal.found
    if not proposal.steps:
        last = backups.newest_unfinished(root, place, found)
        return None if last is None else backups.mark(last, backups.PUBLISHED)
    backup = backups.take(root, place, proposal.title, found, proposal.wanted)
    publish(at.at(place), found, proposal.wanted, told)
    return backups.mark(backup, backups.PUBLISHED)


def roll_back(at: Reached, proposal: Proposal, backup: Backup, told: Callable[[Step], None]) -> Backup:
    """Take the steps back; returns the backup as it is now."""
    backup = backups.widen(backup, proposal.found, proposal.wanted)
    last = publish(at.at(proposal.place), proposal.found, proposal.wanted, told)
    backups.allow_earlier(backup, last)
    return backups.mark(backup, backups.ROLLED_BACK)
