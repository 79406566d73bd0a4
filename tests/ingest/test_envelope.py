"""The file of an envelope: what its lines mean, and what is refused with which place."""

from __future__ import annotations

import pytest

from cmfw.errors import InputError
from cmfw.ingest.envelope import read_envelope, read_envelope_text
from cmfw.model.envelope import EVERYTHING_IN
from cmfw.model.rule import canonical_program
from cmfw.net.flowquery import Names
from cmfw.net.flowtext import parse_parts

NAMES = Names(usual=(("in", "tcp", "445", "System", ""),), canonical=canonical_program)


def read(text: str):
    return read_envelope_text(text.encode(), "e.envelope", NAMES)


def flow(text: str):
    return parse_parts(text).flows().witness()


def test_what_is_left_out_of_an_acceptable_flow_is_free():
    held = read("allow in tcp 10.1.0.0/24 > *:445 # smb\n")
    for more in ("program=System", r"program=c:\x.exe profile=public", "interface=ras", "service=rpcss"):
        assert flow(f"in tcp 10.1.0.7:50000 > 10.2.0.9:445 {more}") in held.inside
    assert flow("in tcp 10.1.0.7:50000 > 10.2.0.9:446") not in held.inside
    assert held.about is EVERYTHING_IN
    assert held.allowed[0].origin == "e.envelope:1"


def test_a_needed_flow_asks_for_the_usual_process():
    held = read("need in tcp 10.1.0.5 > 10.2.0.9:445")
    (box, *_) = held.needed[0].flows.boxes
    assert box.program.names == {"system"}
    assert flow("in tcp 10.1.0.5:50000 > 10.2.0.9:445 program=system") in held.inside


def test_about_adds_up_and_baseline_is_a_word():
    held = read("about in tcp * > *\nABOUT out udp * > *:53\nbaseline\n")
    assert flow("in tcp 10.1.0.5:1 > 10.2.0.9:2") in held.about
    assert flow("out udp 10.1.0.5:1 > 10.2.0.9:53") in held.about
    assert flow("in udp 10.1.0.5:1 > 10.2.0.9:53") not in held.about
    assert held.with_baseline


WRONG = (
    ("permit in tcp * > *", "`about` or `allow` or `need` or `baseline`", "`permit` at character 1"),
    ("allow tcp * > *", "`in` or `out`", "`tcp` at character 7"),
    ("allow   in tcp * > *:99999", "a port", "`*:99999` at character 20"),
    ("need", "`in` or `out`", "the end of the text"),
    ("baseline yes", "nothing behind `baseline`", "`yes` at character 10"),
    ("allow in tcp * > * program=agent.exe", "the whole path of a program", "`agent.exe` at character 20"),
    ("about in any * > *", "lines of `allow` or `need`", "none"),
    ("", "lines of `allow` or `need`", "none"),
)


@pytest.mark.parametrize(("text", "expected", "found"), WRONG, ids=[row[0] or "nothing" for row in WRONG])
def test_wrong_lines(text, expected, found):
    with pytest.raises(InputError) as caught:
        read(text)
    (problem,) = caught.value.problems
    assert expected in problem.expected
    assert found in problem.found
    assert problem.line == (None if found == "none" else 1)


def test_every_problem_comes_at_once():
    with pytest.raises(InputError) as caught:
        read("allow tcp\nneed in tcp * > *:445\nnope\n")
    assert [problem.line for problem in caught.value.problems] == [1, 3]


def test_a_file_that_is_not_there_is_a_problem(tmp_path):
    with pytest.raises(InputError):
        read_envelope(str(tmp_path / "none"), NAMES)
