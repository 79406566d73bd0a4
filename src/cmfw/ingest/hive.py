"""SYSTEM and SOFTWARE hives, plain or under xz: the policy in force, and what the hive says of the host."""

from __future__ import annotations

from cmfw.errors import FormatError, Problem
from cmfw.ingest.evidence import Evidence, StorePart
from cmfw.ingest.host_keys import old_service, read_addresses, read_rpc_ports, read_services
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.policy_keys import (
    FIREWALL_POLICY,
    GROUP_POLICY,
    named_services,
    policy_version,
    read_group_policy,
    read_local_policy,
)
from cmfw.ingest.registry import RegistryView, decode_number, find_value
from cmfw.model.state import Gap
from cmfw.net.addr import AddrSet
from cmfw.words.phrases import phrase

FORMAT = "hive"


def sniff(file: InputFile) -> bool:
    """Whether this is a SYSTEM or SOFTWARE hive."""
    return file.is_hive and (_is_system(file.hive()) or _is_software(file.hive()))


def read(file: InputFile) -> tuple[Evidence, ...]:
    """What the hive says; a hive that is both (several hives loaded into one) is read as both."""
    view = file.hive()
    problems: list[Problem] = []
    parts: list[StorePart] = []
    gaps: list[Gap] = []
    version = control_set = None
    if _is_system(view):
        control_set = current_control_set(view, problems)
        if problems:
            detail = f"which control set is in use is not known; `{control_set}` is read"
            gaps.append(Gap("store:local", detail, may_allow=True, may_block=True, source=file.path))
        root = f"{control_set}\\{FIREWALL_POLICY}"
        parts += read_local_policy(view, root, since=file.flaws_at_opening)
        version = policy_version(view, root, problems)
        gaps += old_service(view, control_set, parts)
        if not view.has_key(root):
            detail = f"no key `{root}`"
            gaps.append(Gap("store:local", detail, may_allow=True, may_block=True, source=file.path))
            problems.append(Problem(file.path, "the firewall's policy key", "no such key", key=root))
    if _is_software(view):
        parts += read_group_policy(view, GROUP_POLICY, since=file.flaws_at_opening)
    if view.is_dirty:
        gaps.append(Gap("dirty_hive", "changes that were still in the hive's log files are not read", source=file.path))
    return (
        Evidence(
            path=file.path,
            format=FORMAT,
            parts=tuple(parts),
            services=read_services(view, control_set, named_services(parts)) if control_set else (),
            policy_version=version,
            addresses=read_addresses(view, control_set) if control_set else AddrSet.EMPTY,
            rpc_ports=read_rpc_ports(view, "") if _is_software(view) else None,
            gaps=tuple(gaps),
            problems=(*view.problems, *problems),
        ),
    )


def current_control_set(view: RegistryView, problems: list[Problem]) -> str:
    """The name of the control set in use; without a sound ``Select\\Current`` the first one, and a problem.

    Source: facts/windows_firewall.md 1.1: the others are copies of the last good ones.
    """
    sets = sorted(name for name in view.subkeys("") if name.lower().startswith("controlset"))
    value = find_value(view, "Select", "Current")
    try:
        number = decode_number(value) if value is not None else 0
    except FormatError:
        number = 0
    name = f"ControlSet{number:03d}"
    if view.has_key(name):
        return name
    problems.append(
        Problem(
            view.source, "the control set in use", phrase("`{name}`, which is not there", name=name), key="Select\\Current"
        )
    )
    return sets[0] if sets else name


def _is_system(view: RegistryView) -> bool:
    return view.has_key("Select") or any(name.lower().startswith("controlset") for name in view.subkeys(""))


def _is_software(view: RegistryView) -> bool:
    return view.has_key(GROUP_POLICY) or (view.has_key("Microsoft\\Windows NT") and view.has_key("Classes"))
