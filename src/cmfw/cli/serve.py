"""``cmfw serve``: the answers in a browser, for this machine alone unless told otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cmfw.cli.app import CLEAN
from cmfw.cli.options import make_command, option
from cmfw.words import say
from cmfw.words.phrases import phrase

if TYPE_CHECKING:
    from cmfw.web.desk import Desk
    from cmfw.web.serve import Tls
    from cmfw.web.settings import Settings

PORT = 8765
_FILE = click.Path(exists=True, dir_okay=False)
_LEAST_PASSWORD = 12
_PACKAGES = ("starlette.applications", "uvicorn.protocols.http.h11_impl", "python_multipart", "anyio.to_thread")


@make_command("serve")
@click.argument("paths", metavar="[SITE] [STATE]...", nargs=-1)
@option("--listen", key="listen", default=f"127.0.0.1:{PORT}", metavar="ADDRESS[:PORT]")
@option("--name", "names", key="name", multiple=True, metavar="HOST")
@option("--tls-cert", "certificate", key="tls_cert", type=_FILE, metavar="FILE")
@option("--tls-key", "tls_key", key="tls_key", type=_FILE, metavar="FILE")
@option("--password-file", "password_path", key="password_file", type=_FILE, metavar="FILE")
@option("--workspaces", "store", key="workspaces", metavar="FILE")
@option("--read-only", "read_only", key="read_only", is_flag=True)
@option("--allow", "runs", key="allow", multiple=True, type=click.Choice(("probe", "lab")))
@option("--open", "browser", key="browser", is_flag=True)
def command(
    paths: tuple[str, ...],
    listen: str,
    names: tuple[str, ...],
    certificate: str | None,
    tls_key: str | None,
    password_path: str | None,
    store: str | None,
    read_only: bool,
    runs: tuple[str, ...],
    browser: bool,
) -> int:
    """Serve until it is ended."""
    from contextlib import suppress
    from tempfile import TemporaryDirectory

    load_web()
    from cmfw.web.serve import bind, run, usual_store

    host, port = _address(listen)
    tls = _tls(certificate, tls_key)
    password = None if password_path is None else _password(password_path)
    _refuse_open_doors(host, tls, password)
    _check_names(host, names)
    listening = bind(host, port)
    with TemporaryDirectory(prefix="cmfw-", ignore_cleanup_errors=True) as folder, listening:
        # files on the command line are for this run; workspaces that are kept have none of them
        kept = store if store is not None else str(Path(folder, "workspaces.sqlite") if paths else usual_store())
        settings = _settings(host, listening.getsockname()[1], names, tls is not None, password, kept, read_only, runs)
        app, start = _app(settings, paths)
        address = settings.origin + start if password else f"{settings.origin}/login?token={settings.secret}&next={start}"
        click.echo(say("serve.open", address=address))
        click.echo(say("serve.end"), err=True)
        if browser:
            click.launch(address)
        with suppress(KeyboardInterrupt):
            # how a server is ended
            run(app, listening, tls)
    return CLEAN


def load_web() -> None:
    """Raise MissingExtra where a package of the web, or one that it needs itself, is not installed."""
    from importlib import import_module

    from cmfw.errors import MissingExtra

    try:
        for name in _PACKAGES:
            import_module(name)
    except ModuleNotFoundError as error:
        raise MissingExtra("web", "`cmfw serve`") from error


def _address(listen: str) -> tuple[str, int]:
    """(host, port) of ``--listen``."""
    from cmfw.errors import COMMAND_LINE, InputError, Problem

    host, colon, port = listen.rpartition(":") if listen.count(":") == 1 or "]:" in listen else (listen, "", "")
    host = host.removeprefix("[").removesuffix("]")
    if not host or (colon and not (port.isascii() and port.isdigit() and int(port) < 65536)):
        raise InputError(Problem(COMMAND_LINE, "ADDRESS or ADDRESS:PORT", f"`{listen}`", key="--listen"))
    return host, int(port) if colon else PORT


def _tls(certificate: str | None, key: str | None) -> Tls | None:
    """Both files, or none; they are tried before anything listens."""
    import ssl

    from cmfw.errors import COMMAND_LINE, InputError, Problem
    from cmfw.web.serve import Tls

    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        missing = "--tls-cert" if certificate is None else "--tls-key"
        raise InputError(Problem(COMMAND_LINE, "--tls-cert together with --tls-key", "one of them", key=missing))
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        found = str(getattr(error, "reason", "") or error).lower()
        raise InputError(Problem(certificate, "a certificate and its key in PEM", found, key="--tls-cert")) from error
    return Tls(certificate, key)


def _password(path: str) -> str:
    """The first line of the file."""
    from cmfw.errors import InputError, Problem

    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(Problem(path, "UTF-8 text", "other bytes", offset=error.start)) from error
    password = text.split("\n", 1)[0].strip()
    if len(password) < _LEAST_PASSWORD:
        raise InputError(
            Problem(
                path,
                phrase("a password of at least {least} characters", least=_LEAST_PASSWORD),
                str(len(password)),
            )
        )
    return password


def _refuse_open_doors(host: str, tls: Tls | None, password: str | None) -> None:
    """Raise InputError for a server that others can reach without TLS, or without a password."""
    from cmfw.errors import COMMAND_LINE, InputError, Problem
    from cmfw.web.serve import is_loopback

    if is_loopback(host):
        return
    needed = (("--tls-cert", tls is None), ("--password-file", password is None))
    missing = [name for name, is_missing in needed if is_missing]
    if missing:
        hint = phrase("whoever reaches it would see the firewall of every machine")
        expected = phrase("TLS and a password for an address that others reach")
        raise InputError(*(Problem(COMMAND_LINE, expected, "neither is given", hint, key=name) for name in missing))


def _check_names(host: str, names: tuple[str, ...]) -> None:
    """Raise InputError for names that no browser sends, and where every request would be refused for want of one."""
    from cmfw.errors import COMMAND_LINE, InputError, Problem
    from cmfw.web.serve import is_everywhere

    wrong = [name for name in names if not name.isascii() or not name or set(name) & set(" /\\?#@")]
    if wrong:
        raise InputError(*(Problem(COMMAND_LINE, "a host name or address", f"`{name}`", key="--name") for name in wrong))
    if is_everywhere(host) and not names:
        raise InputError(Problem(COMMAND_LINE, "a name that browsers call the server", "none", key="--name"))


def _settings(
    host: str,
    port: int,
    names: tuple[str, ...],
    tls: bool,
    password: str | None,
    store: str,
    read_only: bool,
    runs: tuple[str, ...],
) -> Settings:
    import secrets

    from cmfw.web.serve import is_loopback
    from cmfw.web.settings import LOOPBACK, Settings, hosts_of, origin_of

    known = (*names, host, *(LOOPBACK if is_loopback(host) else ()))
    return Settings(
        origin=origin_of(known[0], port, tls=tls),
        hosts=hosts_of(known, port, tls=tls),
        secret=password or secrets.token_urlsafe(32),
        store=store,
        read_only=read_only,
        runs=frozenset(runs),
    )


def _app(settings: Settings, paths: tuple[str, ...]) -> tuple[object, str]:
    """(the application, the page to begin with)."""
    from cmfw.web.app import make_app
    from cmfw.web.desk import Desk

    desk = Desk(settings)
    return make_app(settings, desk), _laid(desk, paths) if paths else "/"


def _laid(desk: Desk, paths: tuple[str, ...]) -> str:
    """Put the files on the desk as a workspace, and give the page of it."""
    from cmfw.errors import InputError, Problem
    from cmfw.web.exchange import place
    from cmfw.web.home_page import free_name, stem
    from cmfw.web.store import Given

    folders = [path for path in paths if Path(path).is_dir()]
    if folders:
        raise InputError(*(Problem(path, "a file", "a folder", "pack it into a zip") for path in folders))
    files = [Given(Path(path).name, Path(path).read_bytes()) for path in paths]
    space = free_name(desk, stem(files[0].name))
    desk.store.make(space)
    desk.store.set_site(space, files[0])
    desk.site(space)
    if len(files) == 1:
        return place("w", space)
    machine = stem(files[1].name)
    desk.store.set_machine(space, machine, "", (), files[1:])
    desk.state(desk.store.machine(space, machine))
    return place("w", space, "m", machine)
