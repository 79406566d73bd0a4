"""Calls of a script that change the firewall in another way than by the commands that are followed.

They write the registry, import files, stop the service, run text of another language, or belong to a module that makes rules:
what they do is not known here, so whatever the script's own rules leave open is in doubt.

Source: MS-GPFAS 2.2 (the keys of the policy); Microsoft, "Firewall (NetworkingDsc)"; scripts in public repositories.
"""

from __future__ import annotations

import re

from cmfw.ingest.script_calls import Call

_NAMES = re.compile(r"firewall|netipsec\w*rule")
"""Cmdlets, functions, scripts and DSC resources that are called after what they change."""
_LOOKS = re.compile(
    r"(?:get|test|show|find|measure|select|where|write|read|format|out|export|assert|compare|convert\w*|import-(?:module|dsc\w*))(?:-|$)"
    r"|(?:echo|rem|title|findstr|find|type|more|mock|should|it|describe|context|throw)$"
)
"""Commands that look or print, whatever is in their words."""
_TEXTS = re.compile(
    r"netfirewall|advfirewall|hnetcfg|firewall(?:policy|rules)|windowsfirewall|\|action=|enablefirewall"
    r"|default(?:in|out)boundaction|donotallowexceptions"
)
_SERVICES = frozenset({"mpssvc", "bfe", "sharedaccess"})
STOPPING = {
    "sc": frozenset({"stop", "delete", "disabled"}),
    "net": frozenset({"stop"}),
    "net1": frozenset({"stop"}),
    "set-service": frozenset({"disabled", "stopped"}),
    "stop-service": frozenset(),
}
"""Commands that stop a service, with the words of which one says so; none are needed where the name does."""


def changes_firewall(call: Call) -> bool:
    """Whether the call may change what the firewall does in a way that nothing here follows.

    Conservative: a call is unfollowed for what its name or its words mention, unless it only looks or prints.
    """
    if _LOOKS.match(call.name):
        return False
    words = [text.lower() for one in call.given for text in (one.name, *(one.texts or ())) if text]
    if _NAMES.search(call.name) or any(_TEXTS.search(word) for word in words):
        return True
    needed = STOPPING.get(call.name)
    if needed is None or not _SERVICES & {part for word in words for part in word.split()}:
        return False
    return not needed or bool(needed & set(words)) or any(one.texts is None for one in call.given)
