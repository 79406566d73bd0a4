"""Reads a site file (TOML, or JSON of the same shape) into a ``Site``; strict, and every problem at once.

The shortest site that makes sense::

    code = "P01"
    system = [{ host = "cm1" }]
    clients = [{ subnets = ["10.1.0.0/16"] }]

The same in table form is ``[[system]]`` and ``[[clients]]``. Every key stands in ``site_keys.SITE_KEYS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from cmfw.errors import InputError, Problem
from cmfw.ingest.site_keys import METHODS, SITE_KEYS, USUAL_ROLES, Place, SiteKey
from cmfw.ingest.site_values import GIVEN, SiteValues, Table, closest
from cmfw.ingest.toml_document import plain_message, toml_document
from cmfw.model.mandate import Mandate
from cmfw.model.site import (
    MULTICAST_PORTS,
    ClientGroup,
    ClientSettings,
    Expect,
    Filter,
    Identity,
    Install,
    Product,
    Site,
    SitePorts,
    SubSite,
    SupSettings,
    System,
    WebMode,
)
from cmfw.net.addr import AddrSet
from cmfw.net.flow import PROFILE_NAMES
from cmfw.words.phrases import listed, phrase
from cmfw.words.system_errors import of_system

__all__ = ["METHODS", "SITE_KEYS", "SiteKey", "read_site", "read_site_text"]

_PROFILES = {name: profile for profile, name in PROFILE_NAMES.items()}
_KINDS = {"primary": phrase("primary"), "secondary": phrase("secondary"), "central": phrase("central")}
_ONCE = {"host": phrase("each host once"), "code": phrase("each code once"), "method": phrase("each method once")}
Change = Callable[[Any], None]
"""Changes the raw tables of a site file in place, before they are read."""
_NO_ADDRESSES: tuple[AddrSet, tuple[str, ...]] = (AddrSet.EMPTY, ())


def read_site(path: str, change: Change | None = None) -> Site:
    """The site that the file describes, after ``change`` of its raw tables; raises InputError with every problem found."""
    try:
        with open(path, "rb") as stream:  # noqa: PTH123 - pathlib costs start-up
            raw = stream.read()
    except OSError as error:
        raise InputError(Problem(path, "a readable site file", of_system(error))) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = phrase("byte 0x{byte:02x}", byte=raw[error.start])
        raise InputError(Problem(path, "UTF-8 text", found, offset=error.start, hint="save it as UTF-8")) from error
    return read_site_text(text, path, change)


def read_site_text(text: str, path: str, change: Change | None = None) -> Site:
    """The site that the text describes; ``path`` is what problems call it and ends in ``.json`` for JSON."""
    is_json = path.lower().endswith(".json") or text.lstrip()[:1] == "{"
    raw = _parse_json(text, path) if is_json else toml_document(text, path)
    if change is not None:
        change(raw)
    reader = SiteValues(path, lambda: _lines(text, is_json=is_json))
    top = reader.table(raw, ())
    site = _build(reader, top, path)
    if reader.problems:
        raise InputError(*sorted(reader.problems, key=lambda p: (p.line or 0, p.key)), *reader.not_listed())
    return site


def _lines(text: str, *, is_json: bool) -> dict[Place, int]:
    from cmfw.ingest.site_lines import json_lines, toml_lines

    return json_lines(text) if is_json else toml_lines(text)


def _parse_json(text: str, path: str) -> Any:
    import json

    repeated: dict[str, None] = {}

    def table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(pairs)
        if len(out) < len(pairs):
            seen: set[str] = set()
            for name, _ in pairs:
                if name in seen:
                    repeated[name] = None
                seen.add(name)
        return out

    try:
        raw = json.loads(text, object_pairs_hook=table)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        found = getattr(error, "msg", "") or (
            plain_message(error) if isinstance(error, ValueError) else phrase("nesting too deep")
        )
        raise InputError(Problem(path, "valid JSON", found[:1].lower() + found[1:], line=line)) from error
    if repeated:
        raise InputError(
            *(Problem(path, "each key once", phrase("`{name}` again", name=name), key=name) for name in repeated)
        )
    return raw


def _build(reader: SiteValues, top: Table, path: str) -> Site:
    code = top.get("code", "")
    sites = _sites(reader, top, code)
    complete = code and all(t.get("code") for t in top.get("site", ()))
    known = {site.code for site in sites} if complete else None
    mandate = _mandate(top, Mandate.NONE)
    systems = tuple(_system(reader, table, code, known, mandate) for table in top.get("system", ()))
    _each_once(reader, top.get("system", ()), "host")
    tables = top.get("clients", ())
    _resolve_uses(reader, tables, systems)
    clients = tuple(
        replace(_clients(reader, table, code, known, len(tables)), mandate=_mandate(table, mandate)) for table in tables
    )
    _unique_names(reader, tables, clients, {system.host.lower() for system in systems})
    _check_features(reader, tables, top.get("packs", ()))
    return Site(
        code=code,
        path=path,
        sites=sites,
        systems=systems,
        clients=clients,
        filters=tuple(
            Filter(from_zone=t.get("from", ""), to_zone=t.get("to", ""), file=t.get("file", ""))
            for t in top.get("filter", ())
        ),
        expects=tuple(
            Expect(flow=t.get("flow", ""), verdict=t.get("verdict", ""), key=f"expect[{at}]")
            for at, t in enumerate(top.get("expect", ()))
        ),
        packs=top.get("packs", ()),
        mandate=mandate,
    )


def _mandate(table: Table, above: Mandate) -> Mandate:
    """What the table says of who answers for its rules; the rest is said above it."""
    own = Mandate(owner=table.get("owner", ""), ticket=table.get("ticket", ""), expiry=table.get("expiry", ""))
    return own.over(above)


def _ports(table: Table, base: SitePorts) -> SitePorts:
    return SitePorts(
        http=table.get("http", base.http),
        https=table.get("https", base.https),
        notification=table.get("notification", base.notification),
        wol=table.get("wol", base.wol),
        rpc=table.get("rpc", base.rpc),
    )


def _sites(reader: SiteValues, top: Table, code: str) -> tuple[SubSite, ...]:
    """The hierarchy, the top site first; a secondary site has the ports of its parent. Source: configmgr.md 3.1 (CCP)."""
    base = _ports(top.get("ports", {}), SitePorts())
    tables = [t for t in top.get("site", ()) if t.get("code")]
    _each_once(reader, tables, "code")
    by_code = {t["code"]: t for t in tables}
    if code and code not in by_code:
        has_primaries = any(t.get("parent") == code and t.get("kind", "primary") == "primary" for t in tables)
        by_code = {code: {"code": code, "kind": "central" if has_primaries else "primary"}, **by_code}
    ports = {name: _ports(t.get("ports", {}), base) for name, t in by_code.items()}
    for name, table in by_code.items():
        _check_site(reader, table, by_code)
        if table.get("kind") == "secondary":
            ports[name] = ports.get(table.get("parent", ""), base)
    return tuple(
        SubSite(code=name, parent=t.get("parent", ""), kind=t.get("kind", "primary"), ports=ports[name])
        for name, t in by_code.items()
    )


def _check_site(reader: SiteValues, table: Table, by_code: dict[str, Table]) -> None:
    if "" not in table:  # the top site, which the reader made up
        return
    place: Place = table[""]
    kind = table.get("kind", "primary")
    parent = table.get("parent", "")
    wanted = {"secondary": ("primary",), "primary": ("central",), "central": ()}[kind]
    if parent and parent not in by_code:
        reader.problem((*place, "parent"), "the code of a site", f"`{parent}`", closest(parent, by_code))
    elif parent and by_code[parent].get("kind", "primary") not in wanted:
        allowed = phrase("a {kind} site", kind=_KINDS[wanted[0]]) if wanted else phrase("no parent")
        reader.problem(
            (*place, "parent"),
            phrase("{allowed} above a {kind} site", allowed=allowed, kind=_KINDS[kind]),
            f"`{parent}`",
        )
    elif kind == "secondary" and not parent:
        reader.problem((*place, "parent"), "the primary site above a secondary site", "nothing", "add `parent`")
    if kind == "secondary" and "ports" in table:
        hint = phrase("a secondary site has the ports of its primary site")
        reader.problem((*place, "ports"), "no ports at a secondary site", "a table", hint)


def _check_code(reader: SiteValues, table: Table, known: set[str] | None) -> None:
    """``known`` is None where a wrong code elsewhere would only be reported twice."""
    code = table.get("site", "")
    if known is not None and code and code not in known:
        reader.problem((*table[""], "site"), "the code of a site", f"`{code}`", closest(code, known) or "add `[[site]]`")


def _system(reader: SiteValues, table: Table, code: str, known: set[str] | None, mandate: Mandate) -> System:
    _check_code(reader, table, known)
    roles = table.get("roles", USUAL_ROLES)
    for part, role in (("mp", "management"), ("dp", "distribution"), ("smp", "state_migration"), ("sup", "software_update")):
        if part in table and f"{role}_point" not in roles and ("roles" in table or "roles" not in table[GIVEN]):
            reader.problem(
                (*table[""], part),
                phrase("`{role}_point` among the roles", role=role),
                "no such role",
                phrase("add it or drop `{name}`", name=part),
            )
    return System(
        host=table.get("host", ""),
        site=table.get("site") or code,
        roles=roles,
        addresses=table.get("addresses", _NO_ADDRESSES)[0],
        zone=table.get("zone", ""),
        mp_mode=_mode(table, "mp"),
        dp_mode=_mode(table, "dp"),
        smp_mode=_mode(table, "smp"),
        sup=_sup(table.get("sup", {})),
        pxe=table.get("pxe", False),
        multicast=table.get("multicast", False),
        multicast_ports=table.get("multicast_ports", MULTICAST_PORTS),
        site_server_initiates=table.get("site_server_initiates", False),
        profile=_PROFILES[table.get("profile", "domain")],
        default_outbound_block=table.get("default_outbound") == "block",
        os=table.get("os", ""),
        mandate=_mandate(table, mandate),
    )


def _mode(table: Table, part: str) -> WebMode:
    return WebMode(table.get(part, {}).get("mode", "http"))


def _sup(table: Table) -> SupSettings:
    """The pair with the missing half filled in: 80 goes with 443, any other n with n + 1. Source: page lines 163, 165."""
    http, https = table.get("http"), table.get("https")
    if http is None:
        http = 8530 if https is None else 80 if https == 443 else max(https - 1, 1)
    if https is None:
        https = 443 if http == 80 else min(http + 1, 65535)
    return SupSettings(http=http, https=https, ssl=table.get("ssl", False))


def _clients(reader: SiteValues, table: Table, code: str, known: set[str] | None, count: int) -> ClientGroup:
    _check_code(reader, table, known)
    subnets, written = table.get("subnets", _NO_ADDRESSES)
    installs = tuple(_install(reader, t) for t in table.get("install", ()))
    _each_once(reader, table.get("install", ()), "method")
    client_dir = table.get("client_dir", "") or next((folder for _, folder in installs if folder), "")
    return ClientGroup(
        name=table.get("name") or _default_name(table, written, count),
        site=table.get("site") or code,
        subnets=subnets,
        subnet_list=written,
        zone=table.get("zone", ""),
        profile=_PROFILES[table.get("profile", "domain")],
        product=Product(table.get("product", "windows")),
        os=table.get("os", ""),
        identity=Identity(table.get("identity", "domain")),
        default_outbound_block=table.get("default_outbound") == "block",
        uses=table.get("uses", ()),
        features=table.get("features", ()),
        install=tuple(install for install, _ in installs),
        client_dir=client_dir,
        settings=_settings(reader, table.get("settings", {"": (), GIVEN: ()})),
    )


def _default_name(table: Table, written: tuple[str, ...], count: int) -> str:
    if count == 1:
        return "clients"
    return written[0] if written else f"clients-{int(table[''][-1]) + 1}"


def _settings(reader: SiteValues, table: Table) -> ClientSettings:
    values = {name: value for name, value in table.items() if name not in ("", GIVEN)}
    for feature, profiles in (("remote_control", "remote_control_profiles"), ("wakeup_proxy", "wakeup_profiles")):
        if profiles not in values:
            continue
        enabled, values[profiles] = values[profiles]
        if enabled is not None and values.get(feature, enabled) is not enabled:
            raw = phrase("8 to 15 (enabled)") if enabled else phrase("0 (disabled)")
            reader.problem(
                (*table[""], profiles),
                phrase("a value that agrees with `{feature}`", feature=feature),
                raw,
                "drop one of the two",
            )
        elif enabled is not None:
            values[feature] = enabled
    return ClientSettings(**values)


def _install(reader: SiteValues, table: Table) -> tuple[Install, str]:
    """The install method, and the CCMINSTALLDIR of its properties."""
    from cmfw.ingest.ccmsetup import parse_ccmsetup

    said = parse_ccmsetup(table.get("properties", ""))
    place: Place = table[""]
    for name, value in said.wrong:
        reader.problem((*place, "properties"), phrase("a port from 1 to 65535 after `{name}=`", name=name), f"`{value}`")

    def either(key: str, default: Any) -> Any:
        mine, theirs = table.get(key, default), getattr(said, key)
        if mine != default and theirs not in (default, mine):
            reader.problem(
                (*place, key), phrase("what `properties` says (`{text}`)", text=theirs), f"`{mine}`", "say it once"
            )
        return mine if mine != default else theirs

    install = Install(
        method=table.get("method", ""),
        source=either("source", ""),
        share=table.get("share", ""),
        local_media=table.get("local_media", False),
        mp=either("mp", ""),
        http_port=either("http_port", None),
        https_port=either("https_port", None),
        fsp=either("fsp", ""),
    )
    if install.share and install.local_media:
        reader.problem((*place, "local_media"), "a share or local media", "both", "drop one of the two")
    return install, said.install_dir


def _each_once(reader: SiteValues, tables: Iterable[Table], key: str) -> None:
    seen: set[str] = set()
    for table in tables:
        value = table.get(key, "")
        if value and value.lower() in seen:
            reader.problem((*table[""], key), _ONCE[key], phrase("`{value}` again", value=value))
        seen.add(value.lower())


def _unique_names(reader: SiteValues, tables: tuple[Table, ...], clients: tuple[ClientGroup, ...], hosts: set[str]) -> None:
    """A name stands for one group or host, because ``--as`` and ``--for`` take either."""
    seen = set(hosts)
    for table, group in zip(tables, clients, strict=True):
        if group.name.lower() in seen:
            hint = "" if "name" in table else phrase("add `name`")
            reader.problem((*table[""], "name"), "each name once", phrase("`{name}` again", name=group.name), hint)
        seen.add(group.name.lower())


def _resolve_uses(reader: SiteValues, tables: tuple[Table, ...], systems: tuple[System, ...]) -> None:
    """Replaces every name in ``uses`` by the spelling of its system; a short name may stand for one qualified host."""
    hosts = {system.host.lower(): system.host for system in systems if system.host}
    short: dict[str, list[str]] = {}
    for host in hosts.values():
        short.setdefault(host.partition(".")[0].lower(), []).append(host)
    complete = all(system.host for system in systems)
    for table in tables:
        found = []
        for at, name in enumerate(table.get("uses", ())):
            candidates = [hosts[name.lower()]] if name.lower() in hosts else short.get(name.lower(), [])
            if len(candidates) == 1:
                found.append(candidates[0])
            elif complete:
                hint = phrase("several: {names}", names=listed(candidates)) if candidates else closest(name, hosts)
                reader.problem((*table[""], "uses", at), "the host of a `[[system]]`", f"`{name}`", hint)
        table["uses"] = tuple(dict.fromkeys(found))


def _check_features(reader: SiteValues, tables: tuple[Table, ...], packs: tuple[str, ...]) -> None:
    """Names of features and packs are checked against the catalog, which is only loaded where a site names any."""
    named = [(table, at, name) for table in tables for at, name in enumerate(table.get("features", ()))]
    if not named and not packs:
        return
    from cmfw import catalog

    for at, name in enumerate(packs):
        if name not in catalog.PACKS:
            hint = closest(name, catalog.PACKS) or phrase("there are {names}", names=listed(catalog.PACKS))
            reader.problem(("packs", at), "a catalog pack", f"`{name}`", hint)
    features = catalog.load(name for name in packs if name in catalog.PACKS).features
    for table, at, name in named:
        if name not in features:
            reader.problem((*table[""], "features", at), "a feature id", f"`{name}`", closest(name, features))
