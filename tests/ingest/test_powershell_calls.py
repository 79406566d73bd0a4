"""Which values of a PowerShell script are certain before it runs."""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("tree_sitter_pwsh", reason="no PowerShell grammar here (extra `lint`)")

from cmfw.errors import MissingExtra
from cmfw.ingest.powershell_calls import powershell_calls


def calls(text: str):
    return powershell_calls(text, "x.ps1").calls


def given(text: str, name: str = "f"):
    """The arguments of the last call of that name, as (name, texts)."""
    return [(one.name, one.texts) for one in next(c for c in reversed(calls(text)) if c.name == name).given]


VALUES = {
    "a word": ("f -A Allow", ("Allow",)),
    "a number": ("f -A 80", ("80",)),
    "a hexadecimal number": ("f -A 0x50", ("80",)),
    "a verbatim text": ("f -A 'it''s $x'", ("it's $x",)),
    "curly quotes": ("f -A \u2018a b\u2019", ("a b",)),
    "an expandable text": ('$x = 1\nf -A "a $x `"b`" ""c"" ${x}"', ('a 1 "b" "c" 1',)),
    "an unknown variable in a text": ('f -A "a $x"', None),
    "a subexpression": ('f -A "a $(1)"', None),
    "a list": ("f -A 80, 443", ("80", "443")),
    "a list of words": ("f -A Domain,Private", ("Domain", "Private")),
    "an array": ("f -A @(80, '443')", ("80", "443")),
    "an array on lines": ("f -A @(\n80\n443\n)", ("80", "443")),
    "parentheses": ("f -A ('x')", ("x",)),
    "a variable": ("$p = 80, 443\nf -A $p", ("80", "443")),
    "a scoped variable": ("$script:p = 80\nf -A $p", ("80",)),
    "a cast": ("[string]$p = '80'\nf -A $p", ("80",)),
    "a variable set again": ("$p = 1\n$p = 2\nf -A $p", ("2",)),
    "a variable added to": ("$p = 1\n$p += 2\nf -A $p", None),
    "a variable set in a branch": ("$p = 1\nif ($x) { $p = 2 }\nf -A $p", None),
    "a variable set in a branch, there": ("if ($x) { $p = 2; f -A $p }", ("2",)),
    "a variable set in a loop": ("$p = 1\nforeach ($i in $x) { f -A $p; $p = 2 }", None),
    "a loop's own variable": ("foreach ($i in 1, 2) { f -A $i }", None),
    "a parameter": ("param($p = 80)\nf -A $p", None),
    "a function's parameter": ("$p = 1\nfunction g($p) { f -A $p }", None),
    "a variable of the script in a function": ("$p = 1\nfunction g { f -A $p }", ("1",)),
    "one that changes in a function": ("$p = 1\nfunction g { f -A $p }\n$p = 2", None),
    "one that a script block sets": ("$p = 1\n& { $p = 2 }\nf -A $p", None),
    "a here-string": ("f -A @'\na\nb\n'@", ("a\nb",)),
    "a path of every machine": ('f -A "$env:ProgramFiles\\x.exe"', ("%programfiles%\\x.exe",)),
    "a bare path of every machine": ("f -A $env:ProgramFiles\\x.exe", ("%programfiles%\\x.exe",)),
    "a variable of some machine": ("f -A $env:PORT", None),
    "a sum": ("f -A ('a' + 'b')", None),
    "a command": ("f -A (Get-Content x)", None),
    "a member": ("$t = @{ K = 5 }\nf -A $t.K", ("5",)),
    "a member that was set": ("$t = @{ K = 5 }\n$t.K = 6\nf -A $t['k']", ("6",)),
    "a table after a method": ("$t = @{ K = 5 }\n$t.Add('L', 1)\nf -A $t.K", None),
    "two variables set at once": ("$p = 1\n$q = 2\n$q, $p = 3, 4\nf -A $p", None),
    "two variables set in a branch": ("$p = 1\nif ($x) { $q, $p = 3, 4 }\nf -A $p", None),
    "a member set in a branch": ("$t = @{ K = 5 }\nif ($x) { $t['K'] = 6 }\nf -A $t.K", None),
    "a member by a variable, in a branch": ("$t = @{ K = 5 }\nif ($x) { $t[$k] = 6 }\nf -A $t.K", None),
    "a member by a variable": ("$t = @{ K = 5 }\n$t[$k] = 6\nf -A $t.K", None),
    "a variable counted up": ("$p = 1\n$p++\nf -A $p", None),
    "a value behind a colon": ("f -A:80", ("80",)),
    "a backtick at the end of the line": ("f `\n  -A 80", ("80",)),
}


