"""What nginx is told to be: management point, distribution point, fallback status point, software update point. Pure.

Each answers the URLs by which clients know the role, and nothing of what stands behind them. Source: facts of the product's documentation
(test URLs of a management point, self-update and web services of WSUS), ccmsetup.log of real clients; nginx.org, ngx_http_core_module.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from cmfw.lab.stand.certificates import Identity
from cmfw.values import value

MP, DP, FSP, SUP = "management_point", "distribution_point", "fallback_status_point", "software_update_point"
WEB_ROLES = (MP, DP, FSP, SUP)
CONTENT = bytes(range(256)) * 64
"""What stands for a package; 16 KiB."""
SETUP_FILE = "/CCM_Client/ccmsetup.cab"
TASKS = "/bgb/tasks"
"""Where a client without its notification channel asks; our own, for that talk has no open description."""
PACKAGE = "/SMS_DP_SMSPKG$/P0100001/content.bin"
SELF_UPDATE = "/selfupdate/iuident.cab"
_CABINET = b"MSCF" + bytes(124)
_LOG = (
    '{"from":"$remote_addr","port":$remote_port,"at":$server_port,"request":"$request","status":$status,'
    '"bytes":$body_bytes_sent,"tls":"$ssl_protocol","client":"$ssl_client_s_dn"}'
)
_ANSWERS = {
    MP: (
        (r"~* ^/sms_mp/\.sms_aut$", "return 200 \"<MPList><MP Name='STAND-IN'/></MPList>\""),
        (r"~* ^/ccm_system/request$", 'return 200 "<Msg/>"'),
    ),
    DP: (),
    FSP: ((r"~* ^/sms_fsp/\.sms_fsp$", "return 200"),),
    SUP: (
        (r"~* ^/clientwebservice/client\.asmx$", 'return 200 "<definitions/>"'),
        (r"~* ^/simpleauthwebservice/simpleauth\.asmx$", 'return 200 "<definitions/>"'),
    ),
}


@value(kw_only=True)
class Door:
    """One port of a web server. ``asks_client``: it wants a client certificate and answers 403 without one, as IIS does."""

    port: int
    is_tls: bool = False
    asks_client: bool = False


@value(kw_only=True)
class WebServer:
    """The web server of one host: its roles and its ports."""

    roles: tuple[str, ...]
    doors: tuple[Door, ...]


def files_of(server: WebServer) -> Iterator[tuple[str, bytes]]:
    """(URL path, content) of every file that its roles offer."""
    if MP in server.roles:
        yield SETUP_FILE, CONTENT
        yield TASKS, b""
    if DP in server.roles:
        yield PACKAGE, CONTENT
    if SUP in server.roles:
        yield SELF_UPDATE, _CABINET


def config_text(server: WebServer, folder: Path, identity: Identity, authority: Path) -> str:
    """The configuration of one nginx whose files lie in the folder."""
    temporary = " ".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    doors = "\n".join(_door(server, door, folder, identity, authority) for door in server.doors)
    return f"""daemon off;
user root;
pid {folder}/pid;
worker_processes 1;
error_log stderr;
events {{ worker_connections 256; }}
http {{
  log_format lab escape=json '{_LOG}';
  access_log {folder}/access lab;
  default_type application/octet-stream;
  {temporary}
{doors}
}}
"""


def _door(server: WebServer, door: Door, folder: Path, identity: Identity, authority: Path) -> str:
    lines = [f"listen {at}{door.port}{' ssl' if door.is_tls else ''};" for at in ("", "[::]:")]
    lines.append(f"root {folder}/files;")
    if door.is_tls:
        lines += [f"ssl_certificate {identity.certificate};", f"ssl_certificate_key {identity.key};"]
        lines += [f"ssl_client_certificate {authority};", "ssl_verify_client optional;"]
    if door.asks_client:
        lines.append("if ($ssl_client_verify != SUCCESS) { return 403; }")
    lines += [f"location {where} {{ {answer}; }}" for where, answer in _answers(server.roles)]
    return "  server {\n" + "".join(f"    {line}\n" for line in lines) + "  }"


def _answers(roles: Iterable[str]) -> Iterator[tuple[str, str]]:
    for role in roles:
        yield from _ANSWERS[role]
