"""The options of ``cmfw whatif``, its exit codes and its document."""

from __future__ import annotations

import pytest
from tests.docs.pages import DOCS, blocks

PAGE = DOCS / "verbs" / "whatif.md"


@pytest.fixture
def files(tmp_path):
    """The site, filters and machine of the verb's page."""
    for block in blocks(PAGE):
        if block.words[:1] == ("file",):
            (tmp_path / block.words[1]).write_text(block.text, encoding="utf-8")
    return tmp_path


SITE, HOST = "site.toml", "host.reg"
ROWS = (
    ("nothing supposed", [SITE], 0, {}),
    ("nothing supposed on a machine", [SITE, HOST], 0, {}),
    ("SMB closed", [SITE, HOST, "--close", "tcp/445"], 1, {"client_push": ("works", "broken")}),
    ("SMB closed outbound only", [SITE, HOST, "--close", "out:tcp/445"], 0, {}),
    ("SMB closed for somebody else", [SITE, HOST, "--close", "tcp/445", "--from", "10.77.0.0/16"], 0, {}),
    (
        "SMB closed for the server",
        [SITE, HOST, "--close", "tcp/445", "--from", "10.1.0.5"],
        1,
        {"client_push": ("works", "broken")},
    ),
    (
        "the equals sign is the same",
        [SITE, HOST, "--close=tcp/445", "--to=10.4.0.0/24"],
        1,
        {"client_push": ("works", "broken")},
    ),
    ("a group that is not there", [SITE, HOST, "--disable-group", "-28502"], 2, None),
    ("a rule that is not there", [SITE, HOST, "--disable", "smp"], 2, None),
    ("the rule whatever its case", [SITE, HOST, "--remove", "SMB"], 1, {"client_push": ("works", "broken")}),
    ("local rules do not count", [SITE, HOST, "--local-merge", "off"], 1, {"client_push": ("works", "broken")}),
    ("not in the profile in question", [SITE, HOST, "--local-merge", "off:public"], 0, {}),
    ("the firewall off opens only", [SITE, HOST, "--firewall", "off"], 0, {}),
    ("incoming blocked altogether", [SITE, HOST, "--block-all-inbound", "on"], 1, {"client_push": ("works", "broken")}),
    (
        "outbound blocked by default",
        [SITE, HOST, "--default-outbound", "block:domain"],
        1,
        dict.fromkeys(("client_push", "client_requests", "client_notification"), ("works", "broken")),
    ),
    ("another profile", [SITE, HOST, "--profile", "public"], 1, {"client_push": ("works", "broken")}),
    ("no Group Policy where none is", [SITE, HOST, "--without-gpo"], 0, {}),
    ("the way of requests closed", [SITE, "--close", "tcp/80", "--between", "branch", "centre"], 1, None),
    ("a zone that is none", [SITE, "--close", "tcp/80", "--between", "branch", "moon"], 2, None),
    ("a qualifier alone", [SITE, "--from", "10.0.0.1"], 2, None),
    ("a qualifier without its words", [SITE, "--close", "tcp/80", "--between", "branch"], 2, None),
    ("traffic that is none", [SITE, "--close", "tcp-80"], 2, None),
    ("a setting that is none", [SITE, "--firewall", "maybe"], 2, None),
    ("a site key that is none", [SITE, "--set", "clients.branch.colour=red"], 2, None),
    (
        "the feature switched off",
        [SITE, "--set", "clients.branch.settings.notification=false"],
        0,
        {"client_notification": ("works", "disabled")},
    ),
)


@pytest.mark.parametrize(("args", "code", "wanted"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_rows(run, valid, files, args, code, wanted):
    named = [str(files / arg) if arg in (SITE, HOST) else arg for arg in args]
    done = run("whatif", *named, "--format", "json")
    assert done.exit_code == code, done.output
    if code == 2:
        return
    document = valid("whatif", done.stdout)
    changed = {
        r["feature"]: (r["before"]["status"], r["after"]["status"]) for r in document["features"] if r["outcome"] != "same"
    }
    if wanted is not None:
        assert changed == wanted
    for row in document["features"]:
        assert (row["outcome"] == "worse") <= bool(row["witnesses"] or row["blocking"])
    assert sum(document["counts"].values()) == len(document["features"])


def test_opening_at_a_filter_takes_what_was_missing(run, valid, files):
    (files / "branch-centre.flows").write_text("allow tcp * > *:80\n", encoding="utf-8")
    site = str(files / SITE)
    document = valid(
        "whatif", run("whatif", site, "--open", "tcp/10123", "--between", "branch", "centre", "--format", "json").stdout
    )
    (row,) = [r for r in document["features"] if r["outcome"] == "better"]
    assert (row["feature"], row["before"]["status"], row["after"]["status"]) == ("client_notification", "degraded", "works")
    (witness,) = row["witnesses"]
    assert (witness["before"]["action"], witness["after"]["action"], witness["box"]) == (
        "block",
        "allow",
        "branch-centre.flows",
    )


def test_an_unread_filter_leaves_it_undecided(run, files):
    (files / "branch-centre.flows").unlink()
    done = run("whatif", str(files / SITE), "--close", "tcp/10123", "--between", "branch", "centre")
    assert done.exit_code == 3
    assert "branch-centre.flows" in done.stderr


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_text_is_eighty_columns_wide(run, files, lang):
    from cmfw.cli.output import width_of

    for more in (
        ["--close", "tcp/445"],
        ["--set", "ports.http=[8080]"],
        ["--default-outbound", "block"],
        ["--firewall", "off"],
    ):
        done = run("whatif", str(files / SITE), str(files / HOST), *more, lang=lang)
        # flows, rules and commands are to be copied, and stand further in
        assert [line for line in done.stdout.splitlines() if width_of(line) > 80 and not line.startswith("    ")] == []
