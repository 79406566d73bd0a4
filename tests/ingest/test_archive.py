"""Archives and texts that attack their reader: refused with one clear error, in bounded memory."""

from __future__ import annotations

import lzma
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from cmfw.errors import InputError
from cmfw.ingest import read_state
from cmfw.ingest.archive import MOST_BYTES, MOST_FILES, MOST_TOTAL
from cmfw.ingest.preg import write_preg

POL = "{11111111-2222-3333-4444-555555555555}/DomainSysvol/GPO/Machine/registry.pol"


def zipped(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_state([str(path)])
    assert len(caught.value.problems) == 1
    return caught.value.problems[0].text()


TRAVERSAL = (
    "../registry.pol",
    "a/../../registry.pol",
    "/etc/registry.pol",
    "C:/registry.pol",
    "..\\registry.pol",
    "C:\\x\\registry.pol",
)


@pytest.mark.parametrize("name", TRAVERSAL)
def test_a_name_that_leads_out_of_the_archive(tmp_path: Path, name: str) -> None:
    found = refused(zipped(tmp_path / "x.zip", {name: write_preg([])}))
    assert "which leads out of it" in found
    assert list(tmp_path.iterdir()) == [tmp_path / "x.zip"]


def test_one_bomb(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {POL: b"PReg\1\0\0\0" + bytes(MOST_BYTES)})
    assert path.stat().st_size < 1 << 20
    assert "files of at most 64 MiB" in refused(path)


def test_many_small_bombs(tmp_path: Path) -> None:
    each = b"PReg\1\0\0\0" + bytes(MOST_BYTES - 100)
    path = zipped(tmp_path / "x.zip", {f"{n}/{POL}": each for n in range(MOST_TOTAL // MOST_BYTES + 1)})
    assert f"at most {MOST_TOTAL >> 20} MiB in all" in refused(path)


def test_a_bomb_whose_sizes_lie(tmp_path: Path) -> None:
    content = zlib.compress(bytes(MOST_BYTES + 1), 9)[2:-4]
    path = zipped(tmp_path / "x.zip", {POL: bytes(MOST_BYTES + 1)})
    raw = path.read_bytes().replace(struct.pack("<II", len(content), MOST_BYTES + 1), struct.pack("<II", len(content), 100))
    path.write_bytes(raw)
    refused(path)


def test_too_many_files(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {f"{n}": b"" for n in range(MOST_FILES)} | {POL: write_preg([])})
    assert f"at most {MOST_FILES} files" in refused(path)


def test_a_zip_in_a_zip_is_not_opened(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {POL: write_preg([])}).read_bytes()
    with pytest.raises(InputError):
        read_state([str(zipped(tmp_path / "outer.zip", {"inner.zip": inner}))])


def test_a_locked_zip(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {POL: write_preg([])})
    raw = bytearray(path.read_bytes())
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        raw[raw.index(mark) + at] |= 1
    path.write_bytes(raw)
    assert "without a password" in refused(path)


def test_a_link_in_a_folder_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "registry.pol").write_bytes(write_preg([]))
    folder = tmp_path / "backup"
    (folder / "a").mkdir(parents=True)
    try:
        (folder / "a" / "registry.pol").symlink_to(tmp_path / "secret" / "registry.pol")
        (folder / "b").symlink_to(tmp_path / "secret")
    except OSError:
        pytest.skip("no right to make links here")
    assert "no such file" in refused(folder)


LONG = {
    "rule strings": (b"v2.10|Action=Allow|", b"x"),
    "JSON": (b'{"@odata.type": "#microsoft.graph.x", "a": "', b"x"),
    "XML": (b'<GPO xmlns="http://www.microsoft.com/GroupPolicy/Settings">', b"x"),
    "SyncML": (b"<SyncML><LocURI>./Vendor/MSFT/Firewall/MdmStore", b"x"),
    "HTML": (b'<html gpmc_reportInitialized="false">', b"x"),
    "spaces": (b" ", b" "),
}
CHILD = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1_200_000_000, 1_200_000_000))
from cmfw.errors import InputError
from cmfw.ingest import read_state
try:
    read_state(sys.argv[1:])
except InputError as error:
    print(len(error.problems))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no limit of address space")
@pytest.mark.parametrize(("start", "fill"), LONG.values(), ids=LONG)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "xz"])
def test_a_line_of_a_gigabyte_is_refused_in_bounded_memory(tmp_path: Path, start: bytes, fill: bytes, packed: bool) -> None:
    """In 1.2 GB of address space, which such a line would not fit into twice."""
    path = tmp_path / "long.txt"
    size = 1 << 30
    if packed:
        packer = lzma.LZMACompressor(preset=0)
        with path.open("wb") as file:
            file.write(packer.compress(start))
            for _ in range(size >> 22):
                file.write(packer.compress(fill * (1 << 22)))
            file.write(packer.flush())
    else:
        with path.open("wb") as file:
            file.write(start)
            if fill == b"x":
                file.seek(size)
            else:
                for _ in range(size >> 22):
                    file.write(fill * (1 << 22))
            file.write(b"\n")
    done = subprocess.run([sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, check=False, timeout=300)
    assert (done.stdout.strip(), done.returncode) == ("1", 0), done.stderr[-2000:]
