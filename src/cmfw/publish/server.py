"""The two narrow interfaces through which a domain is read and changed, and what may go wrong with them.

``ldap_directory`` and ``smb_share`` are the real ones. Everything raises ``Unreachable`` where a connection is lost, and
``Refused`` where the server says no.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from cmfw.errors import CmfwError

Attributes = Mapping[str, tuple[str, ...]]
"""Attribute name -> its values as text. Names are compared without regard to case."""


class Unreachable(CmfwError):
    """A server cannot be reached, or no longer."""


class Refused(CmfwError):
    """A server refuses what it was asked: the account, a right, a value."""


class Edited(CmfwError):
    """Somebody else changed the object while it was looked at; nothing of theirs was overwritten."""


class Directory(Protocol):
    """The directory of one domain."""

    def read(self, dn: str, names: tuple[str, ...]) -> Attributes | None:
        """These attributes of an object, those without value left out; None where there is no such object."""

    def children(self, dn: str) -> tuple[str, ...]:
        """The names of the object's direct children; none where there is no such object."""

    def titled(self, container: str, title: str) -> tuple[str, ...]:
        """The names of the policy objects below a container that are called so (displayName)."""

    def add(self, dn: str, attributes: Attributes) -> None:
        """Make an object."""

    def exchange(self, dn: str, changes: Mapping[str, tuple[str, str]]) -> None:
        """Change attributes from the old value to the new in one operation (an empty text is no value).

        Raises ``Edited`` where one of them does not have the old value, and then changes nothing.
        """

    def remove(self, dn: str) -> None:
        """Take an object out, with everything below it."""

    def rights(self, dn: str) -> bytes:
        """Owner, group and access list of an object, as a self-relative security descriptor."""


class Share(Protocol):
    """The share ``sysvol``; paths are relative to it, with backslashes, and without regard to case."""

    def read(self, path: str) -> bytes | None:
        """The content of a file; None where there is no such file."""

    def names(self, path: str) -> tuple[str, ...] | None:
        """The names in a folder, in any order; None where there is no such folder."""

    def add_folder(self, path: str) -> None:
        """Make a folder."""

    def write_new(self, path: str, content: bytes) -> None:
        """Make a file that is not there yet and write it through to the disk."""

    def move_over(self, path: str, target: str) -> None:
        """Give a file another's name and take its place, in one operation."""

    def remove(self, path: str) -> None:
        """Take a file away."""

    def remove_folder(self, path: str) -> None:
        """Take an empty folder away."""

    def rights(self, path: str) -> bytes:
        """Owner, group and access list of a file or folder, as a self-relative security descriptor."""

    def secure(self, path: str, rights: bytes) -> None:
        """Give a file or folder this owner, group and access list."""
