"""Which netsh calls a batch file makes, and which of their words are certain."""

from __future__ import annotations

import pytest

from cmfw.ingest.batch_calls import LONGEST_LINE, batch_calls

WORDS = {
    "plain": ("netsh a b", ["a", "b"]),
    "silent": ("@netsh a", ["a"]),
    "with a folder": (r'"%windir%\system32\netsh.exe" a', ["a"]),
    "quotes": ('netsh name="a b" x', ["name=a b", "x"]),
    "marks in quotes": ('netsh "a & b | c"', ["a & b | c"]),
    "a caret": ("netsh a^&b", ["a&b"]),
    "a caret at the end": ("netsh a ^\n  b", ["a", "b"]),
    "a redirection": ("netsh a > nul 2>&1", ["a"]),
    "a redirection without blanks": ("netsh a >nul", ["a"]),
    "a variable": ("set P=80\nnetsh %P%", ["80"]),
    "a variable in quotes": ('set "P=8 0"\nnetsh "%p%"', ["8 0"]),
    "an unknown variable": ("netsh p=%P%", [None]),
    "an argument": ("netsh %1", [None]),
    "a delayed variable": ("netsh !P!", [None]),
    "a variable that is asked for": ("set /p P=?\nnetsh %P%", [None]),
    "a variable set in a branch": ("set P=1\nif x==y set P=2\nnetsh %P%", [None]),
    "a path of every machine": (r"netsh %ProgramFiles%\x", [r"%ProgramFiles%\x"]),
    "doubled percent signs": (r"netsh %%SystemRoot%%\x", [r"%SystemRoot%\x"]),
    "a loop variable": ("for %%p in (1 2) do netsh %%p", [None]),
    "behind another program": ("start /wait netsh a", ["a"]),
    "a command file": ("advfirewall firewall x", ["advfirewall", "firewall", "x"]),
    "parentheses in words": ("netsh a (b)", ["a", "(b)"]),
}


@pytest.mark.parametrize("case", WORDS)
def test_words(case):
    text, want = WORDS[case]
    (call,) = batch_calls(text, "x.cmd").calls
    assert [one.texts[0] if one.texts is not None else None for one in call.given] == want


@pytest.mark.parametrize(
    "text", ["rem netsh a", ":: netsh a", "echo netsh a", "@rem netsh a", "set x=netsh a", "ping a", ":netsh a"]
)
def test_what_is_no_call(text):
    assert not batch_calls(text, "x.cmd").calls


def test_blocks_are_named():
    text = (
        "netsh 1\n"
        "if exist x (\n  netsh 2\n) else (\n  netsh 3\n)\n"
        "netsh 4\n"
        "if a==b netsh 5\n"
        "for %%p in (1) do (\n netsh 6\n)\n"
        "x && netsh 7\n"
        "x & netsh 8\n"
    )
    assert [call.inside for call in batch_calls(text, "x.cmd").calls] == [
        "",
        "if@2",
        "else@4",
        "",
        "if@8",
        "for@9",
        "if@12",
        "",
    ]


def test_behind_a_label_of_a_file_that_jumps_nothing_is_certain():
    text = "netsh 1\nif x==y goto end\n:end\nnetsh 2\n"
    assert [call.inside for call in batch_calls(text, "x.cmd").calls] == ["", "label@3"]
    assert [call.inside for call in batch_calls("netsh 1\n:end\nnetsh 2\n", "x.cmd").calls] == ["", ""]


def test_lines_are_numbered_by_where_they_start():
    assert [call.line for call in batch_calls("\r\nnetsh a ^\r\n b\r\nnetsh c\r\n", "x.cmd").calls] == [2, 4]


def test_a_line_too_long_for_cmd_is_a_problem():
    found = batch_calls("netsh " + "a" * LONGEST_LINE, "x.cmd")
    assert not found.calls
    assert [problem.line for problem in found.problems] == [1]
