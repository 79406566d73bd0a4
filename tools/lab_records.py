"""The two records of runs of the lab in Chinese, made of the English ones cell by cell: a run writes English, and nothing is played again.

``python -m tools.pages`` writes them, ``tests/docs/test_lab_records.py`` fails where they disagree with the English ones. A cell that is not
understood is an error: no row is left out, and none is left in English.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from cmfw.catalog import load
from cmfw.words import said_in
from tools.finding_pages import table_of

DOCS = Path(__file__).resolve().parent.parent / "docs"
CHINESE = "zh_CN"
HEADS = {
    "lab-page": """# 逐行用数据包验证来源页面

由 `python -m tools.lab_page` 写出：它在[实验室](lab.md)中演练目录所依据的页面（2016 版）的每一行。表中的一行对应页面的一行；\
它的数据包发送两次：一次有该行要求的规则，一次没有。证据是作出决定的防火墙对这个数据包的报告，以及数据包到达时侦听程序的回执。

场景：一个使用 HTTP 的站点，一个使用 HTTPS（客户端证书）的站点，以及一个安装方法指定了 `/source` 共享的站点。`例外` 行是\
页面所列的 Windows 防火墙例外：计算机上除了该例外什么都没有。客户端默认阻止出站流量，因此出站规则也能得到检验。
""",
    "lab-behaviour": """# 逐行用真实的服务器和客户端演练来源页面

