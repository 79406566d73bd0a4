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
