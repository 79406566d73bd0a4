"""Samba's Registry.pol packer: ``pack`` reads JSON entries and writes the file in hex, ``unpack`` does the reverse.

Runs under Debian's own Python, which has Samba's bindings. An entry is [key, name, type, data in hex].
"""

import json
import sys

from samba.dcerpc import preg
from samba.ndr import ndr_pack, ndr_unpack


def to_data(kind, raw):
    """Samba keeps text as str, numbers as int, and all else as bytes."""
    if kind in {1, 2}:
        return raw.decode("utf-16-le").removesuffix("\0")
    if kind in {4, 11}:
        return int.from_bytes(raw, "little")
    if kind == 5:
        return int.from_bytes(raw, "big")
    return raw


def packed(rows):
    file = preg.file()
    file.header.signature = "PReg"
    file.header.version = 1
    entries = []
    for key, name, kind, raw in rows:
        entry = preg.entry()
        entry.keyname, entry.valuename, entry.type = key, name, kind
        entry.data = to_data(kind, bytes.fromhex(raw))
        entries.append(entry)
    file.entries = entries
    file.num_entries = len(entries)
    return ndr_pack(file).hex()


def unpacked(raw):
    rows = []
    file = ndr_unpack(preg.file, bytes.fromhex(raw))  # its entries live only as long as it does
    for entry in file.entries:
        data = entry.data
        if isinstance(data, bytes):
            data = {"hex": data.hex()}
        elif isinstance(data, list):
            data = {"hex": bytes(data).hex()}
        rows.append((entry.keyname, entry.valuename, entry.type, data))
    return rows


sys.stdout.write(json.dumps([{"pack": packed, "unpack": unpacked}[sys.argv[1]](item) for item in json.load(sys.stdin)]))
