"""``Export-Clixml`` of PowerShell's firewall cmdlets: objects as XML, with references between them.

The XML is read by ``xml_tree`` (no document type, no entities, bounded depth). References could make a small file a huge value,
so only one to a plain value or to a list of plain values is followed; any other counts as cut off.

Source: MS-PSRP 2.2.5 (serialization of objects: primitive types, lists, dictionaries, enums, ``_xHHHH_``, Ref).
"""

from __future__ import annotations

import re
from typing import Any

from cmfw.errors import FormatError, Problem
from cmfw.ingest.evidence import Evidence
from cmfw.ingest.export_text import head_text, read_text
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.netsec_objects import evidence_of, objects_in
from cmfw.ingest.xml_tree import Element, read_xml
from cmfw.words.phrases import phrase

FORMAT = "clixml"
_NAMESPACE = "http://schemas.microsoft.com/powershell/2004/04"
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PRIMITIVES = frozenset(
    "S C By SBy U16 I16 U32 I32 U64 I64 Sg Db D DT TS G URI Version XD BA SBK SS SCT".split()  # noqa: SIM905 - a list of names
)
_LISTS = frozenset({"LST", "IE", "STK", "QUE"})
_CUT = "System.Object"
"""Stands for a value that is not followed; read as the name of a type is."""
_LONGEST_SHARED = 1_000
"""Most items of a list that references may repeat: a rule has no longer one (MS-FASP 2.2.36)."""
_NOISE = frozenset({"__ClassMetadata", "__InstanceMetadata", "CimClass", "CimInstanceProperties", "CimSystemProperties"})


def sniff(file: InputFile) -> bool:
    """Whether this is the serialization of PowerShell objects."""
    head = head_text(file)[:600]
    return "<Objs" in head and _NAMESPACE in head


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The objects in the file.

    Raises:
        FormatError: it is no such XML, or one that may hide something.
        InputError: it is too large.
    """
    root = read_xml(read_text(file))
    if root.name != "Objs":
        raise FormatError(phrase("expected `Objs`, found `{name}`", name=root.name[:40]), source=file.path)
    reader = _Reader(file)
    content = [reader.value(child) for child in root.children]
    objects = tuple(objects_in(content, file.path))
    return (evidence_of(objects, path=file.path, form=FORMAT, lost=reader.lost),)


class _Reader:
    """Turns elements into plain values; remembers what references may mean."""

    def __init__(self, file: InputFile) -> None:
        self.file = file
        self.known: dict[str, Any] = {}
        self.lost = ""

    def value(self, element: Element) -> Any:
        """The value of one element; what is of no known kind is a problem and counts as cut off."""
        match element.name:
            case "Nil":
                return None
            case "B":
                return element.text.strip().lower() == "true"
            case "Obj":
                found = self._object(element)
                if element.attributes.get("RefId"):
                    self.known[element.attributes["RefId"]] = found if _is_plain(found) else _CUT
                return found
            case "Ref":
                return self.known.get(element.attributes.get("RefId", ""), _CUT)
            case name if name in _PRIMITIVES:
                return _unescaped(element.text)
        self.file.problems.append(Problem(self.file.path, "a serialized value", f"`{element.name[:40]}`", line=element.line))
        self.lost = self.lost or "a value of the file is of no known kind"
        return _CUT

    def _object(self, element: Element) -> Any:
        """A list, the text of an enum, or the properties of an object; those that were added stand over its own."""
        for child in element.children:
            if child.name in _LISTS:
                return [self.value(item) for item in child.children]
        text = element.find("ToString")
        primitive = next((child for child in element.children if child.name in _PRIMITIVES or child.name == "B"), None)
        if primitive is not None:
            return _unescaped(text.text) if text is not None else self.value(primitive)
        properties: dict[str, Any] = {}
        for part in ("Props", "MS"):
            for holder in element.all(part):
                for child in holder.children:
                    self._add(properties, child, part)
        for holder in element.all("DCT"):
            for entry in holder.all("En"):
                pair = {child.attributes.get("N"): child for child in entry.children}
                if "Key" in pair and "Value" in pair:
                    properties[str(self.value(pair["Key"]))] = self.value(pair["Value"])
        if not properties and text is not None:
            return _CUT
        return properties

    def _add(self, properties: dict[str, Any], child: Element, part: str) -> None:
        name = _unescaped(child.attributes.get("N", ""))
        if name in _NOISE:
            return
        if not name or (name in properties and part == "Props"):
            self.file.problems.append(
                Problem(self.file.path, "every property once, with a name", f"`{name[:60]}`", line=child.line)
            )
            self.lost = self.lost or "a property has no name or stands twice"
            return
        properties[name] = self.value(child)


def _is_plain(found: Any) -> bool:
    """Whether a value may be repeated by references without growing."""
    if isinstance(found, list):
        return len(found) <= _LONGEST_SHARED and not any(isinstance(item, (list, dict)) for item in found)
    return not isinstance(found, dict)


def _unescaped(text: str) -> str:
    """The text with ``_x000A_`` and the like as characters; ``_x005F_`` is the underscore that begins one."""
    if "_x" not in text:
        return text
    found = _ESCAPE.sub(lambda unit: chr(int(unit[1], 16)), text)
    # code units of UTF-16, so a character beyond them was written as two
    return found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
