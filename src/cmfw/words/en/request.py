"""English words: the headings of a rule request."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "request.id": "id of the flow",
    "request.from_zone": "source zone",
    "request.source": "source",
    "request.source_addresses": "source addresses",
    "request.to_zone": "destination zone",
    "request.target": "destination",
    "request.target_addresses": "destination addresses",
    "request.protocol": "protocol",
    "request.ports": "destination ports",
    "request.icmp": "ICMP type:code",
    "request.necessity": "necessity",
    "request.reason_en": "reason in English",
    "request.reason_zh": "reason in Chinese",
    "request.places": "place in the documentation",
    "request.ipsec": "note for IPsec filters",
    "request.owner": "owner",
    "request.ticket": "ticket",
    "request.expiry": "valid until",
}
