"""Changes of a machine and of the filters between zones that a question can suppose. Each gives a new value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from cmfw.diagnose.results import FilterLine
from cmfw.model.path import PathFilter, PathLine, PathState, path_flows
from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch, Store, group_id
from cmfw.model.state import HostState, ProfileSettings
from cmfw.model.verdict import Answer
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ALL_DIRECTIONS, Direction, Profile
from cmfw.net.flowtext import FlowParts
from cmfw.net.ports import PortSet
from cmfw.values import value

SUPPOSED = "what if"
"""Origin of rules and lines that only a question has."""
_GPO_GAPS = frozenset({"store:gpo", "gpo_conflict"})


@value(kw_only=True)
class Traffic:
    """What a port change is about: protocol (None any), destination ports (None every), ICMP, who opens and who answers.

    ``directions`` is the mask in which the machine's own firewall is changed.
    """

    text: str
    protocol: int | None
    ports: PortSet | None = None
    icmp: tuple[int, int | None] | None = None
    sources: AddrSet = AddrSet.ANY
    targets: AddrSet = AddrSet.ANY
    directions: int = ALL_DIRECTIONS

    def rules(self, action: Action) -> tuple[HostRule, ...]:
        """The rules that open or close it at a machine, in a store that always counts."""
        return tuple(self._rule(action, way) for way in Direction if way & self.directions)

    def _rule(self, action: Action, way: Direction) -> HostRule:
        ports = PortMatch.ANY if self.ports is None else PortMatch(self.ports)
        incoming = way is Direction.IN
        here, there = (self.targets, self.sources) if incoming else (self.sources, self.targets)
        return HostRule(
            id=f"{SUPPOSED}: {action.value} {'in' if incoming else 'out'} {self.text}",
            action=action,
            direction=way,
            store=Store.GPO,
            protocol=self.protocol,
            local_port=ports if incoming else PortMatch.ANY,
            remote_port=PortMatch.ANY if incoming else ports,
            icmp=None if self.icmp is None else (self.icmp,),
            local_address=AddressMatch(here),
            remote_address=AddressMatch(there),
            origin=SUPPOSED,
        )

    def line(self, answer: Answer) -> PathLine:
        """The line that lets it through a filter or stops it there."""
        parts = FlowParts(
            direction=Direction.OUT,
            protocol=self.protocol,
            source=self.sources,
            destination=self.targets,
            destination_port=self.ports,
            icmp_type=None if self.icmp is None else self.icmp[0],
            icmp_code=None if self.icmp is None else self.icmp[1],
        )
        text = f"{answer.value} {parts.text().partition(' ')[2]}"
        return PathLine(answer=answer, flows=path_flows(parts), text=text, origin=SUPPOSED)


def switch_rules(state: HostState, chosen: Callable[[HostRule], bool], *, on: bool) -> HostState:
    """The state with the chosen rules on or off."""
    return replace(state, rules=tuple(replace(r, active=on) if r.active != on and chosen(r) else r for r in state.rules))


def remove_rules(state: HostState, chosen: Callable[[HostRule], bool]) -> HostState:
    """The state without the chosen rules."""
    return replace(state, rules=tuple(rule for rule in state.rules if not chosen(rule)))


def named(rule_id: str) -> Callable[[HostRule], bool]:
    """Whether a rule has the id, whatever its case."""
    wanted = rule_id.lower()
    return lambda rule: rule.id.lower() == wanted


def of_group(group: str) -> Callable[[HostRule], bool]:
    """Whether a rule is of the group: its resource, the number of it (``-28502``), or plain text."""
    wanted = group_id(group)
    if wanted.startswith("-") and wanted[1:].isdigit():
        return lambda rule: group_id(rule.group).endswith(f",{wanted}")
    return lambda rule: bool(rule.group) and group_id(rule.group) == wanted


def add_rules(state: HostState, rules: Iterable[HostRule]) -> HostState:
    """The state with the rules added."""
    return replace(state, rules=(*state.rules, *rules))


def set_profiles(state: HostState, profiles: int, **values: bool) -> HostState:
    """The state in which the values hold in the profiles: in the local store, and in every policy that says something of them."""
    stores = {
        store: tuple(name for name in values)
        if store is Store.LOCAL
        else tuple(
            name
            for name in values
            if any(getattr(state.setting(store, p), name) is not None for p in Profile if p & profiles)
        )
        for store in (Store.LOCAL, Store.GPO, Store.MDM)
    }
    for store, names in stores.items():
        if names:
            state = _set(state, store, profiles, {name: values[name] for name in names})
    return state


def set_local_merge(state: HostState, profiles: int, *, on: bool) -> HostState:
    """The state in which local rules count in the profiles or not; off is what a Group Policy says."""
    for store in (Store.GPO, Store.MDM):
        said = any(state.setting(store, p).allow_local_policy_merge is not None for p in Profile if p & profiles)
        if said or (store is Store.GPO and not on):
            state = _set(state, store, profiles, {"allow_local_policy_merge": on})
    return state


def without_gpo(state: HostState) -> HostState:
    """The state without what Group Policy brings: rules, settings, connection rules, and the gaps in it."""
    return replace(
        state,
        rules=tuple(rule for rule in state.rules if rule.store is not Store.GPO),
        settings=tuple(entry for entry in state.settings if entry[0] is not Store.GPO),
        connection_rules=tuple(rule for rule in state.connection_rules if rule.store is not Store.GPO),
        gaps=tuple(gap for gap in state.gaps if gap.code not in _GPO_GAPS),
    )


def _set(state: HostState, store: Store, profiles: int, values: dict[str, bool]) -> HostState:
    mine = {profile: state.setting(store, profile) for profile in Profile if profile & profiles}
    others = tuple(entry for entry in state.settings if not (entry[0] is store and entry[1] in mine))
    return replace(state, settings=(*others, *((store, p, _with(old, values)) for p, old in mine.items())))


def _with(old: ProfileSettings, values: dict[str, bool]) -> ProfileSettings:
    return replace(old, **values)  # type: ignore[arg-type]  # all of them are bool | None


def close_between(path: PathState, traffic: Traffic, here: str, there: str) -> PathState:
    """The filters after the traffic is stopped between two zones, whichever side opens it; one is made where none stands."""
    line = traffic.line(Answer.BLOCK)
    for a, z in ((here, there), (there, here)):
        path = _in_front(_with_filter(path, a, z), a, z, line, every=False)
    return path


def open_between(path: PathState, traffic: Traffic, here: str, there: str) -> PathState:
    """The filters after the traffic is let through between two zones; where no filter stands it passes already."""
    line = traffic.line(Answer.ALLOW)
    for a, z in ((here, there), (there, here)):
        if any((one.from_zone, one.to_zone) == (z, a) for one in path.filters):
            path = _with_filter(path, a, z)
        path = _in_front(path, a, z, line, every=True)
    return path


def _with_filter(path: PathState, a: str, z: str) -> PathState:
    """The filters with one from ``a`` to ``z``; a new one lets all pass, or leaves all open where only its reverse was given."""
    if any((one.from_zone, one.to_zone) == (a, z) for one in path.filters):
        return path
    only_reverse = any((one.from_zone, one.to_zone) == (z, a) for one in path.filters)
    everything = path_flows(FlowParts(direction=Direction.OUT, protocol=None))
    if only_reverse:
        may = (Answer.ALLOW, Answer.BLOCK)
        line = PathLine(answer=Answer.UNKNOWN, flows=everything, text="", origin=f"{a}>{z}", may=may)
    else:
        line = PathLine(answer=Answer.ALLOW, flows=everything, text="allow any * > *", origin=SUPPOSED)
    made = PathFilter(from_zone=a, to_zone=z, file=SUPPOSED, lines=(line,))
    return replace(path, filters=(*path.filters, made))


def _in_front(path: PathState, a: str, z: str, line: PathLine, *, every: bool) -> PathState:
    """The filters with the line in front of all others, in every filter of the way or in the first alone."""
    files = [one.file for one in path.filters if (one.from_zone, one.to_zone) == (a, z)]
    for file in dict.fromkeys(files if every else files[:1]):
        path = FilterLine(a, z, file, line).apply(path)
    return path
