"""A ``Site`` as a document in the shape of a site file, as TOML text, and the starter file with every key explained.

``site_document`` gives back what the reader accepts: the site read from it is equal.
"""

from __future__ import annotations

from typing import Any

from cmfw.ingest.site_keys import SITE_KEYS, SiteKey
from cmfw.model.mandate import Mandate
from cmfw.model.site import ClientGroup, Install, Site, SitePorts, SubSite, System
from cmfw.net.flow import PROFILE_NAMES
from cmfw.words import language, say


def site_document(site: Site) -> dict[str, Any]:
    """The site in the shape of a site file, every default filled in."""
    document: dict[str, Any] = {
        "schema": "cmfw/site/1",
        "code": site.code,
        "packs": list(site.packs),
        **_mandate(site.mandate),
        "ports": _ports(site.ports(site.code)),
        "site": [_site(sub) for sub in site.sites] if len(site.sites) > 1 else [],
        "system": [_system(system) for system in site.systems],
        "clients": [_clients(group) for group in site.clients],
        "filter": [{"from": f.from_zone, "to": f.to_zone, "file": f.file} for f in site.filters],
        "expect": [{"flow": e.flow, "verdict": e.verdict} for e in site.expects],
    }
    return {key: value for key, value in document.items() if value != []}


def _ports(ports: SitePorts) -> dict[str, Any]:
    return {
        "http": list(ports.http),
        "https": list(ports.https),
        "notification": ports.notification,
        "wol": ports.wol,
        "rpc": str(ports.rpc),
    }


def _site(sub: SubSite) -> dict[str, Any]:
    found: dict[str, Any] = {"code": sub.code, "kind": sub.kind}
    if sub.parent:
        found["parent"] = sub.parent
    if sub.kind != "secondary":
        found["ports"] = _ports(sub.ports)
    return found


def _system(system: System) -> dict[str, Any]:
    found: dict[str, Any] = {
        "host": system.host,
        "site": system.site,
        "roles": list(system.roles),
        "addresses": system.addresses.texts(),
        "zone": system.zone,
    }
    if "management_point" in system.roles:
        found["mp"] = {"mode": system.mp_mode.value}
    if "distribution_point" in system.roles:
        found["dp"] = {"mode": system.dp_mode.value}
        found |= {"pxe": system.pxe, "multicast": system.multicast, "multicast_ports": str(system.multicast_ports)}
    if "state_migration_point" in system.roles:
        found["smp"] = {"mode": system.smp_mode.value}
    if "software_update_point" in system.roles:
        found["sup"] = {"http": system.sup.http, "https": system.sup.https, "ssl": system.sup.ssl}
    found["site_server_initiates"] = system.site_server_initiates
    found["profile"] = PROFILE_NAMES[system.profile]
    found["default_outbound"] = _default(block=system.default_outbound_block)
    found["os"] = system.os
    return found | _mandate(system.mandate)


def _mandate(mandate: Mandate) -> dict[str, Any]:
    return {"owner": mandate.owner, "ticket": mandate.ticket, "expiry": mandate.expiry}


def _default(*, block: bool) -> str:
    return "block" if block else "allow"


def _clients(group: ClientGroup) -> dict[str, Any]:
    settings = {name: getattr(group.settings, name) for name in type(group.settings).__dataclass_fields__}
    for name in ("remote_control_profiles", "wakeup_profiles"):
        settings[name] = [word for profile, word in PROFILE_NAMES.items() if profile & settings[name]]
    return {
        "name": group.name,
        "site": group.site,
        "subnets": list(group.subnet_list) or group.subnets.texts(),
        "zone": group.zone,
        "profile": PROFILE_NAMES[group.profile],
        "product": group.product.value,
        "os": group.os,
        "identity": group.identity.value,
        "default_outbound": _default(block=group.default_outbound_block),
        "uses": list(group.uses),
        "features": list(group.features),
        "client_dir": group.client_dir or "%windir%\\CCM",
        **_mandate(group.mandate),
        "install": [_install(install) for install in group.install],
        "settings": settings,
    }


def _install(install: Install) -> dict[str, Any]:
    found = {name: getattr(install, name) for name in type(install).__dataclass_fields__}
    return {name: value for name, value in found.items() if value not in (None, "") and value is not False}


def toml_text(document: dict[str, Any]) -> str:
    """The document as TOML."""
    return "\n".join(_table_lines(document, "")).strip("\n") + "\n"


def _table_lines(table: dict[str, Any], path: str) -> list[str]:
    """Plain values first, then tables under their headers, as TOML wants it."""
    lines = [f"{name} = {_toml(value)}" for name, value in table.items() if not _is_table(value)]
    for name, value in table.items():
        below = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            lines += ["", f"[{below}]", *_table_lines(value, below)]
        elif _is_table(value):
            for one in value:
                lines += ["", f"[[{below}]]", *_table_lines(one, below)]
    return lines


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        import json

        return f"'{value}'" if "\\" in value and "'" not in value else json.dumps(value, ensure_ascii=False)
    return str(value)


_EXAMPLES = {
    "code": '"P01"',
    "system[].host": '"cm1.example.com"',
    "system[].addresses": '["10.1.0.10"]',
    "clients[].subnets": '["10.2.0.0/16"]',
}
"""What the starter file sets; every other key stands there as a comment with its default."""
_REPEATED = ("system", "clients")


def starter() -> str:
    """A site file that is valid as it stands and explains every key, in the language of the call."""
    lines = [f"# {line}" for line in say("site.starter").split("\n")]
    lines += _starter_lines("")
    return "\n".join(lines) + "\n"


def _starter_lines(table: str) -> list[str]:
    prefix = f"{table}." if table else ""
    own = [k for k in SITE_KEYS if k.path.startswith(prefix) and "." not in k.path[len(prefix) :]]
    lines = []
    for key in own:
        if key.kind not in ("table", "tables") and key.path != "schema":
            lines += _key_lines(key)
    for key in own:
        if key.kind not in ("table", "tables"):
            continue
        name = key.path.replace("[]", "")
        live = name in _REPEATED
        header = f"[[{name}]]" if key.kind == "tables" else f"[{name}]"
        lines += ["", f"{'' if live else '#'}{header}  # {key.meaning.in_language(language())}"]
        lines += _starter_lines(f"{key.path}[]" if key.kind == "tables" else key.path)
    return lines


def _key_lines(key: SiteKey) -> list[str]:
    name = key.path.rpartition(".")[2]
    meaning = key.meaning.in_language(language())
    if key.choices and len(key.choices) < 8:
        meaning += f"{say('colon')}{' | '.join(key.choices)}"
    example = _EXAMPLES.get(key.path)
    if example:
        return [f"{name} = {example}  # {meaning}"]
    if key.is_required:
        return [f"#{name} =  # {meaning}"]
    return [_commented(name, key.default.in_language(language()), meaning)]


def _commented(name: str, default: str, meaning: str) -> str:
    """The key as a comment: with its default where that is a value, else with the default told in words."""
    import tomllib

    try:
        tomllib.loads(f"x = {default}")
    except tomllib.TOMLDecodeError:
        return f"#{name} =  # {say('site.default', meaning=meaning, value=default)}"
    return f"#{name} = {default}  # {meaning}"