@pytest.mark.parametrize("case", VALUES)
def test_a_value_is_what_is_certain(case):
    text, want = VALUES[case]
    assert given(text) == [("A", want)]


def test_booleans_are_no_texts():
    (call,) = calls("f -Enabled $true")
    assert call.given[0].is_boolean
    assert not calls("f -Enabled True")[0].given[0].is_boolean


@pytest.mark.parametrize("text", ["$x.Trim()", "$x.A().B(1)", "(g 1).ToString()", "$x.Split(',')"])
def test_the_call_of_a_method_is_one_argument_that_is_not_certain(text):
    assert given(f"f -A {text} -B 87 -C x") == [("A", None), ("B", ("87",)), ("C", ("x",))]


def test_a_table_is_splatted():
    text = "$p = @{ 'Name' = 'a'; Port = 80, 81; Odd = Get-X }\nf @p -Last x"
    assert given(text) == [("Name", ("a",)), ("Port", ("80", "81")), ("Odd", None), ("Last", ("x",))]
    assert given("f @q") == [("@", None)]


def test_a_table_in_a_table_is_not_its_own():
    assert given("$p = @{ A = @{ B = 1 }; C = 2 }\nf @p") == [("A", None), ("C", ("2",))]


def test_blocks_are_named():
    text = (
        "if ($x) { f } else { f }\nfor (;;) { f }\nfunction g { f }\n& { f }\ntry { f } catch { f }\nswitch (1) { 1 { f } }"
    )
    found = [call.inside.partition("/")[0] for call in calls(text) if call.name == "f"]
    assert found == ["if@1", "else@1", "for@2", "function@3", "block@4", "", "catch@5", "switch@6"]


def test_names_of_programs():
    text = "netsh a\n& 'C:\\Windows\\System32\\netsh.exe' b\n& \"$env:windir\\system32\\NETSH.EXE\" c\nNetSecurity\\Get-X"
    assert [call.name for call in calls(text)] == ["netsh", "netsh", "netsh", "get-x"]


def test_words_of_a_program_stay_together():
    assert given('$x = \'b\'\nnetsh name="a $x" localport=80,443 "program=c:\\a b"', "netsh") == [
        ("", ("name=a b",)),
        ("", ("localport=80,443",)),
        ("", ("program=c:\\a b",)),
    ]


def test_switches_leave_the_next_word_alone():
    assert given("f -PassThru 80 -Quiet") == [("PassThru", ()), ("", ("80",)), ("Quiet", ())]
    assert given("f -Confirm:$false 80") == [("Confirm", ("False",)), ("", ("80",))]


def test_pipes_are_seen():
    assert [call.is_piped for call in calls("a | b | c")] == [False, True, True]


def test_what_does_not_parse_is_a_problem():
    found = powershell_calls("f -A 1\n}}}\n)(", "x.ps1")
    assert [problem.line for problem in found.problems] == [2]
    assert [call.name for call in found.calls][:1] == ["f"]


def test_depth_is_bounded():
    text = "if (1) {" * 300 + "f" + "}" * 300
    found = powershell_calls(text, "x.ps1")
    assert found.problems
    assert found.problems[0].found == "more levels"


def test_without_the_grammar_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tree_sitter_pwsh", None)
    with pytest.raises(MissingExtra, match="lint"):
        powershell_calls("f", "x.ps1")
