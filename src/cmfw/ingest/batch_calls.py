"""Reads the ``netsh`` calls of a batch file, with the values that are certain before it runs. Nothing is run.

Of other programs only calls are read that change the firewall too: by the registry, PowerShell or the service.

Also the command files of ``netsh -f``, whose lines leave ``netsh`` out. What `if` and `for` guard, and what lies behind a
label of a file that jumps, may not run.

Source: Windows commands: cmd, set, if, for, rem, netsh (Microsoft Learn); carets, quotes and percent signs as cmd reads them.
"""

from __future__ import annotations

import re

from cmfw.errors import Problem
from cmfw.ingest.script_calls import MACHINE_VARIABLES, Call, Calls, Given, program_name
from cmfw.ingest.unfollowed_calls import STOPPING, changes_firewall
from cmfw.words.phrases import phrase

LONGEST_LINE = 8191
"""Characters of one command line. Source: Microsoft, "Command prompt line string limitation"."""
_SILENT = frozenset(
    {"rem", "echo", "echo.", "title", "set", "goto", "exit", "pause", "cls", "color", "setlocal", "endlocal"}
)
_NEST = re.compile(r"^(?:if|for|else)\b", re.IGNORECASE)
_SET = re.compile(r'^set\s+"?([^=\s"/][^="]*)=(.*)$', re.IGNORECASE)
_NAMED = re.compile(r"%%([^%\s\"=]{2,})%%|%%?~?[a-z]*\d|%%~?\w+|%\*|%([^%\s\"=]+)%|![^!\s\"=]+!", re.IGNORECASE)
_GUARDED_SET = re.compile(r'\bset\s+(?:/[ap]\s+)?"?([^=\s"/]+)=', re.IGNORECASE)
_JUMPS = re.compile(r"\bgoto\b|\bcall\s+:", re.IGNORECASE)
_REDIRECTION = re.compile(r"\d?[<>]+&?(.*)")


def batch_calls(text: str, path: str) -> Calls:
    """The netsh calls of the file, and those of other programs that change the firewall."""
    reader = _Reader(path, jumps=_JUMPS.search(text) is not None)
    pending, start = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")  # noqa: PLW2901
        start = start or number
        if line.endswith("^") and not line.endswith("^^") and len(pending) < LONGEST_LINE:
            pending += line[:-1]
            continue
        reader.line(pending + line, start)
        pending, start = "", 0
    if pending:
        reader.line(pending, start)
    return Calls(tuple(reader.calls), tuple(reader.problems))


