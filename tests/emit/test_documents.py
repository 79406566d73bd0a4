"""What other people's parsers and schemas make of the documents: XML, JSON, YAML, and Microsoft's nodes of the Firewall CSP."""

from __future__ import annotations

import json
import re
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator
from tests.emit.cases import CASES, GOLDEN, case
from tests.emit.plans import SVCHOST, group_exception, item, of_rule, request, rule

from cmfw.emit import emit
from cmfw.emit.intune import MOST_RULES
from cmfw.errors import Unsupported
from cmfw.ingest.csp_sync import BASE, SYNC
from cmfw.ingest.gpo import FORMAT as GPO
from cmfw.ingest.gpreport import read as read_report
from cmfw.ingest.input_file import open_input
from cmfw.model.rule import AddressMatch, Extras, PortMatch
from cmfw.net.addr import AddrSet
from cmfw.net.ports import PortSet

DATA = Path(__file__).resolve().parent.parent / "data"
DDF = tomllib.loads((DATA / "firewall_ddf.toml").read_text(encoding="utf-8"))
DSC = json.loads((DATA / "schemas" / "dsc_firewall_rule_list.json").read_text(encoding="utf-8"))
HOSTILE = "]]> </Data><x a='b'> & \"q\" $(x) `y` %z% ' : - # | @ 财务 \\ \U0001f525".replace("|", "/")
NAMED = rule(id="cmfw 'x' & <y>", name=HOSTILE, description=HOSTILE, program=SVCHOST, service="LanmanServer")


def taken(target: str) -> list[str]:
    return [name for name in CASES if not (GOLDEN / target / name / "refused.txt").is_file()]


def nodes(content: bytes) -> list[tuple[str, str, str, str]]:
    """(command, node below the store, format, value) of a SyncML document, in order."""
    out = []
    for command in ET.fromstring(content).iter():
        name = command.tag.rpartition("}")[2]
        if name in ("Replace", "Delete"):
            where = next(e.text for e in command.iter() if e.tag.endswith("}LocURI"))
            kind = next((e.text for e in command.iter() if e.tag.endswith("}Format")), "")
            value = next((e.text or "" for e in command.iter() if e.tag.endswith("}Data")), "")
            assert where.startswith(BASE)
            out.append((name, where.removeprefix(BASE), kind, value))
    return out


def check_nodes(found: list[tuple[str, str, str, str]]) -> None:
    """Hold every node against the restated facts of Microsoft's DDF: it exists, has that format, and takes that value."""
    for _, path, kind, value in found:
        head, _, leaf = path.partition("/")
        if head == "FirewallRules":
            name, _, leaf = leaf.partition("/")
            assert re.fullmatch(DDF["rule_name"], name)
            facts = DDF["rule"][leaf]
        else:
            assert head in DDF["profiles"]
            facts = DDF["profile"][leaf]
        assert kind == facts["format"], path
        assert re.fullmatch(facts["values"], value, re.DOTALL), (path, value)


@pytest.mark.parametrize("name", taken("syncml"))
def test_syncml_is_what_the_ddf_takes(name):
    apply, undo = emit("syncml", case(name)).artifacts
    found = nodes(apply.content)
    check_nodes(found)
    assert {path.split("/")[1] for _, path, _, _ in found} == {r.id for r in apply.claims}
    assert [path for _, path, _, _ in nodes(undo.content)] == [f"FirewallRules/{r.id}" for r in apply.claims]


