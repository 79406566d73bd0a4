"""Registry values of a policy as JSON: objects with a key, a value name, a type and the raw data in base64.

Source: HotCakeX/Harden-Windows-Security, the files of its firewall policy (``KeyName``, ``ValueName``, ``Type``, ``Data``,
``Hive``; the fields of a Registry.pol entry, MS-GPREG 2.2.1).
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from cmfw.errors import FormatError, InputError, Problem
from cmfw.ingest.evidence import Evidence
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.json_text import objects, read_json
from cmfw.ingest.policy_keys import GROUP_POLICY, read_group_policy
from cmfw.ingest.registry import RegistryTree, RegistryValue
from cmfw.model.state import Gap
from cmfw.words.phrases import phrase

FORMAT = "registry-json"
_ROOT = f"Software\\{GROUP_POLICY}"
_MACHINE = (0, "0", "HKLM", "HKEY_LOCAL_MACHINE", None)


def sniff(file: InputFile) -> bool:
    """Whether this is JSON of registry values."""
    start = file.head.replace(b"\0", b"").lstrip(b"\xff\xfe\xef\xbb\xbf \r\n\t")
    return start[:1] in (b"{", b"[") and file.holds('"KeyName"') and file.holds('"ValueName"')


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The group policy store that the values make.

    Raises:
        InputError: it is no JSON, or has no value of the firewall.
    """
    tree = RegistryTree(file.path)
    lost: list[Problem] = []
    for number, one in enumerate(one for one in objects(read_json(file)) if "KeyName" in one and "ValueName" in one):
        try:
            value = _value(one)
            if value is not None:
                tree.set_value(value)
        except (ValueError, FormatError) as error:
            key = f"{one['KeyName']}\\{one['ValueName']}"
            lost.append(
                Problem(
                    file.path, "a registry value", phrase("value {number}: {error}", number=number + 1, error=error), key=key
                )
            )
    if not tree.has_key(_ROOT) and not lost:
        raise InputError(Problem(file.path, phrase("values below `{key}`", key=_ROOT), "none"))
    parts = read_group_policy(tree, _ROOT)
    gaps: tuple[Gap, ...] = ()
    if lost:
        detail = f"the gpo store is damaged: {lost[0].text()}"
        gaps = (Gap("store:gpo", detail, may_allow=True, may_block=True, source=file.path),)
    return (Evidence(path=file.path, format=FORMAT, parts=parts, gaps=gaps, problems=(*lost, *tree.problems)),)


def _value(one: dict[str, Any]) -> RegistryValue | None:
    """The value; None for one of another hive. Raises ValueError for what is none."""
    if one.get("Hive") not in _MACHINE:
        return None
    kind, data = one.get("Type"), one.get("Data")
    if not isinstance(kind, int) or not isinstance(data, str):
        raise ValueError(phrase("type `{kind}`", kind=kind))  # noqa: TRY004 - a fault of the file, not of a caller
    try:
        raw = base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise ValueError(phrase("data that is no base64")) from error
    return RegistryValue(str(one["KeyName"]), str(one["ValueName"]), kind, raw)
