"""Format ``netsh-script``: a batch file, or a command file of netsh, that makes firewall rules."""

from __future__ import annotations

from cmfw.ingest.evidence import Evidence
from cmfw.ingest.firewall_script import BATCH, evidence_of, is_batch, read_script
from cmfw.ingest.input_file import InputFile

FORMAT = BATCH


def sniff(file: InputFile) -> bool:
    """Whether this is such a file."""
    return is_batch(file)


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The rules that are there when the file has run.

    Raises:
        InputError: it is too large, or has no command that changes the firewall.
    """
    return (evidence_of(read_script(file, FORMAT)),)
