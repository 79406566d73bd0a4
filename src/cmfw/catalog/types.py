"""The rows of the catalog as values. Every row carries its source, the place in the source and the as-of date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from cmfw.model.rule import HostRule
from cmfw.values import value


class Edition(StrEnum):
    """Which reading of the documentation: the 2016 page literally, or today's effective truth."""

    PAGE_2016 = "2016"
    CURRENT = "current"


class Necessity(StrEnum):
    """How strongly a feature asks for a flow. Source: corrections 14, CONTRACT.md "plan, audit, check, emit"."""

    REQUIRED = "required"
    FALLBACK = "fallback"
    CONDITIONAL = "conditional"
    ADVISORY = "advisory"
    DOCUMENTED_ONLY = "documented_only"


@value
class Text:
    """One text in both languages."""

    en: str
    zh_CN: str  # noqa: N815 - the locale's name

    def in_language(self, lang: str) -> str:
        """The text in ``zh_CN`` (also written ``zh-CN``, ``zh``), else English."""
        return self.zh_CN if lang.replace("-", "_").lower().startswith("zh") else self.en


@value
class Cite:
    """Where a fact stands: source id, place in it (``line 121`` of the page, a section, a table), as-of date (ISO)."""

    source: str
    at: str
    as_of: str


@value
class Source:
    """A document that rows cite.

    ``title`` is its own, as a citation has it: in Chinese where the document has a Chinese edition, else in the language of the document.
    Something that has no title is described in both languages.
    """

    id: str
    title: Text
    language: str
    as_of: str
    url: str = ""
    note: str = ""


@value
class Process:
    """A program and the service it runs as, on one side of a flow. ``program`` keeps Windows variables; ``{client_dir}``
    stands for the client's folder. ``service`` is empty where the process is no service or the program alone decides.
    """

    program: str
    service: str = ""


@value(kw_only=True)
class FlowKind:
    """One kind of traffic between two roles, before any site is known.

    ``ports`` are references into the site (``site.http`` ``site.https`` ``site.notification`` ``site.wol`` ``sup.http``
    ``sup.https`` ``settings.wakeup_port`` ``settings.wol_port`` ``settings.peer_http`` ``settings.peer_broadcast``
    ``settings.express_port`` ``dp.multicast`` ``rpc.dynamic``) or literals (``445``, ``63000-64000``); empty with ICMP,
    a protocol without ports, or where any port may be meant. ``default`` are the ports of an untouched site. ``protocol``
    is ``tcp``, ``udp``, ``icmp`` (in the family of the ends), ``icmp4``, ``icmp6`` or ``any``. ``icmp`` is ``8:*`` or
    empty. ``initiators`` open the flow (any of them may, so all must pass), ``listener`` answers it. ``answered`` is False
    where no host's firewall stands at the target (the network card of a sleeping machine). ``scope`` is ``any`` or
    ``local_subnet`` (peers on one subnet). ``when`` names the site condition under which the flow exists at all (empty:
    always; words in ``conditions.py``).
    """

    id: str
    from_role: str
    to_role: str
    protocol: str
    ports: tuple[str, ...] = ()
    default: tuple[str, ...] = ()
    icmp: str = ""
    initiators: tuple[Process, ...] = ()
    listener: Process | None = None
    answered: bool = True
    scope: str = "any"
    when: str = ""
    title: Text
    cite: Cite


@value(kw_only=True)
class Feature:
    """One management feature or install method.

    ``need`` maps edition to formula text over flow ids; a one-part ``spread(x)`` stands for all systems of the role in
    ``x`` that the client group uses. ``peer_role`` is the role whose hosts make the audit's rows (empty: peer to peer).
    ``alternatives`` are features that reach the same end when this one is blocked. ``pack`` is ``page`` or the name of
    the pack beyond it. ``when`` is the site condition under which the feature is on (empty: always).
    """

    id: str
    title: Text
    summary: Text
    kind: str
    pack: str
    order: int
    need: dict[str, str]
    peer_role: str = ""
    when: str = ""
    alternatives: tuple[str, ...] = ()
    steps: tuple[Text, ...] = ()
    cites: tuple[Cite, ...] = ()


