"""SyncML of the Firewall CSP: what a management server sends to a machine, or what the machine answers.

Source: OMA SyncML 1.2 (Add, Replace, Delete, Atomic, Results); Microsoft, Firewall CSP.
"""

from __future__ import annotations

from dataclasses import replace

from cmfw.errors import FormatError, InputError, Problem
from cmfw.ingest.csp_nodes import Node, node_path, read_nodes
from cmfw.ingest.evidence import Evidence
from cmfw.ingest.export_text import read_text
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.xml_tree import Element, read_xml
from cmfw.model.state import Gap
from cmfw.words.phrases import phrase

FORMAT = "syncml"
_SETTING = ("Add", "Replace", "Results")
_NO_SETTING = ("Get", "Exec")
"""Commands that name a node and change nothing that is judged."""


def sniff(file: InputFile) -> bool:
    """Whether this is XML with addresses of the Firewall CSP."""
    start = file.head.replace(b"\0", b"").lstrip(b"\xff\xfe\xef\xbb\xbf \r\n\t")
    return start[:1] == b"<" and file.holds("MSFT/Firewall/MdmStore") and file.holds("<LocURI")


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The MDM store that the commands make, in their order.

    Raises:
        InputError: it is no XML, or holds no command for the firewall.
    """
    root = _document(read_text(file), file.path)
    nodes: dict[tuple[str, ...], Node] = {}
    read_items = 0
    for command in root.walk():
        if command.name not in (*_SETTING, "Delete"):
            continue
        for item in command.all("Item"):
            uri = item.text_of("Target", "LocURI") or item.text_of("Source", "LocURI")
            path = node_path(uri)
            if path is None:
                continue
            read_items += 1
            low = tuple(part.lower() for part in path)
            if command.name == "Delete":
                nodes = {key: node for key, node in nodes.items() if key[: len(low)] != low}
            else:
                if low in nodes and nodes[low].values != (item.text_of("Data"),):
                    found = phrase("`{address}` set again, and the later value counts", address="/".join(path)[:80])
                    file.problems.append(Problem(file.path, "one value for a node", found, line=item.line))
                # a node without data is one that was made, and stays as it is by default
                nodes[low] = Node(path, (item.text_of("Data"),), item.line)
    named = sum(element.name == "LocURI" and node_path(element.text) is not None for element in root.walk())
    asked = sum(_names_node(item) for verb in root.walk() if verb.name in _NO_SETTING for item in verb.all("Item"))
    if not named:
        raise InputError(Problem(file.path, "a command for `./Vendor/MSFT/Firewall/MdmStore`", "none"))
    part = read_nodes(nodes.values(), file.path)
    if named > read_items + asked:
        found = phrase("{count} addresses outside of commands that set something", count=named - read_items - asked)
        problem = Problem(file.path, "addresses of the firewall inside `Add`, `Replace`, `Delete` or `Results`", found)
        gap = Gap("store:mdm", found, may_allow=True, may_block=True, source=file.path)
        part = replace(part, gaps=(*part.gaps, gap), problems=(*part.problems, problem))
    return (Evidence(path=file.path, format=FORMAT, parts=(part,)),)


def _names_node(item: Element) -> bool:
    return node_path(item.text_of("Target", "LocURI") or item.text_of("Source", "LocURI")) is not None


def _document(text: str, path: str) -> Element:
    """The root of the document; commands without a root around them, as people paste them, get one."""
    try:
        return read_xml(text)
    except FormatError as error:
        body = text.partition("?>")[2] if text.lstrip("\ufeff \r\n\t").startswith("<?xml") else text
        try:
            return read_xml(f"<SyncML>{body}</SyncML>")
        except FormatError:
            raise InputError(Problem(path, "SyncML", str(error))) from error
