"""Prints every firewall rule of a folder laid out like a Windows disk, as dissect.target reads it, as one JSON list.

Runs under the python that CMFW_DISSECT names: dissect.target is AGPL and stays a program of its own.
Source of the interface: dissect.target, plugin os.windows.firewall.
"""

import json
import sys

from dissect.target import Target

FIELDS = (
    "action",
    "active",
    "dir",
    "protocol",
    "app",
    "svc",
    "name",
    "desc",
    "embedctxt",
    "luown",
    "luauth",
    "apppkgid",
    "edge",
)
rules = [
    {"key": str(rule.key), "source": str(rule.source), "version": str(rule.version)}
    | {field: str(getattr(rule, field)) for field in FIELDS if getattr(rule, field, None) is not None}
    for rule in Target.open(sys.argv[1]).firewall.rules()
]
sys.stdout.write(json.dumps(rules))