def test_syncml_keeps_hostile_texts_and_one_block_a_rule():
    apply, _ = emit("syncml", request(item(NAMED, rule(), citations=()))).artifacts
    found = {(path.rpartition("/")[0], path.rpartition("/")[2]): value for _, path, _, value in nodes(apply.content)}
    assert found[f"FirewallRules/{NAMED.id}", "Name"] == HOSTILE
    root = ET.fromstring(apply.content)
    assert len(root.findall(f".//{{{SYNC}}}Atomic")) == 2
    numbers = [int(e.text) for e in root.iter(f"{{{SYNC}}}CmdID")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_port_keywords_become_numbers_with_a_loss():
    word = rule(local_port=PortMatch(PortSet.EMPTY, ("RPC", "RPC-EPMap")), program=SVCHOST)
    found = emit("syncml", of_rule(word))
    values = {path.rpartition("/")[2]: value for _, path, _, value in nodes(found.artifacts[0].content)}
    assert values["LocalPortRanges"] == "135,49152-65535"
    assert {"rpc", "rpc-epmap"} <= {loss.code for loss in found.losses}


@pytest.mark.parametrize("target", ["syncml", "intune"])
def test_rpc_of_anybody_would_open_too_much(target):
    anybody = rule(local_port=PortMatch(PortSet.EMPTY, ("RPC",)), program=None)
    with pytest.raises(Unsupported, match="would open every dynamic port"):
        emit(target, of_rule(anybody))


@pytest.mark.parametrize("name", taken("intune"))
def test_intune_policies_are_what_graph_exports(name):
    *policies, undo = emit("intune", case(name)).artifacts
    for artifact in policies:
        document = json.loads(artifact.content)
        (setting,) = document["settings"]
        instance = setting["settingInstance"]
        assert instance["@odata.type"] == "#microsoft.graph.deviceManagementConfigurationGroupSettingCollectionInstance"
        assert len(instance["groupSettingCollectionValue"]) <= MOST_RULES
        for entry in instance["groupSettingCollectionValue"]:
            for child in entry["children"]:
                suffix = child["settingDefinitionId"].removeprefix(f"{instance['settingDefinitionId']}_")
                assert (
                    child["@odata.type"] == f"#microsoft.graph.deviceManagementConfiguration{DDF['catalog'][suffix]}Instance"
                )
    assert json.loads(undo.content)["delete"] == [json.loads(a.content)["name"] for a in policies]


def test_intune_splits_at_150_rules():
    rules = [rule(id=f"r{n:03}", local_port=PortMatch(PortSet.of(1000 + n))) for n in range(301)]
    *policies, undo = emit("intune", request(item(*rules))).artifacts
    assert [len(a.claims) for a in policies] == [150, 150, 1]
    assert json.loads(undo.content)["delete"][2].endswith("(3 of 3)")


@pytest.mark.parametrize("name", taken("dsc"))
def test_dsc_documents_pass_the_schema_of_the_resource(name):
    for artifact in emit("dsc", case(name)).artifacts:
        (resource,) = json.loads(artifact.content)["resources"]
        assert resource["type"] == "Microsoft.Windows/FirewallRuleList"
        Draft7Validator(DSC).validate(resource["properties"])


def test_dsc_ports_only_where_the_resource_takes_them():
    other = rule(id="gre", protocol=47, local_port=PortMatch.ANY)
    (resource,) = json.loads(emit("dsc", of_rule(other)).artifacts[0].content)["resources"]
    assert "localPorts" not in resource["properties"]["rules"][0]


PLAYBOOK = {
    "name": str, "description": str, "group": str, "enabled": bool, "direction": str, "action": str, "profiles": list,
    "protocol": str, "localport": str, "remoteport": str, "icmp_type_code": list, "localip": str, "remoteip": str, "program": str,
    "service": str, "interfacetypes": list, "edge": str, "state": str, "security": str,
}  # fmt: skip
"""Arguments of community.windows.win_firewall_rule. Source: its documentation."""


@pytest.mark.parametrize("name", taken("ansible"))
def test_a_playbook_is_yaml_with_the_modules_arguments(name):
    for artifact in emit("ansible", case(name)).artifacts:
        (play,) = yaml.safe_load(artifact.content)
        assert play["hosts"] == "windows"
        for task in play["tasks"]:
            assert set(task) == {"name", "community.windows.win_firewall_rule"}
            for key, value in task["community.windows.win_firewall_rule"].items():
                assert isinstance(value, PLAYBOOK[key]), (key, value)


def test_a_playbook_keeps_hostile_texts():
    (play,) = yaml.safe_load(emit("ansible", request(item(NAMED, citations=()))).artifacts[0].content)
    (task,) = play["tasks"]
    assert task["community.windows.win_firewall_rule"]["description"] == f"{HOSTILE}: {HOSTILE}"


@pytest.mark.parametrize("text", ["{{ lookup('pipe', 'id') }}", "{% x %}", "{# x"])
def test_templates_are_refused(text):
    with pytest.raises(Unsupported, match="run as a template"):
        emit("ansible", of_rule(rule(description=text)))


@pytest.mark.parametrize("name", taken("gpo-backup"))
def test_a_backup_is_read_as_one(name, tmp_path):
    """Our own importers of backups and of reports find the same rules in it."""
    from cmfw.emit import write
    from cmfw.ingest import format_module

    artifacts = emit("gpo-backup", case(name)).artifacts
    write(tuple(a for a in artifacts if not a.path.startswith("undo/")), tmp_path)
    file = open_input(str(tmp_path))
    (evidence,) = format_module(GPO).read(file)
    assert [r.id for r in evidence.parts[0].rules] == [r.id for r in artifacts[0].claims]
    (report,) = list(tmp_path.rglob("gpreport.xml"))
    (shown,) = read_report(open_input(str(report)))
    assert len(shown.parts[0].rules) == len(artifacts[0].claims)
    assert [r.name for r in shown.parts[0].rules] == [r.name for r in artifacts[0].claims]


@pytest.mark.corpus
def test_a_backup_has_the_shape_of_the_consoles(corpus):
    """The same elements in the same order as in a backup that the console wrote, its own security and files aside."""
    theirs = corpus / "gpo" / "disa_windows_firewall_stig"
    (guid,) = [p for p in theirs.iterdir() if p.is_dir()]
    ours = {a.path.rpartition("/")[2]: a.content for a in emit("gpo-backup", of_rule(rule())).artifacts[:6]}
    for name, path in (("manifest.xml", theirs / "manifest.xml"), ("bkupInfo.xml", guid / "bkupInfo.xml")):
        assert [e.tag for e in ET.fromstring(ours[name]).iter()] == [e.tag for e in ET.parse(path).iter()]
    space = "{http://www.microsoft.com/GroupPolicy/GPOOperations}"
    mine, other = (ET.fromstring(text) for text in (ours["Backup.xml"], (guid / "Backup.xml").read_bytes()))
    assert mine.tag == other.tag
    assert mine.attrib == other.attrib
    core = f".//{space}GroupPolicyCoreSettings"
    assert [e.tag for e in mine.find(core)] == [e.tag for e in other.find(core)]
    assert mine.findtext(f"{core}/{space}MachineExtensionGuids") == other.findtext(f"{core}/{space}MachineExtensionGuids")
    extension = f".//{space}GroupPolicyExtension"
    assert mine.find(extension).attrib == other.find(extension).attrib
    paths = [e.get(f"{space}Location") for e in (mine.find(f"{extension}/*"), other.find(f"{extension}/*"))]
    assert paths[0] == paths[1]


def test_a_backup_names_itself_the_same_every_time_and_others_otherwise():
    first = {a.path for a in emit("gpo-backup", of_rule(rule())).artifacts}
    assert {a.path for a in emit("gpo-backup", of_rule(rule(name="other"))).artifacts} == first
    assert {a.path for a in emit("gpo-backup", of_rule(rule(), code="P02")).artifacts} != first


def test_a_name_that_would_end_a_marked_section_stays_a_name():
    asked = request(item(rule()), code="]]><x/>")
    for artifact in emit("gpo-backup", asked).artifacts:
        if artifact.path.endswith("bkupInfo.xml"):
            root = ET.fromstring(artifact.content)
            assert root[-1].text.endswith("of site ]]><x/>")


def test_the_security_of_a_backup_is_a_whole_descriptor():
    from cmfw.emit.gpo_backup import _SECURITY

    dacl = int.from_bytes(_SECURITY[16:20], "little")
    size, count = (int.from_bytes(_SECURITY[dacl + at : dacl + at + 2], "little") for at in (2, 4))
    assert dacl + size == len(_SECURITY)
    at = dacl + 8
    for _ in range(count):
        at += int.from_bytes(_SECURITY[at + 2 : at + 4], "little")
    assert at == len(_SECURITY)


def test_edge_traversal_that_somebody_else_decides_is_written_as_off():
    asked = of_rule(rule(edge=True, extras=Extras(defer="App")))
    for target in ("syncml", "intune", "dsc"):
        found = emit(target, asked)
        assert not found.artifacts[0].claims[0].edge
        assert "defer" in {loss.code for loss in found.losses}


def test_a_configuration_item_holds_the_scripts_as_they_are():
    apply = emit("powershell", request(item(NAMED, citations=()))).artifacts[0].content.decode("utf-8-sig")
    root = ET.fromstring(emit("configmgr-ci", request(item(NAMED, citations=()))).artifacts[0].content)
    (body,) = [e.text for e in root.iter() if e.tag.endswith("}RemediationScriptBody")]
    assert body == apply.replace("\r\n", "\n")
    setting = next(e for e in root.iter() if e.tag.endswith("}SimpleSetting")).get("LogicalName")
    reference = next(e for e in root.iter() if e.tag.endswith("}SettingReference"))
    assert reference.get("SettingLogicalName") == setting


def test_members_are_copied_where_ids_cannot_be_addressed():
    member = rule(id="FPS-SMB-In-TCP", group="@FirewallAPI.dll,-28502", name="@FirewallAPI.dll,-28511", active=False)
    asked = request(exceptions=[group_exception(member)], scope="documented")
    for target in ("syncml", "intune", "dsc", "ansible", "powershell-gpo"):
        (made,) = emit(target, asked).artifacts[0].claims
        assert (made.id, made.active) == (member.id, True)


def test_local_subnet_of_one_family_keeps_its_family():
    asked = of_rule(rule(remote_address=AddressMatch(AddrSet.EMPTY, ("LocalSubnet4",))))
    values = {p.rpartition("/")[2]: v for _, p, _, v in nodes(emit("syncml", asked).artifacts[0].content)}
    assert (values["LocalAddressRanges"], values["RemoteAddressRanges"]) == ("0.0.0.0/1,128.0.0.0/1", "LocalSubnet")
