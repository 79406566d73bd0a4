"""Prints every value of a hive as hivex reads it, one JSON line each: path, name, type, SHA-256 of the data.

Runs under Debian's own Python, which has hivex. Source of the interface: hivex(3).
"""

import hashlib
import json
import sys

import hivex

hive = hivex.Hivex(sys.argv[1])
waiting = [(hive.root(), "")]
while waiting:
    key, path = waiting.pop()
    for value in hive.node_values(key):
        kind, data = hive.value_value(value)
        row = (path, hive.value_key(value), kind & 0xFFFFFFFF, hashlib.sha256(data).hexdigest())
        sys.stdout.write(json.dumps(row) + "\n")
    for child in hive.node_children(key):
        name = hive.node_name(child)
        waiting.append((child, f"{path}\\{name}" if path else name))
