"""Target ``gpo-backup``: a backup folder of one Group Policy object, as the console writes it, for Import-GPO.

`Import-GPO -BackupId ID -Path FOLDER -TargetName NAME` takes the settings from it; the object's own security and links stay as they are.
Every GUID and time is derived from the policy's name, so the same policy gives the same bytes. The undo is a backup without rules.
Source: backups that the console wrote (structure and order), facts/windows_firewall.md 4.2 (extension GUIDs, GPT.INI).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cmfw.emit import Artifact, EmitRequest, Output, registry_pol
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan, policy_uuid
from cmfw.emit.policy_values import PolicyValues, policy_values, rule_text, values_of
from cmfw.emit.xml_text import escaped
from cmfw.model.rule import HostRule
from cmfw.net.flow import Direction

CAPABILITIES = replace(
    registry_pol.CAPABILITIES,
    target="gpo-backup",
    title="backup folder of a Group Policy object for Import-GPO, and one without rules",
    losses={
        **registry_pol.CAPABILITIES.losses,
        "undo": "importing the undo empties the whole object of firewall settings",
    },
)

_OPERATIONS = "http://www.microsoft.com/GroupPolicy/GPOOperations"
_MANIFEST = f"{_OPERATIONS}/Manifest"
_SETTINGS = "http://www.microsoft.com/GroupPolicy/Settings"
_TYPES = "http://www.microsoft.com/GroupPolicy/Types"
_DOMAIN = "cmfw.invalid"
"""The domain that a backup has to name; no domain has this one. Source: RFC 6761 6.4."""
_TIME = "2000-01-01T00:00:00"
"""A backup has to have a time, and the same policy has to give the same bytes."""
_REGISTRY = "{35378EAC-683F-11D2-A89A-00C04FBBCFA2}"
_EXTENSIONS = f"[{_REGISTRY}{{B05566AC-FE9C-4368-BE01-7A4CBB6CBA11}}]"
_VERSION = 65537
"""Version 1 in the directory and in SYSVOL, as a backup combines them."""
# authenticated users read and apply, domain controllers read, the system does everything; an import does not take it over
_SECURITY = bytes.fromhex(
    "0100049c 00000000 00000000 00000000 14000000 0400 6c00 0400 0000"
    "0502 2800 00010000 01000000 8ffdaced b3ffd111 b41d00a0 c968f939 010100000000000 50b000000"
    "0002 1400 94000200 010100000000000 509000000 0002 1400 94000200 010100000000000 50b000000"
    "0002 1400 ff000f00 010100000000000 512000000".replace(" ", "")
)


def emit(request: EmitRequest) -> Output:
    """The folder of the backup, its manifest, and the same of a backup without rules; raises Unsupported."""
    return write_policy(policy_of_plan(request, CAPABILITIES))


def check(rule: HostRule) -> None:
    """Raise Unsupported where a rule string cannot say the rule."""
    rule_text(rule, CAPABILITIES)


def write_policy(policy: HostPolicy) -> Output:
    """The folder of the backup, its manifest, and the same of a backup without rules; raises Unsupported."""
    values = policy_values(policy, CAPABILITIES, registry_pol.KEY)
    empty = values_of(HostPolicy(owner="", where=""), CAPABILITIES, registry_pol.KEY, [])
    ids = {name: f"{{{str(policy_uuid(policy, name)).upper()}}}" for name in ("object", "domain", *_PARTS)}
    name = f"cmfw: {policy.title}"
    scheme = _encoded(_scheme(ids["object"], name))
    head = "\r\n".join(_report_head(ids["object"], name))
    whole = ["undo", *(["group-members"] if policy.members else [])]
    return Output(
        (
            *_backup(_instance(ids, _PARTS[0], name), ids[_PARTS[0]], (values, scheme, head)),
            *_backup(_instance(ids, _PARTS[1], name), ids[_PARTS[1]], (empty, scheme, head), "undo/"),
        ),
        CAPABILITIES.losses_of(policy.rules, whole),
    )


_PARTS = ("backup", "backup without rules")


def _backup(instance: str, guid: str, content: tuple[PolicyValues, bytes, str], prefix: str = "") -> Iterator[Artifact]:
    """The files of one backup: ``content`` is its values, and what both backups share of ``Backup.xml`` and the report."""
    values, scheme, head = content
    folder = f"{prefix}{guid}"
    manifest = f'<Backups xmlns="{_MANIFEST}" xmlns:mfst="{_MANIFEST}" mfst:version="1.0"><BackupInst>{instance}</BackupInst></Backups>'
    info = f'<BackupInst xmlns="{_MANIFEST}">{instance}</BackupInst>'
    yield registry_pol.policy_file(values, f"{folder}/DomainSysvol/GPO/Machine/registry.pol")
    yield Artifact(f"{folder}/DomainSysvol/GPO/GPT.INI", b"[General]\r\nVersion=1\r\n", "text/plain")
    yield Artifact(f"{folder}/Backup.xml", scheme, "application/xml")
    yield Artifact(f"{folder}/bkupInfo.xml", info.encode(), "application/xml")
    report = "\r\n".join((head, *_reported_rules(values), _REPORT_END))
    yield Artifact(f"{folder}/gpreport.xml", b"\xff\xfe" + report.encode("utf-16-le"), "application/xml")
    yield Artifact(f"{prefix}manifest.xml", manifest.encode(), "application/xml")


def _encoded(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def _marked(text: str) -> str:
    """The text as a marked section, in two where it holds the end of one."""
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _instance(ids: dict[str, str], part: str, name: str) -> str:
    """What the manifest and the description say of one backup."""
    return (
        f"<GPOGuid>{_marked(ids['object'])}</GPOGuid><GPODomain>{_marked(_DOMAIN)}</GPODomain>"
        f"<GPODomainGuid>{_marked(ids['domain'].lower())}</GPODomainGuid>"
        f"<GPODomainController>{_marked(_DOMAIN)}</GPODomainController><BackupTime>{_marked(_TIME)}</BackupTime>"
        f"<ID>{_marked(ids[part])}</ID><Comment>{_marked('')}</Comment><GPODisplayName>{_marked(name)}</GPODisplayName>"
    )


def _scheme(guid: str, name: str) -> str:
    place = f"\\\\{_DOMAIN}\\sysvol\\{_DOMAIN}\\Policies\\{guid}"
    core = {
        "ID": _marked(guid),
        "Domain": _marked(_DOMAIN),
        "SecurityDescriptor": _SECURITY.hex(" "),
        "DisplayName": _marked(name),
        "Options": _marked("0"),
        "UserVersionNumber": _marked("0"),
        "MachineVersionNumber": _marked(str(_VERSION)),
        "MachineExtensionGuids": _marked(_EXTENSIONS),
    }
    settings = "".join(f"<{key}>{text}</{key}>" for key, text in core.items())
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<GroupPolicyBackupScheme bkp:version="2.0" bkp:type="GroupPolicyBackupTemplate" xmlns:bkp="{_OPERATIONS}" '
        f'xmlns="{_OPERATIONS}">\n'
        "    <GroupPolicyObject><SecurityGroups/><FilePaths/>"
        f"<GroupPolicyCoreSettings>{settings}<UserExtensionGuids/><WMIFilter/></GroupPolicyCoreSettings>\n"
        f'        <GroupPolicyExtension bkp:ID="{_REGISTRY}" bkp:DescName="Registry">\n'
        f'            <FSObjectFile bkp:Path="%GPO_MACH_FSPATH%\\registry.pol" '
        f'bkp:SourceExpandedPath="{place}\\Machine\\registry.pol" bkp:Location="DomainSysvol\\GPO\\Machine\\registry.pol"/>\n'
        "        </GroupPolicyExtension>\n"
        "    </GroupPolicyObject>\n"
        "</GroupPolicyBackupScheme>\n"
    )


def _report_head(guid: str, name: str) -> Iterator[str]:
    """The lines of the report beside the settings, for people, before its rules."""
    yield '<?xml version="1.0" encoding="utf-16"?>'
    schema = "http://www.w3.org/2001/XMLSchema"
    yield f'<GPO xmlns:xsd="{schema}" xmlns:xsi="{schema}-instance" xmlns="{_SETTINGS}">'
    yield "  <Identifier>"
    yield f'    <Identifier xmlns="{_TYPES}">{guid}</Identifier>'
    yield f'    <Domain xmlns="{_TYPES}">{_DOMAIN}</Domain>'
    yield "  </Identifier>"
    yield f"  <Name>{escaped(name)}</Name>"
    yield f"  <CreatedTime>{_TIME}</CreatedTime>"
    yield f"  <ModifiedTime>{_TIME}</ModifiedTime>"
    yield f"  <ReadTime>{_TIME}Z</ReadTime>"
    yield "  <Computer>"
    yield "    <VersionDirectory>1</VersionDirectory>"
    yield "    <VersionSysvol>1</VersionSysvol>"
    yield "    <Enabled>true</Enabled>"
    yield "    <ExtensionData>"
    yield f'      <Extension xmlns:q1="{_SETTINGS}/WindowsFirewall" xsi:type="q1:WindowsFirewallSettings">'


_REPORT_END = """\
      </Extension>
      <Name>Windows Firewall</Name>
    </ExtensionData>
  </Computer>
  <User>
    <VersionDirectory>0</VersionDirectory>
    <VersionSysvol>0</VersionSysvol>
    <Enabled>true</Enabled>
  </User>
</GPO>
""".replace("\n", "\r\n")


def _reported_rules(values: PolicyValues) -> Iterator[str]:
    """The rules with those tokens that reports of the console show."""
    fields, inbound = _ReportFields(), Direction.IN
    for rule, text in zip(values.claims, values.texts, strict=True):
        yield _reported(text, "InboundFirewallRules" if rule.direction is inbound else "OutboundFirewallRules", fields)


class _ReportFields(dict[str, str]):
    """Field of a rule string -> its lines of the report; most rules of a policy share most fields."""

    def __missing__(self, field: str) -> str:
        name, _, text = field.partition("=")
        shown = text.lower() if name == "Active" else text
        line = f"          <q1:{name}>{escaped(shown)}</q1:{name}>\r\n" if name.isalnum() else ""
        self[field] = line
        return line


def _reported(text: str, kind: str, lines: _ReportFields) -> str:
    version, *fields = text.rstrip("|").split("|")
    return (
        f"        <q1:{kind}>\r\n          <q1:Version>{version[1:]}</q1:Version>\r\n"
        f"{''.join(map(lines.__getitem__, fields))}        </q1:{kind}>"
    )


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """The policy in the backup's ``registry.pol``, through the importers."""
    return registry_pol.read_policy(artifacts)
