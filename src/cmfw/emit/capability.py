"""What a rule asks of a target, what each target can say, and the refusal where the two do not meet.

A target that cannot say a thing refuses the whole request: a rule that loses a condition is wider than the plan, a rule
that is dropped is narrower. Source: STYLE.md 8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from cmfw.emit.ordinary import is_ordinary, is_plain
from cmfw.errors import Unsupported
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortKeyword, Store
from cmfw.net.addr import V6_ALL, V6_BASE
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, ICMP_PROTOCOLS, PORT_PROTOCOLS, TCP, Direction, Interface
from cmfw.values import value
from cmfw.words.phrases import phrase

SUBNET_WORDS = ("LocalSubnet4", "LocalSubnet6")
_TOP = V6_ALL[0][1]
_ANY_ADDRESS = AddressMatch.ANY
MISPRINT = 433
"""The page's misprint of 443 (erratum E1). Source: CONTRACT.md, "emit never opens 433 and never drops 443"."""


@value
class Capability:
    """One thing that a request may ask of a target; ``used`` says whether a rule asks for it (None: not of a rule)."""

    id: str
    title: str
    used: Callable[[HostRule], bool] | None = None


def _subnet_words_only(match: AddressMatch) -> bool:
    return all(word in SUBNET_WORDS for word in match.keywords)


def _one_whole_family(match: AddressMatch) -> bool:
    """Whether all of IPv4 or all of IPv6 is meant without the other: prefix 0 is invalid in rule strings (facts 2.3)."""
    ranges = match.addresses.ranges
    if match is _ANY_ADDRESS or not ranges:
        return False
    # the outermost ranges cover a family or none does: within a family, neighbours are one range
    first, last = ranges[0], ranges[-1]
    whole = (first[0] == 0 and first[1] >= V6_BASE - 1) or (last[1] == _TOP and last[0] <= V6_BASE)
    return whole and not match.is_any


def _interface_types(rule: HostRule) -> int:
    return 0 if rule.interfaces == ALL_INTERFACES else sum(1 for bit in Interface if bit & rule.interfaces)


def _port_words(rule: HostRule) -> set[str]:
    return {*rule.local_port.keywords, *rule.remote_port.keywords}


CAPABILITIES_OF_RULES: tuple[Capability, ...] = (
    Capability("allow", "allow rules", lambda r: r.action is Action.ALLOW),
    Capability("block", "block rules", lambda r: r.action is Action.BLOCK),
    Capability("bypass", "authenticated bypass", lambda r: r.action is Action.BYPASS),
    Capability("profiles", "firewall profiles", lambda r: r.profiles != ALL_PROFILES),
    Capability("program", "programs", lambda r: r.program is not None),
    Capability("service", "services", lambda r: r.service not in (None, "*")),
    Capability("any-service", "any service but no other process", lambda r: r.service == "*"),
    Capability("ports", "port lists and ranges", lambda r: not (r.local_port.is_any and r.remote_port.is_any)),
    Capability("rpc", "port keyword RPC (dynamic ports)", lambda r: PortKeyword.RPC in _port_words(r)),
    Capability("rpc-epmap", "port keyword RPC-EPMap", lambda r: PortKeyword.RPC_EPMAP in _port_words(r)),
    Capability(
        "port-words", "other port keywords", lambda r: bool(_port_words(r) - {PortKeyword.RPC, PortKeyword.RPC_EPMAP})
    ),
    Capability("icmp", "ICMP type and code", lambda r: r.icmp is not None),
    Capability(
        "addresses",
        "addresses of both families",
        lambda r: not (r.local_address.is_any and r.remote_address.is_any),
    ),
    Capability(
        "one-family",
        "all of one family, none of the other",
        lambda r: _one_whole_family(r.local_address) or _one_whole_family(r.remote_address),
    ),
    Capability("local-subnet", "address keyword LocalSubnet", lambda r: bool(r.remote_address.keywords)),
    Capability(
        "address-words",
        "other address keywords",
        lambda r: not _subnet_words_only(r.remote_address) or bool(r.local_address.keywords),
    ),
    Capability("interfaces", "interface types", lambda r: r.interfaces != ALL_INTERFACES),
    Capability("interface-lists", "several interface types at once", lambda r: _interface_types(r) > 1),
    Capability(
        "mobile",
        "mobile broadband as interface type",
        lambda r: r.interfaces != ALL_INTERFACES and bool(r.interfaces & Interface.MOBILE),
    ),
    Capability("edge", "edge traversal", lambda r: r.edge),
    Capability("defer", "edge traversal left to the program or the user", lambda r: bool(r.extras.defer)),
    Capability(
        "rare",
        "users, machines, IPsec, packages and the other rare conditions",
        lambda r: r.extras is not Extras.NONE and replace(r.extras, defer="") != Extras.NONE,
    ),
)
"""Capabilities that follow from a rule."""

