"""``cmfw excess``: exit codes, the document and the text."""

from __future__ import annotations

import pytest

SITE = """
code = "P01"
system = [{ host = "cm1", addresses = ["10.1.0.5"], roles = ["site_server", "management_point"] }]
clients = [{ name = "office", subnets = ["10.2.0.0/24"], features = ["client_requests"], install = [{ method = "push" }] }]
"""
HEAD = """Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules]
"""
SMB = '"smb"="v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=445|Profile=Domain|RA4=10.1.0.5|App=System|Name=smb|"\n'
VNC = '"vnc"="v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=5900|Name=vnc|"\n'
OWN = '"core"="v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=6001|Name=@FirewallAPI.dll,-1|EmbedCtxt=@FirewallAPI.dll,-2|"\n'
ODD = '"odd"="v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=5901|Strange=1|Name=odd|"\n'


@pytest.fixture
def ask(run, valid, tmp_path):
    def call(rules: str, *more: str):
        (tmp_path / "site.toml").write_text(SITE, encoding="utf-8")
        (tmp_path / "host.reg").write_text(HEAD + rules, encoding="utf-8")
        files = (str(tmp_path / "site.toml"), str(tmp_path / "host.reg"))
        done = run("excess", *files, *more, "--format", "json")
        return done.exit_code, valid("excess", done.stdout), run("excess", *files, *more)

    return call


@pytest.mark.parametrize(
    ("rules", "code", "opened"),
    [(SMB, 0, []), (SMB + VNC, 1, ["vnc"]), (SMB + OWN, 0, []), (SMB + ODD, 3, []), (SMB + ODD + VNC, 1, ["vnc"])],
    ids=["as planned", "a rule beyond", "what Windows ships", "an unknown token", "both"],
)
def test_exit_codes_and_rules(ask, rules, code, opened):
    got, document, _ = ask(rules)
    assert got == code
    assert [rule["id"] for one in document["excess"] for rule in one["rules"]] == opened
    assert [rule["id"] for rule in document["doubtful"]] == (["odd"] if "odd" in rules else [])
    assert len(document["baseline"]) == ("core" in rules)


def test_flows_and_witness(ask):
    _, document, text = ask(SMB + VNC)
    (one,) = document["excess"]
    assert one["flows"]["text"] == "in udp * > *:5900"
    assert one["witness"].startswith("in udp 10.2.0.77:50000 > 10.2.0.9:5900 profile=domain")
    assert one["verdict"]["action"] == "allow"
    assert "in udp * > *:5900" in text.stdout
    assert "vnc (local)" in text.stdout


def test_the_score_falls_with_what_is_open(ask):
    scores = [ask(rules)[1]["score"] for rules in (SMB, SMB + ODD, SMB + VNC, SMB + VNC + ODD)]
    assert scores[0] == {"low": 100.0, "high": 100.0}
    assert scores[1]["low"] < scores[1]["high"] == 100.0
    assert scores[2]["low"] == scores[2]["high"] < 100.0
    assert scores[3]["low"] < scores[3]["high"] == scores[2]["high"]


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_text_is_eighty_columns_wide(run, ask, tmp_path, lang):
    from cmfw.cli.output import width_of

    ask(SMB + VNC + OWN + ODD)
    done = run("excess", str(tmp_path / "site.toml"), str(tmp_path / "host.reg"), lang=lang)
    assert [line for line in done.stdout.splitlines() if width_of(line) > 80 and not line.startswith("    ")] == []
