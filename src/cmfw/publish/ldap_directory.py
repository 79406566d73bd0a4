"""The directory of a domain over LDAPS, through ldap3 (extra ``publish``, ADR 21).

Every message is inside TLS and the controller's certificate is checked: without that a simple bind would show the password
to whoever answers. Source: MS-ADTS 3.1.1.3 (LDAP in Active Directory), RFC 4511 4.6 (a modify is done whole or not at all).
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cmfw.errors import MissingExtra
from cmfw.publish.account import Account
from cmfw.publish.server import Attributes, Directory, Edited, Refused, Unreachable
from cmfw.words.phrases import constant, listed, phrase

PORT = 636
EXTRA, PUBLISHING = "publish", phrase("publishing")
_RIGHTS = "nTSecurityDescriptor"
_RIGHTS_CONTROL = "1.2.840.113556.1.4.801"
"""LDAP_SERVER_SD_FLAGS_OID with owner, group and access list: the audit list needs a right of its own. Source: MS-ADTS 3.1.1.3.4.1.11."""
_OWNER_GROUP_DACL = bytes((0x30, 0x03, 0x02, 0x01, 0x07))
_TREE_CONTROL = "1.2.840.113556.1.4.805"
"""LDAP_SERVER_TREE_DELETE_OID. Source: MS-ADTS 3.1.1.3.4.1.15."""
_SUCCESS, _NO_OBJECT, _NO_ATTRIBUTE, _HAS_VALUE, _WRONG_PASSWORD = 0, 32, 16, 20, 49


def connect(server: str, account: Account, *, ca: str = "", timeout_s: float = 20) -> LdapDirectory:
    """The directory of a domain controller; ``ca`` is a file of trusted authorities, empty for those of this system.

    Raises MissingExtra, Unreachable for a server that does not answer or cannot prove who it is, Refused for the account.
    """
    try:
        import ldap3
    except ImportError:
        raise MissingExtra(EXTRA, PUBLISHING) from None
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=ca or None, sni=server)
    host = ldap3.Server(server, port=PORT, use_ssl=True, tls=tls, get_info=ldap3.NONE, connect_timeout=timeout_s)
    how: dict[str, Any] = {"authentication": ldap3.SIMPLE, "user": account.user, "password": account.password}
    if account.kerberos:
        how = {"authentication": ldap3.SASL, "sasl_mechanism": ldap3.KERBEROS, "user": account.user or None}
    with _told(server):
        connection = ldap3.Connection(host, auto_referrals=False, receive_timeout=timeout_s, raise_exceptions=False, **how)
        if not connection.bind():
            refused = connection.result["result"] == _WRONG_PASSWORD
            raise Refused(
                phrase("`{server}` does not accept the account", server=server) if refused else _said(connection, server)
            )
    return LdapDirectory(connection, server)


@contextmanager
def _told(server: str) -> Iterator[None]:
    """What ldap3 raises, as one line; its own text may quote the request, so only the kind of it is told."""
    from ldap3.core.exceptions import LDAPException, LDAPPackageUnavailableError

    try:
        yield
    except LDAPPackageUnavailableError:
        raise Refused("--kerberos needs the packages `gssapi` and `krb5` (on Windows `winkerberos`)") from None
    except (LDAPException, OSError) as error:
        text = " ".join(str(error).split())
        if (
            "CERTIFICATE_VERIFY_FAILED" in text
            or type(error).__name__ == "LDAPCertificateError"
            or "doesn't match any name" in text
        ):
            reason = phrase("its certificate is not trusted for this name; --ca names the authority that signed it")
        else:
            reason = constant(type(error).__name__)
        raise Unreachable(
            phrase("`{server}` cannot be reached over LDAPS: {reason}", server=server, reason=reason)
        ) from None
    except Exception as error:
        # the packages for Kerberos are not needed here, so neither are their exceptions
        if not any(kind.__name__ == "GSSError" for kind in type(error).__mro__):
            raise
        raise Refused(
            phrase("`{server}` cannot be asked with a ticket: {said}", server=server, said=_of_kerberos(error))
        ) from None


def _of_kerberos(error: Exception) -> str:
    """What Kerberos says of the step that failed, which names no account."""
    text = " ".join(str(error).split())
    return text.rpartition("): ")[2] or type(error).__name__


def _said(connection: Any, dn: str) -> str:
    result = connection.result
    said = f"{result['description']}: {' '.join(str(result['message']).split())}".rstrip(": ")
    return phrase("`{dn}`: the directory says {said}", dn=dn, said=said)


class LdapDirectory(Directory):
    """A bound connection."""

    def __init__(self, connection: Any, server: str) -> None:
        self._connection = connection
        self._server = server

    def base(self) -> str:
        """The distinguished name of the domain. Source: MS-ADTS 3.1.1.3.2, defaultNamingContext."""
        found = self.read("", ("defaultNamingContext",))
        names = [values[0] for values in (found or {}).values() if values]
        if not names:
            raise Refused(phrase("`{server}` names no domain of its own", server=self._server))
        return names[0]

    def read(self, dn: str, names: tuple[str, ...]) -> Attributes | None:
        """These attributes of an object."""
        rows = self._search(dn, "(objectClass=*)", "BASE", names)
        return None if rows is None else {k: tuple(v) for k, v in rows[0][1].items()} if rows else None

    def children(self, dn: str) -> tuple[str, ...]:
        """The names of the object's direct children."""
        rows = self._search(dn, "(objectClass=*)", "LEVEL", ("name",)) or []
        return tuple(values["name"][0] for _, values in rows)

    def titled(self, container: str, title: str) -> tuple[str, ...]:
        """The names of the policy objects that are called so."""
        from ldap3.utils.conv import escape_filter_chars

        asked = f"(&(objectClass=groupPolicyContainer)(displayName={escape_filter_chars(title)}))"
        rows = self._search(container, asked, "LEVEL", ("name",)) or []
        return tuple(values["name"][0] for _, values in rows)

    def add(self, dn: str, attributes: Attributes) -> None:
        """Make an object."""
        with _told(self._server):
            self._connection.add(dn, attributes={name: list(values) for name, values in attributes.items()})
        self._settle(dn)

    def exchange(self, dn: str, changes: Mapping[str, tuple[str, str]]) -> None:
        """Change attributes in one operation, in which taking out the old value fails where it is no longer there."""
        from ldap3 import MODIFY_ADD, MODIFY_DELETE

        asked: dict[str, list[tuple[str, list[str]]]] = {}
        for name, (old, new) in changes.items():
            ways = [(MODIFY_DELETE, [old])] if old else []
            ways += [(MODIFY_ADD, [new])] if new else []
            if ways:
                asked[name] = ways
        with _told(self._server):
            self._connection.modify(dn, asked)
        if self._connection.result["result"] in (_NO_ATTRIBUTE, _HAS_VALUE):
            raise Edited(phrase("`{dn}` was changed by somebody else: {names}", dn=dn, names=listed(changes)))
        self._settle(dn)

    def remove(self, dn: str) -> None:
        """Take an object out, with everything below it."""
        with _told(self._server):
            self._connection.delete(dn, controls=[(_TREE_CONTROL, True, None)])
        self._settle(dn)

    def rights(self, dn: str) -> bytes:
        """Owner, group and access list of an object."""
        rows = self._search(
            dn, "(objectClass=*)", "BASE", (_RIGHTS,), [(_RIGHTS_CONTROL, True, _OWNER_GROUP_DACL)], raw=True
        )
        if not rows or not rows[0][1].get(_RIGHTS):
            raise Refused(phrase("`{dn}`: the directory does not show its access list", dn=dn))
        return bytes(rows[0][1][_RIGHTS][0])

    def close(self) -> None:
        """End the connection."""
        self._connection.unbind()

    def _search(
        self, dn: str, asked: str, scope: str, names: tuple[str, ...], controls: Any = None, *, raw: bool = False
    ) -> list[tuple[str, dict[str, list[Any]]]] | None:
        """(distinguished name, attribute -> values) of every object found; None where there is no object ``dn``."""
        with _told(self._server):
            self._connection.search(dn, asked, search_scope=scope, attributes=list(names), controls=controls)
        if self._connection.result["result"] == _NO_OBJECT:
            return None
        self._settle(dn)
        rows = [row for row in self._connection.response if row["type"] == "searchResEntry"]
        return [(row["dn"], _values(row["raw_attributes"], raw=raw)) for row in rows]

    def _settle(self, dn: str) -> None:
        if self._connection.result["result"] != _SUCCESS:
            raise Refused(_said(self._connection, dn))


def _values(attributes: Mapping[str, list[bytes]], *, raw: bool) -> dict[str, list[Any]]:
    return {
        name: values if raw else [one.decode("utf-8") for one in values] for name, values in attributes.items() if values
    }
