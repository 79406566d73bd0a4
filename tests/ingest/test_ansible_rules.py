"""The reader of our own playbooks: exact for what we write, a problem for everything else."""

from __future__ import annotations

import pytest
from tests.emit.plans import item, request, rule

from cmfw.emit import emit
from cmfw.ingest.ansible_rules import layout_of, read_ansible_rules


def playbook(old: str = "", new: str = "") -> str:
    text = emit("ansible", request(item(rule(), rule(id="other", name="Other")))).artifacts[0].content.decode()
    assert old in text
    return text.replace(old, new, 1)


def test_tasks_are_read_with_their_lines():
    text = playbook()
    part = read_ansible_rules(text.encode(), "x.yml")
    lines = [number for number, line in enumerate(text.split("\n"), 1) if line.startswith("    - name: ")]
    assert part.problems == ()
    assert [r.origin for r in part.rules] == [f"x.yml:{line}" for line in lines]
    assert [line for line, _ in layout_of(text)] == lines


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n\n    - name", "\n\n\n    - name"),
        ('  tasks:\n    - name: "', '  tasks:\n\n    - name: "'),
        ('        edge: "no"\n        state: "present"\n', '        state: "present"\n        edge: "no"\n'),
    ],
    ids=["another blank line", "a blank line before the first", "another order"],
)
def test_another_layout_is_read_line_by_line(old, new):
    """Ours alone is cut by the pattern; both give the same rules."""
    part = read_ansible_rules(playbook(old, new).encode(), "x.yml")
    assert layout_of(playbook(old, new)) is None
    assert part.problems == ()
    assert [r.id for r in part.rules] == [rule().id, "other"]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("    - name: ", "    - nam: ", "ValueError: line"),
        ('    - name: "', '    - name: "\x01', "JSONDecodeError: Invalid control character"),
        ('        state: "present"', '        state: "absent"', "ValueError: arguments"),
        ('        edge: "no"\n', "", "ValueError: arguments"),
        ('        edge: "no"\n', '        edge: "no"\n        edge: "no"\n', "ValueError: `edge` twice"),
        ('        action: "allow"', '        action: "drop"', "KeyError: 'drop'"),
        ('          - "domain"', '          - "home"', "KeyError: 'home'"),
        ("        profiles:\n", '        profiles: "x"\n', "AttributeError"),
        ('  tasks:\n    - name: "', '  tasks:\n        edge: "no"\n    - name: "', "IndexError"),
        ("  gather_facts: false", "  gather_facts: true", "ValueError: another head"),
    ],
)
def test_what_is_not_ours_is_a_problem(old, new, found):
    part = read_ansible_rules(playbook(old, new).encode(), "x.yml")
    assert [p.found[: len(found)] for p in part.problems] == [found]
