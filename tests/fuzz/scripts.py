"""Fuzz targets for the readers of firewall scripts: PowerShell and batch files.

Every command stands on a line of the file. A rule that is certain has only values that a rule can have, and none of a refused
command is certain. Findings can be made of whatever was read, and the same bytes give the same commands.
"""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.harness import Mutation, Seed, Target

from cmfw.catalog import PACKS, load
from cmfw.diagnose.script_lint import lint_script
from cmfw.ingest.firewall_script import BATCH, POWERSHELL, read_script
from cmfw.ingest.input_file import open_input
from cmfw.model.script import REFUSED, Script

SHELL = r"""# rules
param([int]$Port = 80)
$ports = @(80, 443)
$p = @{ DisplayName = 'SMB'; Direction = "Inbound"
  Protocol = 'TCP'; LocalPort = 445 }
$p.Profile = 'Domain'
New-NetFirewallRule @p
if (-not (Get-NetFirewallRule -Name q -ErrorAction SilentlyContinue)) { New-NetFirewallRule -Name q -DisplayName "q $x" -Protocol TCP -LocalPort $ports }
foreach ($i in 1..3) { New-NetFirewallRule -DisplayName "p$i" -Protocol UDP -LocalPort $i -Enabled $true }
function Add-One($n) { Set-NetFirewallRule -DisplayName $n -Enabled True }
Enable-NetFirewallRule -DisplayGroup 'File and Printer Sharing' `
  -PassThru | Out-Null
& "$env:windir\system32\netsh.exe" advfirewall firewall add rule name="a b" dir=in action=allow protocol=tcp localport=80,443
cmd /c "netsh firewall add portopening TCP 2701 RC"
$d = @'
text
'@
New-NetFirewallRule -DisplayName $d -Direction Outbound -Protocol TCP -LocalPort 10123
"""
NETSH = r"""@echo off
set PORT=8530
set "NAME=My rule"
netsh advfirewall firewall add rule name="%NAME%" dir=in action=allow ^
  protocol=TCP localport=%PORT%,8531 remoteip=10.0.0.0/8,LocalSubnet profile=domain,private
if exist x.txt (
  netsh advfirewall firewall set rule group="Remote Desktop" new enable=yes
) else (
  for %%p in (80 443) do netsh advfirewall firewall add rule name="p %%p" dir=in action=allow protocol=TCP localport=%%p
)
netsh advfirewall firewall add rule name="ping" dir=in action=allow protocol=icmpv4:8,any >nul 2>&1
netsh advfirewall firewall add rule name="n" dir=out action=block program="%ProgramFiles%\x.exe" enable=yes && echo done
netsh advfirewall firewall delete rule name="ping"
netsh firewall set portopening protocol=UDP port=53 name=DNS scope=CUSTOM addresses=10.0.0.1
goto end
:end
netsh advfirewall set allprofiles state on
"""
CATALOG = load(PACKS)


def fuzz_powershell(folder: Path) -> Target:
    """A script with every construction that the reader knows, in two encodings."""
    words = (
        "$",
        "`",
        '"',
        "'",
        "@(",
        "@{",
        "}",
        "{",
        "(",
        ")",
        ";",
        "|",
        ",",
        "-",
        ":",
        "@'\n",
        "\n'@",
        "\n",
        "$true",
        "#",
        "<#",
        "=",
    )
    contents = {"utf-8": SHELL.encode(), "utf-16": b"\xff\xfe" + SHELL.encode("utf-16-le")}
    return _target("powershell script", contents, words, POWERSHELL, folder)


def fuzz_batch(folder: Path) -> Target:
    """A batch file with every construction that the reader knows."""
    words = (
        "%",
        "%%",
        "^",
        "^\r\n",
        '"',
        "(",
        ")",
        "&",
        "&&",
        "|",
        "=",
        ",",
        "\n",
        ":",
        "::",
        "rem ",
        "if ",
        "for ",
        "set ",
        "new ",
        "!",
    )
    return _target(
        "netsh script", {"lf": NETSH.encode(), "crlf": NETSH.replace("\n", "\r\n").encode()}, words, BATCH, folder
    )


def _target(name: str, contents: dict[str, bytes], words: tuple[str, ...], dialect: str, folder: Path) -> Target:
    path = folder / "script.txt"

    def check(_seed: Seed, mutation: Mutation) -> None:
        check_script(mutation.content, path, dialect)

    seeds = tuple(Seed(key, content) for key, content in contents.items())
    for seed in seeds:
        assert len(check_script(seed.content, path, dialect).commands) > 6
    return Target(name, seeds, check, tuple(word.encode() for word in words))


def check_script(content: bytes, path: Path, dialect: str) -> Script:
    path.write_bytes(content)
    found = read_script(open_input(str(path)), dialect)
    lines = content.count(b"\n") + 1
    for command in found.commands:
        assert 1 <= command.line <= lines, "a line that is not in the file"
        if command.rule is not None and command.faults and command.verb.value == "add":
            assert REFUSED in [text for _, text in command.rule.extras.unknown], "a refused rule that is certain"
    for rule in found.rules:
        assert "\0cut" not in repr(rule), "the mark of a lost value is in a rule"
    lint_script(found, CATALOG)
    return found
