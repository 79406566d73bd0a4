"""The share of a real controller (Samba): what happens where its disk is full."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.publish.domain import Domain
from tests.publish.test_session import Publisher, rule_ids

pytestmark = [pytest.mark.lab, pytest.mark.debian, pytest.mark.slow]

VOLUME = "/var/lib/samba/sysvol"
_SMALL = """\
set -eu
mkdir /tmp/kept
cp -a {volume}/. /tmp/kept
mount -t tmpfs -o size=2m tmpfs {volume}
cp -a /tmp/kept/. {volume}
"""


@pytest.fixture
def small(domain: Domain) -> Iterator[Domain]:
    """The controller with a volume of two megabytes under SYSVOL, with the rights that were there."""
    domain.inside("sh", "-c", _SMALL.format(volume=VOLUME))
    yield domain
    domain.inside("sh", "-c", f"cp -a {VOLUME}/. /tmp/kept; umount -l {VOLUME}; cp -a /tmp/kept/. {VOLUME}; rm -r /tmp/kept")


def fill(domain: Domain) -> None:
    """Write until nothing more fits."""
    done = domain.inside("sh", "-c", f"cat /dev/zero > {VOLUME}/filler", check=False)
    assert "No space left on device" in done.stderr


@pytest.mark.parametrize("first", [True, False], ids=["a new object", "an update"])
def test_a_full_disk_leaves_the_old_policy(small, tmp_path, first):
    """The old policy stays in force, whole; the same command does the rest when there is room again."""
    publisher = Publisher(small, tmp_path, f"cmfw full {first}")
    old = None
    if not first:
        publisher("one", "--apply")
        old = publisher.settled()
    before = publisher.entry()
    fill(small)
    said = publisher("two", "--apply", code=2)["error"]
    assert "0xc000007f" in said, said
    assert publisher.file("Machine/Registry.pol") == old
    now = publisher.entry()
    assert now.get("versionNumber", "0") == before.get("versionNumber", "0")
    small.inside("rm", f"{VOLUME}/filler")
    assert publisher("two", "--apply")["outcome"] == "published"
    new = publisher.settled()
    assert set(rule_ids(new)) > set(rule_ids(old or b""))
    small.gpo("aclcheck")
    small.gpo("del", publisher.guid)
