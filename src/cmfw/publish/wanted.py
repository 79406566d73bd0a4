"""What an object is to become: a plan's policy merged into what it has, or what a backup holds."""

from __future__ import annotations

from collections.abc import Iterable

from cmfw.errors import InputError, Problem
from cmfw.publish.extension_names import FIREWALL_NAMES, with_names
from cmfw.publish.gpo import Gpo, Place
from cmfw.publish.gpt_ini import digest_of, stamp_of
from cmfw.publish.links import with_link, without_link
from cmfw.publish.policy_merge import merge
from cmfw.publish.steps import Wanted
from cmfw.words.phrases import phrase

FUNCTIONALITY = 2
"""The only gPCFunctionalityVersion that clients take. Source: MS-GPOL 2.2.2."""


def wanted_policy(
    found: Gpo, place: Place, title: str, ours: bytes, *, link: Iterable[str] = (), unlink: Iterable[str] = ()
) -> Wanted:
    """``ours`` (a Registry.pol) in the object, everything of others kept; linked to ``link``, no longer to ``unlink``.

    Raises InputError for an object that no client reads, FormatError for what could not be kept.
    """
    entry = found.entry
    if entry is not None and entry.functionality != FUNCTIONALITY:
        raise InputError(
            Problem(
                place.dn,
                phrase("gPCFunctionalityVersion {functionality}, or no client applies it", functionality=FUNCTIONALITY),
                str(entry.functionality),
                key="gPCFunctionalityVersion",
            )
        )
    stamp = stamp_of(found.gpt)
    merged = merge(found.policy, ours, stamp.members if stamp and stamp.digest == digest_of(found.policy) else ())
    present = dict(found.links)
    links = [(dn, with_link(present[dn], place.dn)) for dn in link]
    links += [(dn, without_link(present[dn], place.dn)) for dn in unlink]
    return Wanted(
        title=title,
        policy=merged.content,
        names=with_names(entry.names if entry else "", FIREWALL_NAMES),
        members=merged.members,
        links=tuple(links),
    )
