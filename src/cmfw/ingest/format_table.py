"""``FormatTable``: what a file format can show of a machine and what it cannot, as its file in ``about/`` documents it.

Read when somebody asks (``cmfw explain format:NAME``, the docs), never while a machine's files are read.
"""

from __future__ import annotations

from importlib.resources import files

from cmfw.values import value

ASPECTS = (
    "local_rules",
    "gpo_rules",
    "mdm_rules",
    "hardening",
    "app_containers",
    "profile_settings",
    "connection_rules",
    "rule_ids",
    "groups",
    "ports",
    "addresses",
    "programs",
    "services",
    "icmp_types",
    "interfaces",
    "conditions",
    "service_facts",
    "host_addresses",
    "active_profile",
)
"""What there is to show, in the order of the table; each has words (``aspect.X``). ``conditions`` are IPsec, users and packages."""
SHOWS = ("yes", "no", "part", "exported")
"""``part``: only some of it, and the limits say which. ``exported``: if whoever made the file chose to export it."""


@value(kw_only=True)
class Limit:
    """One thing to know before trusting the format, in both languages, with the gap that it becomes (or the empty string)."""

    gap: str
    en: str
    zh_CN: str  # noqa: N815 - the language's name


@value(kw_only=True)
class FormatTable:
    """One format: how it is recognised (both languages), what makes such a file, what it shows of each aspect, its limits."""

    name: str
    recognised_en: str
    recognised_zh_CN: str  # noqa: N815 - the language's name
    make: tuple[str, ...]
    shows: tuple[tuple[str, str], ...]
    limits: tuple[Limit, ...]


def format_table(name: str) -> FormatTable:
    """What the format of that name can show; its file is strict, so KeyError and ValueError are faults of ours."""
    import tomllib

    found = tomllib.loads(files("cmfw.ingest").joinpath("about", f"{name}.toml").read_text(encoding="utf-8"))
    unknown = found.keys() - {"recognised", "make", "shows", "limits"}
    shows = found["shows"]
    wrong = [f"{aspect} = {shown}" for aspect, shown in shows.items() if aspect not in ASPECTS or shown not in SHOWS]
    if unknown or wrong:
        raise ValueError(f"about/{name}.toml: {', '.join([*sorted(unknown), *wrong])}")
    return FormatTable(
        name=name,
        recognised_en=found["recognised"]["en"],
        recognised_zh_CN=found["recognised"]["zh_CN"],
        make=tuple(found["make"]),
        shows=tuple((aspect, shows[aspect]) for aspect in ASPECTS),
        limits=tuple(Limit(gap=row.get("gap", ""), en=row["en"], zh_CN=row["zh_CN"]) for row in found.get("limits", ())),
    )
