from __future__ import annotations

import pytest

from cmfw.model.rule import canonical_program, group_id, is_resolved_program, program_basename


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("%SystemRoot%\\System32\\svchost.exe", "c:\\windows\\system32\\svchost.exe", id="systemroot"),
        pytest.param("%systemroot%\\system32\\SVCHOST.EXE", "c:\\windows\\system32\\svchost.exe", id="case"),
        pytest.param("%WinDir%\\CCM\\CcmExec.exe", "c:\\windows\\ccm\\ccmexec.exe", id="windir"),
        pytest.param("C:\\\\Tools\\\\x.exe", "c:\\tools\\x.exe", id="doubled-backslashes"),
        pytest.param("C:/Tools/x.exe", "c:\\tools\\x.exe", id="forward-slashes"),
        pytest.param('"C:\\Program Files\\x.exe"', "c:\\program files\\x.exe", id="quotes"),
        pytest.param("%ProgramFiles(x86)%\\a\\b.exe", "c:\\program files (x86)\\a\\b.exe", id="brackets-in-the-variable"),
        pytest.param("SYSTEM", "system", id="kernel"),
        pytest.param("%LOCALAPPDATA%\\x.exe", "%localappdata%\\x.exe", id="user-variable-stays"),
    ],
)
def test_canonical_program(text, wanted):
    assert canonical_program(text) == wanted
    assert canonical_program(wanted) == wanted


@pytest.mark.parametrize(
    ("path", "resolved"),
    [
        ("system", True),
        ("c:\\x.exe", True),
        ("\\\\srv\\share\\x.exe", True),
        ("%localappdata%\\x.exe", False),
        ("c:\\progra~1\\x.exe", False),
        ("x.exe", False),
        ("\\device\\harddiskvolume2\\x.exe", False),
    ],
)
def test_a_path_is_resolved_when_it_names_one_file(path, resolved):
    assert is_resolved_program(path) is resolved


def test_basename():
    assert program_basename("c:\\windows\\ccm\\ccmexec.exe") == "ccmexec.exe"
    assert program_basename("system") == "system"


@pytest.mark.parametrize(
    "text",
    ["@FirewallAPI.dll,-28502", "@firewallapi.dll,-28502", "@%SystemRoot%\\system32\\firewallapi.dll,-28502"],
)
def test_a_group_is_known_by_its_resource(text):
    assert group_id(text) == "@firewallapi.dll,-28502"


def test_a_plain_group_keeps_its_words():
    assert group_id(" DiagTrack ") == "diagtrack"
