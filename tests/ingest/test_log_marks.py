"""Messages to events: what each mark finds, what a code without a mark means, whom a thread works on."""

from __future__ import annotations

import pytest

from cmfw.catalog.log_facts import load_log_facts
from cmfw.ingest.ccm_log import LogRecord
from cmfw.ingest.log_marks import Marker
from cmfw.model.observation import Outcome

CCM = "SMS_CLIENT_CONFIG_MANAGER"


def events(*records):
    """Events of (component, message) or (component, message, thread)."""
    made = [
        LogRecord(at, message, component, f"10:00:{at:02}.000-060", "3-4-2026", 1, (rest or ["7"])[0])
        for at, (component, message, *rest) in enumerate(records, 1)
    ]
    return list(Marker(load_log_facts(), "h1", "f.log").events(made))


def only(component, message):
    (event,) = events((component, message))
    return event


ROWS = [
    (CCM, "---> Attempting to connect to administrative share '\\\\PC4.x.net\\admin$' using account 'A\\b'",
     "push_share", "tried", ("push_smb",), "pc4.x.net", None, ""),
    (CCM, "---> Connected to administrative share on machine PC4 using account 'A\\b'",
     "push_share", "reached", ("push_smb",), "pc4", None, ""),
    (CCM, "---> Failed to connect to \\\\PC4\\admin$ using account A\\b (67)",
     "push_share", "failed", ("push_smb",), "pc4", None, "win32-67"),
    (CCM, "WNetAddConnection2 failed (LOGON32_LOGON_NEW_CREDENTIALS) using account A\\b (000004b3)",
     "push_share", "failed", ("push_smb",), "", None, "win32-1203"),
    (CCM, '---> Unable to connect to WMI on remote machine "PC4", error = 0x800706BA.',
     "push_wmi", "failed", ("push_epm", "push_wmi"), "pc4", None, "win32-1722"),
    (CCM, 'ERROR: Unable to access target machine for request: "1", machine name: "PC4", error code: 53',
     "push_request", "failed", (), "", None, "win32-53"),
    (CCM, "Execute query exec [sp_CP_SetLastErrorCode] 2097152456, -2147024891",
     "push_request", "failed", (), "", None, "win32-5"),
    ("ccmsetup", "Found a valid online MP 'https://MP.x.net'.",
     "setup_mp", "reached", ("setup_mp_https",), "mp.x.net", 443, ""),
    ("ccmsetup", "Failed to get DP locations as the expected version from MP 'http://mp.x.net'. Error 0x80072f78",
     "setup_location", "failed", ("setup_mp_http",), "mp.x.net", 80, "win32-12152"),
    ("ccmsetup", "CcmSetup failed with error code 0x80004005", "setup_end", "failed", (), "", None, "0x80004005"),
    ("CcmMessaging", "Post to http://mp.x.net/ccm_system/request failed with 0x87d00231.",
     "messaging", "failed", ("mp_http",), "mp.x.net", 80, "0x87d00231"),
    ("CcmMessaging", "OutgoingMessage(Queue='mp', ID={1}): Delivered successfully to host 'MP.x.net'.",
     "messaging", "reached", ("mp_http", "mp_https"), "mp.x.net", None, ""),
    ("WUAHandler", "Enabling WUA Managed server policy to use server: http://SUP.x.net:8530",
     "scan", "tried", ("sup_http",), "sup.x.net", 8530, ""),
    ("WUAHandler", "OnSearchComplete - Failed to end search job. Error = 0x80244022.",
     "scan", "failed", ("sup_http", "sup_https"), "", None, "0x80244022"),
    ("DataTransferService", "GetDirectoryList_HTTP('http://dp.x.net:80/SMS_DP_SMSPKG$/1') failed with code 0x800704cf.",
     "content", "failed", ("dp_http",), "dp.x.net", 80, "win32-1231"),
    ("DataTransferService", "Failed to send request to /SMS_DP_SMSPKG$/1 at host dp.x.net, error 0x2efd",
     "content", "failed", ("dp_http",), "dp.x.net", None, "win32-12029"),
    ("LocationServices", ("[CCMHTTP] ERROR: URL=https://c.cloudapp.net/CCM_Proxy_ServerAuth/7/CCM_STS, Port=443, Options=63, "
     "Code=12175, Text=ERROR_WINHTTP_SECURE_FAILURE"), "location", "failed", ("cmg_client",), "c.cloudapp.net", 443, "win32-12175"),
    ("ccmsetup", "[CCMHTTP] ERROR: URL=https://dp.x.net/SMS_DP_SMSPKG$/1, Port=0, Options=224, Code=0, Text=CCM_E_NO_CLIENT_PKI_CERT",
     "setup_location", "failed", ("setup_dp_https",), "dp.x.net", 443, "0x87d00454"),
    ("BgbAgent", "Failed to connect to server with IP v4 address with error 10061. Try next IP...",
     "notification", "failed", ("notify_tcp",), "", None, "win32-10061"),
    ("BgbAgent", "Fallback to HTTP connection.", "notification", "fallback", ("notify_tcp",), "", None, ""),
    ("ClientIDManagerStartup", "[RegTask] - Client is registered. Server assigned ClientID is GUID:1. Approval status 1",
     "registration", "reached", ("mp_http", "mp_https"), "", None, ""),
    ("ccmsetup", "ccmsetup: Host=mp.x.net, Path=/CCM_Client, Port=8080, Protocol=http, CcmTokenAuth=0, Flags=0x4100",
     "setup_location", "tried", ("setup_mp_http",), "mp.x.net", 8080, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("component", "message", "stage", "outcome", "flows", "peer", "port", "code"), ROWS, ids=[row[1][:50] for row in ROWS]
)
def test_a_line_tells(component, message, stage, outcome, flows, peer, port, code):
    event = only(component, message)
    assert (event.stage, event.outcome.value, event.flows) == (stage, outcome, flows)
    assert (event.peer, event.port, event.code) == (peer, port, code)


@pytest.mark.parametrize(
    ("component", "message"),
    [
        ("WUAHandler", "Unable to read existing resultant WUA policy. Error = 0x80070005."),
        ("ScanAgent", "Failed with 0x80070002"),
        ("AppEnforce", "Failed with 0x80072ee2"),
        ("CcmMessaging", "Raising event 0x80072ee2 of no consequence"),
        ("CcmExec", "nothing at all"),
    ],
    ids=["of local policy", "of a file", "of no component that talks", "no failure", "no code"],
)
def test_a_line_that_tells_nothing_of_a_connection(component, message):
    assert events((component, message)) == []


def test_the_status_of_the_next_line_is_the_cause():
    (event,) = events(
        ("LocationServices", ("[CCMHTTP] ERROR: URL=https://mp.x.net/SMS_MP/.sms_aut?1, Port=443, Options=31, Code=0, "
         "Text=CCM_E_BAD_HTTP_STATUS_CODE"), "8"),
        ("LocationServices", "[CCMHTTP] ERROR INFO: StatusCode= 403 StatusText= Forbidden", "8"),
    )  # fmt: skip
    assert (event.code, event.peer, event.place.line) == ("http-403", "mp.x.net", 1)


def test_a_thread_of_the_site_server_works_on_one_machine_at_a_time():
    found = events(
        (CCM, '======>Begin Processing request: "1", machine name: "PC1"', "5"),
        (CCM, '======>Begin Processing request: "2", machine name: "PC2"', "6"),
        (CCM, "---> Connected to administrative share on machine 10.0.0.9 using account 'a'", "5"),
        (CCM, "---> Connected to administrative share on machine 10.0.0.8 using account 'a'", "6"),
        (CCM, '<======End request: "1", machine name: "PC1".', "5"),
        (CCM, "---> Connected to administrative share on machine 10.0.0.7 using account 'a'", "5"),
    )
    assert [(e.subject, e.peer) for e in found if e.outcome is Outcome.REACHED] == [
        ("pc1", "10.0.0.9"),
        ("pc2", "10.0.0.8"),
        ("", "10.0.0.7"),
    ]


def test_a_file_names_its_own_machine():
    marker = Marker(load_log_facts(), "folder", "f.log")
    record = LogRecord(1, "Machine: PC77", "ClientIDManagerStartup", "", "", 1, "1")
    assert list(marker.events([record])) == []
    assert marker.named == "pc77"


def test_a_text_is_one_printable_line():
    event = only("CcmMessaging", "Post to http://mp.x.net/ccm_system failed with 0x87d00231\r\n\x1b[31m" + "x" * 400)
    assert event.text.isprintable()
    assert len(event.text) <= 200


@pytest.mark.parametrize("code", sorted(load_log_facts().errors))
def test_every_code_of_the_table_is_canonical(code):
    from cmfw.catalog.log_facts import canonical_code

    kind, _, number = code.partition("-")
    if kind == "win32":
        assert canonical_code(number) == canonical_code(f"0x8007{int(number):04x}") == code
    elif kind == "http":
        assert canonical_code(number, status=True) == canonical_code(f"0x8019{int(number):04x}") == code
    else:
        assert canonical_code(code) == code
