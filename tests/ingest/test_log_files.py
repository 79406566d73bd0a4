"""Files, folders and zips of logs: what each is, whose it is, what is refused."""

from __future__ import annotations

import zipfile

import pytest
from tests.ingest.test_ccm_log import new, old
from tests.ingest.test_pfirewall import HEAD, row

from cmfw.errors import InputError
from cmfw.ingest import log_files
from cmfw.ingest.log_files import read_logs

KEEP_ALIVE = new("Successfully sent keep-alive message.", component="BgbAgent")


def zipped(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return path


def test_a_folder_is_one_host_and_names_do_not_matter(tmp_path):
    folder = tmp_path / "PC9" / "Logs"
    folder.mkdir(parents=True)
    (folder / "CcmNotificationAgent-20260302-090000.log").write_text(KEEP_ALIVE, "utf-8")
    (folder / "strange.bak").write_text(KEEP_ALIVE, "utf-16")
    (folder / "ccm.lo_").write_text(old("CcmSetup"), "utf-8")
    (folder / "pfirewall.log.old").write_text(HEAD + row(), "utf-8")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    reading = read_logs([str(folder)])
    assert {file.kind for file in reading.files} == {"ccm", "pfirewall"}
    assert {file.host for file in reading.files} == {"pc9"}
    assert [len(reading.files), len(reading.events), len(reading.observations)] == [4, 2, 1]
    assert reading.problems == ()


def test_folders_in_a_folder_are_hosts(tmp_path):
    for name in ("PC1", "PC2"):
        (tmp_path / name / "CCM" / "Logs").mkdir(parents=True)
        (tmp_path / name / "CCM" / "Logs" / "a.log").write_text(KEEP_ALIVE, "utf-8")
    assert [event.host for event in read_logs([str(tmp_path)]).events] == ["pc1", "pc2"]


def test_a_machine_is_called_as_its_own_log_calls_it(tmp_path):
    named = new("Machine: REAL-NAME", component="ClientIDManagerStartup")
    (tmp_path / "a.log").write_text(
        named + new("[RegTask] - Client is registered.", component="ClientIDManagerStartup"), "utf-8"
    )
    (tmp_path / "b.log").write_text(KEEP_ALIVE, "utf-8")
    assert {event.host for event in read_logs([str(tmp_path)]).events} == {"real-name"}


def test_a_zip_is_read_without_being_unpacked(tmp_path, monkeypatch):
    path = zipped(tmp_path / "pc3.zip", **{"..__..__evil.log": KEEP_ALIVE, "Windows__CCM__Logs__x.log": KEEP_ALIVE})
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    reading = read_logs([str(path)])
    assert len(reading.events) == 2
    assert sorted(tmp_path.rglob("*")) == before
    assert all(event.place.file.startswith(f"{path}!") for event in reading.events)


def test_a_zip_bomb_is_refused_in_bounded_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(log_files, "MOST_UNPACKED", 1 << 20)
    path = zipped(tmp_path / "bomb.zip", **{"a.log": KEEP_ALIVE, "b.log": "x" * (2 << 20)})
    reading = read_logs([str(path)])
    assert len(reading.events) == 1
    assert "not read" in reading.problems[-1].found


def test_a_member_whose_size_is_a_lie_is_told(tmp_path):
    path = zipped(tmp_path / "pc.zip", **{"a.log": KEEP_ALIVE * 50})
    data = bytearray(path.read_bytes())
    at = data.index(b"a.log") + 40
    data[at : at + 8] = b"\xff" * 8
    path.write_bytes(bytes(data))
    assert read_logs([str(path)]).problems


def test_events_that_say_the_same_are_kept_first_and_last(tmp_path):
    (tmp_path / "a.log").write_text(KEEP_ALIVE * 1000, "utf-8")
    events = read_logs([str(tmp_path / "a.log")]).events
    assert [(event.place.line, event.count) for event in events] == [(1, 1), (1000, 999)]


def test_what_is_no_log_is_told_when_it_was_named(tmp_path):
    (tmp_path / "a.log").write_text("plain text", "utf-8")
    (tmp_path / "empty.log").write_bytes(b"")
    reading = read_logs([str(tmp_path / "a.log"), str(tmp_path / "empty.log")])
    assert reading.files == ()
    assert len(reading.problems) == 2


def test_nothing_there_is_an_error(tmp_path):
    with pytest.raises(InputError, match="nothing there"):
        read_logs([str(tmp_path / "none.log")])


def test_a_file_that_goes_away_is_told(tmp_path, monkeypatch):
    path = tmp_path / "a.log"
    path.write_text(KEEP_ALIVE, "utf-8")

    def refuse(*_):
        raise PermissionError("denied")

    monkeypatch.setattr(type(path), "open", refuse)
    assert "denied" in read_logs([str(path)]).problems[0].found


def test_an_evtx_file_in_a_zip_is_told(tmp_path):
    from tests.ingest.evtx_builder import evtx_file

    path = tmp_path / "pc.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Security.evtx", evtx_file([]))
    assert "unpack" in read_logs([str(path)]).problems[0].hint


@pytest.mark.corpus
def test_real_files(corpus):
    reading = read_logs([str(corpus / "ccm_logs"), *map(str, sorted((corpus / "rulestrings").glob("otrf_*.zip")))])
    assert [file.kind for file in reading.files] == ["pfirewall", "ccm", "events", "events"]
    assert [len(reading.events), len(reading.observations), len(reading.changes)] == [0, 9, 8]
    assert len(reading.problems) == 1
