"""Downloads are what the commands write, to the byte."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import pytest
from tests.web.conftest import DEMO, text_of

from cmfw.emit import NETWORK_TARGETS, TARGETS, EmitRequest, emit
from cmfw.emit.network import emit_between
from cmfw.errors import CmfwError

ZONES = ('host = "cm1', 'zone = "dc"\nhost = "cm1'), ('name = "office"', 'zone = "lan"\nname = "office"'), ('host = "desk1', 'zone = "dc"\nhost = "desk1')  # fmt: skip


@pytest.fixture
def zoned(demo):
    """The example with zones."""
    text = (DEMO / "site.toml").read_text(encoding="utf-8")
    for old, new in ZONES:
        text = text.replace(old, new)
    assert demo.send("/w/demo/site", {"text": text}).status_code == 303
    return demo


def site_of(browser):
    """(catalog, site, plan) of the workspace, read anew."""
    from cmfw.catalog import load
    from cmfw.ingest.site import read_site_text
    from cmfw.resolve import resolve

    site = read_site_text(browser.open("/w/demo/site/file").text, "site.toml")
    catalog = load(site.packs)
    return catalog, site, resolve(catalog, site)


def files_of(answer):
    """Name to bytes of what was downloaded, one file without its name."""
    if answer.headers["content-type"] != "application/zip":
        return {"": answer.content}
    with ZipFile(BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("target", [*TARGETS, *NETWORK_TARGETS])
def test_a_target_is_what_the_command_writes(zoned, target):
    catalog, site, plan = site_of(zoned)
    answer = zoned.open(f"/w/demo/files/{target}", params={"for": "office"})
    try:
        if target in TARGETS:
            made = emit(target, EmitRequest(catalog, site, plan, "office"))
        else:
            made = emit_between(target, site, plan)
    except CmfwError as error:
        assert (answer.status_code, " ".join(str(error).split())[:60] in text_of(answer)) == (422, True)  # noqa: PT017 - what the page has to say
        return
    assert answer.headers["content-disposition"].startswith("attachment; ")
    names = [one.path for one in made.artifacts] if len(made.artifacts) > 1 else [""]
    assert files_of(answer) == dict(zip(names, (one.content for one in made.artifacts), strict=True))


def test_every_target_is_offered_with_words(zoned):
    from cmfw import words

    page = zoned.open("/w/demo/files").text
    for target in (*TARGETS, *NETWORK_TARGETS):
        assert f'href="/w/demo/files/{target}?' in page
        assert words.said_in("zh_CN", f"web.target.{target}")


def test_every_report_is_offered_and_given(demo):
    from cmfw.report import FORMS

    page = demo.open("/w/demo/m/client").text
    for form in FORMS:
        assert f'href="/w/demo/m/client/report/{form}"' in page
        answer = demo.open(f"/w/demo/m/client/report/{form}")
        assert (answer.status_code, answer.headers["content-disposition"].partition(";")[0]) == (200, "attachment")


def test_the_2016_edition_and_its_scope_are_another_file(demo):
    asked = {"for": "office"}
    first = demo.open("/w/demo/files/powershell", params=asked).content
    assert demo.open("/w/demo/files/powershell", params=asked).content == first
    assert demo.open("/w/demo/files/powershell", params=asked | {"edition": "2016", "scope": "documented"}).content != first


def test_a_place_that_is_none_is_told(demo):
    answer = demo.open("/w/demo/files/powershell", params={"for": "nobody"})
    assert answer.status_code == 422
    assert "`office`" in text_of(answer)
