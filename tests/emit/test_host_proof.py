"""No host target is believed: what it wrote is read back before anybody gets it."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import pytest
from tests.emit.plans import group_exception, item, request, rule

from cmfw.emit import HOST_TARGETS, TARGETS, emit
from cmfw.errors import Unsupported

ASKED = request(item(rule()), item(rule(id="cmfw-wmi", name="WMI", remote_address=rule().local_address), id="wmi"))


def changed(target, monkeypatch, before: str, after: str) -> None:
    """Make the target write its first artifacts with another text, in whatever encoding it has."""
    module = import_module(TARGETS[target])
    real = module.emit
    pairs = [(text.encode(code), to.encode(code)) for code in ("utf-8", "utf-16-le") for text, to in ((before, after),)]

    def wrong(asked):
        output = real(asked)
        artifacts = []
        for artifact in output.artifacts:
            content = artifact.content
            for old, new in pairs if "undo" not in artifact.path else ():
                content = content.replace(old, new)
            artifacts.append(replace(artifact, content=content))
        assert artifacts != list(output.artifacts), "nothing was replaced"
        return replace(output, artifacts=tuple(artifacts))

    monkeypatch.setattr(module, "emit", wrong)


@pytest.mark.parametrize("target", HOST_TARGETS)
@pytest.mark.parametrize(
    ("before", "after"), [("445", "446"), ("10.1.0.5", "10.1.0.6"), ("cmfw-wmi", "cmfw-wmx")], ids=["port", "peer", "id"]
)
def test_what_is_written_wrong_is_refused(target, before, after, monkeypatch):
    assert emit(target, ASKED).artifacts
    changed(target, monkeypatch, before, after)
    with pytest.raises(Unsupported, match="read") as refused:
        emit(target, ASKED)
    assert refused.value.target == target


@pytest.mark.parametrize("target", ["powershell", "netsh", "registry-pol"])
def test_a_rule_lost_or_more_is_refused(target, monkeypatch):
    module = import_module(TARGETS[target])
    one, both = (module.emit(request(*items)) for items in ([item(rule())], [item(rule()), item(rule(id="cmfw-b"), id="b")]))
    for written, claimed in ((one, both), (both, one)):
        artifacts = tuple(
            replace(artifact, claims=other.claims)
            for artifact, other in zip(written.artifacts, claimed.artifacts, strict=True)
        )
        monkeypatch.setattr(module, "emit", lambda _, artifacts=artifacts: replace(one, artifacts=artifacts))
        with pytest.raises(Unsupported, match="reads back as another rule, or as none"):
            emit(target, request(item(rule())))


@pytest.mark.parametrize("target", ["powershell", "netsh", "remediation", "registry-pol"])
def test_rules_that_are_there_are_switched_on_and_not_read_back(target):
    member = rule(id="FPS-SMB-In-TCP", group="@FirewallAPI.dll,-28502", name="@FirewallAPI.dll,-28511", active=True)
    assert emit(target, request(exceptions=[group_exception(member)], scope="documented")).artifacts
