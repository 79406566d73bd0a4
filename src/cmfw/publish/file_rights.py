"""The rights on an object's files, made from the rights on the object in the directory.

Whoever may read an object must be able to read its files, and nobody else may write them; Samba's ``gpo aclcheck`` and
Group Policy Management check exactly that. Source: MS-DTYP 2.4.4-2.4.6 (descriptor, list, entry), MS-ADTS 5.1.3.2 (rights of
the directory), MS-SMB2 2.2.13.1 (rights of files); facts/lab.md 2.3 step 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

from cmfw.errors import FormatError
from cmfw.values import value

_DESCRIPTOR = Struct("<BxHIIII")
_LIST = Struct("<BxHHxx")
_ACE = Struct("<BBHI")
_SELF_RELATIVE, _DACL_PROTECTED, _DACL_PRESENT = 0x8000, 0x1000, 0x0004
_ALLOWED, _DENIED, _ALLOWED_OBJECT = 0, 1, 5
_OBJECT_INHERIT, _CONTAINER_INHERIT, _INHERIT_ONLY, _INHERITED = 1, 2, 8, 0x10
_STANDARD = 0x001F0000
"""DELETE, READ_CONTROL, WRITE_DAC, WRITE_OWNER, SYNCHRONIZE: the same bits in both."""
_SYNCHRONIZE = 0x00100000
_CREATE_CHILD, _DELETE_CHILD, _LIST_CONTENTS, _READ_PROPERTY, _WRITE_PROPERTY = 0x01, 0x02, 0x04, 0x10, 0x20
_FILE_READ = 0x0001 | 0x0008 | 0x0020 | 0x0080 | _SYNCHRONIZE
"""Data, extended attributes, execute (traverse), attributes."""
_FILE_WRITE = 0x0002 | 0x0004 | 0x0010 | 0x0100 | _SYNCHRONIZE
"""Data, append (subfolder), extended attributes, attributes."""
_FILE_ADD, _FILE_DELETE_CHILD = 0x0002 | 0x0004, 0x0040
_CREATOR_OWNER = bytes.fromhex("010100000000000300000000")
"""S-1-3-0."""
_BEFORE_2000 = bytes.fromhex("01020000000000052000000022" + "020000")
"""S-1-5-32-554, Pre-Windows 2000 Compatible Access: has rights in the directory and none in SYSVOL."""
_LIST_REVISION, _OBJECT_LIST_REVISION = 2, 4


@value(order=True)
class Ace:
    """One entry of an access list; ``rest`` is what follows the mask: a SID, with ids of properties before it in some kinds."""

    kind: int
    flags: int
    mask: int
    rest: bytes


def file_rights(rights: bytes) -> bytes:
    """The descriptor for an object's folders and files; ``rights`` is that of the object in the directory.

    Entries about single properties or extended rights (who applies the policy) are carried along and give no right to a
    file: Samba's check wants to see them, and a right to one property is none to the whole file.
    """
    owner, group, aces = _parts(rights)
    return _descriptor(owner, group, [_for_file(ace) for ace in aces if ace.rest != _BEFORE_2000])


def without_object_entries(rights: bytes) -> bytes:
    """The descriptor without entries that speak of single properties, for a file system that knows none."""
    owner, group, aces = _parts(rights)
    return _descriptor(owner, group, [ace for ace in aces if ace.kind != _ALLOWED_OBJECT])


def _descriptor(owner: bytes, group: bytes, aces: list[Ace]) -> bytes:
    listed = b"".join(_ACE.pack(a.kind, a.flags, _ACE.size + len(a.rest), a.mask) + a.rest for a in aces)
    revision = _OBJECT_LIST_REVISION if any(a.kind == _ALLOWED_OBJECT for a in aces) else _LIST_REVISION
    dacl = _LIST.pack(revision, _LIST.size + len(listed), len(aces)) + listed
    start = _DESCRIPTOR.size
    control = _SELF_RELATIVE | _DACL_PROTECTED | _DACL_PRESENT
    places = (start if owner else 0, start + len(owner) if group else 0, 0, start + len(owner) + len(group))
    return _DESCRIPTOR.pack(1, control, *places) + owner + group + dacl


def same_rights(one: bytes, other: bytes) -> bool:
    """Whether two descriptors give everybody the same, in the same order; neither the owner nor single properties count."""
    return _plain(one) == _plain(other)


def file_mask(mask: int) -> int:
    """The rights on a file for rights on an object."""
    found = mask & _STANDARD
    if mask & _READ_PROPERTY and mask & _LIST_CONTENTS:
        found |= _FILE_READ
    if mask & _WRITE_PROPERTY:
        found |= _FILE_WRITE
    if mask & _CREATE_CHILD:
        found |= _FILE_ADD
    if mask & _DELETE_CHILD:
        found |= _FILE_DELETE_CHILD
    return found


def _for_file(ace: Ace) -> Ace:
    flags = ace.flags | _OBJECT_INHERIT | _CONTAINER_INHERIT
    if ace.rest == _CREATOR_OWNER:
        # it stands for whoever makes a file, so it means something below the folder only
        flags |= _INHERIT_ONLY
    return Ace(ace.kind, flags, 0 if ace.kind == _ALLOWED_OBJECT else file_mask(ace.mask), ace.rest)


def _plain(rights: bytes) -> list[Ace]:
    aces = _parts(rights)[2]
    return [Ace(a.kind, a.flags & ~_INHERITED, a.mask, a.rest) for a in aces if a.kind != _ALLOWED_OBJECT]


def _parts(rights: bytes) -> tuple[bytes, bytes, list[Ace]]:
    """(owner, group, entries of the kinds that matter)."""
    if len(rights) < _DESCRIPTOR.size:
        raise FormatError("expected a security descriptor", source="nTSecurityDescriptor", offset=len(rights))
    _, control, owner, group, _, dacl = _DESCRIPTOR.unpack_from(rights)
    if not dacl or not control & _DACL_PRESENT:
        # without a list everybody may do everything: nothing to be copied in silence
        raise FormatError("expected an access list, found none", source="nTSecurityDescriptor")
    return _sid(rights, owner), _sid(rights, group), list(_aces(rights, dacl))


def _sid(rights: bytes, at: int) -> bytes:
    if not at:
        return b""
    if at + 2 > len(rights) or at + 8 + 4 * rights[at + 1] > len(rights):
        raise FormatError("expected a SID", source="nTSecurityDescriptor", offset=at)
    return rights[at : at + 8 + 4 * rights[at + 1]]


def _aces(rights: bytes, start: int) -> Iterator[Ace]:
    if start + _LIST.size > len(rights):
        raise FormatError("expected an access list", source="nTSecurityDescriptor", offset=start)
    _, _, count = _LIST.unpack_from(rights, start)
    at = start + _LIST.size
    for _ in range(count):
        if at + _ACE.size > len(rights):
            raise FormatError("expected an entry of the access list", source="nTSecurityDescriptor", offset=at)
        kind, flags, size, mask = _ACE.unpack_from(rights, at)
        if size < _ACE.size or at + size > len(rights):
            raise FormatError("expected a whole entry of the access list", source="nTSecurityDescriptor", offset=at)
        if kind in (_ALLOWED, _DENIED):
            yield Ace(kind, flags, mask, _sid(rights, at + _ACE.size))
        elif kind == _ALLOWED_OBJECT:
            yield Ace(kind, flags, mask, rights[at + _ACE.size : at + size])
        at += size
