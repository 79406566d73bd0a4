"""The Chinese records of the lab say what the English ones say, row by row; that those are what a run shows is tested in the lab."""

from __future__ import annotations

import pytest
from tools import lab_records

MADE = lab_records.pages()


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_the_rows_are_those_of_the_english_page(path):
    assert path.read_text(encoding="utf-8") == MADE[path], "run `python -m tools.pages`"


CELLS = {
    "a rule lets it through": (
        lab_records.passed,
        "received by mp1; let through by `a`, `b`",
        "mp1 已收到；由 `a`、`b` 放行",
    ),
    "an assumed rule lets it through": (
        lab_records.passed,
        "received by cm1; let through by `a`, `b` (assumed)",
        "cm1 已收到；由 `a`、`b`（假定）放行",
    ),
    "a network card is reached": (
        lab_records.passed,
        "reached office (2); let through by `a`",
        "已到达 office (2)；由 `a` 放行",
    ),
    "no rule is there": (lab_records.dropped, "dropped at mp1 by the default", "在 mp1 被默认操作丢弃"),
    "a rule drops it": (lab_records.dropped, "dropped by `a`", "被 `a` 丢弃"),
    "an exception": (lab_records.asks_for, "`a.wmi` (group), out", "`a.wmi`（组），出站"),
    "a flow": (lab_records.asks_for, "Remote control of the client", "对客户端的远程控制 (rc_tcp)"),
    "facts with commas": (
        lab_records.exchanged,
        "manager `10.0.0.1`, agreed `10.0.0.2, 10.0.0.3`; let through by `a`",
        "管理者 `10.0.0.1`，同意者 `10.0.0.2, 10.0.0.3`；由 `a` 放行",
    ),
    "a port that differs each time": (
        lab_records.exchanged,
        "interface `lsarpc`, a dynamic port; let through by the default",
        "接口 `lsarpc`，一个动态端口；由默认操作放行",
    ),
    "fallbacks between features": (
        lab_records.became,
        "client_requests broken, swdist_install degraded by mp_http, dp_smb, fsp works",
        "client_requests 中断，swdist_install 降级（由 mp_http、dp_smb 承载），fsp 正常",
    ),
}


@pytest.mark.parametrize("case", CELLS)
def test_a_cell_is_told_in_chinese(case):
    tell, english, chinese = CELLS[case]
    assert tell(english) == chinese


UNKNOWN = {
    "another end": (lab_records.passed, "lost at mp1; let through by `a`"),
    "another word of a firewall": (lab_records.dropped, "refused at mp1 by `a`"),
    "a fact without a value": (lab_records.exchanged, "port `80`, something; let through by `a`"),
    "nothing that let it through": (lab_records.exchanged, "port `80`"),
    "another status": (lab_records.became, "fsp broken, client_push wounded"),
    "a packet without a place": (lab_records.stopped, "`tcp 10.0.0.1 > 10.0.0.2:80`"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_a_cell_that_is_not_understood_is_an_error(case):
    tell, english = UNKNOWN[case]
    with pytest.raises(ValueError, match="not understood"):
        tell(english)


def test_a_flow_that_nobody_knows_is_an_error():
    with pytest.raises(KeyError):
        lab_records.asks_for("Remote control of the moon")
