"""``cmfw emit`` for network targets: ``--between`` in place of ``--for``."""

from __future__ import annotations

import pytest
from tests.emit.network_cases import GOLDEN

SITE = str(GOLDEN / "cases" / "three_zones.toml")


def test_all_pairs_that_flows_cross(tmp_path, run, valid):
    done = run("emit", "nftables", SITE, "-o", tmp_path, "--format", "json")
    assert done.exit_code == 0, done.output
    found = valid("emit", done.stdout)
    assert (found["for"], found["between"]) == (None, [])
    text = (tmp_path / "cmfw.nft").read_text(encoding="utf-8")
    assert [line.split()[1] for line in text.splitlines() if line.startswith("\tchain from_")] == [
        "from_core_to_north",
        "from_north_to_core",
        "from_core_to_south",
        "from_south_to_core",
        "from_dmz_to_north",
        "from_north_to_dmz",
        "from_dmz_to_south",
        "from_south_to_dmz",
    ]


def test_one_pair(tmp_path, run):
    done = run("emit", "nftables", SITE, "--between", "dmz", "south", "-o", tmp_path)
    assert done.exit_code == 0, done.output
    assert "core" not in (tmp_path / "cmfw.nft").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nftables", SITE, "--for", "north"), "use --between, not --for"),
        (("netsh", SITE), "give --for; --between is for nftables, iptables, azure-nsg, aws-sg"),
        (("poem", SITE), "`netsh`, `list`, `nftables`, `iptables`"),
        (
            ("netsh", SITE, "--for", "north", "--between", "dmz", "south"),
            "give --for; --between is for nftables, iptables, azure-nsg, aws-sg",
        ),
        (("nftables", SITE, "--between", "dmz", "moon"), "found `moon`"),
    ],
    ids=[
        "a place for a network target",
        "no place for a host target",
        "no such target",
        "zones for a host target",
        "no such zone",
    ],
)
def test_what_does_not_fit_together(tmp_path, run, arguments, message):
    done = run("emit", *arguments, "-o", tmp_path / "out", "--lang", "en")
    assert done.exit_code == 2
    assert message in done.stderr
    assert not (tmp_path / "out").exists()


def test_check_says_what_a_machine_lacks(tmp_path, run, valid, site_file):
    """Nothing is deployed, then everything: the exit code follows."""
    out = tmp_path / "out"
    asked = ("emit", "reg", site_file, "--for", "clients")
    assert run(*asked, "-o", out).exit_code == 0
    empty = tmp_path / "empty.reg"
    lines = (out / "cmfw.reg").read_text(encoding="utf-16").splitlines()
    empty.write_text("\n".join(line for line in lines if not line.startswith('"')), encoding="utf-8")
    lacking = run(*asked, "--check", empty, "--format", "json")
    found = valid("emit", lacking.stdout)
    assert (lacking.exit_code, found["files"]) == (1, [])
    assert found["check"]["missing"]
    assert found["check"]["same"] == 0
    there = run(*asked, "--check", out / "cmfw.reg", "--format", "json")
    assert valid("emit", there.stdout)["check"]["missing"] == []
    assert there.exit_code == 0, there.output


def test_neither_folder_nor_machine_is_a_usage_error(run, site_file):
    assert run("emit", "reg", site_file, "--for", "clients").exit_code == 2
