"""``cmfw check``: problems, lints and expectations, by the plan and by a machine."""

from __future__ import annotations

import pytest
from tests.cli.test_trace import state  # noqa: F401 - the fixture of a small machine

SITE = """\
code = "P01"
system = [{ host = "cm1", addresses = ["10.1.0.5"] }]
clients = [{ name = "office", subnets = ["10.2.0.0/24"], features = ["client_requests", "remote_control"] }]
"""


def _with(expects):
    return SITE + "".join(f"[[expect]]\nflow = '{flow}'\nverdict = '{want}'\n" for flow, want in expects)


@pytest.fixture
def site(tmp_path):
    def write(*expects):
        path = tmp_path / "site.toml"
        path.write_text(_with(expects), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("flow", "want", "got", "code"),
    [
        pytest.param("out tcp 10.2.0.9 > 10.1.0.5:80", "allow", "allow", 0, id="requests are planned"),
        pytest.param("in tcp 10.1.0.5 > 10.2.0.9:2701", "allow", "allow", 0, id="remote control is planned"),
        pytest.param("in tcp 10.9.9.9 > 10.2.0.9:2701", "block", "block", 0, id="from nobody else"),
        pytest.param("in tcp 10.1.0.5 > 10.2.0.9:445", "allow", "block", 1, id="push is not planned"),
        pytest.param("out tcp 10.2.0.9 > 10.1.0.0/24:80", "allow", "unknown", 3, id="only partly planned"),
    ],
)
def test_expectations_by_the_plan(flow, want, got, code, site, run, valid):
    done = run("check", site((flow, want)), "--format", "json")
    (row,) = valid("check", done.stdout)["expects"]
    assert row == {"flow": flow, "want": want, "got": got, "by": "plan"}
    assert done.exit_code == code


@pytest.mark.parametrize(
    ("flow", "want", "args", "got", "code"),
    [
        pytest.param("in tcp 10.1.0.5 > 10.2.0.9:445 profile=domain", "allow", (), "allow", 0, id="as the rule says"),
        pytest.param("in tcp 10.1.0.5 > 10.2.0.9:445", "allow", (), "unknown", 3, id="the profile is open"),
        pytest.param("in tcp 10.1.0.5 > 10.2.0.9:445", "allow", ("--as", "office"), "allow", 0, id="profile of the group"),
        pytest.param("in tcp 10.1.0.5 > 10.2.0.9:446", "allow", (), "block", 1, id="no rule"),
    ],
)
def test_expectations_on_a_machine(flow, want, args, got, code, site, state, run, valid):  # noqa: F811
    done = run("check", site((flow, want)), state, *args, "--format", "json")
    (row,) = valid("check", done.stdout)["expects"]
    assert row == {"flow": flow, "want": want, "got": got, "by": "state"}
    assert done.exit_code == code


def test_text_says_that_the_plan_judged(site, run):
    text = run("check", site(("out tcp 10.2.0.9 > 10.1.0.5:80", "allow"))).stdout
    plain = " ".join(text.split())
    assert "is a valid site file. Systems: 1, client groups: 1" in plain
    assert "judged by the plan" in plain


def test_problems_are_a_document_too(run, tmp_path, valid):
    path = tmp_path / "bad.toml"
    path.write_text("code = 'TOOLONG'\nsytem = []\n", encoding="utf-8")
    done = run("check", path, "--format", "json")
    found = valid("check", done.stdout)
    assert done.exit_code == 2
    assert len(found["problems"]) >= 3
    assert {p["file"] for p in found["problems"]} == {str(path)}
    assert run("check", path).exit_code == 2


def test_a_wrong_flow_in_an_expectation_is_a_problem_with_its_key(site, run, valid):
    done = run("check", site(("in tcp oops > *", "allow")), "--format", "json")
    (problem,) = valid("check", done.stdout)["problems"]
    assert done.exit_code == 2
    assert "expect[0]" in problem["file"] + (problem["key"] or "")


def test_an_error_lint_is_exit_1(run, tmp_path, valid):
    path = tmp_path / "site.toml"
    text = SITE.replace('addresses = ["10.1.0.5"]', 'addresses = ["10.1.0.5"], sup = { http = 80, https = 8531 }')
    path.write_text(text, encoding="utf-8")
    done = run("check", path, "--format", "json")
    lints = valid("check", done.stdout)["lints"]
    assert "wsus-pair" in {lint["code"] for lint in lints}
    assert done.exit_code == (1 if any(lint["severity"] == "error" for lint in lints) else 0)


