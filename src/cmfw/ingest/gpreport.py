"""Group Policy reports: the XML of ``Get-GPOReport`` and GPO backups, the HTML of the console, and results of a machine.

A report shows less than the policy. Its rules are made by a module that knows the tokens of schema 2.0 and says so in the
HTML ("might contain some elements that cannot be interpreted"): a range of ports, a package or a user condition of a later
schema is left out, and the HTML prints "Require authentication" for every rule. So a rule of a later schema proves nothing
here; profile settings are shown as they are.

Source: real reports beside their Registry.pol (docs/formats.md); element names are those of MS-GPFAS 2.2.2 tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from cmfw.errors import FormatError, InputError, Problem
from cmfw.ingest.evidence import Evidence, StorePart
from cmfw.ingest.export_text import read_text
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.rule_tokens import UNREAD
from cmfw.ingest.rulestring import parse_rule
from cmfw.ingest.xml_tree import Element, read_xml
from cmfw.model.rule import AddressMatch, HostRule, PortMatch, Store
from cmfw.model.state import Gap, ProfileSettings
from cmfw.net.flow import Profile
from cmfw.words.phrases import phrase

FORMAT = "gpreport"
_SPACES = ("microsoft.com/GroupPolicy/Settings", "microsoft.com/GroupPolicy/Rsop")
_HTML = ("gpmc_",)
_KNOWN = (2, 0)
"""The schema whose tokens a report shows in full."""
_PROFILES = {"DomainProfile": Profile.DOMAIN, "PrivateProfile": Profile.PRIVATE, "PublicProfile": Profile.PUBLIC}
FLAGS = {
    "EnableFirewall": "enable_firewall",
    "DoNotAllowExceptions": "do_not_allow_exceptions",
    "AllowLocalPolicyMerge": "allow_local_policy_merge",
    "AllowLocalIPsecPolicyMerge": "allow_local_ipsec_policy_merge",
    "DisableNotifications": "disable_notifications",
    "DisableStealthMode": "disable_stealth_mode",
    "DisableUnicastResponsesToMulticastBroadcast": "disable_unicast_responses",
}
ACTIONS = {"DefaultInboundAction": "default_inbound_allow", "DefaultOutboundAction": "default_outbound_allow"}
"""``true`` is block: a report prints the number 1 of the registry so."""
_RULES = ("InboundFirewallRules", "OutboundFirewallRules")
_CONNECTIONS = ("ConnectionSecurityRules", "ConSecRules")
_OURS = frozenset({*_PROFILES, *_RULES, "GlobalSettings"})
_OTHERS = frozenset({"GlobalSettings", "StandardProfile", "Blocked", "Name", "Policy", "RegistrySetting"})
"""What may stand beside profiles and rules and turns no verdict."""
_NO_TOKEN = frozenset({"Version", "GPO", "Precedence"})


class Report(NamedTuple):
    """What one policy's part of a report says."""

    settings: tuple[tuple[Profile, ProfileSettings], ...]
    rules: tuple[HostRule, ...]
    gaps: tuple[Gap, ...]
    problems: tuple[Problem, ...]


def sniff(file: InputFile) -> bool:
    """Whether this is a report in XML or HTML; text of another kind is not looked at further than its beginning."""
    start = file.head.replace(b"\0", b"").lstrip(b"\xff\xfe\xef\xbb\xbf \r\n\t")
    if start[:14].lower().startswith((b"<html", b"<!doctype html")):
        return file.holds(*_HTML)
    return start[:1] == b"<" and file.holds(*_SPACES)


