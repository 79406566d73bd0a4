"""JUnit as another reader counts it."""

from __future__ import annotations

from junitparser import Error, Failure, JUnitXml
from tests.report.audits import demo

from cmfw import words
from cmfw.report.junit import render


def test_what_is_broken_or_degraded_fails():
    words.choose("en")
    features, findings = JUnitXml.fromstring(render(demo()))
    failed = {case.name: case.result[0] for case in features if case.result}
    assert len(failed) == features.failures == 4
    push = failed["Client Push Installation (client_push)"]
    assert isinstance(push, Failure)
    assert push.type == "broken"
    assert "Enable-NetFirewallRule -Name 'FPS-SMB-In-TCP-NoScope'" in push.text
    assert findings.failures == sum(found.severity.value == "error" for found in demo().diagnosis.findings)
    assert findings.tests == len(demo().diagnosis.findings)


def test_what_cannot_be_decided_is_an_error():
    from dataclasses import replace

    from cmfw.model.verdict import Bounds, Status

    audit = demo()
    row = replace(audit.diagnosis.rows[0], bounds=Bounds(Status.BROKEN, Status.WORKS))
    off = replace(row, bounds=None, disabled="site.fsp")
    changed = replace(audit, diagnosis=replace(audit.diagnosis, rows=(row, off)))
    features, _ = JUnitXml.fromstring(render(changed))
    assert (features.tests, features.errors, features.skipped, features.failures) == (2, 1, 1, 0)
    assert isinstance(next(iter(features)).result[0], Error)