_MAY_BE_PLAIN = frozenset({"allow", "block", "profiles", "program", "ports", "addresses", "one-family"})
"""The only ones that a plain rule can ask for, and so an ordinary one."""
_ASKED_OF_ORDINARY = tuple((c.id, c.used) for c in CAPABILITIES_OF_RULES if c.used is not None and c.id in _MAY_BE_PLAIN)

CAPABILITIES_OF_REQUESTS: tuple[Capability, ...] = (
    Capability("group-members", "predefined groups where the host's Windows is known"),
    Capability("group-unknown", "predefined groups where the host's Windows is not known"),
    Capability("other-product", "client groups with another firewall product"),
    Capability("old-windows", "hosts with Windows 7 or Server 2008 R2"),
    Capability("rule-ids", "stable ids of rules"),
    Capability("rule-group", "the group that our rules are found by"),
    Capability("settings", "settings of the profiles"),
    Capability("undo", "a way back"),
)
"""Capabilities that follow from the plan or the place."""

ALL_CAPABILITIES = CAPABILITIES_OF_RULES + CAPABILITIES_OF_REQUESTS


@value
class Loss:
    """One difference in form between what was asked and what was written, which changes no verdict.

    ``code`` is the capability, ``item`` the rule or setting (empty: the whole policy), ``detail`` what became of it.
    """

    code: str
    item: str
    detail: str


@value(kw_only=True)
class Capabilities:
    """What one target can say. ``lacks`` maps a capability to the reason of the refusal, ``losses`` to what changes;
    whatever is in neither is said exactly.

    ``predefined`` says what becomes of a machine's rule of a predefined group: ``kept`` (written whole, group and all),
    ``enabled`` (switched on or off by its id) or ``copied`` (made anew under its id in our group). ``settings`` are the fields of
    ``ProfileSettings`` that can be written, ``store`` where the policy goes. ``bad_in_ids`` and ``bad_in_texts`` are characters
    that a machine's rule may have there and the target cannot take.
    """

    target: str
    title: str
    lacks: dict[str, str]
    losses: dict[str, str]
    predefined: str = "copied"
    settings: tuple[str, ...] = ()
    store: Store = Store.LOCAL
    bad_in_ids: str = ""
    bad_in_texts: str = ""

    def refuse(self, capability: str, item: str) -> None:
        """Raise Unsupported for ``item`` where the target lacks the capability; else do nothing."""
        if capability in self.lacks:
            raise Unsupported(self.target, item, self.lacks[capability])

    def check(self, rule: HostRule, *, ordinary: bool | None = None) -> None:
        """Raise Unsupported where the rule needs what the target lacks or is no valid rule; ``ordinary``: whether it is, if known."""
        if is_ordinary(rule) if ordinary is None else ordinary:
            lacks = self.lacks
            for name, used in _ASKED_OF_ORDINARY:
                if name in lacks and used(rule):
                    self.refuse(name, rule.id)
            return
        for capability in CAPABILITIES_OF_RULES:
            if capability.id in self.lacks and capability.used is not None and capability.used(rule):
                self.refuse(capability.id, rule.id)
        for reason in invalidities(rule):
            raise Unsupported(self.target, rule.id, reason)

    def losses_of(self, rules: Iterable[HostRule], whole: Iterable[str] = ()) -> tuple[Loss, ...]:
        """What changes in form where these rules are written; ``whole`` are capabilities that the policy itself uses."""
        out = [Loss(name, "", self.losses[name]) for name in whole if name in self.losses]
        asked = [(c.id, c.used) for c in CAPABILITIES_OF_RULES if c.used is not None and c.id in self.losses]
        of_plain = [(name, used) for name, used in asked if name in _MAY_BE_PLAIN]
        for rule in rules if asked else ():
            wanted = of_plain if is_plain(rule) else asked
            if wanted:
                out += [Loss(name, rule.id, self.losses[name]) for name, used in wanted if used(rule)]
        return tuple(out)


