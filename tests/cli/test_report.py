"""``cmfw report``: the form by name or by the file's name, and a file only when it is whole."""

from __future__ import annotations

import json

import pytest

from cmfw.cli.demo import CLIENT, FOLDER
from cmfw.cli.demo import SITE as DEMO_SITE
from cmfw.report import FORMS, SUFFIXES, form_of, render

ARGUMENTS = ("report", FOLDER / DEMO_SITE, FOLDER / CLIENT)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_name_of_the_file_asks_for_its_form(run, tmp_path, suffix):
    done = run(*ARGUMENTS, "-o", tmp_path / f"report{suffix.upper()}")
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    assert (tmp_path / f"report{suffix.upper()}").read_bytes()
    assert form_of(f"a{suffix}") == SUFFIXES[suffix]


def test_what_is_written_is_what_the_renderer_makes(run, tmp_path):
    done = run(*ARGUMENTS, "--format", "json")
    assert json.loads(done.stdout)["schema"] == "cmfw/audit/1"
    run(*ARGUMENTS, "--format", "json", "-o", tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text(encoding="utf-8") == done.stdout


def test_without_a_form_there_is_no_telling(run, tmp_path):
    done = run(*ARGUMENTS, "-o", tmp_path / "report.docx")
    assert done.exit_code == 2
    assert "--format" in done.stderr
    assert not (tmp_path / "report.docx").exists()


def test_an_audit_in_another_form_keeps_its_exit_code(run):
    done = run("audit", FOLDER / DEMO_SITE, FOLDER / CLIENT, "--format", "sarif")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["version"] == "2.1.0"


def test_every_form_can_be_had():
    from tests.report.audits import demo

    assert all(render(form, demo()) for form in FORMS)
    assert set(SUFFIXES.values()) | {"github"} == set(FORMS)


def test_the_handbook_needs_no_site(run, tmp_path):
    done = run("report", "--kind", "handbook", "-o", tmp_path / "handbook.html", "--lang", "zh-CN")
    assert done.exit_code == 0, done.output
    assert "客户端请求安装".encode() in (tmp_path / "handbook.html").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--kind", "handbook", "--format", "csv"), "html or pdf"),
        (("--kind", "handbook", "--format", "html", FOLDER / DEMO_SITE), "no SITE"),
        (("--format", "html", FOLDER / DEMO_SITE), "at least one STATE"),
        (("--format", "xlsx", *ARGUMENTS[1:]), "FILE"),
    ],
    ids=["handbook as csv", "handbook with a site", "audit without a state", "workbook to the screen"],
)
def test_what_does_not_go_together_is_refused(run, arguments, said):
    done = run("report", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
