"""``cmfw publish gpo`` without a domain: what is refused before any connection. The rest is in tests/publish/test_session.py."""

from __future__ import annotations

import sys

import pytest

ACCESS = ("--server", "dc1.lab.test", "--user", "a@lab.test", "--password-env", "CMFW_TEST_SECRET")


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("CMFW_TEST_SECRET", "s3cret")


def test_a_missing_extra_is_named(run, site_file, monkeypatch):
    monkeypatch.setitem(sys.modules, "ldap3", None)
    done = run("publish", "gpo", site_file, "--for", "clients", *ACCESS)
    assert done.exit_code == 2
    assert "pip install 'cmfw[publish]'" in done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--for", "nobody", *ACCESS), "a client group or host of the site"),
        (("--for", "clients", *ACCESS, "--rollback", "last", "--link", "OU=x"), "--rollback brings links back too"),
        (("--for", "clients", *ACCESS, "--ca", "no-such-file"), "no-such-file: no such file"),
        (("--for", "clients", "--server", "dc1"), "an account, or --kerberos"),
        (("--for", "clients", *ACCESS, "--password", "x"), "--password"),
    ],
    ids=["an unknown group", "links with a rollback", "no authority", "nobody", "a password on the command line"],
)
def test_refused(run, site_file, arguments, told):
    done = run("publish", "gpo", site_file, *arguments)
    assert done.exit_code == 2
    assert told in done.output


def test_help_is_in_both_languages(run):
    assert "over LDAPS and SMB" in " ".join(run("publish", "gpo", "--help").output.split())
    assert "组策略对象" in run("publish", "gpo", "--help", lang="zh_CN").output
    assert "gpo" in run("publish", "--help", lang="zh_CN").output
