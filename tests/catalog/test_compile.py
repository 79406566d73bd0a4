"""What is shipped is what was authored."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from cmfw.catalog import PACKS, compile, load  # noqa: A004 - the module's name
from cmfw.catalog.authored import DATA, load_authored
from cmfw.catalog.layout import APART
from cmfw.catalog.layout import PACKS as ALL_PACKS


def test_the_compiled_files_equal_the_authored_ones():
    authored = compile.compiled(load_authored())
    shipped = {path.name: path.read_text(encoding="utf-8") for path in DATA.glob("*.json")}
    assert shipped == authored, "run `python -m cmfw.catalog.compile`"


def test_the_same_rows_give_the_same_bytes(tmp_path):
    compile.write(tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    compile.write(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert all(b"\r" not in content for content in first.values())


def test_files_and_packs_have_one_list():
    assert ("page", *PACKS) == ALL_PACKS
    names = (*ALL_PACKS, *APART.values())
    assert {path.name for path in DATA.glob("*.json")} == {compile.file_name(name) for name in names}


def test_every_authored_row_is_in_the_catalog():
    catalog = load(PACKS)
    tables = {"finding": catalog.findings, "source": catalog.sources, "erratum": catalog.errata, "note": catalog.notes}
    tables |= {"flow": catalog.flows, "feature": catalog.features, "requirement": catalog.requirements}
    tables |= {"exception": catalog.exceptions, "group": catalog.groups, "program": catalog.programs}
    rows = load_authored()
    for name, table in tables.items():
        assert list(table) == [p.id for pack in ALL_PACKS for p in rows if p.table == name and p.pack == pack]
    assert len(catalog.usual) == sum(p.table == "usual" for p in rows)


@pytest.mark.parametrize("pack", PACKS)
def test_a_pack_adds_its_features_only(pack: str):
    page, more = load(), load([pack])
    added = [f for name, f in more.features.items() if name not in page.features]
    assert added
    assert {f.pack for f in added} == {pack}
    assert set(page.flows) < set(more.flows)


def test_no_pack_of_that_name():
    with pytest.raises(ValueError, match="no catalog pack `nonsense`"):
        load(["nonsense"])


def test_equal_packs_give_the_identical_catalog():
    assert load(["server", "cloud"]) is load(("cloud", "server", "page"))


def test_compiled_files_are_json_with_their_schema():
    for path in DATA.glob("*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["schema"] == compile.SCHEMA


def test_a_load_reads_no_toml_and_builds_no_groups():
    watch = ("tomllib", "cmfw.catalog.authored", "cmfw.catalog.checks", "cmfw.catalog.build_groups")
    code = f"import sys; from cmfw.catalog import PACKS, load; load(PACKS); print([m for m in {watch} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
