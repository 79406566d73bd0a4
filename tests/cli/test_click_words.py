"""What click says is said in the language of the call."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from babel.messages.extract import extract_from_dir
from tools import words as catalogs

from cmfw.cli.click_words import key_of, told, told_of


@pytest.fixture(scope="module")
def of_click() -> set[str]:
    """Every text for which click looks for a translation, of a pair both."""
    found = extract_from_dir(str(Path(click.__file__).parent), method_map=[("**.py", "python")])
    # the word behind an option that has to be given is looked up by a variable, where no tool finds it
    return {"required"} | {text for _, _, texts, _, _ in found for text in ([texts] if isinstance(texts, str) else texts)}


def test_our_english_is_that_of_click(of_click):
    """A text that click words otherwise now would be shown in English: translate the new one."""
    ours = {key: str(message.id) for key, message in catalogs.messages(catalogs.template_of("click")).items()}
    assert {key: key_of(text) for key, text in ours.items()} == dict(zip(ours, ours, strict=True))
    assert set(ours.values()) - of_click == set()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["plan", "--help"], ["用法: cmfw plan", "选项:", "显示此帮助信息并退出"]),
        (["respond", "--help"], ["[必需]"]),
        (["site", "-h"], ["用法: cmfw site", "选项:", "命令:", "--lang"]),
        (["--help"], ["用法: cmfw "]),
        (["plan"], ["缺少参数 'SITE'"]),
        (["plan", "a", "b"], ["多余的参数：b"]),
        (["plan", "a", "b", "c"], ["多余的参数：b c"]),
        (["plan", "--nosuch"], ["没有选项 '--nosuch'"]),
        (["schema", "poem"], ["'KIND' 的值无效：'poem' 不是以下值之一：'site', "]),
        (["trace", "x", "--flow"], ["选项 '--flow' 需要一个参数"]),
        (["emit", "list", "x", "--between", "a"], ["选项 '--between' 需要 2 个参数"]),
        (["plan", "--debug=1"], ["选项 '--debug' 不接受值"]),
        (["probe", "x", "--key", "nosuch"], ["'--key' 的值无效：文件 'nosuch' 不存在"]),
        (["serve", "--tls-cert", "."], ["'--tls-cert' 的值无效：文件 '.' 是文件夹"]),
        (["explan"], ["您是否指 `explain`、`plan`"]),
        (["search", "x", "--count", "many"], ["'--count' 的值无效：'many' 不是有效的数字（integer"]),
    ],
    ids=lambda part: " ".join(part) if all(map(str.isascii, part)) else "",
)
def test_help_and_mistakes_are_in_chinese(args, says, process):
    done = process(*args, env={"CMFW_LANG": "zh-CN"})
    printed = " ".join((done.stdout + done.stderr).split())
    assert [one for one in says if one not in printed] == []
    assert not re.search(r"Usage|Options|Commands|Missing|Invalid|No such|Show this", printed)


def test_english_stays_clicks_own(process):
    assert process("plan", env={"CMFW_LANG": "en"}).stderr == "cmfw: Missing argument 'SITE'.\n"


def test_a_text_without_words_stays_as_it_is(monkeypatch):
    monkeypatch.setattr("cmfw.cli.click_words.language", lambda: "zh_CN")
    monkeypatch.setattr("cmfw.words.language", lambda: "zh_CN")
    assert told("Windows error: {error}") == "Windows error: {error}"
    assert told_of("Missing argument", "Missing option", 1) == "缺少参数"
    assert told_of("Missing argument", "Missing option", 2) == "缺少选项"


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["plan"], "cmfw: 缺少参数 'SITE'\n"),
        (["plan", "--nosuch"], "cmfw: 没有选项 '--nosuch'\n"),
        (["plan", "--nope"], "cmfw: 没有选项 '--nope'。您是否指 '--scope'？\n"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_a_mistake_in_chinese_is_one_sentence_as_chinese_is_set(args, line, process):
    assert process(*args, env={"CMFW_LANG": "zh-CN"}).stderr == line