def read(file: InputFile) -> tuple[Evidence, ...]:
    """One evidence for each policy in the report; for a report of results, the one policy that they make.

    Raises:
        InputError: the file cannot be read at all.
    """
    text = read_text(file)
    if text.lstrip("\ufeff \r\n\t")[:14].lower().startswith(("<html", "<!doctype html")):
        from cmfw.ingest.gpreport_html import read_html_report

        return (_evidence(file.path, read_html_report(text, file.path)),)
    try:
        root = read_xml(text)
    except FormatError as error:
        raise InputError(Problem(file.path, "a Group Policy report", str(error))) from error
    found = [element for element in root.walk() if element.name in ("GPO", "ComputerResults") and _is_policy(element)]
    if not found:
        raise InputError(
            Problem(file.path, "a policy or the results of a computer", phrase("`{name}` without any", name=root.name))
        )
    several = len(found) > 1
    out = []
    for policy in found:
        guid = policy.text_of("Identifier", "Identifier")
        out.append(_evidence(f"{file.path}#{guid}" if several and guid else file.path, _policy(policy, file.path, guid)))
    return tuple(out)


def _is_policy(element: Element) -> bool:
    """Whether it is a policy with its settings: reports of results name policies by elements of the same name."""
    return element.name == "ComputerResults" or element.find("Computer") is not None


def _evidence(path: str, report: Report) -> Evidence:
    part = StorePart(
        store=Store.GPO,
        name="gpo",
        settings=report.settings,
        rules=report.rules,
        gaps=report.gaps,
        problems=report.problems,
    )
    return Evidence(path=path, format=FORMAT, parts=(part,))


def _policy(policy: Element, path: str, guid: str) -> Report:
    computer = policy if policy.name == "ComputerResults" else policy.find("Computer")
    assert computer is not None  # noqa: S101 - see _is_policy
    if computer.text_of("Enabled").lower() == "false":
        problem = Problem(
            path, "a policy whose computer settings apply", "computer settings that are switched off", key=guid
        )
        return Report((), (), (), (problem,))
    sections = [each for data in computer.all("ExtensionData") for each in data.all("Extension")]
    settings: dict[Profile, dict[str, Any]] = {}
    rules: list[HostRule] = []
    gaps: list[Gap] = []
    problems: list[Problem] = []
    for section in sections:
        is_firewall = any(each.name in _OURS for each in section.children)
        for element in section.children:
            if element.name in _PROFILES:
                settings.setdefault(_PROFILES[element.name], {}).update(_settings(element, path, gaps, problems))
            elif element.name in _RULES:
                rules += _rule(element, path, f"{guid or 'report'}:{len(rules) + 1}", problems)
            elif element.name in _CONNECTIONS:
                gaps.append(_ipsec_gap(path))
            elif element.name == "Policy" and _has_old_exceptions(element):
                gaps.append(old_exceptions_gap(path, element.text_of("Name")))
            elif is_firewall and element.name not in _OTHERS:
                problems.append(
                    Problem(path, "a part of the firewall's settings", f"`{element.name[:60]}`", line=element.line)
                )
                gaps.append(Gap("store:gpo", f"`{element.name[:60]}` is not read", True, True, path))
    merged = tuple((profile, ProfileSettings(**found)) for profile, found in settings.items() if found)
    return Report(merged, tuple(rules), tuple(dict.fromkeys(gaps)), tuple(problems))


def _settings(profile: Element, path: str, gaps: list[Gap], problems: list[Problem]) -> dict[str, bool]:
    """Field of ``ProfileSettings`` to value. Of several values of one name (results), the one of precedence 1 is in force."""
    out = {}
    for element in profile.children:
        field = FLAGS.get(element.name) or ACTIONS.get(element.name)
        if element.text_of("Precedence") not in ("", "1") or field is None:
            if element.name == "DisabledInterfaces" and element.text_of("Value"):
                gaps.append(unread_setting(path, element.name))
            continue
        text = element.text_of("Value").lower()
        if text not in ("true", "false", "1", "0"):
            problems.append(Problem(path, "`true` or `false`", f"`{text[:40]}`", key=element.name, line=element.line))
            gaps.append(unread_setting(path, element.name))
            continue
        on = text in ("true", "1")
        out[field] = not on if element.name in ACTIONS else on
    return out


