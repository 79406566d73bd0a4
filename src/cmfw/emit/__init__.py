"""What one host needs of a plan, as configuration that somebody else's program reads.

A target is one module with ``CAPABILITIES`` (``emit.capability``) and ``emit(request)``; ``TARGETS`` names them all and is
the only list. A *host target* writes Windows Firewall policy; it also has ``write_policy``, ``read_policy`` and ``check``, by
which the policy of a machine is converted (``emit.convert``), and stands in ``HOST_TARGETS``. Emitting returns values; ``write`` is the only function here that touches a disk, and it is called once
every artifact exists, so what a target cannot express (``Unsupported``) leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from cmfw.errors import COMMAND_LINE, SITE, InputError, Problem
from cmfw.values import value
from cmfw.words.phrases import listed, phrase

# what lists the targets (a shell that completes their names) does not wait for the values that they take
if TYPE_CHECKING:
    from cmfw.catalog.types import Catalog
    from cmfw.emit.capability import Loss
    from cmfw.model.plan import Plan
    from cmfw.model.rule import HostRule
    from cmfw.model.site import ClientGroup, Site, System

TARGETS: dict[str, str] = {
    "powershell": "cmfw.emit.powershell",
    "powershell-gpo": "cmfw.emit.powershell_gpo",
    "remediation": "cmfw.emit.remediation",
    "configmgr-ci": "cmfw.emit.configmgr_ci",
    "dsc-networking": "cmfw.emit.dsc_networking",
    "registry-pol": "cmfw.emit.registry_pol",
    "gpo-backup": "cmfw.emit.gpo_backup",
    "syncml": "cmfw.emit.syncml",
    "intune": "cmfw.emit.intune",
    "dsc": "cmfw.emit.dsc",
    "ansible": "cmfw.emit.ansible",
    "reg": "cmfw.emit.reg",
    "netsh": "cmfw.emit.netsh",
    "list": "cmfw.emit.flow_list",
}
"""Target name -> module, imported only when the target is asked for."""

HOST_TARGETS = (
    "powershell",
    "powershell-gpo",
    "remediation",
    "configmgr-ci",
    "dsc-networking",
    "registry-pol",
    "gpo-backup",
    "syncml",
    "intune",
    "dsc",
    "ansible",
    "reg",
    "netsh",
)
"""Targets that write the policy of one Windows host: what ``convert`` can write."""

NETWORK_TARGETS: dict[str, str] = {
    "nftables": "cmfw.emit.nftables",
    "iptables": "cmfw.emit.iptables",
    "azure-nsg": "cmfw.emit.azure_nsg",
    "aws-sg": "cmfw.emit.aws_sg",
    "aws-nacl": "cmfw.emit.aws_nacl",
    "cisco-asa": "cmfw.emit.cisco_asa",
    "cisco-ios": "cmfw.emit.cisco_ios",
    "cisco-nx": "cmfw.emit.cisco_nx",
    "juniper": "cmfw.emit.juniper_filter",
    "juniper-srx": "cmfw.emit.juniper_srx",
    "paloalto": "cmfw.emit.paloalto",
    "fortinet": "cmfw.emit.fortinet",
    "request": "cmfw.emit.rule_request",
    "request-xlsx": "cmfw.emit.rule_request_xlsx",
}
"""Targets for the filters between zones (``emit.network``) -> module, imported only when the target is asked for."""

_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10))})


@value
class EmitRequest:
    """What to emit: the plan of ``site`` for the client group or host named ``where``."""

    catalog: Catalog
    site: Site
    plan: Plan
    where: str

    @property
    def place(self) -> ClientGroup | System:
        """The client group or system that ``where`` names; raises InputError with the choices where there is none."""
        for group in self.site.clients:
            if group.name == self.where:
                return group
        for system in self.site.systems:
            if system.host.lower() == self.where.lower():
                return system
        names = [g.name for g in self.site.clients] + [s.host for s in self.site.systems]
        raise InputError(
            Problem(
                file=self.site.path or SITE,
                key="--for",
                expected="a client group or host of the site",
                found=f"`{self.where}`",
                hint=phrase("one of {names}", names=listed(f"`{name}`" for name in names)),
            )
        )


@value
class Artifact:
    """One file to be written: its path below the output folder (``/`` between parts) and its bytes.

    ``claims`` are the rules that the artifact makes a host enforce, as its reader gives them back (without ``origin``);
    empty for one that only undoes or explains.
    """

    path: str
    content: bytes
    media_type: str
    claims: tuple[HostRule, ...] = ()


@value
class Output:
    """What a target wrote: its artifacts, the first of them the one to apply, and what changed in form on the way."""

    artifacts: tuple[Artifact, ...]
    losses: tuple[Loss, ...] = ()


def check_target(target: str, known: Iterable[str] = (*TARGETS, *NETWORK_TARGETS)) -> None:
    """Raise InputError for a target that is none of those known."""
    if target not in known:
        choices = listed(f"`{name}`" for name in known)
        raise InputError(
            Problem(file=COMMAND_LINE, key="TARGET", expected=phrase("one of {names}", names=choices), found=f"`{target}`"),
        )


def emit(target: str, request: EmitRequest) -> Output:
    """The artifacts of one target, the same bytes for the same request, and the loss report.

    Raises InputError for an unknown target or place, Unsupported where the target cannot express a part of the plan, or where
    what it wrote reads back as another policy (``emit.host_proof``).
    """
    check_target(target, TARGETS)
    from importlib import import_module

    from cmfw.model.site import ClientGroup

    place = request.place
    named = replace(request, where=place.name if isinstance(place, ClientGroup) else place.host)
    module = import_module(TARGETS[target])
    output: Output = module.emit(named)
    if target in HOST_TARGETS:
        from cmfw.emit.host_proof import prove

        prove(target, module, output)
    return output


def write(artifacts: tuple[Artifact, ...], directory: str | Path) -> tuple[Path, ...]:
    """Write every artifact below ``directory`` and return the paths written, in order.

    Every path is checked before the first byte is written; raises ValueError (a bug of the target) for one that would
    leave the folder, collide with another or be a device name on Windows. A file is old or new, never half.
    """
    root = Path(directory)
    relative = [_checked(artifact.path) for artifact in artifacts]
    if len({str(path).lower() for path in relative}) != len(relative):
        raise ValueError("two artifacts share one path")
    written = []
    for artifact, path in zip(artifacts, relative, strict=True):
        full = root.joinpath(*path.parts)
        full.parent.mkdir(parents=True, exist_ok=True)
        temporary = full.with_name(full.name + ".part")
        temporary.write_bytes(artifact.content)
        temporary.replace(full)
        written.append(full)
    return tuple(written)


def _checked(text: str) -> PurePosixPath:
    path = PurePosixPath(text)
    bad = (
        path.is_absolute()
        or not path.parts
        or "\\" in text
        or any(
            part in (".", "..") or part.endswith((".", " ")) or part.partition(".")[0].lower() in _RESERVED
            for part in text.split("/")
        )
        or any(ord(c) < 32 or c in '<>:"|?*' for c in text)
        or "" in text.split("/")
    )
    if bad:
        raise ValueError(f"`{text!r}` is no relative path of plain names")
    return path
