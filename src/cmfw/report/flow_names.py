"""Who usually answers or opens what, for flow texts that leave it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cmfw.catalog.types import Catalog, Process
from cmfw.model.rule import canonical_program

if TYPE_CHECKING:
    from cmfw.net.flowquery import Names

CLIENT_DIR = "%windir%\\CCM"
"""Where the client lives unless the site says otherwise. Source: facts, corrections 35."""


def names_of(catalog: Catalog) -> Names:
    """Who usually answers or opens what, from the rows of the catalog."""
    from cmfw.net.flowquery import Names

    processes = [
        Process(path, service)
        for known in catalog.programs.values()
        for path in known.paths
        for service in known.services or ("",)
    ]
    processes += [row.process for row in catalog.usual]
    return Names(
        usual=tuple((r.direction, r.protocol, r.ports, _program(r.process), r.process.service) for r in catalog.usual),
        programs=tuple(dict.fromkeys((_program(p), p.service) for p in processes if p.program)),
        canonical=canonical_program,
    )


def _program(process: Process) -> str:
    return process.program.replace("{client_dir}", CLIENT_DIR)
