"""The soak's record: there, about this code, and of the promised size."""

from __future__ import annotations

import json

import pytest
from tests.conftest import need
from tools import soak


@pytest.fixture
def record():
    need(soak.RECORD.is_file(), "docs/soak.json is missing: run `nox -s soak`")
    return json.loads(soak.RECORD.read_text(encoding="utf-8"))


def test_the_record_describes_the_code_as_it_is(record):
    old = soak.stale(record)
    need(not old, f"docs/soak.json is older than {', '.join(old[:5])}: run `nox -s soak`")


@pytest.mark.parametrize(("name", "least"), soak.REQUIRED.items(), ids=list(soak.REQUIRED))
def test_the_promised_number_was_run(record, name, least):
    assert record["counts"].get(name, 0) >= least


def test_every_recorded_count_is_positive(record):
    assert record["counts"]
    assert all(n > 0 for n in record["counts"].values())


def test_every_reader_has_its_share_of_the_mutated_inputs(record):
    readers = {name: n for name, n in record["counts"].items() if name.startswith(f"{soak.MUTATED}: ")}
    assert len(readers) >= 4
    assert min(readers.values()) >= soak.LEAST_SHARE * sum(readers.values())


def test_the_total_counts_readers_only():
    assert soak.with_total({"mutated inputs: a": 7, "mutated inputs: b": 11, "proved": 3})["mutated inputs"] == 18


def test_the_page_shows_the_counts_of_the_record(record):
    page = soak.PAGE.read_text(encoding="utf-8")
    assert page == soak.with_counts(page, record)


def test_a_page_without_marks_is_not_overwritten():
    with pytest.raises(ValueError, match="marks"):
        soak.with_counts("# Soak\n", {})


class TestStale:
    @pytest.fixture
    def tree(self, tmp_path):
        for name, text in {
            "src/cmfw/net/a.py": "A = 1\n",
            "src/cmfw/cli/b.py": "B = 2\n",
            "tests/properties/test_p.py": "def test_p(record_count): ...\n",
            "tests/net/test_a.py": "def test_a(): ...\n",
        }.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        return tmp_path

    def test_covers_the_engine_s_code_and_the_tests_that_count(self, tree):
        assert sorted(soak.covered(tree)) == ["src/cmfw/net/a.py", "tests/properties/test_p.py"]

    def test_nothing_changed_is_not_stale(self, tree):
        assert soak.stale({"files": soak.covered(tree)}, tree) == []

    def test_line_ends_do_not_make_it_stale(self, tree):
        files = soak.covered(tree)
        (tree / "src/cmfw/net/a.py").write_bytes(b"A = 1\r\n")
        assert soak.stale({"files": files}, tree) == []

    @pytest.mark.parametrize("change", ["edit", "add", "remove"])
    def test_a_change_of_covered_code_is_stale(self, tree, change):
        files = soak.covered(tree)
        path = tree / "src/cmfw/net/a.py"
        if change == "edit":
            path.write_text("A = 3\n", encoding="utf-8")
        elif change == "add":
            path = tree / "src/cmfw/engine/c.py"
            path.parent.mkdir()
            path.write_text("C = 4\n", encoding="utf-8")
        else:
            path.unlink()
        assert soak.stale({"files": files}, tree) == [path.relative_to(tree).as_posix()]
