"""Publishing into a real domain (Samba), judged by Samba's own tools: create, update, link, roll back, kill, foreign edits."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT, need
from tests.publish.domain import BASE, PASSWORD, REALM, Domain, can_start, link_of

from cmfw.cli.schema import FOLDER
from cmfw.ingest.preg import read_preg
from cmfw.publish import session
from cmfw.publish.extension_names import FIREWALL_NAMES
from cmfw.publish.gpo import Place
from cmfw.publish.gpt_ini import stamp_of, version_of

pytestmark = [pytest.mark.lab, pytest.mark.debian, pytest.mark.slow]

SITE = """\
code = "P01"
system = [{{ host = "cm1", addresses = ["10.1.0.5"] }}]
clients = [{{ name = "desktops", subnets = ["10.2.0.0/24"], features = [{features}], install = [] }}]
"""
ONE, TWO = '"remote_control"', '"remote_control", "client_push"'
OU = f"OU=Clients,{BASE}"
SYSVOL = f"/var/lib/samba/sysvol/{REALM}/Policies"


class Publisher:
    """The command line in a folder of its own, with two site files: the second one opens more."""

    def __init__(self, domain: Domain, folder: Path, title: str) -> None:
        self.domain, self.folder, self.title = domain, folder, title
        for name, features in (("one", ONE), ("two", TWO)):
            (folder / f"{name}.toml").write_text(SITE.format(features=features), encoding="utf-8")

    @property
    def guid(self) -> str:
        found = session.uuid5(session._NAMESPACE, f"{REALM}/{self.title}")
        return f"{{{found}}}".upper()

    @property
    def place(self) -> Place:
        return Place(REALM, BASE, self.guid)

    def start(self, site: str, *arguments: str, **extra: str):
        words = ("publish", "gpo", f"{site}.toml", "--for", "desktops", "--name", self.title, "--format", "json")
        return self.domain.cmfw(*words, *arguments, cwd=self.folder, **extra)

    def __call__(self, site: str, *arguments: str, code: int = 0, **extra: str) -> dict:
        process = self.start(site, *arguments, **extra)
        out, err = process.communicate(timeout=240)
        assert process.returncode == code, err + out
        if code == 2:
            assert out == ""
            return {"error": err}
        return json.loads(out)

    def file(self, below: str) -> bytes | None:
        done = self.domain.inside("base64", "-w0", f"{SYSVOL}/{self.guid}/{below}", check=False)
        return base64.b64decode(done.stdout) if done.returncode == 0 else None

    def put(self, below: str, content: bytes) -> None:
        """Somebody else writes a file of the object."""
        text = base64.b64encode(content).decode()
        self.domain.inside("sh", "-c", f"base64 -d > '{SYSVOL}/{self.guid}/{below}'", text=text)

    def names(self) -> list[str]:
        return self.domain.inside("find", f"{SYSVOL}/{self.guid}", "-type", "f", "-printf", "%P\n").stdout.split()

    def entry(self) -> dict[str, str]:
        """The object as Samba's database has it."""
        base = ("-b", self.place.dn, "-s", "base")
        shown = self.domain.inside("ldbsearch", "-H", "/var/lib/samba/private/sam.ldb", *base, check=False).stdout
        return dict(re.findall(r"^(\w+): (.*)$", shown.replace("\n ", ""), re.MULTILINE))

    def change(self, attribute: str, text: str) -> None:
        """Somebody else changes the object in the directory."""
        change = f"dn: {self.place.dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {text}\n"
        self.domain.inside("ldbmodify", "-H", "/var/lib/samba/private/sam.ldb", text=change)

    def settled(self) -> bytes:
        """The policy, of an object that is whole: one version, named extensions, announced, no leftovers."""
        policy, gpt, entry = self.file("Machine/Registry.pol"), self.file("GPT.INI"), self.entry()
        assert policy is not None
        assert int(entry["versionNumber"]) == version_of(gpt) > 0
        assert entry["gPCMachineExtensionNames"] == FIREWALL_NAMES
        assert stamp_of(gpt).digest == session.backups.sha256(policy).hexdigest()
        assert sorted(self.names()) == ["GPT.INI", "Machine/Registry.pol"]
        return policy


@pytest.fixture
def publisher(domain: Domain, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Publisher]:
    """A publisher whose object is gone after the test."""
    found = Publisher(domain, tmp_path, f"cmfw {request.node.name[:40]}")
    yield found
    domain.gpo("del", found.guid, check=False)


@pytest.fixture(scope="session")
def unit(domain: Domain) -> str:
    """An organizational unit with one computer."""
    domain.samba_tool("ou", "create", OU)
    domain.samba_tool("computer", "create", "WS001", f"--computerou={OU}")
    return OU


def rule_ids(policy: bytes) -> list[str]:
    return [entry.name for entry in read_preg(policy).entries if entry.key.endswith("FirewallRules")]


