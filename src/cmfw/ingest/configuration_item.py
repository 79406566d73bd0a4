"""Reads the scripts of a configuration item as ``emit configmgr-ci`` writes it. Source: the compliance SDK's schemas."""

from __future__ import annotations

from cmfw.errors import FormatError
from cmfw.words.phrases import phrase

DIGEST = "http://schemas.microsoft.com/SystemsCenterConfigurationManager/2009/07/10/DesiredConfiguration"
RULES = "http://schemas.microsoft.com/SystemsCenterConfigurationManager/2009/06/14/Rules"
"""Namespaces of the digest and of its rules."""


def read_item(content: bytes, path: str) -> tuple[str, str]:
    """(discovery script, remediation script) of the one script setting; raises FormatError where there is no such setting."""
    from xml.etree.ElementTree import ParseError, fromstring

    if b"<!" in content:
        raise FormatError("a document type or a marked section, which no configuration item of ours has", source=path)
    try:
        root = fromstring(content)  # noqa: S314 - no document type, so no entities
    except ParseError as error:
        raise FormatError(phrase("expected XML: {error}", error=error), source=path) from error
    found = root.findall(f".//{{{DIGEST}}}ScriptDiscoverySource")
    if len(found) != 1:
        raise FormatError(phrase("expected one script setting, found {count}", count=len(found)), source=path)
    texts = [found[0].findtext(f"{{{DIGEST}}}{name}") for name in ("DiscoveryScriptBody", "RemediationScriptBody")]
    if not texts[0] or not texts[1]:
        raise FormatError("expected a discovery and a remediation script", source=path)
    return texts[0], texts[1]
