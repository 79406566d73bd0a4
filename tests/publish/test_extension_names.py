"""Extension names: form, order, and what is already there."""

from __future__ import annotations

import pytest

from cmfw.errors import FormatError
from cmfw.publish.extension_names import FIREWALL_NAMES, FIREWALL_TOOL, REGISTRY_EXTENSION, has_names, with_names

LOW = "{25537BA6-77A8-11D2-9B6C-0000F8080861}"
HIGH = "{c6dc5466-785a-11d2-84d0-00c04fb169f7}"
TOOL = "{D02B1F72-3407-48AE-BA88-E8213C6761F1}"


@pytest.mark.parametrize(
    ("present", "merged"),
    [
        ("", FIREWALL_NAMES),
        (" ", FIREWALL_NAMES),
        (f"[{HIGH}{TOOL}]", f"{FIREWALL_NAMES}[{HIGH}{TOOL}]"),
        (f"[{HIGH}{TOOL}][{LOW}{TOOL}]", f"[{LOW}{TOOL}]{FIREWALL_NAMES}[{HIGH}{TOOL}]"),
        (f"[{REGISTRY_EXTENSION}{TOOL}]", f"[{REGISTRY_EXTENSION}{FIREWALL_TOOL}{TOOL}]"),
        (f"[{REGISTRY_EXTENSION.lower()}{TOOL}]", f"[{REGISTRY_EXTENSION.lower()}{FIREWALL_TOOL}{TOOL}]"),
        (FIREWALL_NAMES.lower(), FIREWALL_NAMES.lower()),
    ],
    ids=["none", "a blank", "a later one", "out of order", "another tool", "in lower case", "already there"],
)
def test_the_list_with_the_firewall(present, merged):
    assert with_names(present, FIREWALL_NAMES) == merged
    assert has_names(merged, FIREWALL_NAMES)
    assert with_names(merged, FIREWALL_NAMES) == merged


@pytest.mark.parametrize(
    ("present", "has"),
    [
        ("", False),
        (f"[{REGISTRY_EXTENSION}{TOOL}]", False),
        (f"[{LOW}{FIREWALL_TOOL}]", False),
        (FIREWALL_NAMES.lower(), True),
    ],
    ids=["none", "another tool", "another extension", "in lower case"],
)
def test_whether_the_list_has_the_firewall(present, has):
    assert has_names(present, FIREWALL_NAMES) is has


@pytest.mark.parametrize("text", ["x", "[]", "[{1}]", FIREWALL_NAMES + "]", FIREWALL_NAMES[:-1]])
def test_what_is_no_list_is_refused(text):
    with pytest.raises(FormatError):
        with_names(text, FIREWALL_NAMES)