def invalidities(rule: HostRule) -> Iterator[str]:
    """Reasons why Windows would refuse the rule or read another one. Source: facts/windows_firewall.md 2.3."""
    if is_ordinary(rule):
        return
    yield from _bad_text(rule)
    has_ports = not (rule.local_port.is_any and rule.remote_port.is_any)
    if has_ports and rule.protocol not in PORT_PROTOCOLS:
        yield phrase("ports without TCP or UDP")
    if rule.icmp is not None and rule.protocol not in ICMP_PROTOCOLS:
        yield phrase("ICMP types without ICMP")
    for match in (rule.local_port, rule.remote_port):
        if match.ports.is_empty and not match.keywords:
            yield phrase("an empty port condition would be read as any port")
        if match.is_any and match.keywords:
            yield phrase("every port and a port keyword at once")
    for address in (rule.local_address, rule.remote_address):
        if address.addresses.is_empty and not address.keywords:
            yield phrase("an empty address condition would be read as any address")
        if address.is_any and address.keywords:
            yield phrase("every address and an address keyword at once")
    rpc = (PortKeyword.RPC, PortKeyword.RPC_EPMAP)
    if any(w in rpc for w in rule.remote_port.keywords) or (
        any(w in rpc for w in rule.local_port.keywords) and not _is_inbound_tcp(rule)
    ):
        yield phrase("RPC as port stands for local ports of inbound TCP rules only")
    if rule.edge and rule.direction is not Direction.IN:
        yield phrase("edge traversal on an outbound rule")
    if rule.icmp == ():
        yield phrase("an empty ICMP condition would be read as any type")
    if not rule.profiles or not rule.interfaces:
        yield phrase("an empty profile or interface condition would be read as any")


def faults_of_a_plan(rule: HostRule) -> Iterator[str]:
    """Reasons why a rule that a machine may well have is none that a plan of ours may make."""
    for match in (rule.local_port, rule.remote_port):
        if not match.is_any and MISPRINT in match.ports:
            yield phrase("port {misprint} is the page's misprint of 443 (erratum E1) and is never opened", misprint=MISPRINT)
    for field, text in texts_of(rule):
        if text.startswith("@") and not rule.group.startswith("@"):
            yield phrase("the {field} begins with `@`, which Windows takes for the name of a resource file", field=field)


def _is_inbound_tcp(rule: HostRule) -> bool:
    return rule.direction is Direction.IN and rule.protocol == TCP


