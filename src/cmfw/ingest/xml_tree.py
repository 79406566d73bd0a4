"""XML from outside, read without what makes XML dangerous: no document type, no entities, bounded depth and size.

Source: RFC 3470 section 7 and the Python documentation, "XML vulnerabilities" (expansion of entities, deep nesting).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cmfw.errors import FormatError
from cmfw.words.phrases import phrase

MOST_DEPTH = 100
"""Reports of Windows nest about a dozen deep."""
MOST_ELEMENTS = 2_000_000
"""A machine with 1,500 rules has a fifth of it; so many take a few hundred megabytes."""


@dataclass(slots=True)
class Element:
    """One element: its name without the namespace, where it starts, its text, its children in order, its attributes."""

    name: str
    line: int
    text: str = ""
    children: list[Element] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)

    def find(self, name: str) -> Element | None:
        """The first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> Iterator[Element]:
        """The children of that name."""
        return (child for child in self.children if child.name == name)

    def walk(self) -> Iterator[Element]:
        """The element and everything below it, parents first."""
        waiting = [self]
        while waiting:
            found = waiting.pop()
            yield found
            waiting.extend(reversed(found.children))

    def text_of(self, *path: str) -> str:
        """The text of the element down that path of first children, without blanks around it; empty where there is none."""
        found: Element | None = self
        for name in path:
            found = None if found is None else found.find(name)
        return "" if found is None else found.text.strip()


class _Builder:
    def __init__(self) -> None:
        from xml.parsers import expat

        # names as `namespace name`; the text was decoded already, so what the document says of its encoding is old news
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.root = Element("", 0)
        self.open = [self.root]
        self.count = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) > MOST_DEPTH:
            raise FormatError(
                phrase(
                    "elements nest more than {most} deep on line {line}",
                    most=MOST_DEPTH,
                    line=self.parser.CurrentLineNumber,
                )
            )
        self.count += 1
        if self.count > MOST_ELEMENTS:
            raise FormatError(phrase("more than {most:,} elements", most=MOST_ELEMENTS))
        element = Element(name.rpartition(" ")[2], self.parser.CurrentLineNumber, attributes=attributes)
        self.open[-1].children.append(element)
        self.open.append(element)

    def _end(self, _name: str) -> None:
        self.open.pop()

    def _characters(self, text: str) -> None:
        self.open[-1].text += text

    def _refuse(self, *_: object) -> None:
        raise FormatError(
            phrase(
                "a document type on line {line}, which may hide anything",
                line=self.parser.CurrentLineNumber,
            )
        )


def read_xml(text: str) -> Element:
    """The root element of a document.

    Raises:
        FormatError: it is no XML, it has a document type, or it nests too deep.
    """
    from xml.parsers import expat

    builder = _Builder()
    try:
        builder.parser.Parse(text.lstrip("\ufeff \r\n\t").encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError as error:
        raise FormatError(
            phrase("no XML: {reason} on line {line}", reason=expat.errors.messages[error.code], line=error.lineno)
        ) from error
    return builder.root.children[0]
