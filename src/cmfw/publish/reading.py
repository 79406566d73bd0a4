"""What a domain has of one object, read through the two interfaces."""

from __future__ import annotations

from collections.abc import Iterable

from cmfw.errors import FormatError
from cmfw.publish.file_rights import file_rights, same_rights
from cmfw.publish.gpo import CONTAINERS, FOLDERS, GPT, POLICY, TEMPORARY, Entry, Gpo, Place, machine_half
from cmfw.publish.server import Attributes, Directory, Share
from cmfw.words.phrases import phrase

_ATTRIBUTES = (
    "displayName",
    "versionNumber",
    "gPCMachineExtensionNames",
    "flags",
    "gPCFunctionalityVersion",
    "gPCWQLFilter",
)
_LINKS = "gPLink"
_OWN = {GPT.lower(), *(below.lower() for below in (POLICY, *FOLDERS))}


def read_gpo(directory: Directory, share: Share, place: Place, linked: Iterable[str] = ()) -> Gpo:
    """The object, with the links of the containers ``linked``.

    Raises:
        FormatError: a number of the object is none, or a container that is to link it does not exist.
    """
    attributes = directory.read(place.dn, _ATTRIBUTES)
    entry = None if attributes is None else _entry(attributes)
    children = {name.lower() for name in (directory.children(place.dn) if entry else ())}
    listed = {below: share.names(place.path(below)) for below in FOLDERS}
    folders = frozenset(below for below, names in listed.items() if names is not None)
    files = [f"{below}\\{name}" if below else name for below in ("", "Machine") for name in sorted(listed[below] or ())]
    leftovers = tuple(name for name in files if TEMPORARY in name)
    strangers = [*files, *(f"User\\{name}" for name in sorted(listed["User"] or ()))]
    unsecured: frozenset[str] = frozenset()
    if entry is not None and machine_half(entry.version) == 0 and folders:
        unsecured = _unsecured(directory, share, place, folders)
    return Gpo(
        entry=entry,
        containers=frozenset(name for name in CONTAINERS if name.lower() in children),
        folders=folders,
        unsecured=unsecured,
        gpt=share.read(place.path(GPT)) if listed[""] else None,
        policy=share.read(place.path(POLICY)) if listed["Machine"] else None,
        leftovers=leftovers,
        strangers=tuple(name for name in strangers if name.lower() not in _OWN and name not in leftovers),
        links=tuple((dn, _links(directory, dn)) for dn in linked),
    )


def _entry(attributes: Attributes) -> Entry:
    one = {name.lower(): values[0] for name, values in attributes.items() if values}
    return Entry(
        title=one.get("displayname", ""),
        version=_number(one, "versionNumber", 0),
        names=one.get("gpcmachineextensionnames", ""),
        flags=_number(one, "flags", 0),
        functionality=_number(one, "gPCFunctionalityVersion", 0),
        wmi_filter=one.get("gpcwqlfilter", "").strip(),
    )


def _number(attributes: dict[str, str], name: str, missing: int) -> int:
    text = attributes.get(name.lower())
    if text is None:
        return missing
    if not text.lstrip("-").isdecimal():
        raise FormatError(phrase("expected a number, found `{text}`", text=text), source=name)
    # the directory keeps 32 bits with a sign
    return int(text) % 2**32


def _links(directory: Directory, dn: str) -> str:
    attributes = directory.read(dn, (_LINKS,))
    if attributes is None:
        raise FormatError("expected a site, domain or organizational unit, found no object of this name", source=dn)
    return next((values[0] for values in attributes.values() if values), "")


def _unsecured(directory: Directory, share: Share, place: Place, folders: frozenset[str]) -> frozenset[str]:
    wanted = file_rights(directory.rights(place.dn))
    return frozenset(below for below in folders if not same_rights(share.rights(place.path(below)), wanted))
