"""What is wrong with a firewall script before it runs. Pure: the script, the catalog and perhaps a plan give findings.

A finding about a rule is about the rule that the command would make; whether the command runs is another matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cmfw.catalog.types import Catalog, Group
from cmfw.diagnose.findings import finding
from cmfw.model.finding import Finding, Severity
from cmfw.model.plan import Plan, PlanItem
from cmfw.model.rule import Action, HostRule, PortKeyword, PortMatch, group_id
from cmfw.model.script import NOT_FOLLOWED, OPEN, REFUSED, Script, ScriptCommand, Tool, Verb
from cmfw.net.flow import ALL_PROFILES, PORT_PROTOCOLS, TCP, Direction, Profile
from cmfw.net.ports import PortSet

MISPRINT = 433
_NARROW = 8
"""A range of at most so many ports names its ports; a wider one is a range on purpose."""
_PROTOCOLS = {"tcp": 6, "udp": 17}
_NAMES = {6: "TCP", 17: "UDP"}
_SELECTORS = ("DisplayGroup", "DisplayName", "group", "name")
_CHANGES = frozenset({Verb.SET, Verb.ENABLE, Verb.DISABLE, Verb.DELETE, Verb.LOOK})
_RPC_FIRST = 1024

Users = dict[str, dict[int, str]]
"""Port or range, as written -> protocol -> a flow of the catalog that uses it."""


def lint_script(script: Script, catalog: Catalog, plan: Plan | None = None) -> tuple[Finding, ...]:
    """Findings in the order of the script; those about what a role of the plan lacks come last."""
    users = port_users(catalog)
    found: list[Finding] = []
    earlier: dict[object, int] = {}
    own = _own_names(script)
    for command in script.commands:
        subject = f"{script.path}:{command.line}"
        found += _refused(command, subject)
        found += _command(command, subject, own, catalog)
        rule = command.rule
        if rule is None or command.verb not in (Verb.ADD, Verb.SET) or rule.action is not Action.ALLOW or not rule.active:
            continue
        for check in _RULE_CHECKS if command.verb is Verb.ADD else _CHECKS_AGAIN:
            found += check(rule, subject, users)
        if command.verb is Verb.ADD:
            found += _duplicate(command, rule, subject, earlier)
    if plan is not None:
        found += _missing(script, catalog, plan)
    return tuple(found)


def port_users(catalog: Catalog) -> Users:
    """Which ports and ranges the flows of the catalog use, and with which protocol."""
    found: Users = {}
    for kind in catalog.flows.values():
        protocol = _PROTOCOLS.get(kind.protocol)
        for text in kind.default if protocol else ():
            found.setdefault(text, {}).setdefault(protocol or 0, kind.id)
    return found


# --- commands --------------------------------------------------------------------------------------------------------


def _refused(command: ScriptCommand, subject: str) -> Iterator[Finding]:
    for fault in command.faults:
        yield finding(
            "rejected-parameter",
            Severity.ERROR,
            subject,
            evidence=(subject,),
            variant=fault.kind,
            command=command.name,
            parameter=fault.parameter,
            value=fault.value,
        )


def _command(command: ScriptCommand, subject: str, own: set[str], catalog: Catalog) -> Iterator[Finding]:
    if command.tool is Tool.NETSH_XP and command.verb is not Verb.LOOK:
        yield finding("deprecated-command", Severity.WARNING, subject, evidence=(subject,), command=command.name)
    if command.verb in _CHANGES:
        yield from _localised(command, subject, own, catalog)
    if command.tool is Tool.COM or command.verb is Verb.OTHER:
        yield finding("not-followed", Severity.NOTE, subject, evidence=(subject,), command=command.name, variant="command")
    elif command.open:
        names = ", ".join(name or "?" for name in command.open)
        yield finding("not-followed", Severity.NOTE, subject, evidence=(subject,), command=command.name, parameters=names)


def _own_names(script: Script) -> set[str]:
    """The names of rules and groups that the script itself makes, in lower case."""
    made = [each.rule for each in script.commands if each.rule is not None and each.verb is Verb.ADD]
    return {text.lower() for rule in (*script.rules, *made) for text in (rule.name, rule.group)}


def _localised(command: ScriptCommand, subject: str, own: set[str], catalog: Catalog) -> Iterator[Finding]:
    """Names that Windows translates, of groups and rules that the script does not make itself."""
    for parameter in _SELECTORS:
        for text in command.texts(parameter):
            group = _group_called(text, catalog)
            if text.lower() in own or text.startswith("@"):
                continue
            if group is not None:
                yield finding(
                    "localised-name",
                    Severity.WARNING,
                    subject,
                    evidence=(subject,),
                    repair=_by_resource(command, parameter, text, group),
                    text=text,
                    resource=group.resource,
                )
            elif parameter == "DisplayGroup":
                yield finding(
                    "localised-name", Severity.NOTE, subject, evidence=(subject,), text=text, variant="unknown_group"
                )


def _group_called(text: str, catalog: Catalog) -> Group | None:
    """The predefined group of that title, or whose rules start with it."""
    low = text.strip().lower()
    exact = [g for g in catalog.groups.values() for title in (g.title.en, g.title.zh_CN) if title.lower() == low]
    begun = [
        g for g in catalog.groups.values() for title in (g.title.en, g.title.zh_CN) if low.startswith(f"{title.lower()} (")
    ]
    return next(iter((*exact, *begun)), None)


def _by_resource(command: ScriptCommand, parameter: str, text: str, group: Group) -> tuple[str, ...]:
    """The command with the group's id, where it chooses a whole group."""
    if text.lower() not in (group.title.en.lower(), group.title.zh_CN.lower()):
        return ()
    if command.tool is Tool.POWERSHELL and parameter == "DisplayGroup":
        return (f"{command.name} -Group '{group.resource}'",)
    if parameter == "group":
        return (f'netsh advfirewall firewall set rule group="{group.resource}" new enable=yes',)
    return ()


