"""The lab of an ordinary user: the same proof in a user namespace, and a plain word where the machine allows none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT, need
from tests.lab.sites import ONE_GROUP
from tests.lab.wires import environment

pytestmark = pytest.mark.lab

NOBODY = 65534
# the first run loads what an ordinary user may have no right to read; then this process is one for good
RUN = """
import ctypes, encodings.ascii, json, os, sys
from click.testing import CliRunner
from cmfw.cli.app import app

def prove():
    done = CliRunner().invoke(app, ["lab", "prove", sys.argv[1], "--format", "json"])
    return [os.geteuid(), done.exit_code, done.stdout, done.stderr]

first = prove()
root = sys.argv[2]
if root:
    os.chroot(root)
    os.chdir("/")
os.setgroups([])
os.setgid(int(sys.argv[3]))
os.setuid(int(sys.argv[3]))
# who gives rights up may not be looked at by itself any more, its own files in /proc included (prctl(2), PR_SET_DUMPABLE)
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
print(json.dumps([first, prove()]))
"""


def as_ordinary_user(site: str, folder: Path, root: str = "") -> list[list]:
    """(user, exit code, stdout, stderr) of two proofs of the site: as root, then as nobody."""
    need(os.geteuid() == 0, "needs root, to become an ordinary user")
    path = folder / "site.toml"
    path.write_text(site, encoding="utf-8")
    if root:
        inside = Path(root) / path.relative_to("/")
        inside.parent.mkdir(parents=True)
        shutil.copy(path, inside)
    for one in (path, *path.parents):
        if one.owner() == "root" and one != Path("/"):
            one.chmod(one.stat().st_mode | (0o055 if one.is_dir() else 0o044))
    command = [sys.executable, "-c", RUN, str(path), root, str(NOBODY)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, encoding="utf-8", check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nobody_proves_what_root_proves(tmp_path):
    allowed = Path("/proc/sys/user/max_user_namespaces").read_text(encoding="ascii")
    need(int(allowed) > 0, "needs user namespaces for ordinary users")
    (user, *first), (nobody, *second) = as_ordinary_user(ONE_GROUP, tmp_path)
    assert (user, nobody) == (0, NOBODY)
    assert first == second
    assert first[0] == 0
    assert json.loads(second[1])["schema"].startswith("cmfw/lab")


def test_where_user_namespaces_are_forbidden_it_is_said(tmp_path):
    """A changed root directory forbids them, on any machine. Source: user_namespaces(7), unshare(2), EPERM."""
    apart = tmp_path / "apart"
    (user, *first), (nobody, code, printed, said) = as_ordinary_user(ONE_GROUP, tmp_path, str(apart))
    assert (user, first[0], nobody) == (0, 0, NOBODY)
    assert (code, printed) == (2, "")
    assert "needs root, or user namespaces for ordinary users" in said
