"""The exceptions of Windows XP's firewall: lists of ports and programs, and switches, read as the rules that they stand for.

A machine with that firewall has nothing else, and its rules are of the store ``legacy``. Group Policy still carries the same
keys, which the firewall service of Vista and later turns into rules: those are of the store ``gpo``. Ids are
``legacy:KEY:VALUE``, with the protocol behind them where one value opens several.

An entry that says ``disabled`` is no block: it takes effect only on other entries, see ``cancels``. A policy that opens TCP
445 by any of these ways also lets echo requests in, from everywhere, because that setting has no scope.

Source: facts/windows_firewall.md 1.3, corrections 25; the explanations of the settings in Microsoft's WindowsFirewall.adml;
netfw.h, INetFwIcmpSettings ("common to IPv4 and IPv6").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from cmfw.errors import FormatError, Problem
from cmfw.ingest.evidence import Cancel
from cmfw.ingest.registry import TEXT_TYPES, RegistryValue, RegistryView, decode_number, decode_text, find_value
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store, canonical_program
from cmfw.model.state import Gap
from cmfw.net.addr import AddrSet, parse_range
from cmfw.net.flow import ICMP4, ICMP6, TCP, UDP, Direction
from cmfw.net.ports import PortSet
from cmfw.values import value
from cmfw.words.phrases import phrase

PORTS, PROGRAMS = "GloballyOpenPorts\\List", "AuthorizedApplications\\List"
SERVICES = {
    "Services\\FileAndPrint": ((TCP, (139, 445)), (UDP, (137, 138))),
    "Services\\RemoteDesktop": ((TCP, (3389,)),),
    "Services\\UPnPFramework": ((TCP, (2869,)), (UDP, (1900,))),
    "RemoteAdminSettings": ((TCP, (135, 445)),),
}
"""What each switch opens. Source: WindowsFirewall.adml."""
ICMP_SETTINGS = "IcmpSettings"
KEYS = (PORTS, PROGRAMS, *SERVICES, ICMP_SETTINGS)
_ADMINISTERED = ("%SystemRoot%\\system32\\svchost.exe", "%SystemRoot%\\system32\\lsass.exe")
"""What remote administration opens beside its ports, on Windows XP and Server 2003 only."""
_INBOUND_ICMP: dict[str, tuple[tuple[int, int], ...]] = {
    "allowinboundechorequest": ((ICMP4, 8), (ICMP6, 128)),
    "allowinboundtimestamprequest": ((ICMP4, 13),),
    "allowinboundmaskrequest": ((ICMP4, 17),),
    "allowinboundrouterrequest": ((ICMP4, 10),),
    "allowredirect": ((ICMP4, 5), (ICMP6, 137)),
}
"""Value name, lower case, to (protocol, type) pairs. Source: netfw.h; RFC 792, 950, 1256, 4443."""
_OUTBOUND_ICMP = {
    "allowoutbounddestinationunreachable": 3,
    "allowoutboundsourcequench": 4,
    "allowoutboundtimeexceeded": 11,
    "allowoutboundparameterproblem": 12,
}
_PROTOCOLS = {"tcp": TCP, "udp": UDP, "6": TCP, "17": UDP}
_WORDS = {TCP: "TCP", UDP: "UDP", ICMP4: "ICMPv4", ICMP6: "ICMPv6"}
_PORT_ENTRY = r"\s*(?P<what>\d{1,5}):(?P<protocol>\w+):(?P<scope>.*?):(?P<status>enabled|disabled)(?::(?P<name>.*))?"
_PROGRAM_ENTRY = r"(?P<what>(?:[a-z]:)?[^:]+):(?P<scope>.*?):(?P<status>enabled|disabled)(?::(?P<name>.*))?"


@value
class Place:
    """A profile key: its path, the name that ids use, and the profiles that it feeds."""

    path: str
    name: str
    profiles: int


@value
class Lists:
    """The rules of the lists and switches, what the disabled entries cancel, and what could not be read."""

    rules: tuple[HostRule, ...]
    cancels: tuple[Cancel, ...]
    gaps: tuple[Gap, ...]
    problems: tuple[Problem, ...]


def has_lists(view: RegistryView, places: Iterable[Place]) -> bool:
    """Whether any of the profile keys has a list or a switch of this kind."""
    return any(view.has_key(f"{place.path}\\{key}") for place in places for key in KEYS)


def read_lists(view: RegistryView, places: Iterable[Place], store: Store) -> Lists:
    """Everything in the profile keys; ``store`` is LEGACY for the lists of a machine, GPO for those of a policy."""
    reader = _Reader(view, store)
    for place in places:
        reader.ports(place)
        reader.programs(place)
        reader.switches(place)
        reader.icmp(place)
    gaps = []
    if reader.lost:
        detail = "exceptions of the old Windows Firewall could not be read: " + ", ".join(f"`{one}`" for one in reader.lost)
        gaps.append(Gap("legacy_lists", detail, may_allow=True, source=view.source))
    rules = settle(reader.rules, reader.cancels)
    return Lists(rules, tuple(reader.cancels), tuple(gaps), tuple(reader.problems))


def settle(rules: Iterable[HostRule], cancels: Iterable[Cancel]) -> tuple[HostRule, ...]:
    """The rules without the profiles in which a disabled entry takes an enabled one out of force.

    What an entry opened on the way (echo requests) goes with it. Rules of other kinds are as they were.
    """
    rules = tuple(rules)
    gone: dict[str, int] = {}
    for cancel in cancels:
        for rule in rules:
            if rule.active and rule.id.startswith("legacy:") and _cancels(cancel, rule):
                gone[rule.origin] = gone.get(rule.origin, 0) | cancel.profiles
    if not gone:
        return rules
    return tuple(_without(rule, gone[rule.origin]) if rule.origin in gone else rule for rule in rules)


def _without(rule: HostRule, profiles: int) -> HostRule:
    left = rule.profiles & ~profiles
    return replace(rule, profiles=left) if left else replace(rule, active=False)


def _cancels(cancel: Cancel, rule: HostRule) -> bool:
    """Whether a disabled entry takes the rule out of force.

    A policy's entry stands against the same port or program in any list, a machine's own against its own list only. A
    switch that a policy turns off stands against its ports in the machine's own list and against the machine's switch.
    Source: WindowsFirewall.adml, WF_OpenPorts, WF_AppAllowList ("overrides all definitions with the status enabled"),
    WF_FileAndPrint ("if an administrator attempts to open any of these ports by adding them to a local list").
    """
    if not rule.profiles & cancel.profiles or (cancel.only_local and rule.store is not Store.LEGACY):
        return False
    where = rule.id.split(":", 2)[1]
    if cancel.program:
        return where.endswith(PROGRAMS) and canonical_program(rule.program or "") == cancel.program
    listed = where.endswith(PORTS) or (cancel.switch and where.endswith(cancel.switch))
    return bool(listed) and rule.protocol == cancel.protocol and rule.local_port.ports <= cancel.ports


class _Reader:
    """Collects the rules of several profile keys."""

    def __init__(self, view: RegistryView, store: Store) -> None:
        self.view = view
        self.store = store
        self.rules: list[HostRule] = []
        self.cancels: list[Cancel] = []
        self.problems: list[Problem] = []
        self.lost: list[str] = []

    def ports(self, place: Place) -> None:
        """The list of ports: ``445:TCP:LocalSubnet:enabled:name``."""
        for one in self.view.values(f"{place.path}\\{PORTS}"):
            found = self._entry(one, _PORT_ENTRY, "an entry such as `445:TCP:*:enabled:name`")
            protocol = _PROTOCOLS.get(found["protocol"].lower()) if found else None
            if found is None or protocol is None or not 0 < int(found["what"]) < 65536:
                self._lose(one, "an entry such as `445:TCP:*:enabled:name`", seen=found is None)
                continue
            port = PortSet.of(int(found["what"]))
            if found["status"].lower() == "disabled":
                cancel = Cancel(place.profiles, protocol=protocol, ports=port, only_local=self.store is Store.LEGACY)
                self.cancels.append(cancel)
            self._open(place, PORTS, one, (protocol, port), found)

    def programs(self, place: Place) -> None:
        """The list of programs: ``C:\\a.exe:*:enabled:name``. A program is open at every port that it listens at."""
        for one in self.view.values(f"{place.path}\\{PROGRAMS}"):
            found = self._entry(one, _PROGRAM_ENTRY, "an entry such as `C:\\a.exe:*:enabled:name`")
            if found is None:
                self._lose(one, "", seen=True)
                continue
            if found["status"].lower() == "disabled":
                program = canonical_program(found["what"])
                self.cancels.append(Cancel(place.profiles, program=program, only_local=self.store is Store.LEGACY))
            rule = self._rule(place, PROGRAMS, one, found["name"] or "")
            remote, extras = _scope(found["scope"])
            active = found["status"].lower() == "enabled"
            self.rules.append(replace(rule, program=found["what"], remote_address=remote, extras=extras, active=active))

    def switches(self, place: Place) -> None:
        """Predefined services: ``Enabled``, and ``RemoteAddresses`` for the scope."""
        for key, opened in SERVICES.items():
            value = find_value(self.view, f"{place.path}\\{key}", "Enabled")
            on = None if value is None else self._switch(value)
            if value is None or on is None:
                continue
            if not on and self.store is Store.GPO and key != "RemoteAdminSettings":
                self.cancels += [Cancel(place.profiles, p, PortSet.of(*ports), key, only_local=True) for p, ports in opened]
            addresses = find_value(self.view, f"{place.path}\\{key}", "RemoteAddresses")
            scope = decode_text(addresses.data) if addresses is not None and addresses.type in TEXT_TYPES else "*"
            found = {"scope": scope, "status": "enabled" if on else "disabled", "name": key}
            for protocol, ports in opened:
                self._open(place, key, value, (protocol, PortSet.of(*ports)), found, suffix=len(opened) > 1)
            if key == "RemoteAdminSettings":
                self._administered(place, value, found)

    def icmp(self, place: Place) -> None:
        """The kinds of ICMP that are let in, and those that Windows XP does not send unless told to."""
        values = {value.name.lower(): value for value in self.view.values(f"{place.path}\\{ICMP_SETTINGS}")}
        for name, kinds in _INBOUND_ICMP.items():
            on = self._switch(values[name]) if name in values else None
            if on is not None:
                self.rules += [replace(self._icmp(place, ICMP_SETTINGS, values[name], kind), active=on) for kind in kinds]
        held = [kind for name, kind in _OUTBOUND_ICMP.items() if name not in values or not self._switch(values[name])]
        if self.store is Store.LEGACY and held:
            # a policy may switch them on all the same, so it is not certain that they are held back
            rule = HostRule(
                id=f"legacy:{place.name}\\{ICMP_SETTINGS}:outbound",
                action=Action.BLOCK,
                direction=Direction.OUT,
                store=self.store,
                profiles=place.profiles,
                protocol=ICMP4,
                icmp=tuple((kind, None) for kind in held),
                name=ICMP_SETTINGS,
                extras=Extras(unknown=((ICMP_SETTINGS, "outbound"),)),
                origin=f"{self.view.source}!{place.path}\\{ICMP_SETTINGS}",
            )
            self.rules.append(rule)

    def _open(
        self,
        place: Place,
        key: str,
        value: RegistryValue,
        opened: tuple[int, PortSet],
        found: dict[str, str],
        *,
        suffix: bool = False,
    ) -> None:
        """The rule for ports, and those for echo requests where 445 is among them."""
        protocol, ports = opened
        rule = self._rule(place, key, value, found["name"] or "", _WORDS[protocol] if suffix else "")
        remote, extras = _scope(found["scope"])
        active = found["status"].lower() == "enabled"
        port = PortMatch(ports)
        self.rules.append(
            replace(rule, protocol=protocol, local_port=port, remote_address=remote, extras=extras, active=active)
        )
        if active and protocol == TCP and 445 in ports:
            echo = [self._icmp(place, key, value, kind) for kind in _INBOUND_ICMP["allowinboundechorequest"]]
            # what Windows makes of a scope that cannot be read, it also makes of the opening
            self.rules += [replace(one, extras=extras) for one in echo]

    def _administered(self, place: Place, value: RegistryValue, found: dict[str, str]) -> None:
        """Remote administration also opens svchost and lsass on Windows XP, and does not since Vista."""
        remote, extras = _scope(found["scope"])
        if self.store is Store.GPO:
            extras = replace(
                extras, unknown=(*extras.unknown, ("RemoteAdminSettings", "since Vista only ports 135 and 445"))
            )
        for path in _ADMINISTERED:
            rule = self._rule(place, "RemoteAdminSettings", value, found["name"], path.rpartition("\\")[2])
            active = found["status"] == "enabled"
            self.rules.append(replace(rule, program=path, remote_address=remote, extras=extras, active=active))

    def _icmp(self, place: Place, key: str, value: RegistryValue, kind: tuple[int, int]) -> HostRule:
        rule = self._rule(place, key, value, value.name, _WORDS[kind[0]])
        return replace(rule, protocol=kind[0], icmp=((kind[1], None),))

    def _rule(self, place: Place, key: str, value: RegistryValue, name: str, part: str = "") -> HostRule:
        return HostRule(
            id=f"legacy:{place.name}\\{key}:{value.name}" + (f":{part}" if part else ""),
            action=Action.ALLOW,
            direction=Direction.IN,
            store=self.store,
            profiles=place.profiles,
            name=name or value.name,
            version=(2, 0),
            origin=f"{self.view.source}!{value.key}\\{value.name}",
        )

    def _entry(self, value: RegistryValue, form: str, expected: str) -> dict[str, str] | None:
        """The parts of a list's entry; None, and a problem, where it is none."""
        text = decode_text(value.data) if value.type in TEXT_TYPES else ""
        match = re.fullmatch(form, text.strip(), re.IGNORECASE | re.DOTALL)
        if match is None:
            found = (
                f"`{text[:60]}`"
                if text
                else phrase("type {type} with {count} bytes", type=value.type, count=len(value.data))
            )
            self.problems.append(self._problem(value, expected, found))
            return None
        return {name: part or "" for name, part in match.groupdict().items()}

    def _lose(self, value: RegistryValue, expected: str, *, seen: bool) -> None:
        self.lost.append(f"{value.key}\\{value.name}")
        if not seen:
            self.problems.append(self._problem(value, expected, f"`{decode_text(value.data)[:60]}`"))

    def _switch(self, value: RegistryValue) -> bool | None:
        try:
            number = decode_number(value)
        except FormatError:
            number = -1
        if number in (0, 1):
            return number == 1
        self._lose(value, "", seen=True)
        found = phrase(
            "type {type} with {count} bytes `{data}`", type=value.type, count=len(value.data), data=value.data[:8].hex(" ")
        )
        self.problems.append(self._problem(value, "a DWORD 0 or 1", found))
        return None

    def _problem(self, value: RegistryValue, expected: str, found: str) -> Problem:
        key = f"{value.key}\\{value.name}"
        return Problem(self.view.source, expected, found, key=key, offset=value.offset, line=value.line)


def _scope(text: str) -> tuple[AddressMatch, Extras]:
    """The remote addresses of an entry, and a doubt about the whole entry where a part of the scope is unreadable.

    ``*`` is everybody; else addresses, subnets and ``LocalSubnet``, divided by commas.
    """
    addresses, words, wrong = AddrSet.EMPTY, set[str](), []
    for part in _parts(text):
        if part == "*":
            return AddressMatch.ANY, Extras.NONE
        if part.lower() == "localsubnet":
            words |= {"LocalSubnet4", "LocalSubnet6"}
            continue
        try:
            addresses |= AddrSet.from_pairs([parse_range(part)])
        except ValueError:
            wrong.append(part)
    if wrong or not (words or not addresses.is_empty):
        words |= {"unread4", "unread6"}
        reason = f"the scope `{text[:60]}` cannot be read"
        return AddressMatch(addresses, tuple(sorted(words))), Extras(invalid=(reason,))
    return AddressMatch(addresses, tuple(sorted(words))), Extras.NONE


def _parts(text: str) -> Iterator[str]:
    yield from (part for each in text.split(",") if (part := each.strip()))
