"""What ``collect.ps1`` writes (``cmfw/collector/1``): registry keys of the policy, and the facts of a live machine.

The preferred import: rules are the registry's own strings and are read by the code that reads hives, and the facts that a hive
cannot hold (profiles, subnets, ports in use) are those of the moment. A part that was skipped or failed is a gap.

Source: collect.ps1 beside this file; docs/collector.md.
"""

from __future__ import annotations

from typing import Any

from cmfw.errors import FormatError, Problem
from cmfw.ingest.collector_facts import LiveFacts, live_facts
from cmfw.ingest.collector_keys import KeyReading, read_keys
from cmfw.ingest.evidence import Evidence, StorePart
from cmfw.ingest.export_text import MOST_BYTES, decode, head_text, read_text
from cmfw.ingest.host_keys import FIREWALL_SERVICES, old_service, read_rpc_ports, read_services
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.policy_keys import (
    FIREWALL_POLICY,
    GROUP_POLICY,
    named_services,
    policy_version,
    read_group_policy,
    read_local_policy,
)
from cmfw.ingest.ps_json import load_json
from cmfw.ingest.registry import fold
from cmfw.model.rule import Store
from cmfw.model.state import Gap
from cmfw.words.phrases import phrase

FORMAT = "collector"
SCHEMA = "cmfw/collector/1"
LOCAL = f"SYSTEM\\CurrentControlSet\\{FIREWALL_POLICY}"
GPO = f"SOFTWARE\\{GROUP_POLICY}"
PARTS = ("policy", "system", "client", "services", "interfaces", "networks", "dynamic_ports", "listeners", "products")
"""In the order in which the script reads them; each has words (``gap.not_collected:X``)."""
_KNOWN = frozenset(
    {"schema", "collected", "host", "elevated", "seconds", "parts", "keys", "running", "ports"}
    | {"interfaces", "networks", "dynamic_ports", "listeners", "products"}
)
_ROOTS = tuple(
    fold(root)
    for root in (
        LOCAL,
        GPO,
        "SYSTEM\\CurrentControlSet\\Control\\",
        "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion",
        "SOFTWARE\\Microsoft\\Rpc\\Internet",
        "SOFTWARE\\Microsoft\\CCM",
        "SOFTWARE\\Microsoft\\SMS\\",
    )
)
"""Where every key that the script reads is."""
_PACKED = "H4sI"
"""How gzip looks in base64."""


def sniff(file: InputFile) -> bool:
    """Whether this is the script's line, plain or packed (``-Compress``), perhaps in the quotes of a tool that carried it."""
    head = head_text(file)[:300].replace('\\"', '"').lstrip(' \t\r\n"')
    return head.startswith(_PACKED) or (head[:1] == "{" and '"schema"' in head and f'"{SCHEMA}"' in head)


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The machine.

    Raises:
        FormatError: the line is cut or damaged.
        InputError: it is too large.
    """
    content, lost = load_json(_line(file), file)
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise FormatError(phrase("expected `{schema}`", schema=SCHEMA), source=file.path)
    keys = read_keys(content.get("keys"), file.path)
    problems = _strangers(content, keys, file.path)
    gaps = _gaps(content, keys, file.path, lost)
    parts, services, version, more = _policy(keys, file.path)
    running = content.get("running")
    stopped = [name for name in FIREWALL_SERVICES if isinstance(running, dict) and running.get(name) is False]
    if stopped:
        detail = f"the service `{stopped[0]}` was not running"
        gaps.append(Gap("service_stopped", detail, may_allow=True, may_block=True, source=file.path))
    live: LiveFacts = live_facts(content, file.path)
    rpc_ports = read_rpc_ports(keys.tree, "SOFTWARE")
    return (
        Evidence(
            path=file.path,
            format=FORMAT,
            parts=parts,
            services=services,
            policy_version=version,
            addresses=live.addresses,
            local_subnets=live.subnets,
            keywords=live.keywords,
            rpc_ports=rpc_ports if rpc_ports is not None else live.dynamic_ports,
            live_profiles=live.profiles,
            listeners=live.listeners,
            gaps=(*gaps, *live.gaps, *more.gaps),
            problems=(*problems, *keys.tree.problems, *more.problems, *live.problems),
        ),
    )


def _strangers(content: dict[str, Any], keys: KeyReading, path: str) -> list[Problem]:
    """Parts and registry keys that the script does not write: what is in them would be lost."""
    parts = [name for name in content if name not in _KNOWN]
    places = [key for key in sorted(keys.wanted) if not key.startswith(_ROOTS) and not _is_service(key)]
    return [
        *(Problem(path, "a part of what the script writes", f"`{name[:60]}`", key=name[:60]) for name in parts),
        *(Problem(path, "a key that the script reads", "another one", key=key[:120]) for key in places),
    ]


def _is_service(key: str) -> bool:
    services = fold("SYSTEM\\CurrentControlSet\\Services\\")
    return key.startswith(services) and "\\" not in key[len(services) :]


def _line(file: InputFile) -> str:
    text = read_text(file).strip()
    if text[:1] == '"' and text[-1:] == '"' and len(text) > 1:
        # some tools keep the output of a script as a JSON text
        inner, _ = load_json(text, file)
        text = inner.strip() if isinstance(inner, str) else text
    return _unpacked(text, file) if text.startswith(_PACKED) else text


def _unpacked(text: str, file: InputFile) -> str:
    import base64
    import binascii
    import zlib

    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(base64.b64decode("".join(text.split()), validate=True), MOST_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise FormatError(
            phrase("a packed line that is cut or damaged: {reason}", reason=str(error).lower()), source=file.path
        ) from error
    if len(found) > MOST_BYTES or not unpacker.eof:
        said = (
            phrase("more than {most} MiB in a packed line", most=MOST_BYTES >> 20)
            if len(found) > MOST_BYTES
            else phrase("a packed line that is cut")
        )
        raise FormatError(said, source=file.path)
    return decode(found).text


class _Notes:
    """Gaps and problems found on the way."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []
        self.problems: list[Problem] = []