@value(kw_only=True)
class Requirement:
    """One documented row: this feature asks for this flow, as that page prints it.

    ``cell`` is the port as the source's table or sentence prints it (``80``, ``DYNAMIC``, ``80 or 8530``; empty where it
    prints none), ``printed`` what it prints where that differs from the effective value (``433``); ``errata`` say why.
    ``notes`` are the notes that the row refers to.
    ``direction`` is ``out``, ``in`` or ``between`` as the page words it, seen from the client. ``level`` maps edition to
    necessity; an edition that is absent does not have the row. ``when`` is the site condition of the row.
    """

    id: str
    feature: str
    flow: str
    level: dict[str, Necessity]
    direction: str
    cell: str = ""
    printed: tuple[str, ...] = ()
    errata: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    when: str = ""
    note: Text | None = None
    cite: Cite


@value(kw_only=True)
class ExceptionRow:
    """One Windows Firewall exception that a page asks for: a group, a program, a port or ICMP echo.

    ``kind`` is ``group`` | ``program`` | ``port`` | ``icmp``. ``value`` is the group's resource id, the program's usual
    path, the flow id whose ports it opens, or the ICMP type. ``directions`` are ``in`` / ``out``; empty where the page gives none (then
    ``effective_directions`` says what is meant). ``on`` is the role of the host that needs it. ``cell`` is the port or
    program as the source prints it.
    """

    id: str
    feature: str
    kind: str
    value: str
    on: str
    directions: tuple[str, ...]
    effective_directions: tuple[str, ...]
    editions: tuple[str, ...]
    cell: str = ""
    errata: tuple[str, ...] = ()
    when: str = ""
    note: Text | None = None
    cite: Cite


@value(kw_only=True)
class GroupMember:
    """One rule of a predefined group as a given Windows ships it; ``rule.id`` is its registry value name, ``rule.active``
    whether it is on by default.
    """

    rule: HostRule


@value(kw_only=True)
class GroupEdition:
    """The member rules of a predefined group on one SKU and build range (inclusive NT builds, None is open)."""

    sku: str
    first_build: int | None
    last_build: int | None
    members: tuple[GroupMember, ...]
    cite: Cite


@value(kw_only=True)
class Group:
    """A predefined Windows Firewall group, identified by its resource id, never by its display name."""

    id: str
    resource: str
    title: Text
    zh_verified: bool
    reach: Text
    """What the group opens, and where it does not reach (the LocalSubnet twin)."""
    gaps: Text | None = None
    """Which Windows have member rules that are not established."""
    editions: Sequence[GroupEdition]
    cite: Cite


@value(kw_only=True)
class Erratum:
    """A place where a document is wrong or silent: what it prints, what is effective, and why."""

    id: str
    title: Text
    printed: Text
    effective: Text
    reason: Text
    lines: tuple[int, ...]
    features: tuple[str, ...]
    cite: Cite


@value(kw_only=True)
class UsualProcess:
    """Who usually listens on (direction in) or opens (direction out) a port, for a flow text that does not say."""

    direction: str
    protocol: str
    ports: str
    process: Process
    cite: Cite


@value(kw_only=True)
class KnownProgram:
    """Where a program usually lies, for a text that names only its file. ``paths`` as in ``Process``, likeliest first."""

    file: str
    paths: tuple[str, ...]
    services: tuple[str, ...] = ()
    cite: Cite


@value(kw_only=True)
class Note:
    """A note, warning or procedure of the page that is not a row: id, place and both texts."""

    id: str
    kind: str
    text: Text
    features: tuple[str, ...]
    cite: Cite


@value(kw_only=True)
class FindingText:
    """The words of a finding code: title and message template (``{name}`` filled from ``Finding.args``)."""

    code: str
    severity: str
    title: Text
    message: Text
    why: Text
    repair: Text
    depends_on: tuple[str, ...] = ()
    variants: Mapping[str, Text] = MappingProxyType({})
    """Messages for special cases, by the word in the finding's arg ``variant``."""


@value(kw_only=True)
class Catalog:
    """All rows of the page and of the chosen packs, each table keyed by id in authored order."""

    sources: Mapping[str, Source]
    flows: Mapping[str, FlowKind]
    features: Mapping[str, Feature]
    requirements: Mapping[str, Requirement]
    exceptions: Mapping[str, ExceptionRow]
    groups: Mapping[str, Group]
    errata: Mapping[str, Erratum]
    usual: tuple[UsualProcess, ...]
    notes: Mapping[str, Note]
    findings: Mapping[str, FindingText]
    programs: Mapping[str, KnownProgram] = MappingProxyType({})
    """Keyed by file name in lower case."""