def _bad_text(rule: HostRule) -> Iterator[str]:
    if not 1 <= len(rule.id) <= 511 or "|" in rule.id:
        yield phrase("a rule id has 1 to 511 characters and no `|`")
    if not 1 <= len(rule.name) <= 9999 or rule.name.lower() == "all":
        yield phrase("a rule name has 1 to 9999 characters and is not `all`")
    if rule.program is not None and (not 1 <= len(rule.program) <= 259 or set('/*?"<>|') & set(rule.program)):
        yield phrase('a program path has 1 to 259 characters and none of / * ? " < > |')
    if rule.service is not None and (not 1 <= len(rule.service) <= 259 or set("/\\|") & set(rule.service)):
        yield phrase("a service name has 1 to 259 characters and none of / \\ |")
    for field, text in texts_of(rule):
        reason = unprintable(text)
        if reason:
            yield phrase("the {field} has {reason}", field=field, reason=reason)
        if "|" in text and field in ("name", "description", "group"):
            yield phrase("the {field} has `|`, which ends a field of a rule", field=field)
        if len(text) > 9999:
            yield phrase("the {field} has more than 9999 characters", field=field)


_ID, _NAME, _DESCRIPTION = phrase("id"), phrase("name"), phrase("description")
_GROUP, _PROGRAM, _SERVICE = phrase("group"), phrase("program"), phrase("service")


def texts_of(rule: HostRule) -> Iterator[tuple[str, str]]:
    """(field, text) of every free text of a rule."""
    yield _ID, rule.id
    yield _NAME, rule.name
    yield _DESCRIPTION, rule.description
    yield _GROUP, rule.group
    yield _PROGRAM, rule.program or ""
    yield _SERVICE, rule.service or ""


def unprintable(text: str) -> str:
    """Why the text cannot stand in a configuration file, or an empty text where it can.

    Control characters and line separators could end a line or a value; half surrogates have no UTF-8; directional
    overrides make a script read differently than it runs (CVE-2021-42574).
    """
    if text.isascii() and text.isprintable():
        return ""
    for char in text:
        number = ord(char)
        if number < 32 or 127 <= number < 160 or number in (0x2028, 0x2029):
            return phrase("the control character U+{number:04X}", number=number)
        if 0xD800 <= number < 0xE000:
            return phrase("the half surrogate U+{number:04X}", number=number)
        if 0x202A <= number <= 0x202E or 0x2066 <= number <= 0x2069:
            return phrase("the directional override U+{number:04X}", number=number)
        if number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF:
            return phrase("the noncharacter U+{number:04X}", number=number)
    return ""


def table(targets: Iterable[Capabilities], said: Callable[[str], str] = str) -> str:
    """The Markdown table target x capability of docs/emit.md, and below it each target's reasons and losses.

    ``said`` brings a text or template of it into the language of the page.
    """
    columns = list(targets)
    lines = [
        f"| {said('capability')} | " + " | ".join(f"`{c.target}`" for c in columns) + " |",
        "|---|" + "---|" * len(columns),
    ]
    for capability in ALL_CAPABILITIES:
        cells = [said(cell_of(capability.id, c.lacks, c.losses)) for c in columns]
        lines.append(f"| {said(capability.title)} | " + " | ".join(cells) + " |")
    for column in columns:
        lines += ["", said(HEAD).format(target=column.target, title=said(column.title)), ""]
        for template, found in ((REFUSED, column.lacks), (LOST, column.losses)):
            for reason, titles in _reasons(found):
                what = said("; ").join(said(title) for title in titles)
                lines.append(said(template).format(what=what, reason=said(reason)))
    return "\n".join(lines) + "\n"


HEAD, REFUSED, LOST = "`{target}`: {title}", "- **refused**: {what}: {reason}", "- loss: {what}: {reason}"
"""Lines below a table of targets."""


def _reasons(found: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """(reason, the capabilities that it stands for), in the order of the table."""
    titles: dict[str, list[str]] = {}
    for capability in ALL_CAPABILITIES:
        if capability.id in found:
            titles.setdefault(found[capability.id], []).append(capability.title)
    yield from titles.items()


def cell_of(capability: str, lacks: dict[str, str], losses: dict[str, str]) -> str:
    """What the table says of one capability of a target."""
    if capability in lacks:
        return "**refused**"
    return "loss" if capability in losses else "exact"
