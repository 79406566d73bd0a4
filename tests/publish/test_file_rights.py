"""Rights on files, made from rights in the directory."""

from __future__ import annotations

from struct import pack

import pytest
from tests.publish.memory_domain import descriptor

from cmfw.errors import FormatError
from cmfw.publish.file_rights import file_mask, file_rights, same_rights, without_object_entries

SYSTEM = bytes.fromhex("010100000000000512000000")
CREATOR = bytes.fromhex("010100000000000300000000")
AUTHENTICATED = bytes.fromhex("01010000000000050b000000")
BEFORE_2000 = bytes.fromhex("01020000000000052000000022" + "020000")
APPLY = bytes.fromhex("0100000" + "08ffdacedb3ffd111b41d00a0c968f939")
ALLOWED, DENIED, AUDIT, ALLOWED_OBJECT = 0, 1, 2, 5


def ace(kind: int, flags: int, mask: int, rest: bytes) -> bytes:
    return pack("<BBHI", kind, flags, 8 + len(rest), mask) + rest


def rights(*aces: bytes, control: int = 0x9004, revision: int = 4) -> bytes:
    dacl = pack("<BxHHxx", revision, 8 + sum(map(len, aces)), len(aces)) + b"".join(aces)
    return pack("<BxHIIII", 1, control, 20, 32, 0, 44) + SYSTEM + SYSTEM + dacl


@pytest.mark.parametrize(
    ("mask", "of_file"),
    [
        (0x000F00FF, 0x001F01FF),
        (0x00020014, 0x001200A9),
        (0x00000010, 0),
        (0x00000004, 0),
        (0x00000020, 0x00100116),
        (0x00000001, 0x00000006),
        (0x00000002, 0x00000040),
        (0x00000100, 0),
        (0x00010000, 0x00010000),
    ],
    ids=[
        "everything",
        "read",
        "properties alone",
        "children alone",
        "write",
        "create",
        "delete children",
        "apply",
        "delete",
    ],
)
def test_a_right_in_the_directory_is_on_a_file(mask, of_file):
    assert file_mask(mask) == of_file


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (ace(ALLOWED, 2, 0x00020014, AUTHENTICATED), ace(ALLOWED, 3, 0x001200A9, AUTHENTICATED)),
        (ace(DENIED, 0, 0x00020014, AUTHENTICATED), ace(DENIED, 3, 0x001200A9, AUTHENTICATED)),
        (ace(ALLOWED, 2, 0x000F00FF, CREATOR), ace(ALLOWED, 11, 0x001F01FF, CREATOR)),
        (ace(ALLOWED, 2, 0x00020014, BEFORE_2000), b""),
        (ace(AUDIT, 2, 0x00020014, AUTHENTICATED), b""),
        (ace(ALLOWED_OBJECT, 2, 0x100, APPLY + AUTHENTICATED), ace(ALLOWED_OBJECT, 3, 0, APPLY + AUTHENTICATED)),
        (ace(ALLOWED_OBJECT, 0, 0xF00FF, APPLY + AUTHENTICATED), ace(ALLOWED_OBJECT, 3, 0, APPLY + AUTHENTICATED)),
    ],
    ids=[
        "whoever may read the object may read its files",
        "whoever may not may not",
        "the creator's entry is for what is made below",
        "compatible access before 2000 is for the directory",
        "audit is nobody's right",
        "who applies the policy has no right by that",
        "a right to one property is none to a file",
    ],
)
def test_an_entry_becomes(given, made):
    found = file_rights(rights(given))
    expected = rights(*([made] if made else []), revision=4 if made[:1] == b"\5" else 2)
    assert found == expected


def test_who_inherited_an_entry_and_single_properties_make_no_difference():
    one = rights(ace(ALLOWED, 3, 0x1200A9, AUTHENTICATED))
    assert same_rights(
        one, rights(ace(ALLOWED, 0x13, 0x1200A9, AUTHENTICATED), ace(ALLOWED_OBJECT, 3, 0, APPLY + AUTHENTICATED))
    )
    assert not same_rights(one, rights(ace(ALLOWED, 3, 0x1F01FF, AUTHENTICATED)))
    assert not same_rights(one, rights(ace(ALLOWED, 3, 0x1200A9, SYSTEM)))


def test_entries_about_single_properties_can_be_left_out():
    plain = ace(ALLOWED, 3, 0x1200A9, AUTHENTICATED)
    assert without_object_entries(rights(plain, ace(ALLOWED_OBJECT, 3, 0, APPLY + SYSTEM))) == rights(plain, revision=2)


@pytest.mark.parametrize(
    "damaged",
    [b"", descriptor()[:19], rights(control=0x8000), descriptor()[:-1], descriptor()[:46]],
    ids=["empty", "no head", "no list, so everybody may", "a cut entry", "a cut list"],
)
def test_what_is_no_descriptor_is_refused(damaged):
    with pytest.raises(FormatError):
        file_rights(damaged)


def test_cuts_never_become_rights():
    whole = rights(ace(ALLOWED, 3, 0x1200A9, AUTHENTICATED), ace(ALLOWED_OBJECT, 3, 0, APPLY + SYSTEM))
    for length in range(len(whole)):
        with pytest.raises(FormatError):
            file_rights(whole[:length])
