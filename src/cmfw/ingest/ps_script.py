"""Format ``ps-script``: a PowerShell script that makes firewall rules. Needs the extra ``lint``."""

from __future__ import annotations

from cmfw.ingest.evidence import Evidence
from cmfw.ingest.firewall_script import POWERSHELL, evidence_of, is_powershell, read_script
from cmfw.ingest.input_file import InputFile

FORMAT = POWERSHELL


def sniff(file: InputFile) -> bool:
    """Whether this is such a script."""
    return is_powershell(file)


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The rules that are there when the script has run.

    Raises:
        MissingExtra: the grammar is not installed.
        InputError: it is too large, or has no command that changes the firewall.
    """
    return (evidence_of(read_script(file, FORMAT)),)