# --- rules -----------------------------------------------------------------------------------------------------------


def _port_names(match: PortMatch) -> list[int]:
    """The ports that the condition names one by one, or in a narrow range."""
    if match.is_any:
        return []
    return [port for first, last in match.ports.ranges if last - first < _NARROW for port in range(first, last + 1)]


def _is_open(rule: HostRule, *parameters: str) -> bool:
    return any(name in parameters and text != REFUSED for name, text in rule.extras.unknown)


def _misprint(rule: HostRule, subject: str, users: Users) -> Iterator[Finding]:
    del users
    if rule.protocol == TCP and any(MISPRINT in _port_names(match) for match in (rule.local_port, rule.remote_port)):
        yield finding(
            "port-433",
            Severity.WARNING,
            subject,
            evidence=(subject, "E1"),
            place=f"rule {rule.id}",
            port=MISPRINT,
            rule=rule.id,
            name=rule.name,
            variant="rule",
        )


def _wrong_side(rule: HostRule, subject: str, users: Users) -> Iterator[Finding]:
    """A server's port is local to the one that is called, and remote to the one that calls."""
    if rule.protocol not in PORT_PROTOCOLS or _is_open(rule, "LocalPort", "RemotePort", "Direction"):
        return
    is_out = rule.direction is Direction.OUT
    named, other = (rule.local_port, rule.remote_port) if is_out else (rule.remote_port, rule.local_port)
    if not other.is_any or named.is_any or named.keywords:
        return
    if is_out:
        yield finding(
            "local-port-only",
            Severity.WARNING,
            subject,
            evidence=(subject,),
            rule=rule.id,
            name=rule.name,
            ports=named.ports,
        )
    elif any(str(port) in users for port in _port_names(named)):
        yield finding(
            "remote-port-only",
            Severity.WARNING,
            subject,
            evidence=(subject,),
            rule=rule.id,
            name=rule.name,
            ports=named.ports,
        )


def _wrong_protocol(rule: HostRule, subject: str, users: Users) -> Iterator[Finding]:
    if rule.protocol not in PORT_PROTOCOLS:
        return
    matches = [match for match in (rule.local_port, rule.remote_port) if not match.is_any]
    wide = [f"{first}-{last}" for match in matches for first, last in match.ports.ranges if last - first >= _NARROW]
    for port in (*map(str, sorted({port for match in matches for port in _port_names(match)})), *wide):
        known = users.get(port, {})
        if known and rule.protocol not in known:
            right = next(iter(known))
            yield finding(
                "wrong-protocol",
                Severity.WARNING,
                subject,
                evidence=(subject,),
                rule=rule.id,
                name=rule.name,
                port=port,
                protocol=_NAMES[rule.protocol],
                right=_NAMES[right],
                flow=known[right],
            )


def _open_to_all(rule: HostRule, subject: str, users: Users) -> Iterator[Finding]:
    del users
    if rule.direction is not Direction.IN or not rule.remote_address.is_any:
        return
    if _is_open(rule, "RemoteAddress", "Profile", "Direction", "Action"):
        return
    is_everything = (
        (rule.protocol is None or (rule.protocol in PORT_PROTOCOLS and rule.local_port.is_any and rule.remote_port.is_any))
        and rule.program is None
        and rule.service is None
        and not _is_open(rule, "LocalPort", "RemotePort", "Program", "Service", "Protocol")
    )
    if is_everything or rule.profiles & ALL_PROFILES & Profile.PUBLIC:
        yield finding(
            "open-to-all",
            Severity.WARNING,
            subject,
            evidence=(subject,),
            rule=rule.id,
            name=rule.name,
            variant="everything" if is_everything else "",
        )


