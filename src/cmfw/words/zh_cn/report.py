"""Chinese words: report."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "report.clients": "客户端",
    "report.which_form": "未指定格式：请使用 --format，或让 FILE 的扩展名对应其中之一：{forms}",
    "report.needs_file": "{form} 不是文本：请用 -o 指定 FILE",
}