ZONED = """
code = "P01"
system = [{ host = "cm1", addresses = ["10.1.0.5"], roles = ["site_server", "management_point"], zone = "centre" }]
clients = [{ name = "office", subnets = ["10.2.0.0/24"], features = ["client_requests"], zone = "branch" }]
filter = [{ from = "branch", to = "centre", file = "edge.flows" }]
expect = [{ flow = "out tcp 10.2.0.9 > 10.1.0.5:80 profile=domain", verdict = "allow" }]
"""
HEAD = """Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules]
"""


@pytest.mark.parametrize(
    ("lines", "got", "code"),
    [
        ("allow tcp * > *:80", "allow", 0),
        ("allow tcp * > *:81", "block", 1),
        ("what", "unknown", 3),
        ("allow tcp *:7 > *:80", "unknown", 3),
    ],
    ids=["let through", "stopped", "not read", "let through in part"],
)
@pytest.mark.parametrize("with_state", [True, False], ids=["state", "plan"])
def test_expectations_are_judged_end_to_end(run, valid, tmp_path, lines, got, code, with_state):
    (tmp_path / "site.toml").write_text(ZONED, encoding="utf-8")
    (tmp_path / "edge.flows").write_text(lines, encoding="utf-8")
    (tmp_path / "host.reg").write_text(HEAD, encoding="utf-8")
    files = [str(tmp_path / "site.toml"), *([str(tmp_path / "host.reg")] if with_state else [])]
    done = run("check", *files, "--format", "json")
    document = valid("check", done.stdout)
    assert [row["got"] for row in document["expects"]] == [got]
    assert done.exit_code == code


SMB = '"smb"="v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=445|Profile=Domain|RA4=10.1.0.5|App=System|Name=smb|"\n'
VNC = '"vnc"="v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=5900|Name=vnc|"\n'
OWN = '"core"="v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=6001|Name=@FirewallAPI.dll,-1|EmbedCtxt=@FirewallAPI.dll,-2|"\n'
ODD = '"odd"="v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=5901|Strange=1|Name=odd|"\n'
ALLOW = "allow in any 10.1.0.5 > *\n"
NEED = "need in tcp 10.1.0.5 > 10.2.0.0/24:445 profile=domain\n"
HELD = (
    ("inside", SMB, ALLOW, "", 0, False),
    ("outside", SMB + VNC, ALLOW, "", 1, True),
    ("outside but not looked at", SMB + VNC, f"about in tcp * > *\n{ALLOW}", "", 0, False),
    ("outside as before", SMB + VNC, ALLOW, VNC, 0, False),
    ("newly outside", SMB + VNC, ALLOW, SMB, 1, True),
    ("what Windows ships is outside", SMB + OWN, ALLOW, "", 1, True),
    ("what Windows ships is taken", SMB + OWN, f"{ALLOW}baseline\n", "", 0, False),
    ("perhaps outside", SMB + ODD, ALLOW, "", 3, False),
    ("needed and open", SMB, ALLOW + NEED, "", 0, False),
    ("needed and closed", VNC, f"{NEED}allow in udp * > *:5900\n", "", 1, False),
)


@pytest.mark.parametrize(("rules", "lines", "before", "code", "escapes"), [r[1:] for r in HELD], ids=[r[0] for r in HELD])
def test_an_envelope(run, valid, site_file, tmp_path, rules, lines, before, code, escapes):
    for name, text in (("host.reg", HEAD + rules), ("old.reg", HEAD + before), ("e.envelope", lines)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    more = ["--before", str(tmp_path / "old.reg")] if before else []
    args = [str(site_file), str(tmp_path / "host.reg"), "--envelope", str(tmp_path / "e.envelope"), *more]
    done = run("check", *args, "--format", "json")
    document = valid("check", done.stdout)
    assert done.exit_code == code, done.output
    assert bool(document["envelope"]["escapes"]) == escapes
    assert bool(document["envelope"]["undecided"]) == (code == 3)
    for one in document["envelope"]["escapes"]:
        assert one["rules"]
        assert one["verdict"]["action"] == "allow"
    for lang in ("en", "zh_CN"):
        assert run("check", *args, lang=lang).exit_code == code


def test_an_envelope_needs_a_machine(run, site_file):
    assert run("check", str(site_file), "--envelope", "x").exit_code == 2
    assert run("check", str(site_file), "--before", "x").exit_code == 2
