"""``cmfw publish``: configuration brought into a domain and, where asked, back out of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cmfw.cli.app import CLEAN, FINDINGS
from cmfw.cli.options import SpokenGroup, advisory_option, edition_option, make_command, option, scope_option
from cmfw.words import say

if TYPE_CHECKING:
    from cmfw.emit.capability import Loss
    from cmfw.publish.backup import Backup
    from cmfw.publish.session import Proposal, Reached

SCHEMA = "cmfw/publish/1"
_SHOWN = 20
_LAST = "last"


@click.group("publish", cls=SpokenGroup)
def command() -> None:
    """Replaced by the words of the chosen language."""


@make_command("gpo", "text", "json", "md")
@click.argument("site_path", metavar="SITE")
@option("--for", "where", key="for", required=True, metavar="GROUP|HOST")
@option("--server", key="server", required=True, metavar="HOST")
@option("--domain", key="domain", default="", metavar="NAME")
@option("--name", "title", key="gpo_name", default="", metavar="TEXT")
@option("--link", key="link", multiple=True, metavar="DN")
@option("--unlink", key="unlink", multiple=True, metavar="DN")
@option("--apply/--dry-run", "is_meant", key="apply", default=False)
@option("--rollback", key="rollback", default="", metavar="DIR|last")
@option("--backups", key="backups", default="cmfw-backups", metavar="DIR")
@option("--user", key="user", default="", metavar="NAME@DOMAIN")
@option("--password-env", "variable", key="password_env", default="", metavar="NAME")
@option("--password-fd", "descriptor", key="password_fd", type=click.IntRange(min=0), metavar="N")
@option("--kerberos", key="kerberos", is_flag=True)
@option("--ca", key="ca", default="", metavar="FILE")
@scope_option
@edition_option
@advisory_option
def gpo(
    site_path: str,
    where: str,
    server: str,
    domain: str,
    title: str,
    link: tuple[str, ...],
    unlink: tuple[str, ...],
    is_meant: bool,
    rollback: str,
    backups: str,
    user: str,
    variable: str,
    descriptor: int | None,
    kerberos: bool,
    ca: str,
    scope: str,
    edition: str,
    advisory: bool,
    form: str,
) -> int:
    """Publish, or show what publishing would do; exit code 1 where a dry run finds something to do.

    46 lines because every option is a parameter.
    """
    from cmfw.cli import output, publish_view
    from cmfw.publish.account import read_account
    from cmfw.publish.session import propose, propose_rollback, reached

    if rollback and (link or unlink):
        raise click.UsageError(say("publish.rollback_alone"))
    # the plan first: what cannot be said needs no password
    code, ours, losses = _policy(site_path, where, scope, edition, advisory)
    title = title or f"cmfw {code} {where}"
    account = read_account(user, kerberos=kerberos, variable=variable, descriptor=descriptor, ask=_ask)
    with reached(server, account, ca=_file(ca), domain=domain) as at:
        backup = _backup_of(rollback, Path(backups), at.domain, title) if rollback else None
        proposal = propose_rollback(at, backup) if backup else propose(at, title, ours, link=link, unlink=unlink)
        view = publish_view.View(
            server=server, proposal=proposal, losses=() if backup else losses, backup=backup, is_rollback=backup is not None
        )
        if is_meant:
            view = view.done(_carry_out(at, proposal, backup, Path(backups)))
    if form == "json":
        output.show_json({"schema": SCHEMA, **publish_view.document(view)})
    else:
        output.show(publish_view.blocks(view, _SHOWN))
    return FINDINGS if proposal.steps and not is_meant else CLEAN


command.add_command(gpo)


def _policy(site_path: str, where: str, scope: str, edition: str, advisory: bool) -> tuple[str, bytes, tuple[Loss, ...]]:
    """(site code, Registry.pol, what changed in form) of the plan for one client group or host."""
    from cmfw.catalog import load
    from cmfw.catalog.types import Edition
    from cmfw.emit import EmitRequest, emit
    from cmfw.ingest.site import read_site
    from cmfw.resolve import resolve

    site = read_site(site_path)
    catalog = load(site.packs)
    plan = resolve(catalog, site, edition=Edition(edition), scope=scope, advisory=advisory)
    made = emit("registry-pol", EmitRequest(catalog, site, plan, where))
    return plan.site, made.artifacts[0].content, made.losses


def _ask() -> str:
    text: str = click.prompt(say("publish.password"), hide_input=True, err=True)
    return text


def _file(path: str) -> str:
    """The path of a file that can be opened; raises the error of opening it."""
    if path:
        with open(path, "rb"):  # noqa: PTH123 - the reason is the error's own
            pass
    return path


def _backup_of(asked: str, root: Path, domain: str, title: str) -> Backup:
    from cmfw.publish.backup import find_last, load

    return find_last(root, domain, title) if asked == _LAST else load(Path(asked))


def _carry_out(at: Reached, proposal: Proposal, backup: Backup | None, root: Path) -> Backup | None:
    """Take the steps, telling each on stderr."""
    from cmfw.cli.publish_view import step_text
    from cmfw.publish.session import apply, roll_back
    from cmfw.publish.steps import Step

    def told(step: Step) -> None:
        click.echo(step_text(step), err=True)

    return roll_back(at, proposal, backup, told) if backup else apply(at, proposal, root, told)