_RULE_CHECKS: tuple[Callable[[HostRule, str, Users], Iterator[Finding]], ...] = (
    _misprint,
    _wrong_side,
    _wrong_protocol,
    _open_to_all,
)
_CHECKS_AGAIN = (_misprint, _wrong_side, _wrong_protocol)
"""Of a rule that is changed: who may reach it was said where it was made."""


def _duplicate(command: ScriptCommand, rule: HostRule, subject: str, earlier: dict[object, int]) -> Iterator[Finding]:
    """The same rule again, in the same block: netsh and PowerShell make a second one."""
    if any(text == OPEN for _, text in rule.extras.unknown):
        return
    key = (
        command.inside,
        rule.direction,
        rule.profiles,
        rule.protocol,
        rule.local_port,
        rule.remote_port,
        rule.icmp,
        rule.local_address,
        rule.remote_address,
        rule.program,
        rule.service,
        rule.interfaces,
        rule.extras,
    )
    if key in earlier:
        yield finding(
            "duplicate-rule", Severity.WARNING, subject, evidence=(subject,), rule=rule.id, name=rule.name, line=earlier[key]
        )
    earlier.setdefault(key, command.line)


# --- roles -----------------------------------------------------------------------------------------------------------


def _missing(script: Script, catalog: Catalog, plan: Plan) -> Iterator[Finding]:
    """Ports of a role that the script opens others of: addresses, programs and conditions are not compared here."""
    opened = [*script.rules, *_of_groups(script, catalog)]
    opened = [rule for rule in opened if _opens(rule)]
    for role, items in _by_role(plan).items():
        lacking = [item for item in items if not any(_covers(rule, item) for rule in opened)]
        there = len(items) - len(lacking)
        if not there or not lacking:
            continue
        texts = sorted({f"{_NAMES[item.protocol or 0]} {item.ports}" for item in lacking})
        yield finding(
            "role-ports-missing",
            Severity.WARNING if there * 2 >= len(items) else Severity.NOTE,
            script.path,
            evidence=tuple(item.id for item in lacking),
            role=role,
            ports=", ".join(texts),
            there=there,
            total=len(items),
        )


def _opens(rule: HostRule) -> bool:
    """Whether the rule lets something in for certain, if its command runs."""
    is_sure = all(text == NOT_FOLLOWED for _, text in rule.extras.unknown)
    return is_sure and rule.direction is Direction.IN and rule.action is Action.ALLOW


def _by_role(plan: Plan) -> dict[str, list[PlanItem]]:
    """Planned incoming TCP and UDP items by the role that listens, one for each protocol and set of ports."""
    found: dict[str, dict[tuple[int, str], PlanItem]] = {}
    for item in plan.items:
        if item.necessity == "required" and item.protocol in PORT_PROTOCOLS and "to" in item.decides and item.ports.ranges:
            found.setdefault(item.target.role, {}).setdefault((item.protocol or 0, str(item.ports)), item)
    return {role: list(items.values()) for role, items in sorted(found.items())}


def _of_groups(script: Script, catalog: Catalog) -> list[HostRule]:
    """The member rules of predefined groups that the script enables, on any Windows."""
    wanted = set()
    for command in script.commands:
        if command.verb is not Verb.ENABLE and not (
            command.verb is Verb.SET and "true" in map(str.lower, command.texts("Enabled"))
        ):
            continue
        for parameter in ("Group", "DisplayGroup", "group"):
            for text in command.texts(parameter):
                group = _group_called(text, catalog)
                wanted.add(group_id(group.resource if group else text))
    return [
        member.rule
        for group in catalog.groups.values()
        if group_id(group.resource) in wanted
        for edition in group.editions
        for member in edition.members
    ]


def _covers(rule: HostRule, item: PlanItem) -> bool:
    """Whether the rule is for the item's ports; one for every port of one program is for that program's."""
    if rule.protocol is not None and rule.protocol != item.protocol:
        return False
    if rule.local_port.is_any and (rule.program is not None or rule.service is not None or not rule.remote_port.is_any):
        return False
    if PortKeyword.RPC in rule.local_port.keywords and _is_dynamic(item.ports):
        return True
    if PortKeyword.RPC_EPMAP in rule.local_port.keywords and item.ports == PortSet.parse("135"):
        return True
    if item.any_port:
        return any(first in rule.local_port.ports for first, _ in item.ports.ranges)
    return item.ports <= rule.local_port.ports


def _is_dynamic(ports: PortSet) -> bool:
    return all(first >= _RPC_FIRST and last - first >= _NARROW for first, last in ports.ranges)


def is_failing(findings: Iterable[Finding], level: str) -> bool:
    """Whether a finding is at least as bad as the level (``note``, ``warning`` or ``error``)."""
    order = [severity.value for severity in (Severity.NOTE, Severity.WARNING, Severity.ERROR)]
    return any(order.index(one.severity.value) >= order.index(level) for one in findings)