def unread_setting(path: str, name: str) -> Gap:
    """The gap of a setting that the report has and that could not be read."""
    return Gap(f"setting:{name}", f"`{name}` could not be read", may_allow=True, may_block=True, source=path)


def _rule(element: Element, path: str, rule_id: str, problems: list[Problem]) -> Iterator[HostRule]:
    """The rule of one element, whose children are the tokens of a rule string; a problem where it is none."""
    if element.text_of("Precedence") not in ("", "1"):
        return
    version = element.text_of("Version") or "0.0"
    fields = [(child.name, child.text.strip()) for child in element.children if child.name not in _NO_TOKEN]
    # a report puts the protocol behind the ports, and rule strings have to have it before them
    fields.sort(key=lambda field: field[0] != "Protocol")
    text = f"v{version}|" + "".join(f"{name}={_spelled(name, value)}|" for name, value in fields)
    rule, notes = parse_rule(text, id=rule_id, store=Store.GPO, origin=f"{path}:{element.line}")
    expected = phrase("a rule that Windows would write") if rule is not None else phrase("a firewall rule")
    problems += [Problem(path, expected, note, key=element.text_of("Name"), line=element.line) for note in notes]
    if rule is not None:
        yield rule if rule.version <= _KNOWN else doubtful(rule)


def _spelled(name: str, value: str) -> str:
    """The value in the spelling of rule strings: an ICMP type without a code is every code of it."""
    return f"{value}:*" if name in ("ICMP4", "ICMP6") and value and ":" not in value else value


def doubtful(rule: HostRule) -> HostRule:
    """The rule as a report can vouch for it: conditions of a later schema may be missing, in lists and altogether."""
    unknown = (*rule.extras.unknown, ("report", "conditions of a later schema are not shown"))
    return replace(
        rule,
        local_port=_more_ports(rule.local_port),
        remote_port=_more_ports(rule.remote_port),
        remote_address=_more_addresses(rule.remote_address),
        extras=replace(rule.extras, unknown=unknown),
    )


def _more_ports(match: PortMatch) -> PortMatch:
    return match if match.is_any else PortMatch(match.ports, tuple(sorted({*match.keywords, UNREAD})))


def _more_addresses(match: AddressMatch) -> AddressMatch:
    if match.is_any:
        return match
    return AddressMatch(match.addresses, tuple(sorted({*match.keywords, UNREAD + "4", UNREAD + "6"})))


def _has_old_exceptions(policy: Element) -> bool:
    """Whether an administrative template may set exceptions of Windows XP's firewall; labels are in any language.

    Those policies have a list of entries, a scope to type in, or a row of check boxes for kinds of ICMP; the others of that
    category have at most two check boxes and the path of the log.
    """
    category = policy.text_of("Category").lower()
    lists = [text for each in policy.all("ListBox") for text in _texts(each)]
    if any(":enabled" in text.lower() or ":disabled" in text.lower() for text in lists):
        return True
    if not any(word in category for word in ("firewall", "防火墙", "ファイアウォール", "pare-feu")):
        return False
    scopes = [text for text in (each.text_of("Value") for each in policy.all("EditText")) if text]
    return (
        bool(lists)
        or any(not text.startswith("%") and "\\" not in text for text in scopes)
        or (len(list(policy.all("CheckBox"))) > 2)
    )


def _texts(element: Element) -> list[str]:
    return [each.text.strip() for each in element.walk() if each.name == "Data" and each.text.strip()]


def old_exceptions_gap(path: str, name: str) -> Gap:
    """The gap of exceptions that a report describes in words."""
    detail = f"the policy `{name}` sets exceptions of the old Windows Firewall, which a report shows only in words"
    return Gap("legacy_lists", detail, may_allow=True, source=path)


def _ipsec_gap(path: str) -> Gap:
    return Gap("token:ConSecRules", "connection security rules of a report are not read", may_block=True, source=path)
