"""``Registry.pol``: the firewall settings of one GPO. Source: MS-GPREG 2.2.1, facts/windows_firewall.md 4.1."""

from __future__ import annotations

from collections.abc import Iterable

from cmfw.errors import Problem
from cmfw.ingest.evidence import Evidence
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.policy_keys import FIREWALL_POLICY, GROUP_POLICY, read_group_policy
from cmfw.ingest.preg import apply_preg, is_preg, read_preg
from cmfw.ingest.registry import REG_SZ, RegistryTree, RegistryValue
from cmfw.model.state import Gap
from cmfw.words.phrases import phrase

FORMAT = "registry-pol"
_ROOT = f"Software\\{GROUP_POLICY}"
_RULE_KEYS = frozenset(f"{_ROOT}\\{name}".lower() for name in ("FirewallRules", "ConSecRules"))
_RULE_MARK = "|Action=".encode("utf-16-le")
_LOCAL_ROOT = f"SYSTEM\\CurrentControlSet\\{FIREWALL_POLICY}"


def sniff(file: InputFile) -> bool:
    """Whether this is a Registry.pol; an empty file of that name is one without settings."""
    return is_preg(file.head) or (not file.is_folder and not file.head and file.name == "registry.pol")


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The group policy store of the one GPO that the file belongs to."""
    return (read_policy_file(file.content(), file.path, FORMAT),)


def read_policy_file(content: bytes, path: str, format_name: str) -> Evidence:
    """The evidence of one Registry.pol.

    Raises:
        FormatError: the content is no Registry.pol.
    """
    reading = read_preg(content, path)
    tree = RegistryTree(path)
    apply_preg(reading.entries, tree)
    parts = read_group_policy(tree, _ROOT)
    gaps: list[Gap] = []
    # a problem without a key is a record that was lost, and with it perhaps a rule
    lost = [problem for problem in reading.problems if not problem.key]
    if lost:
        detail = f"the gpo store is damaged: {lost[0].text()}"
        gaps.append(Gap("store:gpo", detail, may_allow=True, may_block=True, source=path))
    problems: list[Problem] = [*reading.problems, *tree.problems, *_strays(reading.entries, path)]
    if tree.has_key(_LOCAL_ROOT):
        detail = "the GPO writes into the machine's local policy, which is not read from there"
        gaps.append(Gap("gpo_writes_local", detail, may_allow=True, may_block=True, source=path))
        problems.append(Problem(path, "settings of group policy", "settings of the local policy", key=_LOCAL_ROOT))
    return Evidence(path=path, format=format_name, parts=parts, gaps=tuple(gaps), problems=tuple(problems))


def _strays(entries: Iterable[RegistryValue], path: str) -> list[Problem]:
    """Rules under keys where Windows reads none: a misspelt or spoilt key loses its rules, and nobody else says so."""
    return [
        Problem(
            path,
            phrase("rules below `{key}`", key=_ROOT),
            "a rule under another key",
            key=f"{one.key}\\{one.name}",
            offset=one.offset,
        )
        for one in entries
        if one.type == REG_SZ and _RULE_MARK in one.data and one.key.strip("\\").lower() not in _RULE_KEYS
    ]
