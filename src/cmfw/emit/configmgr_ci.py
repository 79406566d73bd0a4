"""Target ``configmgr-ci``: a configuration item of Configuration Manager with a discovery and a remediation script.

``cmfw-ci.xml`` is the digest that `Import Configuration Data` and `New-CMConfigurationItem` know; a client is compliant where the discovery
script writes `Compliant`. Source: Microsoft, "General configuration item" and "Rules" schemas of the compliance SDK, configuration items
exported by administrators (element names and order).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from cmfw.emit import Artifact, EmitRequest, Output, powershell
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan, policy_uuid
from cmfw.emit.powershell_data import check_rule, data_of, detection, read_script, script
from cmfw.emit.xml_text import attribute, escaped
from cmfw.ingest.configuration_item import DIGEST, RULES, read_item
from cmfw.model.rule import HostRule, Store

CAPABILITIES = replace(
    powershell.CAPABILITIES,
    target="configmgr-ci",
    title="configuration item with discovery and remediation script, and an undo",
)


def emit(request: EmitRequest) -> Output:
    """``cmfw-ci.xml`` and ``undo.ps1``; raises Unsupported."""
    powershell.check_windows(CAPABILITIES, request)
    return write_policy(policy_of_plan(request, CAPABILITIES))


def check(rule: HostRule) -> None:
    """Raise Unsupported where the scripts cannot say the rule."""
    check_rule(CAPABILITIES, rule)


def write_policy(policy: HostPolicy) -> Output:
    """``cmfw-ci.xml`` and ``undo.ps1``; raises Unsupported."""
    apply, undo = powershell.artifacts_of(policy, CAPABILITIES)
    head = [f"# cmfw: discovery for {policy.title}", *(f"# cmfw: {note}" for note in policy.notes)]
    parameters = ["param([string] $PolicyStore = 'PersistentStore')"]
    discover = script(head, parameters, data_of(policy), detection("detect_item"))
    text = "\n".join(_lines(policy, _body(discover), _body(apply.content)))
    item = Artifact("cmfw-ci.xml", b"\xef\xbb\xbf" + f"{text}\n".encode(), "application/xml", apply.claims)
    return Output((item, undo), CAPABILITIES.losses_of(policy.rules))


def _body(content: bytes) -> str:
    """The script as text of an XML document, in which a line ends in a line feed alone."""
    return content.decode("utf-8-sig").replace("\r\n", "\n")


def _lines(policy: HostPolicy, discover: str, apply: str) -> Iterator[str]:
    item, setting, rule = (_name(policy, part) for part in ("item", "setting", "rule"))
    scope = f"ScopeId_{str(policy_uuid(policy, 'scope')).upper()}"
    title, notes = attribute(f"cmfw: Windows Firewall for {policy.title}"), attribute("; ".join(policy.notes))
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield f'<DesiredConfigurationDigest xmlns="{DIGEST}">'
    yield f'  <OperatingSystem AuthoringScopeId="{scope}" LogicalName="OperatingSystem_{item}" Version="1">'
    yield f'    <Annotation xmlns="{RULES}">'
    yield f'      <DisplayName Text="{title}" />'
    yield f'      <Description Text="{notes}" />'
    yield "    </Annotation>"
    yield "    <Parts />"
    yield "    <Settings>"
    yield '      <RootComplexSetting LogicalName="RootSetting">'
    yield f'        <SimpleSetting LogicalName="ScriptSetting_{setting}" DataType="String">'
    yield f'          <Annotation xmlns="{RULES}">'
    yield f'            <DisplayName Text="{title}" />'
    yield '            <Description Text="" />'
    yield "          </Annotation>"
    yield '          <ScriptDiscoverySource Is64Bit="true">'
    yield f'            <DiscoveryScriptBody ScriptType="PowerShell">{escaped(discover)}</DiscoveryScriptBody>'
    yield f'            <RemediationScriptBody ScriptType="PowerShell">{escaped(apply)}</RemediationScriptBody>'
    yield "          </ScriptDiscoverySource>"
    yield "        </SimpleSetting>"
    yield "      </RootComplexSetting>"
    yield "    </Settings>"
    yield from _rule(title, scope, (item, setting, rule))
    yield "  </OperatingSystem>"
    yield "</DesiredConfigurationDigest>"


def _rule(title: str, scope: str, ids: tuple[UUID, UUID, UUID]) -> Iterator[str]:
    """The rule that a client is compliant where the discovery script says so."""
    item, setting, rule = ids
    yield "    <Rules>"
    yield f'      <Rule xmlns="{RULES}" id="Rule_{rule}" Severity="Critical" NonCompliantWhenSettingIsNotFound="true">'
    yield "        <Annotation>"
    yield f'          <DisplayName Text="{title}" />'
    yield '          <Description Text="" />'
    yield "        </Annotation>"
    yield "        <Expression>"
    yield "          <Operator>Equals</Operator>"
    yield "          <Operands>"
    yield (
        f'            <SettingReference AuthoringScopeId="{scope}" LogicalName="OperatingSystem_{item}" Version="1" '
        f'DataType="String" SettingLogicalName="ScriptSetting_{setting}" SettingSourceType="Script" Method="Value" '
        'Changeable="true" />'
    )
    yield '            <ConstantValue Value="Compliant" DataType="String" />'
    yield "          </Operands>"
    yield "        </Expression>"
    yield "      </Rule>"
    yield "    </Rules>"


def _name(policy: HostPolicy, part: str) -> UUID:
    return policy_uuid(policy, f"configuration item {part}")


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """What the remediation script of the item makes of a host; raises ValueError where the discovery script looks for other rules."""
    discover, apply = read_item(artifacts[0].content, artifacts[0].path)
    marked = [b"\xef\xbb\xbf" + text.encode() for text in (discover, apply)]
    path = artifacts[0].path
    found = powershell.read_policy((Artifact(path, marked[1], "text/plain"),))
    looked = read_script(marked[0], path, detection("detect_item"), Store.LOCAL)
    if (looked.part, looked.members, looked.off, looked.groups) != (found.part, found.members, found.off, found.groups):
        raise ValueError("discovery and remediation are not about the same rules")
    return found
