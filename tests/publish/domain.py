"""A real domain for tests: one Samba domain controller in namespaces of its own, reached over a veth pair.

Everything lives below one ``unshare --kill-child``: killing that ends every process and with them the mounts. The network
namespace has no name, so the veth pair goes with its last process, even where the tests are killed. Another Samba on the
machine is not met: its folders are hidden behind file systems of the controller's own. Source: facts/lab.md 2.1.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import need

REALM, NETBIOS, HOST = "lab.test", "LAB", "dc1"
BASE = "DC=lab,DC=test"
ADMIN, PASSWORD = "Administrator", "Pub-1ish.Gpo!"
# a network of four addresses for each test run, so that two of them on one machine do not meet
_NUMBER = os.getpid() % 16384
HERE, THERE = (f"10.213.{_NUMBER // 64}.{_NUMBER % 64 * 4 + host}" for host in (1, 2))
PROGRAMS = ("samba", "setpriv", "samba-tool", "unshare", "nsenter", "ip", "nft")
_FOLDERS = ("/run/samba", "/var/lib/samba", "/var/cache/samba", "/var/log/samba", "/etc/samba")
_READY_S = 300
"""Provisioning takes four seconds of a quiet processor, and a minute of a busy one."""

_START = """\
set -eu
hostname dc1
ip link set lo up
read -r _
ip addr add {there}/30 dev eth0
ip link set eth0 up
for folder in {folders}; do mkdir -p $folder; mount -t tmpfs tmpfs $folder; done
mkdir -p /run/samba /var/lib/samba/private /var/lib/samba/sysvol
printf '%s dc1.lab.test dc1\\n127.0.0.1 localhost\\n' {there} > {work}/hosts
printf 'search lab.test\\nnameserver {there}\\n' > {work}/resolv.conf
mount --bind {work}/hosts /etc/hosts
mount --bind {work}/resolv.conf /etc/resolv.conf
cp {work}/smb.conf /etc/samba/smb.conf
samba-tool domain provision --realm=LAB.TEST --domain=LAB --server-role=dc --dns-backend=SAMBA_INTERNAL \\
  --adminpass='{password}' --host-name=dc1 --host-ip={there} >{work}/provision.log 2>&1
nft -f {work}/firewall.nft
exec samba -F --no-process-group -M single -d 1 >{work}/samba.log 2>&1
"""

_SMB_CONF = """\
[global]
netbios name = DC1
realm = LAB.TEST
workgroup = LAB
server role = active directory domain controller
server services = s3fs, rpc, ldap, cldap, kdc, drepl, winbindd, dns
disable netbios = yes
smb ports = 445
bind interfaces only = yes
interfaces = lo eth0
rpc server dynamic port range = 50000-50010
ldap server require strong auth = allow_sasl_over_tls
load printers = no
disable spoolss = yes
log file = /var/log/samba/%m.log
max log size = 0

[sysvol]
path = /var/lib/samba/sysvol
read only = No

