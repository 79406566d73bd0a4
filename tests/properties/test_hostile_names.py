"""A rule whose id and name would move a cursor, recolour, reorder and hide: no verb lets them through to a terminal."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from cmfw.cli.app import app, run

_NAME = "Core\x1b[2J\x1b[31m\x9b1A\x07\b\u202egnikrowteN\u2066\u200b\u2028 end\ufe0f"


@pytest.fixture
def folder(tmp_path, monkeypatch, capsys) -> Path:
    monkeypatch.chdir(tmp_path)
    run(app, ["demo", "--files", "."])
    plain = (tmp_path / "client.reg").read_text(encoding="utf-8-sig")
    line = "v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort=445|Name={0}|Desc={0}|EmbedCtxt={0}|"
    at = plain.index("\n", plain.index("FirewallPolicy\\FirewallRules]")) + 1
    evil = f'"evil{_NAME}"="{line.format(_NAME)}"\n'
    (tmp_path / "evil.reg").write_text(plain[:at] + evil + plain[at:], encoding="utf-8-sig", newline="\r\n")
    capsys.readouterr()
    return tmp_path


_CALLS = {
    "audit": ["site.toml", "evil.reg"],
    "trace": ["evil.reg", "--path", "--flow", "in tcp 10.20.1.10 > 10.30.0.17:445 profile=domain"],
    "search": ["evil.reg", "--flow", "in tcp * > *:445", "--action", "block"],
    "diff": ["client.reg", "evil.reg"],
    "shadow": ["evil.reg", "--witness"],
    "excess": ["site.toml", "evil.reg"],
    "whatif": ["site.toml", "evil.reg", "--disable", f"evil{_NAME}"],
    "convert": ["evil.reg", "reg", "--allow-narrower"],
    "check": ["site.toml", "evil.reg"],
    "explain": [_NAME],
    "plan": [_NAME],
    "lint": [f"{_NAME}.ps1"],
}

_SHOWS = {"audit", "trace", "search", "diff", "shadow", "explain", "plan"}
"""Calls that have to tell of the rule, or of the word: the numbers prove that it was there."""


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("lang", ["en", "zh-CN"])
@pytest.mark.parametrize("verb", _CALLS)
def test_no_verb_lets_them_through(verb, lang, capsys):
    run(app, ["--lang", lang, verb, *_CALLS[verb]])
    out, err = capsys.readouterr()
    told = out + err
    assert not [c for c in told if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")]
    if verb in _SHOWS:
        assert "{U+001B}[2J" in "".join(told.split())