由 `python -m tools.lab_behaviour_page` 写出：它在[实验室](lab.md#features-with-stand-ins)中用替身演练各功能：nginx 充当管理点、\
分发点、回退状态点和软件更新点，Samba 充当客户端请求安装 (client_push) 所复制到的计算机，自带程序用于通知、远程控制和唤醒代理。\
**它们都不是 Configuration Manager 自身的组件。**

表中的一行对应来源页面的一行。先用计划中的规则演练它的流量；然后用一条阻止规则关闭它的端口，把一切重新演练一遍；最后重新打开端\
口，再演练一遍。第一遍的证据是双方交互的内容和放行它的规则，第二遍的证据是防火墙报告为已丢弃的数据包。各功能随之如何，由替身自\
行得出；它与公式根据交互内容得出的结果、规范根据规则得出的结果一致，否则本页不会写出。在每一行中，端口重新打开之后，所有功能都\
恢复正常。

场景：一个使用 HTTP 并设有备用端口的站点，一个使用 HTTPS（客户端证书、使用 TLS 的 WSUS）的站点，以及一个安装方法指定了 `/source` 共\
享的站点。如果某行的流量没有替身，则只用[单独的数据包](lab-page.md)演练；这些行列在末尾。
""",
}
KINDS = {"program": "程序", "group": "组", "port": "端口", "icmp": "ICMP"}
WAYS = {"in": "入站", "out": "出站"}
SCENARIOS = {"HTTP": "HTTP", "HTTPS": "HTTPS", "/source": "/source", "exception": "例外"}
COLUMNS = {
    "lab-page": ("行", "要求", "场景", "数据包", "有此规则", "无此规则"),
    "lab-behaviour": ("行", "要求", "场景", "端口开放：交互的内容", "端口关闭：丢弃的数据包", "功能随之如何"),
}
ROW = re.compile(r"^\| \d+ \|.*\|$", re.MULTILINE)
LEFT = re.compile(r"^Played by .* only: lines (?P<lines>[\d, ]+)\.$", re.MULTILINE)
_ASKS = re.compile(r"(?P<id>`[^`]+`) \((?P<kind>\w+)\), (?P<way>\w+)")
_PASSED = re.compile(r"(?:(?P<got>received by|reached) (?P<host>[\w ()]+)|passed); let through by (?P<by>.+)")
_DROPPED = re.compile(r"dropped(?: at (?P<host>[\w ()]+?))? by (?P<by>.+)")
_FACT = re.compile(r"(?P<name>[a-z][a-z ]*) (?P<text>`[^`]*`)|a dynamic port")
_STOPPED = re.compile(r"(?P<packet>`[^`]+`) at (?P<host>.+)")
_BECAME = re.compile(
    r"(?P<feature>\w+) (?P<word>broken|works|degraded)(?: by (?P<by>\w+(?:, \w+(?![\w ]* (?:broken|works|degraded)))*))?"
)


def pages() -> dict[Path, str]:
    """Both Chinese records as they should be."""
    return {DOCS / f"{name}.zh.md": page_text(name) for name in COLUMNS}


def page_text(name: str) -> str:
    """The Chinese page with the rows of the English one."""
    english = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    rows = table_of((COLUMNS[name], *(row_of(name, found[0]) for found in ROW.finditer(english))))
    left = LEFT.search(english)
    tail = f"\n只用[单独的数据包](lab-page.md)演练的行：{left['lines'].replace(', ', '、')}。\n" if left else ""
    return f"{HEADS[name]}\n{rows}{tail}"


def row_of(name: str, line: str) -> tuple[str, ...]:
    """A row in Chinese; ValueError where a cell is not understood."""
    cells = line.strip("| ").split(" | ")
    number, asks, scenario, *rest = cells
    tell = TOLD[name]
    if len(rest) != len(tell):
        raise ValueError(f"{name}: other columns: {line}")
    return (number, asks_for(asks), SCENARIOS[scenario], *(told(cell) for told, cell in zip(tell, rest, strict=True)))


def whole(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    """The match of a whole cell; ValueError where there is none."""
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError(f"not understood: {text}")
    return found


@cache
def titles() -> dict[str, str]:
    """Titles of the page's flows, English to Chinese with the id; ValueError where two flows have one title."""
    flows = load().flows.values()
    found = {flow.title.en: f"{flow.title.zh_CN} ({flow.id})" for flow in flows}
    if len(found) != len(flows):
        raise ValueError("two flows have one title")
    return found


def asks_for(text: str) -> str:
    """A flow by its title, or an exception by its id, kind and direction."""
    if not text.startswith("`"):
        return titles()[text]
    found = whole(_ASKS, text)
    return f"{found['id']}（{KINDS[found['kind']]}），{WAYS[found['way']]}"


def decided(by: str) -> str:
    """The rules that decided, or the default."""
    if by == "the default":
        return said_in(CHINESE, "lab.default")
    return by.replace(", ", "、").replace(" (assumed)", "（假定）")


def let_through(by: str) -> str:
    """The rules that let a packet through."""
    told = decided(by)
    before, behind = ("", " ")[told.startswith("`")], ("", " ")[told.endswith("`")]
    return f"由{before}{told}{behind}放行"


def passed(text: str) -> str:
    """What became of a packet with the rule."""
    found = whole(_PASSED, text)
    end = {"received by": f"{found['host']} 已收到", "reached": f"已到达 {found['host']}", None: "已通过"}[found["got"]]
    return f"{end}；{let_through(found['by'])}"


def dropped(text: str) -> str:
    """What became of a packet without the rule."""
    found = whole(_DROPPED, text)
    place = f"在 {found['host']} " if found["host"] else ""
    by = decided(found["by"])
    return f"{place}被 {by} 丢弃" if by.startswith("`") else f"{place}被{by}丢弃"


def exchanged(text: str) -> str:
    """The facts of an exchange, and the rules that let it through."""
    facts, _, by = text.partition("; let through by ")
    found = list(_FACT.finditer(facts))
    if ", ".join(fact[0] for fact in found) != facts or not by:
        raise ValueError(f"not understood: {text}")
    return f"{'，'.join(fact_of(fact) for fact in found)}；{let_through(by)}"


def fact_of(found: re.Match[str]) -> str:
    """One fact in the words of the lab."""
    if found["name"] is None:
        return "一个动态端口"
    name = said_in(CHINESE, "lab.fact." + found["name"].replace(" ", "_"))
    return f"{name} {found['text']}"


def stopped(text: str) -> str:
    """The packet that was dropped, and where."""
    found = whole(_STOPPED, text)
    return f"{found['host']}：{found['packet']}"


def became(text: str) -> str:
    """What the features then were."""
    found = list(_BECAME.finditer(text))
    if ", ".join(one[0] for one in found) != text:
        raise ValueError(f"not understood: {text}")
    return "，".join(feature_of(one) for one in found)


def feature_of(found: re.Match[str]) -> str:
    """One feature with its status, and what carries it where it is degraded."""
    by = f"（由 {found['by'].replace(', ', '、')} 承载）" if found["by"] else ""
    return f"{found['feature']} {said_in(CHINESE, 'status.' + found['word'])}{by}"


TOLD: dict[str, tuple[Callable[[str], str], ...]] = {
    "lab-page": (str, passed, dropped),
    "lab-behaviour": (exchanged, stopped, became),
}
"""What tells the cells behind the third in Chinese."""
