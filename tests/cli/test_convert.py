"""``cmfw convert``: outcome, exit code, files and document."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

CLIENT = str(files("cmfw").joinpath("demo", "client.reg"))


@pytest.mark.parametrize(
    ("target", "more", "code", "outcome"),
    [
        ("reg", (), 0, "equal"),
        ("registry-pol", (), 0, "equal"),
        ("netsh", (), 2, "refused"),
        ("netsh", ("--allow-narrower",), 1, "narrower"),
    ],
)
def test_the_exit_code_says_what_came_of_it(target, more, code, outcome, run, valid, tmp_path):
    result = run("convert", CLIENT, target, "-o", tmp_path / "out", "--format", "json", *more)
    document = valid("convert", result.stdout)
    assert (result.exit_code, document["outcome"]) == (code, outcome)
    written = sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert bool(written) == (outcome in ("equal", "narrower"))
    assert len(document["files"]) == len(written)


def test_what_was_left_out_is_named(run, valid, tmp_path):
    result = run("convert", CLIENT, "netsh", "-o", tmp_path, "--allow-narrower", "--format", "json")
    (gone,) = valid("convert", result.stdout)["left_out"]
    assert (gone["id"], gone["effect"]) == ("WiFiDirect-KM-Driver-In-TCP", "narrower")
    assert gone["origin"].startswith(f"{CLIENT}!")


def test_a_damaged_source_is_undecided(run, valid, tmp_path):
    path = tmp_path / "half.reg"
    text = files("cmfw").joinpath("demo", "client.reg").read_text(encoding="utf-8-sig")
    path.write_text(text.replace('"EnableFirewall"=dword:00000001', '"EnableFirewall"=dword:0000000x', 1), encoding="utf-8")
    result = run("convert", path, "reg", "-o", tmp_path / "out", "--format", "json")
    document = valid("convert", result.stdout)
    assert (result.exit_code, document["outcome"], document["files"]) == (3, "undecided", [])
    assert not (tmp_path / "out").exists()


def test_without_a_folder_nothing_is_written(run, tmp_path):
    result = run("convert", CLIENT, "reg")
    assert result.exit_code == 0
    assert "-o DIR" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_what_was_converted_converts_back(run, tmp_path):
    assert run("convert", CLIENT, "registry-pol", "-o", tmp_path).exit_code == 0
    result = run("convert", tmp_path / "Registry.pol", "reg", "--format", "json")
    assert json.loads(result.stdout)["outcome"] == "equal"


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_people_read_it_in_their_language(lang, run):
    lines = run("convert", CLIENT, "reg", lang=lang).stdout.splitlines()
    assert lines[0].startswith({"en": "Equal", "zh_CN": "相等"}[lang])


def test_an_unknown_target_is_told_before_anything_is_read(run):
    result = run("convert", "no-such-file", "iptables")
    assert result.exit_code == 2
