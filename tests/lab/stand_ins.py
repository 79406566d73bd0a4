"""Servers by other hands in the target's namespace: Samba, nginx, xrdp. Each in a folder of its own."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.conftest import need
from tests.lab.wires import Wires

SAMBA = """
[global]
server role = standalone server
map to guest = bad user
disable spoolss = yes
rpc start on demand helpers = no
rpc server dynamic port range = 51000-51005
bind interfaces only = no
private dir = {folder}/private
lock directory = {folder}
state directory = {folder}
cache directory = {folder}
pid directory = {folder}
ncalrpc dir = {folder}/ncalrpc
log file = {folder}/log.%m
[ADMIN$]
path = {folder}/share
"""
NGINX = """
daemon off;
pid {folder}/pid;
worker_processes 1;
error_log stderr;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 80; listen [::]:80; location ~* ^/sms_mp/\\.sms_aut$ {{ return 200 "<MPList><MP Name='CM1'/></MPList>"; }} }}
  server {{
    listen 443 ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    ssl_client_certificate {folder}/cert.pem; ssl_verify_client optional;
    location / {{ return 403; }}
    location ~* ^/ccm_system_windowsauth {{ return 401; }}
  }}
  server {{
    listen 8443 ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    ssl_client_certificate {folder}/cert.pem; ssl_verify_client on;
    location / {{ return 200; }}
  }}
  server {{ listen 8530; root {folder}/wsus; }}
  server {{ listen 8080; location / {{ return 404; }} location /SMS_DP_SMSPKG$/ {{ return 401; }} }}
  server {{
    listen 8531 ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    location / {{ return 404; }}
    location ~* ^/ClientWebService/client.asmx$ {{ return 200 "<html>client"; }}
  }}
  server {{
    listen 8082;
    location ~* ^/sms_mp/\\.sms_aut$ {{ if ($args = mpcert) {{ return 200 "<MPCertificate>30</MPCertificate>"; }} return 500; }}
  }}
  server {{
    listen 8444 ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    keepalive_timeout 0;
    location / {{ return 403; }}
    location ~* ^/ccm_system_windowsauth {{ return 401; }}
  }}
  server {{ listen 8083; location / {{ return 403; }} location ~* ^/ccm_system_windowsauth {{ return 403; }} }}
  server {{ listen 8081; location / {{ return 404; }} }}
}}
"""


def until_ready(ready: Callable[[], bool], process: subprocess.Popen[str], what: str, patience_s: float = 30) -> None:
    """Wait for a server by asking it."""
    end = time.monotonic() + patience_s
    while not ready():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < end, f"{what} is not ready"
        time.sleep(0.05)


def listens(wires: Wires, port: int) -> bool:
    return bool(wires.run("target", "ss", "-Hltn", f"sport = :{port}").strip())


def make_certificate(folder: Path) -> None:
    need(shutil.which("openssl") is not None, "needs openssl")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=cm1.example.com", "-days", "2",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip


def start_nginx(wires: Wires, folder: Path) -> None:
    need(shutil.which("nginx") is not None, "needs nginx")
    make_certificate(folder)
    (folder / "wsus" / "selfupdate").mkdir(parents=True)
    (folder / "wsus" / "selfupdate" / "iuident.cab").write_bytes(b"MSCF" + bytes(96))
    folder.chmod(0o755)
    for path in (folder / "wsus", *folder.parents):
        if path.owner() == "root" and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder), encoding="utf-8")
    process = wires.start("target", "nginx", "-c", str(folder / "nginx.conf"), "-e", "stderr", "-g", "user root;")
    until_ready(lambda: listens(wires, 8081), process, "nginx")


def start_samba(wires: Wires, folder: Path) -> None:
    helper = "/usr/libexec/samba/samba-dcerpcd"
    found = [path for path in (helper, "/usr/lib/x86_64-linux-gnu/samba/samba-dcerpcd") if Path(path).exists()]
    need(shutil.which("smbd") is not None and bool(found), "needs Samba")
    for name in ("private", "share", "ncalrpc"):
        (folder / name).mkdir()
    (folder / "smb.conf").write_text(SAMBA.format(folder=folder), encoding="utf-8")
    config = ("-s", str(folder / "smb.conf"))
    rpc = wires.start("target", found[0], "--libexec-rpcds", "-F", "--no-process-group", *config)
    smb = wires.start("target", "smbd", "-F", "--no-process-group", *config)
    until_ready(lambda: listens(wires, 445), smb, "smbd")
    until_ready(lambda: listens(wires, 135), rpc, "samba-dcerpcd")


def start_xrdp(wires: Wires, folder: Path) -> None:
    need(shutil.which("xrdp") is not None, "needs xrdp")
    make_certificate(folder)
    (folder / "xrdp.ini").write_text(
        f"[Globals]\nport=3389\nsecurity_layer=negotiate\ncertificate={folder}/cert.pem\nkey_file={folder}/key.pem\n"
        f"[Logging]\nLogFile={folder}/xrdp.log\nLogLevel=INFO\n[Channels]\n[Xorg]\nname=Xorg\nlib=libxup.so\n",
        encoding="utf-8",
    )
    process = wires.start("target", "xrdp", "-n", "-c", str(folder / "xrdp.ini"))
    until_ready(lambda: listens(wires, 3389), process, "xrdp")