class _Reader:
    def __init__(self, path: str, *, jumps: bool) -> None:
        self.path = path
        self.jumps = jumps
        self.variables: dict[str, str | None] = {}
        self.blocks: list[str] = []
        self.label = ""
        self.calls: list[Call] = []
        self.problems: list[Problem] = []

    def line(self, text: str, number: int) -> None:
        """One logical line."""
        text = text.strip()
        if text.startswith(":"):
            if not text.startswith("::") and self.jumps:
                self.label = f"label@{number}"
            return
        if len(text) > LONGEST_LINE:
            self.problems.append(
                Problem(
                    self.path,
                    phrase("at most {most} characters", most=LONGEST_LINE),
                    "a longer command line",
                    line=number,
                )
            )
            return
        self._commands(text, number)

    def _commands(self, text: str, number: int) -> None:
        """The commands of a line: divided by ``&`` and ``|``, in blocks of parentheses."""
        guard = ""
        for part in _divided(text):
            word = part.lstrip("@ \t")
            if part == "(":
                self.blocks.append(guard)
            elif part == ")":
                if self.blocks:
                    self.blocks.pop()
                guard = ""
            elif part in ("&&", "||"):
                guard = guard or f"if@{number}"
            elif part == "&":
                guard = guard if guard.startswith("if") else ""
            elif _NEST.match(word):
                guard = f"{word[:4].split()[0].lower()}@{number}"
                self._command(word, number, guard)
            elif word:
                self._command(word, number, guard)

    def _command(self, text: str, number: int, guard: str) -> None:
        inside = "/".join(block for block in (self.label, *self.blocks, guard) if block)
        if guard:
            self.variables |= {name.lower(): None for name in _GUARDED_SET.findall(text)}
        found = _SET.match(text)
        if found:
            self._set(found[1].strip().lower(), found[2].rstrip('"'), inside)
            return
        first = text.split(None, 1)[0].lower() if text.split() else ""
        if first in ("exit", "goto") and not inside:
            # what follows runs only where something jumps to it
            self.label = f"{first}@{number}"
        if first in _SILENT or first.startswith("echo."):
            return
        words = _words(text)
        at = next((n for n, word in enumerate(words) if program_name(word) == "netsh"), None)
        if at is None and not (first == "advfirewall" and len(words) > 1):
            self._other(words, number, inside)
            return
        given = tuple(self._given(word) for word in words[0 if at is None else at + 1 :])
        self.calls.append(Call("netsh", "netsh", given, number, inside))

    def _other(self, words: list[str], number: int, inside: str) -> None:
        """The call of another program, if it changes the firewall. Behind `if` and `for` it stands anywhere in the line."""
        at = next((n for n, word in enumerate(words) if program_name(word) in STOPPING), 0)
        if not words or not _SILENT.isdisjoint(map(str.lower, words)):
            return
        given = tuple(self._given(word) for word in words[at + 1 :])
        call = Call(program_name(words[at]), words[at], given, number, inside)
        if changes_firewall(call):
            self.calls.append(call)

    def _set(self, name: str, text: str, inside: str) -> None:
        self.variables[name] = None if inside or name.startswith("/") else self._expanded(text)

    def _given(self, word: str) -> Given:
        text = self._expanded(word)
        name = word.partition("=")[0] if "=" in word else ""
        return Given("", (text,)) if text is not None else Given(name, None)

    def _expanded(self, text: str) -> str | None:
        """The text with its variables replaced; None where one is not certain."""
        out, at = [], 0
        for found in _NAMED.finditer(text):
            name = (found[2] or "").lower()
            known = self.variables.get(name) if name else None
            if found[1] or name in MACHINE_VARIABLES:
                # doubled percent signs are single ones for the program that is called
                known = f"%{found[1] or found[2]}%"
            if known is None:
                return None
            out += [text[at : found.start()], known]
            at = found.end()
        return "".join((*out, text[at:]))


def _divided(text: str) -> list[str]:
    """The line's commands and the marks between them, outside quotes and behind no caret."""
    out, part, quoted, at = [], "", False, 0
    while at < len(text):
        char = text[at]
        if char == "^" and not quoted and at + 1 < len(text):
            part += text[at + 1]
            at += 2
            continue
        if char == '"':
            quoted = not quoted
        if not quoted and char in "&|" and not (char == "&" and part.endswith((">", "<"))):
            mark = char * 2 if text[at : at + 2] == char * 2 else char
            out += [part.strip(), mark]
            part = ""
            at += len(mark)
            continue
        if not quoted and ((char == "(" and _opens(part)) or (char == ")" and _closes(part, out))):
            out += [part.strip(), char]
            part = ""
        else:
            part += char
        at += 1
    return [one for one in (*out, part.strip()) if one]


def _opens(part: str) -> bool:
    """Whether a parenthesis here begins a block: at the start of a command, or behind if, for ... do, and else."""
    word = part.strip(" \t@").lower()
    return not word or word == "else" or word.endswith(" do") or (word.startswith("if ") and len(word.split()) > 1)


def _closes(part: str, out: list[str]) -> bool:
    """Whether a parenthesis here ends a block: one was opened in this line, or nothing but blanks stands before it."""
    return not part.strip() or out.count("(") > out.count(")")


def _words(text: str) -> list[str]:
    """The words as a program gets them: blanks outside quotes divide, quotes go."""
    words, word, quoted, started = [], "", False, False
    for char in text:
        if char == '"':
            quoted = not quoted
            started = True
        elif char in " \t" and not quoted:
            if started:
                words.append(word)
            word, started = "", False
        else:
            word += char
            started = True
    return _undirected([*words, word] if started else words)


def _undirected(words: list[str]) -> list[str]:
    """The words without redirections and where they lead."""
    kept, skips = [], False
    for word in words:
        found = _REDIRECTION.fullmatch(word)
        if not found and not skips:
            kept.append(word)
        skips = found is not None and not found[1]
    return kept
