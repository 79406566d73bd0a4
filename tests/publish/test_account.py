"""Where a password comes from, and where it never is."""

from __future__ import annotations

import os

import pytest

from cmfw.errors import InputError
from cmfw.publish.account import Account, read_account

SECRET = "s3cret-Ünïcode"


def never() -> str:
    raise AssertionError("asked although a source was named")


def piped(content: bytes) -> int:
    here, there = os.pipe()
    os.write(there, content)
    os.close(there)
    return here


def test_from_a_variable_that_no_child_inherits(monkeypatch):
    monkeypatch.setenv("CMFW_TEST_SECRET", SECRET)
    account = read_account("a@b", kerberos=False, variable="CMFW_TEST_SECRET", descriptor=None, ask=never)
    assert account == Account("a@b", SECRET)
    assert "CMFW_TEST_SECRET" not in os.environ


@pytest.mark.parametrize(
    "end", [b"", b"\n", b"\r\n", b"\nmore"], ids=["bare", "line", "line of Windows", "only the first line"]
)
def test_from_a_descriptor(end):
    descriptor = piped(SECRET.encode() + end)
    assert read_account("a@b", kerberos=False, variable="", descriptor=descriptor, ask=never).password == SECRET
    os.close(descriptor)


def test_asked_for_otherwise():
    assert read_account("a@b", kerberos=False, variable="", descriptor=None, ask=lambda: SECRET).password == SECRET


def test_kerberos_needs_none():
    assert read_account("", kerberos=True, variable="", descriptor=None, ask=never) == Account("", kerberos=True)


@pytest.mark.parametrize(
    ("user", "content", "expected"),
    [
        ("", b"x", "an account, or --kerberos"),
        ("a@b", b"", "a password"),
        ("a@b", b"\nx", "a password"),
        ("a@b", b"\xff", "a password in UTF-8"),
    ],
    ids=["no account", "nothing", "an empty line", "other bytes"],
)
def test_refused(user, content, expected):
    descriptor = piped(content)
    with pytest.raises(InputError, match=expected):
        read_account(user, kerberos=False, variable="", descriptor=descriptor, ask=never)
    os.close(descriptor)


def test_a_variable_without_value_and_a_closed_descriptor_are_refused(monkeypatch):
    monkeypatch.delenv("CMFW_TEST_SECRET", raising=False)
    with pytest.raises(InputError, match="without a value"):
        read_account("a@b", kerberos=False, variable="CMFW_TEST_SECRET", descriptor=None, ask=never)
    descriptor = piped(b"")
    os.close(descriptor)
    with pytest.raises(InputError, match="a readable file descriptor"):
        read_account("a@b", kerberos=False, variable="", descriptor=descriptor, ask=never)


def test_a_password_is_in_no_text_of_an_account():
    assert SECRET not in f"{Account('a@b', SECRET)!r} {Account('a@b', SECRET)}"
