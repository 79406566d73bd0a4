"""What lines and codes of logs mean."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cmfw.catalog import PACKS, load
from cmfw.catalog.log_facts import canonical_code, load_log_facts, url_of

FACTS = load_log_facts()


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("53", "win32-53"),
        ("0x80070035", "win32-53"),
        ("-2147024843", "win32-53"),
        ("80070035", "win32-53"),
        ("000004b3", "win32-1203"),
        ("0x2efd", "win32-12029"),
        ("0x80190193", "http-403"),
        ("0x8024402C", "0x8024402c"),
        ("WINHTTP_CALLBACK_STATUS_FLAG_INVALID_CA", "winhttp_callback_status_flag_invalid_ca"),
        ("0", ""),
        ("0x00000000", ""),
        ("zz", ""),
        ("", ""),
    ],
)
def test_a_code_has_one_spelling(written, code):
    assert canonical_code(written) == code


def test_a_status_is_a_status_only_where_it_is_said():
    assert canonical_code("403", status=True) == "http-403"
    assert canonical_code("403") == "win32-403"


@pytest.mark.parametrize(
    ("url", "role"),
    [
        ("http://mp/ccm_system/request", "management_point"),
        ("http://dp/SMS_DP_SMSPKG$/abc", "distribution_point"),
        ("http://sup:8530/ClientWebService/client.asmx", "software_update_point"),
        ("https://c/CCM_Proxy_MutualAuth/7/SMS_MP/.sms_aut", "cloud_management_gateway"),
        ("http://fsp/SMS_FSP/.sms_fsp", "fallback_status_point"),
        ("http://mp/bgb/handler.ashx?RequestType=LogIn", "management_point"),
    ],
)
def test_what_a_url_leads_to(url, role):
    assert url_of(url, FACTS).role == role


def test_a_url_of_nobody():
    assert url_of("http://x/other", FACTS) is None


def test_flows_and_stages_of_the_tables_exist():
    flows = load(PACKS).flows
    named = {flow for stage in FACTS.stages.values() for flow in stage.flows}
    named |= {flow for error in FACTS.errors.values() for flow in error.flows}
    assert {flow for flow in named if flow not in flows} == set()
    assert set(FACTS.stage_of.values()) <= set(FACTS.stages)


def test_no_mark_hides_behind_another_of_its_component():
    for marks in FACTS.marks.values():
        texts = [mark.contains for mark in marks]
        assert len(texts) == len(set(texts))


def test_other_commands_do_not_read_them():
    code = "import sys; from cmfw.catalog import PACKS, load; load(PACKS); print('cmfw.catalog.log_facts' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