[netlogon]
path = /var/lib/samba/sysvol/lab.test/scripts
read only = No
"""

_FIREWALL = """\
table inet host {{
  counter dropped {{ }}
  chain input {{
    type filter hook input priority 0; policy accept;
    iifname "lo" accept
    ct state established,related accept
    iifname "eth0" tcp dport {{ {ports} }} accept
    iifname "eth0" counter name dropped drop
  }}
}}
"""


@dataclass
class Domain:
    """A running controller."""

    pid: int
    work: Path
    address: str = THERE

    @property
    def ca(self) -> Path:
        """The certificate of the authority that signed the controller's own."""
        return self.work / "ca.pem"

    def inside(self, *command: str, check: bool = True, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program on the controller."""
        enter = ["nsenter", "-t", str(self.pid), "-m", "-u", "-n", "-p", "--", *command]
        return subprocess.run(enter, capture_output=True, encoding="utf-8", check=check, input=text, timeout=300)

    def samba_tool(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``samba-tool`` on the controller, as its administrator where it asks for one."""
        return self.inside("samba-tool", *arguments, check=check)

    def gpo(self, verb: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``samba-tool gpo VERB`` against the controller over the network."""
        access = ("-H", f"ldap://{HOST}.{REALM}", f"-U{ADMIN}%{PASSWORD}")
        return self.samba_tool("gpo", verb, *arguments, *access, check=check)

    def cmfw(
        self, *arguments: str, cwd: Path, password: str = PASSWORD, kerberos: bool = False, **extra: str
    ) -> subprocess.Popen[str]:
        """The command line as a process that knows the controller by name; killing it kills nothing but it."""
        script = 'mount --bind "$1" /etc/hosts; shift; exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", script, "sh", str(self.work / "hosts"), sys.executable, "-m", "cmfw"]
        env = os.environ | {"CMFW_LANG": "en", "CMFW_TEST_PASSWORD": password, "PYTHONUTF8": "1"} | extra
        account = ["--kerberos"] if kerberos else ["--user", f"{ADMIN}@{REALM}", "--password-env", "CMFW_TEST_PASSWORD"]
        access = ["--server", f"{HOST}.{REALM}", "--ca", str(self.ca), *account]
        return subprocess.Popen(
            [*command, *arguments[:3], *access, *arguments[3:]],
            cwd=cwd,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def dropped(self) -> int:
        """How many packets its host firewall dropped."""
        listed = self.inside("nft", "list", "counter", "inet", "host", "dropped").stdout
        return int(listed.split("packets ")[1].split()[0])


def can_start() -> str:
    """Why no domain can be started here; empty where one can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "needs root on Linux"
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"no {', '.join(missing)} (Debian packages samba, samba-ad-provision, samba-dsdb-modules, nftables, iproute2)"
    return "" if Path("/usr/share/samba/setup").is_dir() else "no Debian package samba-ad-provision"


@contextmanager
def running(ports: str = "445, 636") -> Iterator[Domain]:
    """A domain whose controller lets in only these TCP ports."""
    reason = can_start()
    need(not reason, f"a Samba domain controller: {reason}")
    with tempfile.TemporaryDirectory(prefix="cmfw-dc-") as folder:
        work = Path(folder)
        process = started(work, ports)
        try:
            yield _ready(process, linked(process, work))
        finally:
            process.kill()
            process.wait()


def started(work: Path, ports: str) -> subprocess.Popen[bytes]:
    """The controller in its namespaces, waiting for its link."""
    (work / "smb.conf").write_text(_SMB_CONF, encoding="utf-8")
    (work / "firewall.nft").write_text(_FIREWALL.format(ports=ports), encoding="utf-8")
    words = {"there": THERE, "folders": " ".join(_FOLDERS), "work": work, "password": PASSWORD}
    (work / "start.sh").write_text(_START.format(**words), encoding="utf-8")
    # a killed test run must leave no controller behind
    command = [
        "setpriv",
        "--pdeathsig",
        "KILL",
        "unshare",
        "--mount",
        "--uts",
        "--net",
        "--pid",
        "--fork",
        "--kill-child=SIGKILL",
        "--mount-proc",
    ]
    command += ["--propagation", "private", "sh", str(work / "start.sh")]
    with (work / "start.log").open("wb") as log:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)


def _inner(process: subprocess.Popen[bytes]) -> int:
    """The process id, out here, of the first process inside."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        found = children.read_text(encoding="ascii").split()
        if found and Path(f"/proc/{found[0]}/ns/net").readlink() != Path("/proc/self/ns/net").readlink():
            return int(found[0])
        time.sleep(0.01)
    raise TimeoutError("the namespaces did not come up")


def linked(process: subprocess.Popen[bytes], work: Path) -> Domain:
    """The controller with its link, on its way."""
    pid = _inner(process)
    outer = link_of(pid)
    for command in (
        f"ip link add {outer} type veth peer name eth0 netns {pid}",
        f"ip addr add {HERE}/30 dev {outer}",
        f"ip link set {outer} up",
    ):
        subprocess.run(command.split(), check=True, capture_output=True)
    assert process.stdin is not None
    process.stdin.write(b"go\n")
    process.stdin.close()
    return Domain(pid, work)


def link_of(pid: int) -> str:
    """The name of the link on this side; names of links are short."""
    return f"cmfwdc{pid % 100000}"


def _ready(process: subprocess.Popen[bytes], domain: Domain) -> Domain:
    deadline = time.monotonic() + _READY_S
    while not all(_answers(port) for port in (445, 636)):
        if process.poll() is not None or time.monotonic() > deadline:
            logs = [p.read_text(encoding="utf-8", errors="replace")[-2000:] for p in sorted(domain.work.glob("*.log"))]
            raise RuntimeError("the controller did not start:\n" + "\n".join(logs))
        time.sleep(0.05)
    domain.ca.write_text(domain.inside("cat", "/var/lib/samba/private/tls/ca.pem").stdout, encoding="ascii")
    return domain


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((THERE, port), timeout=0.5):
            return True
    except OSError:
        return False
