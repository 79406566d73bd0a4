"""The group of commands: names, sections, help, and the one place where errors become exit codes.

Commands are imported when they are invoked, never for ``--help``; their one-line summaries are words of ``cmfw.words``.
Exit codes (CONTRACT.md "plan, audit, check, emit"): 2 before 1 before 3 before 0.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from cmfw import __version__, words
from cmfw.cli.options import SpokenContext, help_option, option
from cmfw.errors import CmfwError, InputError
from cmfw.words import say
from cmfw.words.phrases import listed, told

CLEAN, FINDINGS, FAILED, INCOMPLETE = 0, 1, 2, 3
INTERRUPTED = 130

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("needed", ("explain", "plan", "check", "site")),
    ("configure", ("emit", "publish", "convert")),
    ("there", ("audit", "trace", "search", "diff", "shadow", "excess", "whatif", "lint", "logs", "collect-script")),
    ("happens", ("probe", "respond", "lab")),
    ("show", ("report", "serve", "demo", "schema", "completion")),
)
"""Section key -> commands, in the order of ``--help``; ``cmfw.cli.NAME`` (a hyphen is ``_`` there) holds ``command``."""

COMMANDS: tuple[str, ...] = tuple(name for _, names in SECTIONS for name in names)


def worst(*codes: int) -> int:
    """The exit code that wins: 2, then 1, then 3, then 0."""
    for code in (FAILED, FINDINGS, INCOMPLETE):
        if code in codes:
            return code
    return CLEAN


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for by name."""

    context_class = SpokenContext

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All command names, in the order of the sections."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now; None for a name that no command has."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"cmfw.cli.{cmd_name.replace('-', '_')}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name; a usage error with the nearest names where there is none."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 3)
            hint = say("error.did_you_mean", names=told(listed(f"`{name}`" for name in near))) if near else ""
            raise click.UsageError(say("error.no_command", name=args[0]) + hint, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under their sections, with summaries that need no import."""
        del ctx
        for section, names in SECTIONS:
            with formatter.section(say(f"section.{section}")):
                formatter.write_dl([(name, say(f"summary.{name}")) for name in names])

    def get_help(self, ctx: click.Context) -> str:
        """The help text in the language of this call."""
        self.help = say("help.app")
        self.epilog = say("help.epilog")
        return super().get_help(ctx)

    def main(  # type: ignore[override]  # click's two overloads differ only in standalone_mode, which is not offered
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ARG002 - what click's own callers pass
    ) -> NoReturn:
        """Run and exit with the code of ``run``."""
        sys.exit(run(self, args, prog_name))


def run(group: LazyGroup, args: Sequence[str] | None = None, prog_name: str | None = None) -> int:
    """Run the command line and return its exit code; every error is told on stderr, one line for each problem."""
    given = list(sys.argv[1:] if args is None else args)
    words.choose(_option_value(given, "--lang"))
    _safe_streams()
    debug = "--debug" in given or bool(os.environ.get("CMFW_DEBUG"))
    try:
        if "_CMFW_COMPLETE" in os.environ:
            from cmfw.cli.completing import answer

            return answer(group, given)
        # not click's own main: it turns a closed pipe into exit code 1, which means findings here
        with group.make_context(prog_name or "cmfw", given) as context:
            code = group.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.exceptions.Abort:
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # the reader (head, a closed pager) has what it wants; keep the interpreter from complaining at exit
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - lives until the process ends
        return CLEAN
    except Exception as error:
        if debug:
            raise
        from cmfw.words.visible import visible

        for line in error_lines(error):
            click.echo(f"cmfw: {visible(line)}", err=True)
        return FAILED
    return code if isinstance(code, int) else CLEAN


def error_lines(error: Exception) -> list[str]:
    """The error as lines for people, one for each problem."""
    if isinstance(error, click.ClickException):
        return [_without_gaps(" ".join(error.format_message().split()))]
    if isinstance(error, InputError):
        return [told(problem.text()) for problem in error.problems]
    if isinstance(error, CmfwError):
        return [" ".join(told(str(error)).split())]
    if isinstance(error, OSError) and (error.filename or error.strerror):
        from cmfw.words.system_errors import of_system

        return [f"{error.filename}: {told(of_system(error))}" if error.filename else told(of_system(error))]
    text = " ".join(str(error).split())
    return [say("error.own", kind=type(error).__name__, text=text)]


def _without_gaps(text: str) -> str:
    """What click says, which sets a blank behind every sentence and a full stop behind an argument, whatever the language."""
    if words.language() == words.LANGUAGES[0]:
        return text
    return text.removesuffix(".").replace("\u3002 ", "\u3002").removesuffix("\u3002")


def _option_value(args: Sequence[str], name: str) -> str:
    for at, word in enumerate(args):
        if word == name and at + 1 < len(args):
            return args[at + 1]
        if word.startswith(name + "="):
            return word[len(name) + 1 :]
    return ""


def _safe_streams() -> None:
    """Make output never fail on a character: UTF-8 into files and pipes, escapes on a console that cannot show it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is None:
            continue
        if stream.isatty():
            reconfigure(errors="backslashreplace")
        else:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def _show_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"cmfw {__version__}", color=ctx.color)
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"max_content_width": 100})
@option("-V", "--version", key="version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version)
@option("--lang", key="lang", metavar="|".join(words.LANGUAGES), expose_value=False)
@option("--debug", key="debug", is_flag=True, expose_value=False)
@help_option
def app() -> None:
    """Replaced by the words of the chosen language."""
