"""``cmfw trace`` on a small machine: the document, the order, the exit codes."""

from __future__ import annotations

import json

import pytest

RULES = {
    "smb": "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|LPort=445|App=System|Name=SMB|",
    "twin": "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Private|LPort=445|RA4=LocalSubnet|App=System|Name=T|",
    "high": "v2.10|Action=Block|Active=TRUE|Dir=Out|Protocol=6|RPort=10123|Name=No high ports|",
}
KEY = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"


@pytest.fixture
def state(tmp_path):
    lines = ["Windows Registry Editor Version 5.00", ""]
    for profile in ("DomainProfile", "StandardProfile", "PublicProfile"):
        lines += [f"[{KEY}\\{profile}]", '"EnableFirewall"=dword:00000001', ""]
    lines += [f"[{KEY}\\FirewallRules]", *(f'"{name}"="{rule}"' for name, rule in RULES.items()), ""]
    path = tmp_path / "machine.reg"
    path.write_text("\r\n".join(lines), encoding="utf-16")
    return path


SMB = "in tcp 10.0.0.5 > 10.1.0.9:445 profile=domain"


def test_the_document(state, run, valid):
    done = run("trace", state, "--flow", SMB.upper().replace("10.1.0.9", "10.1.0.9"), "--format", "json")
    (row,) = valid("trace", done.stdout)["verdicts"]
    assert done.exit_code == 0
    assert row["flow"] == SMB.upper()
    assert row["normal"] == f'{SMB} program=system service=""'
    assert (row["action"], row["why"], row["missing"]) == ("allow", "rule", [])
    (by,) = row["by"]
    assert (by["id"], by["store"]) == ("smb", "local")
    assert str(state) in by["origin"]
    assert row["assumed"] == {"program": "system", "service": "", "interface": "lan,wireless"}


@pytest.mark.parametrize(
    ("flow", "action", "why", "code"),
    [
        (SMB, "allow", "rule", 0),
        ("in tcp 10.0.0.5 > 10.1.0.9:446 profile=domain", "block", "default", 1),
        ("out tcp 10.1.0.9 > 10.0.0.5:10123", "block", "rule", 1),
        ("out tcp 10.1.0.9 > 10.0.0.5:80", "allow", "default", 0),
        ("in tcp 10.0.0.5 > 10.1.0.9:445 profile=private", "unknown", "evidence", 3),
        ("in tcp 10.0.0.5 > 10.1.0.9:445 profile=public", "block", "default", 1),
        ("in tcp 10.0.0.5 > 10.1.0.9:445", "unknown", "evidence", 3),
        ("in tcp 10.0.0.5 > 10.1.0.9:445 profile=domain program=*", "unknown", "evidence", 3),
    ],
)
def test_answers_and_exit_codes(flow, action, why, code, state, run, valid):
    done = run("trace", state, "--flow", flow, "--format", "json")
    (row,) = valid("trace", done.stdout)["verdicts"]
    assert (row["action"], row["why"], done.exit_code) == (action, why, code)


@pytest.mark.parametrize(("subnet", "action"), [("10.0.0.0/8", "allow"), ("10.1.0.0/24", "block")])
def test_local_subnet_decides(subnet, action, state, run):
    flow = "in tcp 10.0.0.5 > 10.1.0.9:445 profile=private"
    done = run("trace", state, "--flow", flow, "--local-subnet", subnet, "--format", "json")
    assert json.loads(done.stdout)["verdicts"][0]["action"] == action


def test_a_block_wins_over_an_unknown(state, run):
    flows = ["in tcp * > *:445", "in tcp * > *:446", SMB]
    assert run("trace", state, *(word for flow in flows for word in ("--flow", flow))).exit_code == 1


def test_order_is_as_asked_across_both_options(state, run, tmp_path):
    path = tmp_path / "flows.txt"
    path.write_text("# two\nin tcp * > *:2\nin tcp * > *:3\n", encoding="utf-8")
    args = ("--flow", "in tcp * > *:1", "--flows", path, "--flow", "in tcp * > *:4", f"--flows={path}")
    done = run("trace", state, *args, "--format", "json")
    assert [v["flow"][-1] for v in json.loads(done.stdout)["verdicts"]] == list("123423")


