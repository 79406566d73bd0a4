"""``Export-Clixml``: objects, enums, lists, references, escapes, and XML that would rather be something else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.ingest.netsec_exports import Clixml, as_clixml
from tests.ingest.netsec_writer import document
from tests.ingest.test_ps_json import RULES, SMB, codes, plain

from cmfw.errors import InputError
from cmfw.ingest import read_state
from cmfw.model.state import HostState

HEAD = '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'


def read(tmp_path: Path, *contents: str | bytes) -> HostState:
    paths = []
    for number, content in enumerate(contents):
        path = tmp_path / f"{number}.xml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-16"))
        paths.append(str(path))
    result = read_state(paths)
    assert {source.format for source in result.state.sources} == {"clixml"}
    return result.state


@pytest.mark.parametrize("shape", ["nested", "flat", "joined"])
@pytest.mark.parametrize("numbers", [True, False], ids=["integers", "names"])
def test_every_shape_gives_the_same_rules(tmp_path, shape, numbers):
    assert plain(read(tmp_path, as_clixml(RULES, numbers=numbers, shape=shape)).rules) == RULES


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_and_escapes(tmp_path, encoding):
    odd = replace(SMB, name="a_x0041_b", description="one\ntwo <&> \U0001f525")
    text = as_clixml([odd]).replace("\U0001f525", "_xD83D__xDD25_")
    assert plain(read(tmp_path, text.encode(encoding)).rules) == [odd]


def test_rules_and_filters_in_files_of_their_own(tmp_path):
    parts = document(RULES, "sections", numbers=True)
    assert plain(read(tmp_path, *(Clixml().text(rows) for rows in parts.values())).rules) == RULES


def test_a_reference_to_a_plain_list_is_followed(tmp_path):
    text = as_clixml([replace(SMB, extras=replace(SMB.extras, platforms=((2, 6, 2),))), SMB], shape="flat")
    shared = text.replace('N="Platform" RefId="', 'N="Platform" RefId="9')
    number = shared.split('N="Platform" RefId="')[1].split('"')[0]
    twin = shared.index('<Obj N="Platforms"')
    end = shared.index("</Obj>", twin) + len("</Obj>")
    text = shared[:twin] + f'<Ref N="Platforms" RefId="{number}" />' + shared[end:]
    assert read(tmp_path, text).rules[0].extras.platforms == ((2, 6, 2),)
    assert read(tmp_path, text).rules[0].extras.unknown == ()


@pytest.mark.parametrize("target", ["7777", "0"], ids=["to nothing", "to an object"])
def test_any_other_reference_counts_as_cut(tmp_path, target):
    text = as_clixml([SMB], shape="flat").replace('<S N="LocalPort">445</S>', f'<Ref N="LocalPort" RefId="{target}" />')
    assert ("LocalPort", "cut off in this export") in read(tmp_path, text).rules[0].extras.unknown


def test_references_cannot_grow(tmp_path):
    """The XML of a few hundred bytes that would be a list of 10^12 items."""
    lists = '<Obj N="L0" RefId="100"><LST><S>80</S></LST></Obj>'
    for level in range(1, 13):
        refs = f'<Ref RefId="{99 + level}" />' * 10
        lists += f'<Obj N="L{level}" RefId="{100 + level}"><LST>{refs}</LST></Obj>'
    text = as_clixml([SMB], shape="flat").replace('<S N="LocalPort">445</S>', f'{lists}<Ref N="LocalPort" RefId="112" />')
    assert "LocalPort" in dict(read(tmp_path, text).rules[0].extras.unknown)


def test_an_unknown_kind_of_value_leaves_everything_open(tmp_path):
    text = as_clixml([SMB], shape="flat").replace('<S N="Service">Any</S>', '<Novel N="Service">Any</Novel>')
    assert codes(read(tmp_path, text))["damaged_export"] == (True, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'<!DOCTYPE x [<!ENTITY a "b">]>{HEAD}<S>&a;</S></Objs>', "a document type"),
        (HEAD + "<Obj>" * 200 + "</Obj>" * 200 + "</Objs>", "nest more than"),
        (HEAD + "<Obj>", "no XML"),
        (HEAD + "<S>&unknown;</S></Objs>", "no XML"),
    ],
    ids=["entities", "too deep", "cut", "an unknown entity"],
)
def test_dangerous_or_broken_xml_is_refused(tmp_path, text, said):
    path = tmp_path / "x.xml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_state([str(path)])


def test_a_gigabyte_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "x.xml"
    with path.open("wb") as file:
        file.write(HEAD.encode())
        file.truncate(1 << 30)
    with pytest.raises(InputError, match="at most 32 MiB"):
        read_state([str(path)])
