"""Reads a firewall script: PowerShell or a batch file, as commands and as the rules that are there when it has run."""

from __future__ import annotations

import re

from cmfw.errors import InputError, Problem
from cmfw.ingest import netsec_calls, netsh_calls
from cmfw.ingest.batch_calls import batch_calls
from cmfw.ingest.evidence import Evidence, StorePart
from cmfw.ingest.export_text import head_text, read_text
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.script_calls import Call, Calls, program_name
from cmfw.ingest.script_rules import ScriptRule
from cmfw.ingest.unfollowed_calls import changes_firewall
from cmfw.model.rule import Store
from cmfw.model.script import Script, ScriptCommand, Tool, Verb
from cmfw.model.state import Gap
from cmfw.words.phrases import phrase

POWERSHELL = "ps-script"
BATCH = "netsh-script"
MOST_CHARACTERS = 1 << 22
"""No script of rules is longer: 4 Mi characters are 20,000 commands."""
_CMDLET = re.compile(r"\b(?:New|Set|Enable|Disable|Remove)-NetFirewallRule\b|HNetCfg\.FwRule", re.IGNORECASE)
_NETSH = re.compile(
    r"^[^<{\[]*?\bnetsh(?:\.exe)?\"?\s+(?:-\w\s+\S+\s+)*(?:advf\w*\s+\w+|firewall\s+(?:add|set|delete)\b)"
    r"|^\s*advfirewall\s+firewall\s+(?:add|set|delete)\b",
    re.IGNORECASE | re.MULTILINE,
)
_COM = "hnetcfg.fwrule"
_TEXT_RUNNERS = frozenset({"invoke-expression", "iex"})
_NAMES = ("Name", "DisplayName", "name")
"""Parameters that choose rules by their names, in the spelling of either tool."""


def is_powershell(file: InputFile) -> bool:
    """Whether this is a PowerShell script with firewall rules."""
    if file.is_folder or file.is_hive:
        return False
    if file.name.endswith((".ps1", ".psm1")):
        return True
    text = head_text(file).lstrip()
    return text[:1] not in ("{", "[", "<") and not file.name.endswith((".bat", ".cmd")) and _CMDLET.search(text) is not None


def is_batch(file: InputFile) -> bool:
    """Whether this is a batch file, or a command file of netsh, with firewall rules."""
    if file.is_folder or file.is_hive:
        return False
    if file.name.endswith((".bat", ".cmd")):
        return True
    text = head_text(file).lstrip()
    return text[:1] not in ("{", "[", "<") and _NETSH.search(text) is not None


def read_script(file: InputFile, dialect: str) -> Script:
    """The script's commands and rules.

    Raises:
        MissingExtra: it is PowerShell, and the grammar is not installed.
        InputError: it is too large.
    """
    text = read_text(file).replace("\r\n", "\n")
    problems: list[Problem] = []
    if len(text) > MOST_CHARACTERS:
        found = phrase("{count} characters", count=len(text))
        problems.append(
            Problem(
                file.path,
                phrase("at most {most} characters", most=MOST_CHARACTERS),
                found,
                hint="only the beginning is read",
            )
        )
        text = text[:MOST_CHARACTERS]
    if dialect == POWERSHELL:
        from cmfw.ingest.powershell_calls import powershell_calls
        from cmfw.ingest.powershell_script import DATA_BEGINS

        line = text.count("\n", 0, text.index(DATA_BEGINS)) + 1 if DATA_BEGINS in text else 0
        emitted = _emitted(file, line) if line else None
        if emitted is not None and not emitted.problems:
            return emitted
        calls = powershell_calls(text, file.path)
    else:
        calls = batch_calls(text, file.path)
    return _script(calls, file.path, dialect, problems)


def _script(calls: Calls, path: str, dialect: str, problems: list[Problem]) -> Script:
    rules: list[ScriptRule] = []
    commands: list[ScriptCommand] = []
    for call in calls.calls:
        for one in _called(call, path):
            command = _command(one, rules, path)
            if command is not None:
                commands.append(command)
    found = tuple(rule for one in rules if (rule := one.rule()) is not None)
    return Script(path=path, dialect=dialect, commands=tuple(commands), rules=found, problems=(*problems, *calls.problems))


