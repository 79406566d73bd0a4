"""What Python's readers of JSON and TOML say of a text that they cannot read, where no value of the text is in it."""

from __future__ import annotations

from cmfw.words.phrases import Phrase, constant, phrase

_KNOWN: dict[str, Phrase] = {
    text: text
    for text in (
        phrase("expecting value"),
        phrase("expecting property name enclosed in double quotes"),
        phrase("expecting ':' delimiter"),
        phrase("expecting ',' delimiter"),
        phrase("extra data"),
        phrase("unterminated string starting at"),
        phrase("illegal trailing comma before end of object"),
        phrase("illegal trailing comma before end of array"),
        phrase("invalid statement"),
        phrase("invalid value"),
        phrase("unescaped '\\' in a string"),
        phrase("invalid hex value"),
        phrase("invalid date or datetime"),
        phrase("invalid initial character for a key part"),
        phrase("expected newline or end of document after a statement"),
        phrase("expected '=' after a key in a key/value pair"),
        phrase("expected ']' at the end of a table declaration"),
        phrase("expected ']]' at the end of an array declaration"),
        phrase("cannot overwrite a value"),
        phrase("unclosed array"),
        phrase("unclosed inline table"),
        phrase("unterminated string"),
        phrase("escaped character is not a unicode scalar value"),
    )
}
"""Source: ``json.decoder`` and ``tomllib`` of Python 3.11 to 3.14, in small letters."""


def of_parser(message: str) -> Phrase:
    """The text of a reader, in small letters; one that is not known stays as it is."""
    said = message.lower()
    return _KNOWN.get(said) or constant(said)
