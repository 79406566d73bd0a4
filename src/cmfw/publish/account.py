"""Who publishes. A password comes from where nobody else can read it and is in no text that this program makes."""

from __future__ import annotations

import os
from collections.abc import Callable

from cmfw.errors import COMMAND_LINE, InputError, Problem
from cmfw.values import value
from cmfw.words.phrases import phrase
from cmfw.words.system_errors import of_system

_LONGEST = 4096
"""Bytes read from a descriptor: no password is longer, and a wrong descriptor may never end."""


@value
class Account:
    """A user (``name@domain`` or ``DOMAIN\\name``; empty with Kerberos: whoever holds the ticket) and the password."""

    user: str
    password: str = ""
    kerberos: bool = False

    def __repr__(self) -> str:
        return f"Account(user={self.user!r}, kerberos={self.kerberos!r})"


def read_account(user: str, *, kerberos: bool, variable: str, descriptor: int | None, ask: Callable[[], str]) -> Account:
    """The account, its password from an environment variable or a file descriptor, else asked for; none with Kerberos.

    Raises InputError where the named source has none.
    """
    if kerberos:
        return Account(user, kerberos=True)
    if not user:
        raise InputError(Problem(COMMAND_LINE, "an account, or --kerberos", "neither", key="--user"))
    if variable:
        # a child process must not inherit it
        password = os.environ.pop(variable, "")
        if not password:
            raise InputError(
                Problem(
                    COMMAND_LINE,
                    "a variable that holds the password",
                    phrase("`{variable}` without a value", variable=variable),
                    key="--password-env",
                )
            )
    elif descriptor is not None:
        password = _from_descriptor(descriptor)
    else:
        password = ask()
    if not password:
        # a directory takes a bind without a password for one of nobody, and says that it succeeded
        raise InputError(Problem(COMMAND_LINE, "a password", "an empty one", hint="--kerberos uses a ticket instead"))
    return Account(user, password)


def _from_descriptor(descriptor: int) -> str:
    try:
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            content = stream.read(_LONGEST)
    except OSError as error:
        reason = of_system(error)
        raise InputError(
            Problem(
                COMMAND_LINE,
                "a readable file descriptor",
                phrase("{descriptor}: {reason}", descriptor=descriptor, reason=reason),
                key="--password-fd",
            )
        ) from None
    try:
        return content.decode("utf-8").splitlines()[0] if content else ""
    except UnicodeDecodeError:
        raise InputError(Problem(COMMAND_LINE, "a password in UTF-8", "other bytes", key="--password-fd")) from None
