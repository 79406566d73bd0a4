"""The soak's records: there, about this code, and of the promised size."""

from __future__ import annotations

import json

import pytest
from tests.conftest import need
from tools import soak


@pytest.fixture
def record():
    need(soak.RECORD.is_file(), "docs/soak.json is missing: run `nox -s soak`")
    return json.loads(soak.RECORD.read_text(encoding="utf-8"))


def test_the_records_describe_the_code_as_it_is(record):
    old = soak.stale(record)
    need(not old, f"docs/soak.json is older than what {', '.join(old[:5])} cover: run `nox -s soak`")


@pytest.mark.parametrize(("name", "least"), soak.REQUIRED.items(), ids=list(soak.REQUIRED))
def test_the_promised_number_was_run(record, name, least):
    assert soak.total(record).get(name, 0) >= least


def test_every_recorded_count_is_positive(record):
    counts = soak.total(record)
    assert counts
    assert all(n > 0 for n in counts.values())


def test_every_reader_has_its_share_of_the_mutated_inputs(record):
    readers = {name: n for name, n in soak.total(record).items() if name.startswith(f"{soak.MUTATED}: ")}
    assert len(readers) >= 20
    assert {name: n for name, n in readers.items() if n < soak.LEAST_OF_A_READER} == {}


def test_the_total_counts_readers_only():
    runs = {"a": {"counts": {"mutated inputs: a": 7, "proved": 3}}, "b": {"counts": {"mutated inputs: b": 11, "proved": 5}}}
    assert soak.total({"runs": runs}) == {
        "mutated inputs: a": 7,
        "mutated inputs: b": 11,
        "proved": 8,
        "mutated inputs": 18,
    }


def test_the_page_shows_the_counts_of_the_records(record):
    page = soak.PAGE.read_text(encoding="utf-8")
    assert page == soak.with_counts(page, record)


def test_a_page_without_marks_is_not_overwritten():
    with pytest.raises(ValueError, match="marks"):
        soak.with_counts("# Soak\n", {"runs": {}})


class TestStale:
    ONE, OTHER = "tests/properties/test_p.py", "tests/fuzz/test_q.py"

    @pytest.fixture
    def tree(self, tmp_path):
        for name, text in {
            "src/cmfw/__init__.py": "",
            "src/cmfw/net/__init__.py": "",
            "src/cmfw/net/a.py": "A = 1\n",
            "src/cmfw/engine.py": "def f():\n    from cmfw.net.a import A\n    return A\n",
            "src/cmfw/ingest/__init__.py": 'FORMATS = {"y": "cmfw.ingest.y", "z": "cmfw.ingest.z"}\n',
            "src/cmfw/emit/__init__.py": 'TARGETS = {"y": "cmfw.emit.y"}\n',
            "src/cmfw/emit/y.py": "W = 9\n",
            "src/cmfw/ingest/y.py": "Y = 7\n",
            "src/cmfw/ingest/z.py": "Z = 8\n",
            "src/cmfw/ingest/x.py": "X = 2\n",
            "src/cmfw/cli/b.py": "B = 2\n",
            "tests/fuzz/harness.py": "H = 5\n",
            self.ONE: "from cmfw import engine\ndef test_p(record_count): ...\n",
            self.OTHER: "from tests.fuzz import harness\nimport cmfw.ingest.x\ndef test_q(record_count): run('y')\n",
            "tests/net/test_a.py": "import cmfw.cli.b\ndef test_a(): ...\n",
        }.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    def record(self, tree):
        return {"runs": {test: {"digest": soak.digest(test, tree)} for test in soak.counting_tests(tree)}}

    def test_what_a_test_imports_is_covered_by_it_through_others_too(self, tree):
        assert list(soak.covered(self.ONE, tree)) == [
            "src/cmfw/__init__.py",
            "src/cmfw/engine.py",
            "src/cmfw/net/__init__.py",
            "src/cmfw/net/a.py",
            self.ONE,
        ]
        assert "tests/fuzz/harness.py" in soak.covered(self.OTHER, tree)

    @pytest.mark.parametrize(
        ("path", "old"),
        [
            ("src/cmfw/net/a.py", [ONE]),
            ("src/cmfw/ingest/x.py", [OTHER]),
            ("src/cmfw/ingest/y.py", [OTHER]),
            ("src/cmfw/emit/y.py", [OTHER]),
            ("src/cmfw/ingest/z.py", []),
            ("tests/fuzz/harness.py", [OTHER]),
            (OTHER, [OTHER]),
            ("src/cmfw/__init__.py", [OTHER, ONE]),
            ("src/cmfw/cli/b.py", []),
            ("src/cmfw/ingest/__init__.py", []),
        ],
        ids=[
            "through another",
            "a reader",
            "a reader by its name",
            "a target of that name",
            "a reader that is not named",
            "the harness",
            "the test",
            "the package",
            "not imported",
            "the table of formats",
        ],
    )
    def test_a_change_makes_old_what_it_can_matter_to(self, tree, path, old):
        record = self.record(tree)
        assert soak.stale(record, tree) == []
        with (tree / path).open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        assert soak.stale(record, tree) == old

    def test_a_test_that_takes_the_whole_table_covers_all_of_it(self, tree):
        path = tree / self.ONE
        path.write_text("from cmfw.ingest import FORMATS\ndef test_p(record_count): ...\n", encoding="utf-8")
        assert {"src/cmfw/ingest/y.py", "src/cmfw/ingest/z.py"} <= soak.covered(self.ONE, tree).keys()

    def test_line_ends_do_not_count(self, tree):
        record = self.record(tree)
        (tree / "src/cmfw/net/a.py").write_bytes(b"A = 1\r\n")
        assert soak.stale(record, tree) == []

    def test_a_test_file_that_is_new_or_gone_is_old(self, tree):
        record = self.record(tree)
        (tree / self.ONE).rename(tree / "tests/properties/test_r.py")
        assert soak.stale(record, tree) == [self.ONE, "tests/properties/test_r.py"]
