"""``gPLink``: which objects a site, domain or organizational unit applies. Source: MS-GPOL 2.2.2 (``[LDAP://DN;OPTIONS]...``)."""

from __future__ import annotations

import re

from cmfw.errors import FormatError
from cmfw.words.phrases import phrase

_LINK = re.compile(r"\[LDAP://([^;\]]+);(\d+)\]", re.IGNORECASE)


def with_link(present: str, dn: str) -> str:
    """The links with one to the object in front; those that link it already stay as they are, switched off or not."""
    return present if is_linked(present, dn) else f"[LDAP://{dn};0]{_checked(present)}"


def without_link(present: str, dn: str) -> str:
    """The links without those to the object; all others keep their characters and their order."""
    _checked(present)
    return "".join(found[0] for found in _LINK.finditer(present) if found[1].lower() != dn.lower())


def is_linked(present: str, dn: str) -> bool:
    """Whether there is a link to the object; raises FormatError for text that is no list of links."""
    _checked(present)
    return any(found[1].lower() == dn.lower() for found in _LINK.finditer(present))


def _checked(text: str) -> str:
    """The text without surrounding blanks (an emptied list is one blank); raises FormatError where it is no list of links."""
    plain = text.strip()
    if _LINK.sub("", plain):
        raise FormatError(phrase("expected `[LDAP://DN;OPTIONS]`, found `{plain}`", plain=plain[:60]), source="gPLink")
    return plain