def _emitted(file: InputFile, line: int) -> Script:
    """A script that ``emit powershell`` wrote: its rules stand in a table that is read strictly."""
    from cmfw.ingest.powershell_script import read_powershell

    found = read_powershell(file.content(), file.path)
    commands = [
        ScriptCommand(verb=Verb.ADD, tool=Tool.POWERSHELL, name="New-NetFirewallRule", line=line, rule=rule)
        for rule in found.rules
    ]
    commands += [
        ScriptCommand(
            verb=Verb.ENABLE,
            tool=Tool.POWERSHELL,
            name="Set-NetFirewallRule",
            line=line,
            written=(("Group", (group.resource,)),),
        )
        for group in found.groups
    ]
    # rules that the machine has, and its settings, are not in the script
    commands += [
        ScriptCommand(verb=verb, tool=Tool.POWERSHELL, name=name, line=line)
        for verb, name, stated in (
            (Verb.ENABLE, "Enable-NetFirewallRule", found.members),
            (Verb.DISABLE, "Disable-NetFirewallRule", found.off),
            (Verb.OTHER, "Set-NetFirewallProfile", found.settings),
        )
        if stated
    ]
    return Script(path=file.path, dialect=POWERSHELL, commands=tuple(commands), rules=found.rules, problems=found.problems)


def _called(call: Call, path: str) -> list[Call]:
    """The call, or those inside the text that it hands to the command interpreter or to netsh."""
    texts = [" ".join(one.texts) if one.texts is not None else None for one in call.given]
    if call.name == "cmd" and None not in texts:
        inner = " ".join(text for text in texts if text and text.lower() not in ("/c", "/k", "/q"))
        return [one._replace(line=call.line, inside=call.inside) for one in batch_calls(inner, path).calls]
    if call.name == "start-process" and texts and texts[0] and program_name(texts[0]) == "netsh":
        inner = " ".join(text or "%?%" for text in texts[1:] if text != "")
        found = batch_calls(f"netsh {inner}", path).calls
        return [one._replace(line=call.line, inside=call.inside) for one in found]
    return [call]


def _command(call: Call, rules: list[ScriptRule], path: str) -> ScriptCommand | None:
    if netsec_calls.is_firewall_call(call):
        return netsec_calls.command_of(call, rules, path)
    if netsh_calls.is_firewall_call(call):
        return netsh_calls.command_of(call, rules, path)
    if call.name == "new-object" and any(_COM in " ".join(one.texts or ()).lower() for one in call.given):
        return ScriptCommand(verb=Verb.OTHER, tool=Tool.COM, name="HNetCfg.FwRule", line=call.line, inside=call.inside)
    if call.name in _TEXT_RUNNERS or (call.name == "netsh" and _runs_a_file(call)) or changes_firewall(call):
        # commands that are in a text or in another file: whatever they change is not followed
        tool = Tool.NETSH if call.name == "netsh" else Tool.POWERSHELL
        return ScriptCommand(verb=Verb.OTHER, tool=tool, name=call.written, line=call.line, inside=call.inside)
    return None


def _runs_a_file(call: Call) -> bool:
    """Whether netsh takes its commands from a file: ``netsh -f FILE`` or ``netsh exec FILE``."""
    words = {word.lower() for one in call.given for word in (one.name, *(one.texts or ()))}
    return bool(words & {"f", "-f", "/f", "exec"})


def evidence_of(script: Script) -> Evidence:
    """The rules of the script as a local policy without settings.

    Raises:
        InputError: it has no command that changes the firewall, so it says nothing of a machine.
    """
    if all(command.verb is Verb.LOOK for command in script.commands) and not script.problems:
        hint = phrase("what other scripts and modules do that it calls is not seen")
        raise InputError(Problem(script.path, "commands that change the firewall", "none of them", hint=hint))
    gaps = [Gap("rules_alone", "a script shows rules; what else is on the machine is not in it", source=script.path)]
    unfollowed = [command for command in script.commands if _is_unfollowed(command)]
    if unfollowed:
        lines = ", ".join(str(command.line) for command in unfollowed[:5])
        # an enabling without a rule of the script is of rules that the machine has, and takes nothing back
        is_more = all(command.verb is Verb.ENABLE for command in unfollowed)
        detail = f"commands that change rules or settings of the machine: lines {lines}"
        gaps.append(Gap("unseen_rules", detail, may_allow=True, may_block=not is_more, source=script.path))
    if script.problems:
        detail = f"the script was not understood: {script.problems[0].text()}"
        gaps.append(Gap("unread_rules", detail, may_allow=True, may_block=True, source=script.path))
    part = StorePart(
        store=Store.LOCAL,
        name="local",
        rules=script.rules,
        gaps=tuple(gaps),
        problems=script.problems,
        shows_settings=False,
    )
    return Evidence(path=script.path, format=script.dialect, parts=(part,))


def _is_unfollowed(command: ScriptCommand) -> bool:
    """Whether the command may change what the machine does in a way that the script's rules do not show.

    A deletion or switching off of rules that are named and not the script's own is followed: they are not in the evidence.
    """
    if command.rule is not None or command.verb is Verb.LOOK:
        return False
    if command.verb in (Verb.DELETE, Verb.DISABLE):
        names = [text for name in _NAMES for text in command.texts(name)]
        return not names or bool(command.open)
    return True
