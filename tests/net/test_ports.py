from __future__ import annotations

import pytest

from cmfw.net.ports import PortSet


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("80", ["80"], id="one-port"),
        pytest.param("443,80", ["80", "443"], id="list-is-sorted"),
        pytest.param("1-553, 555-8553", ["1-553", "555-8553"], id="ranges-with-blank"),
        pytest.param("7-9,10", ["7-10"], id="adjacent-parts-melt"),
        pytest.param("*", ["0-65535"], id="star-is-any"),
    ],
)
def test_parse_gives_canonical_ranges(text, wanted):
    assert PortSet.parse(text).texts() == wanted


@pytest.mark.parametrize("text", ["", "http", "-5", "70000", "9-3", "1-", "80,,443", "٨٠"])
def test_parse_refuses_what_is_no_port(text):
    with pytest.raises(ValueError, match=r"port"):
        PortSet.parse(text)


def test_any_and_empty_are_different_and_written_out():
    assert PortSet.ANY.is_any
    assert PortSet.EMPTY.is_empty
    assert str(PortSet.ANY) == "*"
    assert not PortSet.EMPTY.texts()
    assert PortSet.EMPTY <= PortSet.of(5) <= PortSet.ANY


def test_set_operators():
    web = PortSet.of(80, (440, 450))
    assert 443 in web
    assert 81 not in web
    assert (web - PortSet.of((441, 449))).texts() == ["80", "440", "450"]
    assert (web & PortSet.of((60, 441))).texts() == ["80", "440-441"]
    assert (web | PortSet.of(81)).texts() == ["80-81", "440-450"]