def _policy(keys: KeyReading, path: str) -> tuple[tuple[StorePart, ...], tuple[Any, ...], tuple[int, int] | None, _Notes]:
    """(stores, services, schema version, what is missing of them), read as from the hives that the keys come from."""
    notes = _Notes()
    parts: list[StorePart] = []
    version = None
    if keys.tree.has_key(LOCAL):
        # not `whole`: a key that is missing here was lost on the way, the script runs on no Windows XP
        parts += read_local_policy(keys.tree, LOCAL, since=0, whole=False)
        version = policy_version(keys.tree, LOCAL, notes.problems)
        notes.gaps += old_service(keys.tree, "SYSTEM\\CurrentControlSet", parts)
    rules = f"{LOCAL}\\FirewallRules"
    if not keys.asked(LOCAL) or not keys.tree.has_key(rules):
        detail = f"no key `{rules}`"
        notes.gaps.append(Gap("store:local", detail, may_allow=True, may_block=True, source=path))
        notes.problems.append(Problem(path, "the firewall's policy key", "no such key", key=rules))
    if keys.asked(GPO):
        # a key that is not there is a machine without firewall policy, which is known now
        parts += read_group_policy(keys.tree, GPO, since=0)
    else:
        notes.gaps.append(Gap("store:gpo", f"`{GPO}` was not read", may_allow=True, may_block=True, source=path))
    services = read_services(keys.tree, "SYSTEM\\CurrentControlSet", named_services(parts))
    return tuple(parts), services, version, notes


def _gaps(content: dict[str, Any], keys: KeyReading, path: str, lost: str) -> list[Gap]:
    """Gaps for parts that are missing, were skipped or failed, and for keys that could not be read."""
    gaps = []
    stated = content.get("parts")
    for part in PARTS:
        said = stated.get(part) if isinstance(stated, dict) else None
        if said != "ok":
            detail = f"{part}: {str(said)[:80] if said is not None else 'not in the output'}"
            whole = part == "policy"
            gaps.append(Gap(f"not_collected:{part}", detail, may_allow=whole, may_block=whole, source=path))
    for key in keys.failed:
        store = Store.GPO if key.lower().startswith(GPO.lower()) else Store.LOCAL
        if key.lower().startswith((LOCAL.lower(), GPO.lower())):
            gaps.append(
                Gap(f"store:{store.value}", f"`{key}` could not be read", may_allow=True, may_block=True, source=path)
            )
    if lost or keys.is_damaged:
        detail = lost or "the output of the collector is damaged"
        gaps.append(Gap("damaged_export", detail, may_allow=True, may_block=True, source=path))
    return gaps