def checked(document: dict) -> dict:
    from jsonschema import Draft202012Validator

    schema = json.loads(FOLDER.joinpath("publish.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(document)
    return document


def test_from_nothing_to_an_update_and_back(publisher, unit, domain):
    plan = checked(publisher("one", "--link", unit, code=1))
    assert plan["outcome"] == "planned"
    assert plan["gpo"] == {"id": publisher.guid, "title": publisher.title, "version_before": None, "version_after": 1}
    assert {change["kind"] for change in plan["changes"]} == {"allowed"}
    assert publisher.entry() == {}

    done = checked(publisher("one", "--link", unit, "--apply"))
    assert (done["outcome"], done["steps"]) == ("published", plan["steps"])
    one = publisher.settled()

    assert publisher.title in domain.gpo("show", publisher.guid).stdout
    assert publisher.guid in domain.gpo("getlink", unit).stdout
    # what Samba finds in force for a computer in the unit
    listed = domain.gpo("list", "WS001$").stdout
    assert listed.index(publisher.title) < listed.index("Default Domain Policy")
    assert unit in domain.gpo("listcontainers", publisher.guid).stdout
    domain.gpo("aclcheck")
    domain.samba_tool("ntacl", "sysvolcheck")

    assert publisher("one", "--link", unit, "--apply")["outcome"] == "unchanged"
    update = checked(publisher("two", code=1))
    assert {change["kind"] for change in update["changes"]} == {"allowed"}
    assert update["gpo"]["version_after"] == 2
    publisher("two", "--apply")
    two = publisher.settled()
    assert set(rule_ids(one)) < set(rule_ids(two))

    back = checked(publisher("two", "--rollback", "last", code=1))
    assert {change["kind"] for change in back["changes"]} == {"blocked"}
    assert checked(publisher("two", "--rollback", "last", "--apply"))["outcome"] == "rolled_back"
    assert publisher.settled() == one
    assert publisher.entry()["versionNumber"] == "3"

    assert checked(publisher("two", "--rollback", "last", "--apply"))["gpo"]["version_after"] is None
    assert publisher.entry() == {}
    assert domain.inside("test", "-e", f"{SYSVOL}/{publisher.guid}", check=False).returncode == 1
    assert publisher.guid not in domain.gpo("getlink", unit).stdout
    domain.gpo("aclcheck")
    domain.samba_tool("dbcheck", "--cross-ncs")
    assert domain.dropped() == 0, "more than 445 and 636 was needed"


def test_samba_reads_the_same_rules(publisher, domain):
    publisher("two", "--apply")
    folder = "/run/samba/backup"
    domain.inside("mkdir", "-p", folder)
    domain.gpo("backup", publisher.guid, f"--tmpdir={folder}")
    shown = domain.inside("sh", "-c", f"cat '{folder}/policy/{publisher.guid}/Machine/Registry.pol.xml'").stdout
    domain.inside("rm", "-rf", folder)
    assert re.findall(r"<ValueName>(cmfw-[^<]*)</ValueName>", shown) == rule_ids(publisher.settled())


def test_what_somebody_else_keeps_in_the_object_stays(publisher):
    publisher("one", "--apply")
    ours = publisher.settled()
    theirs = bytes.fromhex("5b00" + "530000003b00" + "410000003b00" + "040000003b00" + "040000003b00" + "070000005d00")
    publisher.put("Machine/Registry.pol", ours[:8] + theirs + ours[8:])
    publisher.change("gPCMachineExtensionNames", "[{00000000-0000-0000-0000-000000000000}]" + FIREWALL_NAMES)
    publisher("two", "--apply")
    policy = publisher.file("Machine/Registry.pol")
    assert policy[8:].startswith(theirs)
    assert rule_ids(policy) != rule_ids(ours)
    assert publisher.entry()["gPCMachineExtensionNames"].startswith("[{00000000")


def edit_version(publisher: Publisher) -> None:
    publisher.change("versionNumber", "41")


def edit_gpt(publisher: Publisher) -> None:
    publisher.put("GPT.INI", b"[General]\r\nVersion=43\r\n")


def edit_policy(publisher: Publisher) -> None:
    publisher.put("Machine/Registry.pol", b"PReg\1\0\0\0")


@pytest.mark.parametrize("edit", [edit_version, edit_gpt, edit_policy], ids=["directory", "GPT.INI", "Registry.pol"])
def test_a_rollback_over_somebody_elses_edit_is_refused(publisher, edit):
    publisher("one", "--apply")
    publisher("two", "--apply")
    edit(publisher)
    before = (publisher.entry(), publisher.file("GPT.INI"), publisher.file("Machine/Registry.pol"))
    told = publisher("two", "--rollback", "last", "--apply", code=2)["error"]
    assert "changed by somebody else since" in told
    assert (publisher.entry(), publisher.file("GPT.INI"), publisher.file("Machine/Registry.pol")) == before


def test_a_password_is_nowhere(publisher):
    wrong = "not-The-1-password"
    process = publisher.start("one", "--debug", password=wrong)
    out, err = process.communicate(timeout=240)
    assert process.returncode != 0
    assert "does not accept the account" in err
    assert wrong not in out + err
    right = publisher.start("one", "--debug", "--apply")
    out, err = right.communicate(timeout=240)
    assert right.returncode == 0
    assert PASSWORD not in out + err
    assert all(PASSWORD.encode() not in p.read_bytes() for p in publisher.folder.rglob("*") if p.is_file())


def test_a_controller_that_cannot_prove_its_name_gets_no_password(publisher, domain):
    process = publisher.start("one", "--ca", "")
    _, err = process.communicate(timeout=240)
    assert process.returncode == 2
    assert "certificate is not trusted" in err
    process = publisher.start("one", "--server", domain.address)
    _, err = process.communicate(timeout=240)
    assert process.returncode == 2
    assert "certificate is not trusted" in err


def test_another_domain_than_the_one_meant_is_refused(publisher):
    assert (
        "expected a controller of `other.test`, found one of `lab.test`"
        in publisher("one", "--domain", "other.test", code=2)["error"]
    )


# --- killed ------------------------------------------------------------------------------------------------------------

LONGEST_STEP_S = 0.03
MADE, UPDATED = 13, 3
"""Steps from nothing: object, containers, folders, rights, files, version, link. Steps of an update: files, version."""


def killed_behind(publisher: Publisher, site: str, steps: int, delay_s: float, *arguments: str) -> bool:
    """Publish, and kill the process a moment after so many steps were told; False where it was quicker."""
    process = publisher.start(site, "--apply", *arguments)
    told = 0
    while told < steps and process.stderr.readline():
        told += 1
    time.sleep(delay_s)
    process.kill()
    process.communicate()
    return process.returncode < 0


class Seen:
    """What a client that came now would find."""

    def __init__(self, publisher: Publisher) -> None:
        self.policy, self.gpt = publisher.file("Machine/Registry.pol"), publisher.file("GPT.INI")
        self.entry = publisher.entry()

    def is_mixture(self, *whole: bytes | None) -> bool:
        """Whether that is neither the old nor the new policy, or rules that no extension reads, or a version without files."""
        named = self.entry.get("gPCMachineExtensionNames") == FIREWALL_NAMES
        version = int(self.entry.get("versionNumber", "0"))
        return self.policy not in whole or (self.policy is not None and not named) or version > version_of(self.gpt)


@pytest.mark.parametrize("behind", range(MADE))
def test_killed_while_the_object_is_made(publisher, unit, behind, seed, soak, record_count):
    picked = random.Random(seed * 100 + behind)
    title = publisher.title
    for number in range(max(1, soak // 5)):
        publisher.title = f"{title} {number}"
        cut = killed_behind(publisher, "two", behind, picked.uniform(0, LONGEST_STEP_S), "--link", unit)
        seen = Seen(publisher)
        publisher("two", "--apply", "--link", unit)
        assert not seen.is_mixture(None, publisher.settled())
        record_count("publications killed in a real domain", int(cut))
    publisher("two", "--rollback", "last", "--apply")
    assert publisher.entry() == {}


@pytest.mark.parametrize("behind", range(UPDATED))
def test_killed_during_an_update(publisher, behind, seed, soak, record_count):
    picked = random.Random(seed * 100 + MADE + behind)
    whole = {}
    for site in ("two", "one"):
        publisher(site, "--apply")
        whole[site] = publisher.settled()
    for number in range(max(1, soak // 2)):
        site = "one" if number % 2 else "two"
        cut = killed_behind(publisher, site, behind, picked.uniform(0, LONGEST_STEP_S))
        assert not Seen(publisher).is_mixture(*whole.values())
        publisher(site, "--apply")
        assert publisher.settled() == whole[site]
        record_count("publications killed in a real domain", int(cut))


def test_an_edit_between_two_steps_is_not_overwritten(publisher, record_count):
    """Somebody edits the object while a run is stopped behind its first step."""
    publisher("one", "--apply")
    old = publisher.file("GPT.INI")
    process = publisher.start("two", "--apply")
    process.stderr.readline()
    process.send_signal(signal.SIGSTOP)
    publisher.put("GPT.INI", b"[General]\r\nVersion=4711\r\n")
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=240)
    gpt = publisher.file("GPT.INI")
    assert gpt != old
    assert process.returncode == 2, err
    assert "changed by somebody else" in err
    assert gpt == b"[General]\r\nVersion=4711\r\n"
    assert publisher.entry()["versionNumber"] == "1"
    record_count("foreign edits in a real domain", 1)


_LEFT_ALONE = """
import sys
from pathlib import Path
from tests.publish.domain import linked, started
work = Path(sys.argv[1])
print(linked(started(work, "445"), work).pid, flush=True)
input()
"""


def test_a_killed_test_run_leaves_no_controller_behind(tmp_path):
    need(not can_start(), can_start())
    env = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests")))}
    command = [sys.executable, "-c", _LEFT_ALONE, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    run = subprocess.Popen(command, cwd=ROOT, env=env, encoding="utf-8", **pipes)
    pid = int(run.stdout.readline())
    traces = (Path(f"/proc/{pid}"), Path(f"/sys/class/net/{link_of(pid)}"))
    assert all(trace.exists() for trace in traces)
    run.kill()
    run.communicate()
    deadline = time.monotonic() + 60
    while any(trace.exists() for trace in traces):
        assert time.monotonic() < deadline, "the controller is still there"
        time.sleep(0.05)
