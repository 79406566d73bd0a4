"""Certificates made on the fly: an authority of this run, one certificate for each server and client. Source: openssl-req(1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from cmfw.lab.stand.crew import Crew
from cmfw.lab.stand.programs import OPENSSL, where_is
from cmfw.net.addr import format_address
from cmfw.values import value

_HOST_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_DAYS = ("-days", "2")


@value
class Identity:
    """A certificate and its private key, as files."""

    certificate: Path
    key: Path


def subject_of(number: int) -> str:
    """The common name of a host's certificate; a site may call it what no certificate can say."""
    return f"cmfw lab host {number}"


def is_host_name(name: str) -> bool:
    """Whether a certificate can carry the name."""
    return len(name) <= 253 and _HOST_NAME.fullmatch(name) is not None


class Authority:
    """Signs certificates in a folder of the crew."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self.folder = crew.folder / "certificates"
        self.folder.mkdir()
        self.certificate = self.folder / "authority.pem"
        self._key = self.folder / "authority.key"
        subject = ("-subj", "/CN=cmfw lab authority")
        self._openssl("req", "-x509", *_KEY, *subject, *_DAYS, "-keyout", str(self._key), "-out", str(self.certificate))

    def issue(self, number: int, name: str, addresses: Iterable[int]) -> Identity:
        """The certificate of a host of the lab: its number is the subject, its name and addresses the alternative names."""
        out, key = (self.folder / f"{number}.{ending}" for ending in ("pem", "key"))
        known = [f"DNS:{name}"] if is_host_name(name) else []
        names = ",".join([*known, *(f"IP:{format_address(address)}" for address in addresses)])
        self._openssl(
            "req", "-x509", *_KEY, "-subj", f"/CN={subject_of(number)}", *_DAYS, "-keyout", str(key), "-out", str(out),
            "-CA", str(self.certificate), "-CAkey", str(self._key),
            "-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE",
        )  # fmt: skip
        return Identity(out, key)

    def _openssl(self, *words: str) -> None:
        self._crew.run(where_is(OPENSSL), *words)
