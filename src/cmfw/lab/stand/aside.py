"""``aside``: a function in a process of its own, so that a library that waits does not stop everybody else.

A process, not a thread: whoever has put its children into another process namespace may have no more threads.
Source: unshare(2), CLONE_NEWPID.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
from collections.abc import Callable
from typing import Any

from cmfw.errors import LabError

_PATIENCE_S = 30.0
"""Longer than any library waits for a connection; whoever is not done then has a server that hangs."""


async def aside(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function returns. Raises the OSError that it raised, and LabError for anything else."""
    loop = asyncio.get_running_loop()
    out, into = os.pipe()
    number = os.fork()
    if number == 0:
        _answer(into, function, arguments)
    os.close(into)
    os.set_blocking(out, False)
    ready = asyncio.Event()
    loop.add_reader(out, ready.set)
    content = b""
    try:
        while True:
            await asyncio.wait_for(ready.wait(), _PATIENCE_S)
            ready.clear()
            try:
                part = os.read(out, 1 << 16)
            except BlockingIOError:
                continue
            if not part:
                break
            content += part
    except TimeoutError:
        os.kill(number, signal.SIGKILL)
        raise LabError("a server stand-in takes a question and does not answer") from None
    finally:
        loop.remove_reader(out)
        os.close(out)
        # it has closed its end, so this does not wait
        os.waitpid(number, 0)  # noqa: ASYNC222
    is_good, found = pickle.loads(content) if content else (False, LabError("a stand-in has ended"))  # noqa: S301 - from our own fork
    if is_good:
        return found
    raise found


def _answer(into: int, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """The life of the process; it never returns."""
    try:
        try:
            told = (True, function(*arguments))
        except OSError as error:
            told = (False, ConnectionError(str(error)))
        except Exception as error:  # noqa: BLE001 - told to the other process, which raises it
            told = (False, LabError(f"{type(error).__name__}: {error}"))
        with os.fdopen(into, "wb") as stream:
            stream.write(pickle.dumps(told))
    finally:
        os._exit(0)
