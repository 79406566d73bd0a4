"""The objects of ``netsec_writer`` in the other forms that PowerShell gives them: CSV, lists and tables of the console, CLIXML."""

from __future__ import annotations

import csv
import io
from typing import Any
from xml.sax.saxutils import escape

from tests.ingest.netsec_writer import NOISE, document

from cmfw.model.rule import HostRule

COLUMNS = (
    "Name", "DisplayName", "Description", "Group", "Enabled", "Profile", "Platform", "Direction", "Action", "EdgeTraversalPolicy",
    "LooseSourceMapping", "LocalOnlyMapping", "Owner", "LocalAddress", "RemoteAddress", "Protocol", "LocalPort", "RemotePort",
    "IcmpType", "DynamicTarget", "Program", "Package", "Service", "InterfaceAlias", "InterfaceType", "LocalUser", "RemoteUser",
    "RemoteMachine", "Authentication", "Encryption", "OverrideBlockRules",
)  # fmt: skip
"""The columns of MScholtes' Firewall-Manager, in its order."""


def flat(rules: list[HostRule]) -> list[dict[str, Any]]:
    return document(rules, "flat", numbers=False)


def joined(value: Any) -> str:
    """A value as Firewall-Manager writes it: lists with commas."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def as_csv(rows: list[dict[str, Any]], columns: tuple[str, ...] = COLUMNS, delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([[joined(row.get(name)) for name in columns] for row in rows])
    return out.getvalue()


def console(value: Any, most: int = 4) -> str:
    """A value as the console shows it."""
    if isinstance(value, list):
        shown = [str(item) for item in value[:most]] + (["..."] if len(value) > most else [])
        return "{" + ", ".join(shown) + "}"
    return "" if value is None else str(value)


def as_list(rows: list[dict[str, Any]], *, most: int = 99, width: int = 0) -> str:
    """``Format-List``; with a width, long values go on in the next line, broken at blanks where there are any."""
    out = ["", ""]
    for row in rows:
        column = max(map(len, row)) + 1
        for name, value in row.items():
            lines = broken(console(value, most), width - column - 2) if width else [console(value, most)]
            out.append(f"{name:<{column}}: {lines[0]}")
            out += [" " * (column + 2) + line for line in lines[1:]]
        out += ["", ""]
    return "\r\n".join(out)


def broken(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
        while len(lines[-1]) > width:
            lines[-1:] = [lines[-1][:width], lines[-1][width:]]
    return lines


def cells(text: str) -> int:
    return sum(2 if "\u2e80" < char < "\uffa0" else 1 for char in text)


def as_table(rows: list[dict[str, Any]], columns: tuple[str, ...] = COLUMNS, *, widest: int = 200) -> str:
    """``Format-Table``; cells that do not fit are cut."""
    table = [[console(row.get(name)) for name in columns] for row in rows]
    widths = [min(widest, max(len(name), *(cells(row[at]) for row in table))) for at, name in enumerate(columns)]
    cut = [
        [text if cells(text) <= width else text[: width - 3] + "..." for text, width in zip(row, widths, strict=True)]
        for row in table
    ]

    def line(texts: list[str]) -> str:
        return " ".join(text + " " * (width - cells(text)) for text, width in zip(texts, widths, strict=True)).rstrip()

    return "\r\n".join(["", line(list(columns)), line(["-" * len(name) for name in columns]), *map(line, cut), "", ""])


class Clixml:
    """Writes objects as Export-Clixml does: type names and lists with reference numbers, own properties and added ones."""

    def __init__(self) -> None:
        self.number = -1

    def text(self, objects: list[dict[str, Any]]) -> str:
        body = "\n".join(self.obj(one) for one in objects)
        return f'<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">\n{body}\n</Objs>'

    def next(self) -> int:
        self.number += 1
        return self.number

    def obj(self, one: dict[str, Any], name: str = "") -> str:
        number = self.next()
        attribute = f' N="{name}"' if name else ""
        inner = "".join(self.value(key, value) for key, value in one.items())
        noise = "" if name else f'<Obj N="CimClass" RefId="{self.next()}"><Props><S N="Direction">noise</S></Props></Obj>'
        kind = (
            f'<TN RefId="{number}"><T>Microsoft.Management.Infrastructure.CimInstance</T></TN><ToString>MSFT_Net</ToString>'
        )
        return f'<Obj{attribute} RefId="{number}">{kind}<Props>{noise}{inner}</Props></Obj>'

    def value(self, name: str, value: Any) -> str:
        at = f' N="{escaped(name)}"' if name else ""
        if value is None:
            return f"<Nil{at} />"
        if isinstance(value, bool):
            return f"<B{at}>{str(value).lower()}</B>"
        if isinstance(value, int):
            return f"<U16{at}>{value}</U16>"
        if isinstance(value, list):
            return f'<Obj{at} RefId="{self.next()}"><LST>{"".join(self.value("", item) for item in value)}</LST></Obj>'
        if isinstance(value, dict):
            return self.obj(value, name)
        if name in ("Enabled", "Direction", "Action"):
            return f'<Obj{at} RefId="{self.next()}"><TN RefId="{self.number}"><T>Enum</T></TN><ToString>{value}</ToString><I32>9</I32></Obj>'
        return f"<S{at}>{escaped(value)}</S>"


def escaped(text: str) -> str:
    return escape(text.replace("_x", "_x005F_x").replace("\n", "_x000A_"))


def as_clixml(rules: list[HostRule], *, numbers: bool = True, shape: str = "joined") -> str:
    made = document(rules, shape, numbers=numbers)
    return Clixml().text([{name: value for name, value in one.items() if name not in NOISE} for one in made])
