"""What a domain has of one Group Policy object: the object in the directory, the files in SYSVOL, the links to it.

Source: MS-GPOL 2.2.2 (groupPolicyContainer), 2.2.4 (gpt.ini); facts/windows_firewall.md 4.2.
"""

from __future__ import annotations

from cmfw.values import value

GPT, POLICY = "GPT.INI", "Machine\\Registry.pol"
"""The files, below the object's folder."""
FOLDERS = ("", "Machine", "User")
"""The folders of an object, outermost first."""
CONTAINERS = ("Machine", "User")
"""The children of an object in the directory."""
TEMPORARY = ".cmfw-"
"""What the name of every file holds that is not yet in its place."""
VERSION_HALF = 0x10000


@value
class Place:
    """Where an object lives: the domain by its DNS name and its distinguished name, and the object's id in braces."""

    domain: str
    base: str
    guid: str

    @property
    def dn(self) -> str:
        """The distinguished name of the object."""
        return f"CN={self.guid},CN=Policies,CN=System,{self.base}"

    @property
    def folder(self) -> str:
        """The folder of the object, below the share ``sysvol``."""
        return f"{self.domain}\\Policies\\{self.guid}"

    @property
    def address(self) -> str:
        """The folder as the directory names it. Source: MS-GPOL 2.2.2, gPCFileSysPath."""
        return f"\\\\{self.domain}\\SysVol\\{self.folder}"

    def path(self, below: str) -> str:
        """A file or folder of the object, below the share ``sysvol``."""
        return f"{self.folder}\\{below}" if below else self.folder


@value(kw_only=True)
class Entry:
    """The object in the directory. ``names`` is gPCMachineExtensionNames as it stands there."""

    title: str
    version: int
    names: str = ""
    flags: int = 0
    functionality: int = 2
    wmi_filter: str = ""


@value(kw_only=True)
class Gpo:
    """Everything that a step depends on. Two readings that are equal mean that nobody changed the object in between.

    ``unsecured`` are folders whose rights are not yet those of the object, looked at only until it is first in force;
    ``leftovers`` are our own files that never got to their place, ``strangers`` names that nobody knows; ``links`` are
    (distinguished name, gPLink) of the containers that were asked about.
    """

    entry: Entry | None = None
    containers: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    unsecured: frozenset[str] = frozenset()
    gpt: bytes | None = None
    policy: bytes | None = None
    leftovers: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def machine_half(version: int) -> int:
    """The version of the machine part. Source: MS-GPOL 2.2.4: the low 16 bits."""
    return version % VERSION_HALF


def is_ahead(one: int, other: int) -> bool:
    """Whether the machine part of one version comes behind that of the other, counting on past 65535."""
    return 0 < (machine_half(one) - machine_half(other)) % VERSION_HALF < VERSION_HALF // 2


def next_version(one: int, other: int) -> int:
    """The version that follows both: the machine part counted on, never 0; the user part the larger one.

    Source: facts/windows_firewall.md 4.2 (0 means that there is no policy).
    """
    latest = one if is_ahead(one, other) else other
    machine = (machine_half(latest) + 1) % VERSION_HALF or 1
    return max(one // VERSION_HALF, other // VERSION_HALF) * VERSION_HALF + machine