def test_flows_come_from_standard_input(state, run):
    done = run("trace", state, "--flows", "-", "--format", "jsonl", stdin=f"{SMB}\n# no\nin tcp * > *:9\n")
    assert [json.loads(line)["action"] for line in done.stdout.splitlines()] == ["allow", "block"]


def test_text_says_why_by_what_and_what_was_assumed(state, run):
    english = run("trace", state, "--flow", SMB).stdout
    assert all(part in english for part in ("allow", SMB, "a rule decides", "smb (local)", "assumed: program=system"))
    chinese = run("trace", state, "--flow", SMB, lang="zh_CN").stdout
    assert all(part in chinese for part in ("允许", "由规则决定", "smb (local)", "假定："))


def test_csv_is_one_row_each(state, run):
    lines = run("trace", state, "--flow", SMB, "--flow", "in tcp * > *:9", "--format", "csv").stdout.splitlines()
    assert lines[0] == "flow,normal,action,why,by,missing"
    assert len(lines) == 3


def test_two_local_stores_are_refused(state, run, tmp_path):
    other = tmp_path / "other.reg"
    other.write_bytes(state.read_bytes())
    assert run("trace", state, other, "--flow", SMB).exit_code == 2


def test_a_file_that_is_no_state_is_refused_in_one_line(run, tmp_path):
    path = tmp_path / "poem.txt"
    path.write_text("roses are red\n", encoding="utf-8")
    done = run("trace", path, "--flow", SMB)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1


def test_text_lists_a_few_rules_and_lines_up_in_chinese(tmp_path, run):
    lines = ["Windows Registry Editor Version 5.00", "", f"[{KEY}\\FirewallRules]"]
    lines += [
        f'"r{n}"="v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4007|RA4=LocalSubnet|Name=n{n}|"' for n in range(9)
    ]
    path = tmp_path / "many.reg"
    path.write_text("\r\n".join([*lines, ""]), encoding="utf-16")
    text = run("trace", path, "--flow", "in tcp 10.0.0.5 > 10.0.0.6:4007 program=x.exe profile=domain", lang="zh_CN").stdout
    assert text.startswith("未知    in tcp")
    assert text.count("依据：") == 6
    assert "另有 3 项" in text


def test_the_path_is_in_the_document_on_request(state, run, valid):
    flow = "in tcp 10.0.0.5 > 10.1.0.9:445 profile=public"
    (plain,) = valid("trace", run("trace", state, "--flow", flow, "--format", "json").stdout)["verdicts"]
    assert "path" not in plain
    (row,) = valid("trace", run("trace", state, "--flow", flow, "--path", "--format", "json").stdout)["verdicts"]
    (steps,) = row["path"]["worlds"]
    assert [step["stage"] for step in steps if step["decides"]] == ["default"]
    allow = next(step for step in steps if step["stage"] == "allow")
    assert [(rule["id"], rule["failed"]) for rule in allow["near"]] == [("smb", "profiles"), ("twin", "profiles")]
    assert row["path"]["flow"].startswith("in tcp 10.0.0.5:50000 > 10.1.0.9:445 profile=public")


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            (
                "decision path of",
                "block rules: does not apply",
                "nearly matches: SMB (smb, local), but for the profile",
                "decides: block",
            ),
        ),
        ("zh_CN", ("判定路径", "阻止规则：不适用", "仅配置文件不符", "适用并决定结果：阻止")),
    ],
)
def test_the_path_as_text(lang, words, state, run):
    shown = run("trace", state, "--flow", "in tcp 10.0.0.5 > 10.1.0.9:445 profile=public", "--path", lang=lang).stdout
    told = "".join(line.strip() if lang == "zh_CN" else f" {line.strip()}" for line in shown.splitlines())
    assert [word for word in words if word not in told] == []


def test_the_path_says_what_is_missing(state, run):
    shown = run("trace", state, "--flow", "in tcp 10.0.0.5 > 10.1.0.9:445 profile=private", "--path").stdout
    assert "may apply: allow" in shown
    assert "may match: T (twin, local)" in shown
