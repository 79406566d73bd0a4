"""Every word that the catalog may use has a meaning here, and no other has."""

from __future__ import annotations

import pytest

from cmfw.catalog.conditions import WORDS
from cmfw.ingest.site import read_site_text
from cmfw.resolve.conditions import HOLDS, Situation, holds
from cmfw.resolve.topology import Topology


def test_the_words_are_the_catalogs():
    assert set(HOLDS) == WORDS


def test_an_unknown_word_is_a_defect():
    with pytest.raises(KeyError):
        holds("mp.smoke", situation(""))


def situation(system: str, clients: str = "", *, of_system: bool = True) -> Situation:
    text = f'code = "P01"\n[[system]]\nhost = "a"\nroles = {ROLES}\n{system}\n[[clients]]\nsubnets = []\n{clients}'
    site = read_site_text(text, "site.toml")
    install = site.clients[0].install[0] if site.clients[0].install else None
    return Situation(
        topology=Topology(site), group=site.clients[0], install=install, system=site.systems[0] if of_system else None
    )


ROLES = '["management_point", "distribution_point", "state_migration_point", "software_update_point"]'

TRUE = [
    ("mp.http", 'mp.mode = "http"', ""),
    ("mp.http", 'mp.mode = "ehttp"', ""),
    ("mp.https", 'mp.mode = "https"', ""),
    ("mp.https", 'mp.mode = "ehttp"', 'identity = "entra"'),
    ("dp.https", 'dp.mode = "ehttp"', 'identity = "workgroup"'),
    ("dp.http", 'dp.mode = "ehttp"', 'identity = "domain"'),
    ("smp.http", 'smp.mode = "ehttp"', 'identity = "entra"'),
    ("smp.https", 'smp.mode = "https"', ""),
    ("sup.ssl", "sup.ssl = true", ""),
    ("dp.pxe", "pxe = true", ""),
    ("dp.multicast", "multicast = true", ""),
    ("client.domain_member", "", ""),
    ("client.pki", 'dp.mode = "https"', ""),
    ("system.calls_back", "", ""),
    ("install.no_source", "", ""),
    ("install.share", "", 'install = [{ method = "manual" }]'),
    ("install.source", "", "install = [{ method = \"push\", source = '\\\\fs\\a' }]"),
    ("settings.notification", "", ""),
    ("settings.peer_cache", "", "settings.peer_cache = true"),
]
FALSE = [
    ("mp.http", 'mp.mode = "https"', ""),
    ("mp.https", 'mp.mode = "http"', ""),
    ("mp.https", 'mp.mode = "ehttp"', ""),
    ("smp.https", 'smp.mode = "ehttp"', 'identity = "entra"'),
    ("smp.http", 'smp.mode = "https"', ""),
    ("sup.ssl", "", ""),
    ("dp.pxe", "", ""),
    ("site.fsp", "", ""),
    ("client.domain_member", "", 'identity = "entra"'),
    ("client.pki", 'dp.mode = "ehttp"', ""),
    ("system.calls_back", "site_server_initiates = true", ""),
    ("install.source", "", "install = [{ method = \"push\", source = 'D:\\a' }]"),
    ("install.no_source", "", "install = [{ method = \"push\", source = 'D:\\a' }]"),
    ("install.share", "", 'install = [{ method = "manual", local_media = true }]'),
    ("settings.branchcache", "", ""),
    ("settings.remote_desktop", "", "settings.remote_desktop = false"),
]


ROWS = [(*row, True) for row in TRUE] + [(*row, False) for row in FALSE]
IDS = [f"{word} with {system or clients or 'nothing'}" for word, system, clients, _ in ROWS]
OF_ANY = [row for row in ROWS if not row[0].startswith("system.")]
"""What is asked of any system that the group uses; ``system.*`` speaks of one system only."""


@pytest.mark.parametrize(("word", "system", "clients", "wanted"), ROWS, ids=IDS)
def test_when_it_holds_at_a_system(word, system, clients, wanted):
    assert holds(word, situation(system, clients)) is wanted


@pytest.mark.parametrize(("word", "system", "clients", "wanted"), OF_ANY)
def test_when_it_holds_at_any_that_the_group_uses(word, system, clients, wanted):
    assert holds(word, situation(system, clients, of_system=False)) is wanted
