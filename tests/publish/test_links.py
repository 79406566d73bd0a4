"""gPLink: one link more, one link less, all others untouched."""

from __future__ import annotations

import pytest

from cmfw.errors import FormatError
from cmfw.publish.links import is_linked, with_link, without_link

OURS = "CN={6B1F5A2E-3C57-4D7E-9A41-0D9A8F3B7C15},CN=Policies,CN=System,DC=lab,DC=test"
OTHER = "[LDAP://cn={31B2F340-016D-11D2-945F-00C04FB984F9},cn=policies,cn=system,DC=lab,DC=test;2]"
LINK = f"[LDAP://{OURS};0]"


@pytest.mark.parametrize(
    ("present", "linked"),
    [
        ("", LINK),
        (" ", LINK),
        (OTHER, LINK + OTHER),
        (OTHER + LINK.lower(), OTHER + LINK.lower()),
        (LINK.replace(";0", ";1"), LINK.replace(";0", ";1")),
    ],
    ids=["none", "an emptied list", "before others", "already there", "there and switched off"],
)
def test_the_list_with_a_link(present, linked):
    assert with_link(present, OURS) == linked
    assert is_linked(linked, OURS)


@pytest.mark.parametrize(
    ("present", "left"),
    [(LINK, ""), (OTHER + LINK.lower(), OTHER), (OTHER, OTHER), (LINK + OTHER + LINK, OTHER)],
    ids=["the only one", "in lower case", "not there", "twice"],
)
def test_the_list_without_it(present, left):
    assert without_link(present, OURS) == left


@pytest.mark.parametrize("text", ["x", LINK + "y", "[LDAP://x]"])
def test_what_is_no_list_is_refused(text):
    with pytest.raises(FormatError):
        with_link(text, OURS)
    with pytest.raises(FormatError):
        without_link(text, OURS)
