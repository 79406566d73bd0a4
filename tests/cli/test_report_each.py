"""``cmfw report --each``: every file is a machine, and one that cannot be read stops nothing."""

from __future__ import annotations

import pytest

from cmfw.cli.demo import CLIENT, FOLDER, SITE
from cmfw.cli.report_each import files_of, named


@pytest.fixture
def exports(tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    text = (FOLDER / CLIENT).read_text(encoding="utf-8-sig")
    for name in ("pc2.reg", "pc1.reg"):
        (folder / name).write_text(text, encoding="utf-8-sig")
    (folder / "notes.txt").write_text("nothing of a firewall", encoding="utf-8")
    (folder / ".hidden").write_text("", encoding="utf-8")
    return folder


def test_one_page_tells_of_all(run, exports, tmp_path):
    done = run("report", FOLDER / SITE, exports, "--each", "-o", tmp_path / "all.html")
    assert done.exit_code == 0, done.output
    made = (tmp_path / "all.html").read_text(encoding="utf-8")
    assert "3 machines: every feature works on 0; something is broken on 2; 1 could not be read." in made
    assert ">pc1.reg<" in made
    assert ">pc2.reg<" in made
    assert ">notes.txt<" in made
    assert "hidden" not in made.replace("aria-hidden", "").partition("<main>")[2]


def test_what_goes_wrong_with_the_site_stops_it(run, exports, tmp_path):
    (tmp_path / "bad.toml").write_text("nonsense = 1\n", encoding="utf-8")
    done = run("report", tmp_path / "bad.toml", exports, "--each", "-o", tmp_path / "all.html")
    assert done.exit_code == 2
    assert not (tmp_path / "all.html").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "csv", FOLDER / SITE, FOLDER / CLIENT), "html or pdf"),
        (("--format", "html", "--kind", "handbook"), "handbook"),
        (("--format", "html", FOLDER / SITE), "at least one STATE"),
    ],
    ids=["csv", "handbook", "no machine"],
)
def test_what_does_not_go_together_is_refused(run, arguments, said):
    done = run("report", "--each", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr


def test_files_of_one_name_are_told_apart_by_their_folder(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "client.reg").write_text("", encoding="utf-8")
    (tmp_path / "a" / "other.reg").write_text("", encoding="utf-8")
    files = files_of([str(tmp_path / "a"), str(tmp_path / "b")])
    assert [name for name, _ in named(files)] == [files[0], "other.reg", files[2]]
