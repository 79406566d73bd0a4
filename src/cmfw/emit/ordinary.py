"""Which rules are ordinary: so plain that of most questions to a rule the answer is known. Nearly all rules are.

Every target asks a dozen questions of each rule before it writes it; of an ordinary rule they are answered at once, and it
is written in the short way that a target may have. The long way gives the same (tests/properties/test_ordinary.py).
"""

from __future__ import annotations

import re

from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, PORT_PROTOCOLS

_TEXT = re.compile(r"[ !#-)+-.0-;=@-{}~]*")
"""Printable ASCII without what a program path or a field of a rule cannot hold: ``/ * ? " < > |``."""
MOST_RANGES = 25
"""Of one condition: so few that their text is worth remembering, and fits into a line of every target."""
_BYPASS = Action.BYPASS
_ANY_PORT, _ANY_ADDRESS, _NO_EXTRAS = PortMatch.ANY, AddressMatch.ANY, Extras.NONE
_ALWAYS_SHORT, _LONGEST_ID, _LONGEST_TEXT = 259, 511, 9999
"""Characters that even a program path may have, those of an id and of a text. Source: facts/windows_firewall.md 2.3."""


def is_plain(rule: HostRule) -> bool:
    """Whether the rule has neither keyword, service, interface type nor rarer condition, and is not of authenticated bypass."""
    return (
        rule.extras is _NO_EXTRAS
        and rule.action is not _BYPASS
        and rule.service is None
        and rule.icmp is None
        and rule.interfaces == ALL_INTERFACES
        and not rule.edge
        and not rule.local_port.keywords
        and not rule.remote_port.keywords
        and not rule.local_address.keywords
        and not rule.remote_address.keywords
    )


def is_ordinary(rule: HostRule) -> bool:
    """Whether the rule is one of a few TCP or UDP ports and addresses, perhaps of a program, with texts in plain ASCII.

    Such a rule allows or blocks and is valid (``capability.invalidities``); it has no keyword, service, interface type or rarer condition.
    """
    local, remote, near, far = rule.local_port, rule.remote_port, rule.local_address, rule.remote_address
    return (
        rule.extras is _NO_EXTRAS
        and rule.action is not _BYPASS
        and rule.service is None
        and rule.icmp is None
        and rule.protocol in PORT_PROTOCOLS
        and rule.interfaces == ALL_INTERFACES
        and 0 < rule.profiles <= ALL_PROFILES
        and not rule.edge
        and (local is _ANY_PORT or (not local.keywords and 0 < len(local.ports.ranges) <= MOST_RANGES))
        and (remote is _ANY_PORT or (not remote.keywords and 0 < len(remote.ports.ranges) <= MOST_RANGES))
        and (near is _ANY_ADDRESS or (not near.keywords and 0 < len(near.addresses.ranges) <= MOST_RANGES))
        and (far is _ANY_ADDRESS or (not far.keywords and 0 < len(far.addresses.ranges) <= MOST_RANGES))
        and _has_ordinary_texts(rule)
    )


def _has_ordinary_texts(rule: HostRule) -> bool:
    id, name, program = rule.id, rule.name, rule.program  # noqa: A001
    text = f"{id}{name}{rule.description}{rule.group}{program or ''}"
    return (
        _TEXT.fullmatch(text) is not None
        and bool(id and name)
        and (len(name) != 3 or name.lower() != "all")
        and program != ""
        and (
            len(text) <= _ALWAYS_SHORT
            or (len(text) <= _LONGEST_TEXT and len(id) <= _LONGEST_ID and len(program or "") <= _ALWAYS_SHORT)
        )
    )
