"""A ``netsh`` listing of 500 rules, read into ``HostRule`` values, against decoding and splitting the same text into fields.

Written by the tests' own writer in four languages and two encodings; the rules differ in names, ports and addresses as those of
a machine do. Each measurement is the best of several passes in this process, after one that warms nothing but the interpreter.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.protocol import Result, best_of

ROOT = Path(__file__).resolve().parent.parent


def rules(count: int) -> list:
    """Rules of the forms that a Windows machine has, in turn."""
    from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch
    from cmfw.net.addr import AddrSet
    from cmfw.net.flow import Direction
    from cmfw.net.ports import PortSet

    near = AddressMatch(AddrSet.EMPTY, ("LocalSubnet4", "LocalSubnet6"))
    found = []
    for n in range(count):
        ports = PortMatch(PortSet.of(1024 + n)) if n % 3 else PortMatch.ANY
        found.append(
            HostRule(
                id=str(n),
                name=f"Rule {n} (TCP-In)",
                description=f"What rule {n} is for, in a sentence of the usual length.",
                group="File and Printer Sharing" if n % 4 else "",
                action=Action.BLOCK if n % 9 == 0 else Action.ALLOW,
                direction=Direction.OUT if n % 5 == 0 else Direction.IN,
                active=bool(n % 2),
                profiles=1 + n % 7,
                protocol=(6, 17, 1, None)[n % 4],
                local_port=ports if n % 4 < 2 else PortMatch.ANY,
                icmp=((8, None),) if n % 4 == 2 else None,
                remote_address=near if n % 3 else AddressMatch(AddrSet.parse(f"10.{n % 250}.0.0/16")),
                program=f"C:\\Program Files\\Vendor {n}\\agent.exe" if n % 6 else None,
            )
        )
    return found


def plain(content: bytes, encoding: str) -> int:
    """What any reader has to do: decode, split into lines, split lines at the colon."""
    fields = [line.split(":", 1) for line in content.decode(encoding).split("\r\n")]
    return sum(len(field) == 2 for field in fields)


def run(*, quick: bool) -> Result:
    """Milliseconds for 500 rules, end to end with the verdict's state, and the ratio to plain splitting."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    from tests.ingest.netsh_writer import CODE_PAGES, LANGUAGES, written

    from cmfw.ingest import read_state

    count, times = (60, 2) if quick else (500, 15)
    made = rules(count)
    figures: dict[str, float | int | str] = {"rules": count}
    slowest, right = 0.0, True
    with tempfile.TemporaryDirectory() as folder:
        for name, language in LANGUAGES.items():
            for encoding in ("utf-8", CODE_PAGES[name]):
                content = written(made, language).encode(encoding)
                path = Path(folder) / f"{name}-{encoding}.txt"
                path.write_bytes(content)
                right = right and len(read_state([str(path)]).state.rules) == count
                read_ms = best_of(times, lambda path=path: read_state([str(path)])) * 1e3
                plain_ms = best_of(times, lambda content=content, encoding=encoding: plain(content, encoding)) * 1e3
                figures |= {
                    f"{name}_{encoding}_ms": round(read_ms, 1),
                    f"{name}_{encoding}_ratio": round(read_ms / plain_ms, 1),
                }
                slowest = max(slowest, read_ms)
    figures["slowest_ms"] = round(slowest, 1)
    answers = {"every rule is read": right}
    return Result(figures=figures, answers=answers, claims={"500 rules in less than 100 ms": slowest < 100})
