"""The parts that every command has: help in both languages, ``--format``, ``--lang``, ``--debug``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

import click

from cmfw.words import LANGUAGES, language_of, say

Function = Callable[..., Any]
_form: ContextVar[str] = ContextVar("cmfw_form", default="text")
_LAST = ("form", "lang", "debug", "help")
"""The options that every command has stand behind its own."""


def _known(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value and not language_of(value):
        raise click.BadParameter(say("error.language", value=value), ctx, parameter)
    return value


_LANG: dict[str, Any] = {"metavar": "|".join(LANGUAGES), "expose_value": False, "callback": _known}


class _Formatter(click.HelpFormatter):
    """Click breaks lines at blanks and counts letters; Chinese has hardly any blanks, and its letters take two columns."""

    def write_text(self, text: str) -> None:
        """Write a paragraph."""
        from cmfw.cli.output import wrap

        indent = " " * self.current_indent
        self.write("".join(f"{indent}{line}\n" for line in wrap(text, self.width - self.current_indent)))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write names and what they are, side by side where a name leaves room."""
        rows = list(rows)
        if all(about.isascii() for _, about in rows):
            super().write_dl(rows, col_max, col_spacing)
            return
        from cmfw.cli.output import wrap

        left = min(max(len(name) for name, _ in rows), col_max) + col_spacing
        indent = " " * self.current_indent
        for name, about in rows:
            lines = wrap(about, self.width - self.current_indent - left)
            beside = len(name) <= left - col_spacing
            self.write(f"{indent}{name:{left}}{lines.pop(0)}\n" if beside else f"{indent}{name}\n")
            self.write("".join(f"{indent}{'':{left}}{line}\n" for line in lines))


class SpokenContext(click.Context):
    """A call whose help fits into the terminal in every language."""

    formatter_class = _Formatter


class Spoken(click.Command):
    """A command whose help is in the language of the call."""

    context_class = SpokenContext

    def get_help(self, ctx: click.Context) -> str:
        """The help text; the words are ``help.NAME``."""
        self.help = say(f"help.{self.name}")
        return super().get_help(ctx)


class SpokenGroup(click.Group):
    """A command that only holds others, with words in the language of the call: ``help.NAME`` and ``summary.NAME.COMMAND``."""

    context_class = SpokenContext

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params.append(SpokenOption(["--lang"], help="option.lang", **_LANG))

    def get_help(self, ctx: click.Context) -> str:
        """The help text."""
        self.help = say(f"help.{self.name}")
        return super().get_help(ctx)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """``-h`` and ``--help`` as every command has them."""
        del ctx
        flag = {"is_flag": True, "is_eager": True, "expose_value": False}
        return SpokenOption(["-h", "--help"], help="option.help", callback=_show_help, **flag)

    def get_help_option_names(self, ctx: click.Context) -> list[str]:
        """Both names."""
        del ctx
        return ["-h", "--help"]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with summaries in the language of the call."""
        with formatter.section(say("section.commands")):
            formatter.write_dl([(name, say(f"summary.{self.name}.{name}")) for name in self.list_commands(ctx)])


class SpokenOption(click.Option):
    """An option whose help is in the language of the call; ``help`` holds a key of ``cmfw.words``."""

    def __init__(self, *args: Any, help: str | None = None, **settings: Any) -> None:  # noqa: A002 - click's name
        super().__init__(*args, **settings)
        # kept from click, which cleans a help text with `inspect` (a tenth of the start) and finds nothing to clean in a key
        self.help = help

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option and its words."""
        key, self.help = self.help, say(self.help) if self.help else ""
        try:
            return super().get_help_record(ctx)
        finally:
            self.help = key


def option(*names: str, key: str, **settings: Any) -> Callable[[Function], Function]:
    """A click option whose help is the words of ``option.KEY``."""
    return click.option(*names, cls=SpokenOption, help=f"option.{key}", **settings)


def make_command(name: str, *formats: str, cls: type[Spoken] = Spoken) -> Callable[[Function], click.Command]:
    """Make a command of a function, with ``--format`` (passed as ``form``; only where there are formats), ``--lang``, ``--debug``."""

    def decorate(function: Function) -> click.Command:
        if formats:
            choice = click.Choice(formats)
            function = option("--format", "form", key="format", type=choice, default=formats[0], callback=_remember)(
                function
            )
        function = option("--lang", key="lang", **_LANG)(function)
        function = option("--debug", key="debug", is_flag=True, expose_value=False)(function)
        function = help_option(function)
        made = click.command(name, cls=cls)(function)
        made.params.sort(key=lambda parameter: parameter.name in _LAST)
        return made

    return decorate


def form() -> str:
    """The form of this run's answer, for what shows blocks: as text, or as Markdown (``md``)."""
    return _form.get()


def _remember(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    del parameter
    former = _form.set(value)
    ctx.call_on_close(lambda: _form.reset(former))
    return value


def help_option(function: Function) -> Function:
    """``-h`` and ``--help``, click's own but for the words: click asks for a translation of its own when it makes one."""
    return option("-h", "--help", key="help", is_flag=True, is_eager=True, expose_value=False, callback=_show_help)(function)


def _show_help(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


def edition_option(function: Function) -> Function:
    """``--edition 2016|current``."""
    return option("--edition", key="edition", type=click.Choice(("current", "2016")), default="current")(function)


def scope_option(function: Function) -> Function:
    """``--scope least|documented``."""
    return option("--scope", key="scope", type=click.Choice(("least", "documented")), default="least")(function)


def advisory_option(function: Function) -> Function:
    """``--advisory``."""
    return option("--advisory", key="advisory", is_flag=True)(function)


def subnet_option(function: Function) -> Function:
    """``--local-subnet CIDR``, repeated."""
    return option("--local-subnet", "local_subnets", key="local_subnet", multiple=True, metavar="CIDR")(function)
