"""Help in the language of the call, in the width of the terminal."""

from __future__ import annotations

import re

import pytest

from cmfw.cli.app import COMMANDS
from cmfw.cli.output import WIDTH, width_of

GROUPS = ["lab prove", "lab whatif", "lab run", "publish gpo", "site new", "site show"]


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize("name", [*COMMANDS, *GROUPS])
def test_help_keeps_to_the_width(name, lang, run):
    """Only what has no place to break is longer: choices, a list of forms."""
    lines = run(*name.split(), "--help", lang=lang).output.splitlines()
    long = [line for line in lines if width_of(line) > WIDTH]
    assert [line for line in long if not re.fullmatch(r" *-[^ ].*\[[a-z0-9|-]+\]", line)] == []


def test_chinese_help_loses_nothing(run):
    told = "".join(run("probe", "--help", lang="zh_CN").output.split())
    assert "客户端组只探测--target指定的地址。--dry-run只显示数据包而不发送。" in told
    assert "--dry-run只显示将要发送的内容，不实际发送" in told
    assert "-h,--help显示此帮助信息并退出" in told


def test_names_of_options_stand_beside_what_they_mean(run):
    lines = run("plan", "--help", lang="zh_CN").output.splitlines()
    assert [re.split(" {2,}", line)[1:] for line in lines if "--advisory" in line] == [
        ["--advisory", "包括有帮助但并非必需的内容"]
    ]
    assert len({width_of(line) - width_of(line.split("  ")[-1]) for line in lines if re.match("  -+h|  --adv", line)}) == 1
