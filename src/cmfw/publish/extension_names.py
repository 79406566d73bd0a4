"""``gPCMachineExtensionNames``: which client-side extensions read an object, each with the tools that edit it.

Source: MS-GPOL 2.2.2 (form ``[{CSE}{TOOL}...]...``, groups in ascending order of the CSE without regard to case, or the
client stops at the first one that is not); MS-GPFAS 1.9 (no extension of the firewall's own: the registry extension reads
it); facts/lab.md 2.3.
"""

from __future__ import annotations

import re

from cmfw.errors import FormatError
from cmfw.words.phrases import phrase

REGISTRY_EXTENSION = "{35378EAC-683F-11D2-A89A-00C04FBBCFA2}"
FIREWALL_TOOL = "{B05566AC-FE9C-4368-BE01-7A4CBB6CBA11}"
FIREWALL_NAMES = f"[{REGISTRY_EXTENSION}{FIREWALL_TOOL}]"
_ID = r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}"
_GROUP = re.compile(rf"\[({_ID})((?:{_ID})*)\]")
_EACH = re.compile(_ID)


def with_names(present: str, wanted: str) -> str:
    """Both lists as one: every extension once, with the tools of both, in the order that clients demand.

    Ids that are present keep their spelling. Raises FormatError for a list that is not of this form.
    """
    groups: dict[str, tuple[str, dict[str, str]]] = {}
    for extension, tools in (*_groups(present), *_groups(wanted)):
        _, known = groups.setdefault(extension.upper(), (extension, {}))
        for tool in tools:
            known.setdefault(tool.upper(), tool)
    return "".join(
        f"[{groups[key][0]}{''.join(groups[key][1][tool] for tool in sorted(groups[key][1]))}]" for key in sorted(groups)
    )


def has_names(present: str, wanted: str) -> bool:
    """Whether the list holds every pair of the other; raises FormatError for a list that is not of this form."""
    return with_names(present, wanted) == with_names(present, "")


def _groups(text: str) -> list[tuple[str, list[str]]]:
    found = []
    at = 0
    text = text.strip()
    while at < len(text):
        group = _GROUP.match(text, at)
        if group is None:
            raise FormatError(
                phrase("expected `[{{CSE}}{{TOOL}}]`, found `{text}`", text=text[at : at + 40]),
                source="gPCMachineExtensionNames",
            )
        found.append((group[1], _EACH.findall(group[2])))
        at = group.end()
    return found
