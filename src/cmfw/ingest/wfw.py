"""``.wfw`` files of ``netsh advfirewall export``: hives whose root is the firewall's policy key.

Source: facts/windows_firewall.md 4.3, real_data_traps.md.
"""

from __future__ import annotations

from cmfw.errors import Problem
from cmfw.ingest.evidence import Evidence
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.policy_keys import is_policy, policy_version, read_local_policy

FORMAT = "wfw"


def sniff(file: InputFile) -> bool:
    """Whether this is a hive with policy right at its root."""
    return file.is_hive and is_policy(file.hive(), "")


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The exported local policy; it says nothing of services or addresses."""
    view = file.hive()
    problems: list[Problem] = []
    parts = read_local_policy(view, "", since=file.flaws_at_opening)
    version = policy_version(view, "", problems)
    return (
        Evidence(
            path=file.path,
            format=FORMAT,
            parts=parts,
            policy_version=version,
            problems=(*view.problems, *problems),
        ),
    )
