"""Samba alone in the place of a Windows machine: ``ADMIN$``, a package share, the endpoint mapper, dynamic ports, service control.

Real are SMB 3.1.1 with an account, the file on the share, the endpoint mapper's answer, the bind on the port that it names, and the service
control manager's answers over its pipe. Samba has no DCOM, so WMI is a dynamic port that answers RPC; it makes no services, so
that the copied setup runs is the lab's doing. Source: smb.conf(5), samba-dcerpcd(8).
"""

from __future__ import annotations

from pathlib import Path

from cmfw.lab.namespaces import Namespace
from cmfw.lab.stand.crew import Crew
from cmfw.lab.stand.programs import DCERPCD, SMBD, SMBPASSWD, where_is
from cmfw.lab.stand.web import CONTENT

ADMIN, PACKAGES = "ADMIN$", "client"
ACCOUNT, PASSWORD = "root", "cmfw-lab-1"
"""Samba's accounts are accounts of the machine; the share is that of a namespace nobody else reaches."""
SETUP = "ccmsetup.exe"
_DYNAMIC_PORTS, _FEWEST = 32, 12
"""Each of its services takes a port of its own; without one it starts, and does not answer."""
_LOWEST = 1024
_CONFIG = """[global]
server role = standalone server
disable netbios = yes
smb ports = 445
disable spoolss = yes
load printers = no
rpc start on demand helpers = no
rpc server dynamic port range = {first}-{last}
server min protocol = SMB3_11
private dir = {folder}/private
lock directory = {folder}
state directory = {folder}
cache directory = {folder}
pid directory = {folder}
ncalrpc dir = {folder}/ncalrpc
log file = {folder}/log
[{admin}]
path = {folder}/admin
read only = no
[{packages}]
path = {folder}/packages
"""


def config_text(folder: Path, ports: range) -> str:
    """The configuration of one machine."""
    return _CONFIG.format(folder=folder, first=ports[0], last=ports[-1], admin=ADMIN, packages=PACKAGES)


def dynamic_ports(first: int, last: int) -> range:
    """The ports that Samba gives out, from the beginning of the range of the site; empty where that has too few for its services."""
    start = max(first, _LOWEST)
    ports = range(start, min(last, start + _DYNAMIC_PORTS) + 1)
    return ports if len(ports) >= _FEWEST else range(0)


class Share:
    """The Samba of one host."""

    def __init__(self, crew: Crew, namespace: Namespace, number: int, ports: range) -> None:
        self.folder = crew.folder / f"samba-{number}"
        for name in ("private", "ncalrpc", "admin", "packages"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "packages" / SETUP).write_bytes(CONTENT)
        config = self.folder / "smb.conf"
        config.write_text(config_text(self.folder, ports), encoding="utf-8")
        given = ("-s", str(config))
        crew.run(where_is(SMBPASSWD), "-c", str(config), "-a", "-s", ACCOUNT, said=f"{PASSWORD}\n{PASSWORD}\n")
        helpers = ("--libexec-rpcds", "-F", "--no-process-group")
        crew.start(namespace, where_is(DCERPCD), *helpers, *given)
        crew.start(namespace, where_is(SMBD), "-F", "--no-process-group", *given)

    def received(self) -> bytes:
        """What lies on ``ADMIN$`` as the setup program; taken away by reading it."""
        path = self.folder / "admin" / SETUP
        content = path.read_bytes()
        path.unlink()
        return content
