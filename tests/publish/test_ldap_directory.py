"""A real controller (Samba) reached with a Kerberos ticket instead of a password: directory and share."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import need
from tests.publish.domain import ADMIN, HOST, PASSWORD, REALM, THERE, Domain
from tests.publish.test_session import Publisher

pytestmark = [pytest.mark.lab, pytest.mark.debian, pytest.mark.slow]

PACKAGES = os.environ.get("CMFW_KERBEROS", "")
"""A folder with `gssapi` and `krb5`, where they are not installed beside this."""
_CONFIG = """\
[libdefaults]
default_realm = {realm}
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
udp_preference_limit = 1
[realms]
{realm} = {{
  kdc = {kdc}
}}
[domain_realm]
.{domain} = {realm}
"""


def need_packages() -> None:
    found = bool(PACKAGES) or all(importlib.util.find_spec(name) for name in ("gssapi", "krb5"))
    need(found, "no `gssapi` and `krb5` (tests/oracles/kerberos.txt, or $CMFW_KERBEROS)")
    need(shutil.which("kinit") is not None, "no kinit (Debian package krb5-user)")


@pytest.fixture
def ticket(domain: Domain, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a process that holds a ticket of the administrator; the controller lets Kerberos in meanwhile."""
    need_packages()
    config, cache = tmp_path / "krb5.conf", tmp_path / "ticket"
    config.write_text(_CONFIG.format(realm=REALM.upper(), domain=REALM, kdc=THERE), encoding="ascii")
    env = {"KRB5_CONFIG": str(config), "KRB5CCNAME": f"FILE:{cache}", "PYTHONPATH": PACKAGES}
    # Samba's own service that enters the name is not among those that run
    domain.samba_tool("spn", "add", f"ldap/{HOST}.{REALM}", f"{HOST.upper()}$", check=False)
    rule = domain.inside("nft", "-e", "-a", "insert", "rule", "inet", "host", "input", "tcp", "dport", "88", "accept").stdout
    account = f"{ADMIN}@{REALM.upper()}"
    subprocess.run(
        ["kinit", account], env=os.environ | env, input=PASSWORD, encoding="utf-8", check=True, capture_output=True
    )
    yield env
    domain.inside("nft", "delete", "rule", "inet", "host", "input", "handle", rule.rsplit("handle ", 1)[1].split()[0])


def test_a_ticket_is_as_good_as_a_password(domain, tmp_path, ticket):
    publisher = Publisher(domain, tmp_path, "cmfw ticket")
    done = publisher("one", "--apply", kerberos=True, **ticket)
    assert done["outcome"] == "published"
    assert publisher.settled()
    said = subprocess.run(["klist"], env=os.environ | ticket, capture_output=True, encoding="utf-8", check=True).stdout
    assert {f"{kind}/{HOST}.{REALM}@{REALM.upper()}" for kind in ("ldap", "cifs")} <= set(said.split())
    assert publisher("two", "--apply", kerberos=True, **ticket)["outcome"] == "published"
    assert publisher("two", "--rollback", "last", "--apply", kerberos=True, **ticket)["outcome"] == "rolled_back"
    domain.gpo("del", publisher.guid)


def test_without_a_ticket_nothing_is_sent(domain, tmp_path, ticket):
    publisher = Publisher(domain, tmp_path, "cmfw no ticket")
    env = {**ticket, "KRB5CCNAME": f"FILE:{tmp_path / 'none'}"}
    said = publisher("one", "--apply", kerberos=True, code=2, **env)["error"]
    assert "cannot be asked with a ticket: No Kerberos credentials available" in said, said
    assert "fault of cmfw" not in said
    assert publisher.entry() == {}
