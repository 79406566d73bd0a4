"""``.reg`` exports of the policy keys, and the output of ``reg query``. An export shows what somebody chose to export, so what is not in it is not known.

Source: facts/windows_firewall.md 4.4.
"""

from __future__ import annotations

import re
from dataclasses import replace

from cmfw.errors import InputError, Problem
from cmfw.ingest.evidence import Evidence, StorePart
from cmfw.ingest.host_keys import read_addresses, read_rpc_ports, read_services
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.policy_keys import named_services, policy_version, read_group_policy, read_local_policy
from cmfw.ingest.reg_query import is_query_text, read_query
from cmfw.ingest.reg_text import apply_reg, is_reg_text, read_reg
from cmfw.ingest.registry import RegistryTree
from cmfw.model.rule import Store
from cmfw.model.state import Gap
from cmfw.net.addr import AddrSet
from cmfw.words.phrases import phrase

FORMAT = "reg"
_LOCAL = re.compile(
    r"(.*\\|)(CurrentControlSet|ControlSet\d+)\\Services\\SharedAccess\\Parameters\\FirewallPolicy", re.IGNORECASE
)
_GPO = re.compile(r"(.*\\|)Policies\\Microsoft\\WindowsFirewall", re.IGNORECASE)


def sniff(file: InputFile) -> bool:
    """Whether this is a ``.reg`` file, or what ``reg query`` printed."""
    return is_reg_text(file.head) or is_query_text(file.head)


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The policy keys in the export.

    Raises:
        InputError: there are none.
    """
    content = file.content()
    reading = read_reg(content, file.path) if is_reg_text(file.head) else read_query(content, file.path)
    tree = RegistryTree(file.path)
    apply_reg(reading.entries, tree)
    keys = list(tree.walk())
    problems: list[Problem] = []
    local = _choose([key for key in keys if _LOCAL.fullmatch(key)], file.path, problems)
    gpo = _choose([key for key in keys if _GPO.fullmatch(key)], file.path, problems)
    if local is None and gpo is None:
        hint = phrase("export HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy")
        raise InputError(Problem(file.path, "keys of the firewall's policy", "none of them", hint=hint))
    parts: list[StorePart] = []
    control_set, version = "", None
    if local is not None:
        parts += read_local_policy(tree, local, whole=False)
        version = policy_version(tree, local, problems)
        control_set = local[: local.lower().rindex("\\services\\sharedaccess")]
    if gpo is not None:
        parts += read_group_policy(tree, gpo)
    # the lists of Windows XP's firewall are its rules
    old = any(part.store is Store.LEGACY for part in parts)
    software = "" if gpo is None else gpo[: -len("Policies\\Microsoft\\WindowsFirewall")].rstrip("\\")
    lost = reading.problems[0].text() if reading.problems else ""
    return (
        Evidence(
            path=file.path,
            format=FORMAT,
            parts=tuple(_as_export(part, file.path, lost, old=old) for part in parts),
            services=read_services(tree, control_set, named_services(parts)) if control_set else (),
            policy_version=version,
            addresses=read_addresses(tree, control_set) if control_set else AddrSet.EMPTY,
            rpc_ports=read_rpc_ports(tree, software),
            problems=(*reading.problems, *tree.problems, *problems),
        ),
    )


def _choose(keys: list[str], path: str, problems: list[Problem]) -> str | None:
    """The key in force: that of `CurrentControlSet`, else the first; others are a problem."""
    if not keys:
        return None
    best = min(keys, key=lambda key: "currentcontrolset" not in key.lower())
    others = [key for key in keys if key != best]
    if others:
        problems.append(
            Problem(path, "one policy key of a kind", phrase("others beside `{key}`, not read", key=best), key=others[0])
        )
    return best


def _as_export(part: StorePart, path: str, lost: str, *, old: bool) -> StorePart:
    """The part with a gap for what the file lost, and marked with what the export leaves out."""
    gaps = list(part.gaps)
    if lost:
        detail = f"the {part.name} store is damaged: {lost}"
        gaps.append(Gap(f"store:{part.store.value}", detail, may_allow=True, may_block=True, source=path))
    return replace(part, gaps=tuple(gaps), shows_rules=part.keeps_rules or old, shows_settings=bool(part.settings))
