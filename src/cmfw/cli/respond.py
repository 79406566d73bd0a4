"""``cmfw respond``: the other end of a probe; it listens and looks for who holds its key, until its deadline."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cmfw.cli.app import CLEAN
from cmfw.cli.options import make_command, option
from cmfw.words import say
from cmfw.words.phrases import phrase
from cmfw.words.system_errors import of_system

if TYPE_CHECKING:
    from cmfw.errors import InputError
    from cmfw.net.ports import PortSet
    from cmfw.probe.messages import Key

_DEADLINE_S = 600
_ANYWHERE = "0.0.0.0"  # noqa: S104 - the responder is meant to be reached; who holds no key gets no answer
_OWNER_ONLY = 0o600


@make_command("respond")
@option("--key", "key_path", key="key", type=click.Path(dir_okay=False), required=True, metavar="FILE")
@option("--new-key", "is_new", key="new_key", is_flag=True)
@option("--allow", "allowed", key="allow_ports", multiple=True, metavar="tcp/PORTS|udp/PORTS")
@option("--listen", "listen", key="respond_listen", default=_ANYWHERE, metavar="ADDRESS[:PORT]")
@option("--deadline", "deadline_s", key="deadline", type=click.IntRange(1, 3600), default=_DEADLINE_S, metavar="SECONDS")
def command(key_path: str, is_new: bool, allowed: tuple[str, ...], listen: str, deadline_s: int) -> int:
    """Answer probes that are sealed with the key, on the ports that are allowed."""
    if is_new:
        return _write_key(key_path)
    from cmfw.cli.probe import split_end
    from cmfw.probe.serve import PORT, listen_at, serve

    ports = _allowed(allowed)
    key = key_of(key_path)
    address, port = split_end(listen, PORT, "--listen", least=0)
    try:
        listener = listen_at(address, port)
    except OSError as error:
        raise _no_listener(error) from error
    with listener:
        here = listener.getsockname()
        click.echo(say("respond.ready", address=here[0], port=here[1], deadline=deadline_s))
        serve(listener, key, ports, deadline_s, lambda text: click.echo(say("respond.refused", reason=text), err=True))
    click.echo(say("respond.over"))
    return CLEAN


def _no_listener(error: OSError) -> InputError:
    """Why the address cannot be listened on."""
    from errno import EADDRINUSE

    from cmfw.errors import COMMAND_LINE, InputError, Problem

    found = of_system(error)
    hint = phrase("port 0 is any that is free") if error.errno == EADDRINUSE else ""
    return InputError(Problem(COMMAND_LINE, "an address to listen on", found, hint, key="--listen"))


def key_of(path: str) -> Key:
    """The key of an enrolment file; raises InputError for another file."""
    from cmfw.probe.messages import read_key

    with Path(path).open(encoding="utf-8", errors="replace") as file:
        return read_key(file.read(4096), path)


def _write_key(path: str) -> int:
    """A new key in a file that only its owner may read; raises FileExistsError rather than overwrite one."""
    from cmfw.probe.messages import key_text, new_key

    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with open(number, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - a file number
        file.write(key_text(new_key()))
    click.echo(say("respond.key_written", path=path))
    return CLEAN


def _allowed(texts: tuple[str, ...]) -> dict[int, PortSet]:
    """The allow-list; raises InputError that names every text that is none, and for an empty one."""
    from cmfw.errors import COMMAND_LINE, InputError, Problem
    from cmfw.net.flow import PROTOCOL_NUMBERS, TCP, UDP
    from cmfw.net.ports import PortSet

    found: dict[int, tuple[tuple[int, int], ...]] = {}
    problems = []
    for text in texts:
        name, slash, ports = text.partition("/")
        protocol = PROTOCOL_NUMBERS.get(name.lower()) if slash else None
        try:
            more = PortSet.parse(ports).ranges if protocol in (TCP, UDP) else ()
        except ValueError:
            more = ()
        if protocol is None or not more:
            problems.append(Problem(COMMAND_LINE, "tcp/PORTS or udp/PORTS", f"`{text}`", key="--allow"))
        else:
            found[protocol] = (*found.get(protocol, ()), *more)
    if not texts:
        problems.append(Problem(COMMAND_LINE, "at least one --allow, as tcp/445 or udp/25536", "none", key="--allow"))
    if problems:
        raise InputError(*problems)
    return {protocol: PortSet.from_pairs(pairs) for protocol, pairs in found.items()}
