"""``cmfw whatif``: which features change status if a rule, group, port, profile, store or site setting were another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE, worst
from cmfw.cli.options import Spoken, make_command, option, subnet_option
from cmfw.words import say

if TYPE_CHECKING:
    from cmfw.catalog.types import Catalog
    from cmfw.engine.path import PathEngine
    from cmfw.ingest.machine_changes import Supposed
    from cmfw.model.site import Site
    from cmfw.model.state import HostState
    from cmfw.report.whatif_view import Answer
    from cmfw.report.who import Who

_CHANGED = ("--open", "--close")
_QUALIFIERS = {"--from": 1, "--to": 1, "--between": 2}
"""Options that say more about the ``--open`` or ``--close`` before them, and how many words each takes."""


class Qualified(Spoken):
    """Keeps ``--from``, ``--to`` and ``--between`` with the ``--open`` or ``--close`` that they stand behind."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments with every qualifier folded into the value that it is about."""
        from cmfw.ingest.machine_changes import MARK

        told: list[str] = []
        at = -1
        words = iter(_split(args))
        for word in words:
            if word in _QUALIFIERS and at >= 0:
                more = [next(words, "") for _ in range(_QUALIFIERS[word])]
                if not all(more):
                    raise click.UsageError(say("whatif.incomplete", option=word), ctx)
                told[at] = MARK.join([told[at], word.removeprefix("--"), *more])
                continue
            if word in _QUALIFIERS:
                raise click.UsageError(say("whatif.alone", option=word), ctx)
            told.append(word)
            if word in _CHANGED and (text := next(words, None)) is not None:
                told.append(text)
                at = len(told) - 1
        return super().parse_args(ctx, told)


def _split(args: list[str]) -> list[str]:
    """``--open=tcp/445`` as two words, for the options that are looked at here."""
    found: list[str] = []
    for word in args:
        name, equals, text = word.partition("=")
        found += [name, text] if equals and name in (*_CHANGED, *_QUALIFIERS) else [word]
    return found


@make_command("whatif", "text", "json", "md", cls=Qualified)
@click.argument("site_path", metavar="SITE")
@click.argument("states", metavar="[STATE]...", nargs=-1)
@option("--as", "asked", key="as", metavar="GROUP|HOST")
@option("--open", "opened", key="open", multiple=True, metavar="TRAFFIC")
@option("--close", "closed", key="close", multiple=True, metavar="TRAFFIC")
@option("--from", key="from", metavar="ADDRESSES", expose_value=False)
@option("--to", key="to", metavar="ADDRESSES", expose_value=False)
@option("--between", key="between", nargs=2, metavar="ZONE ZONE", expose_value=False)
@option("--enable", key="enable", multiple=True, metavar="RULE")
@option("--disable", key="disable", multiple=True, metavar="RULE")
@option("--remove", key="remove", multiple=True, metavar="RULE")
@option("--enable-group", key="enable_group", multiple=True, metavar="GROUP")
@option("--disable-group", key="disable_group", multiple=True, metavar="GROUP")
@option("--profile", key="other_profile", type=click.Choice(("domain", "private", "public")))
@option("--firewall", key="firewall", multiple=True, metavar="on|off[:PROFILES]")
@option("--default-inbound", key="default_inbound", multiple=True, metavar="allow|block[:PROFILES]")
@option("--default-outbound", key="default_outbound", multiple=True, metavar="allow|block[:PROFILES]")
@option("--block-all-inbound", key="block_all_inbound", multiple=True, metavar="on|off[:PROFILES]")
@option("--local-merge", key="local_merge", multiple=True, metavar="on|off[:PROFILES]")
@option("--without-gpo", key="without_gpo", is_flag=True)
@option("--set", "settings", key="set", multiple=True, metavar="KEY=VALUE")
@subnet_option
def command(
    site_path: str, states: tuple[str, ...], asked: str | None, local_subnets: tuple[str, ...], form: str, **options: Any
) -> int:
    """Judge the site's features before and after the changes."""
    from cmfw.catalog import load
    from cmfw.cli.inputs import read_host
    from cmfw.ingest.site import read_site
    from cmfw.ingest.site_changes import read_changed_site
    from cmfw.report.whatif_view import Answer

    site = read_site(site_path)
    changed = read_changed_site(site_path, site, options["settings"]) if options["settings"] else site
    catalog = load(tuple(dict.fromkeys((*site.packs, *changed.packs))))
    state = read_host(states, local_subnets) if states else None
    paths = _paths(site, changed)
    supposed = _supposed(catalog, options, paths[0].state.zones)
    answer = Answer(
        site=site,
        catalog=catalog,
        by="plan" if state is None else "state",
        changes=tuple(one.text for one in supposed) + _told(options),
        parts=_parts(catalog, (site, changed), state, asked, supposed, options["profile"], paths),
    )
    return _show(answer, form)


def _told(options: dict[str, Any]) -> tuple[str, ...]:
    """The changes of the site as they were asked for."""
    told = [f"--profile {options['profile']}"] if options["profile"] else []
    return (*told, *(f"--set {text}" for text in options["settings"]))


def _supposed(catalog: Catalog, options: dict[str, Any], zones: tuple[str, ...]) -> list[Supposed]:
    """Every change of a machine or filter, in one order whatever the order of the options: stores, settings, rules, ports."""
    from cmfw.diagnose.changes import without_gpo
    from cmfw.ingest import machine_changes as reader

    found = [reader.Supposed(text="--without-gpo", to_state=without_gpo)] if options["without_gpo"] else []
    found += reader.merge_changes(options["local_merge"])
    for name in reader.SETTINGS:
        found += reader.setting_changes(name, options[name.replace("-", "_")])
    found += reader.rule_changes((name, options[name]) for name in ("enable", "disable", "remove"))
    found += reader.group_changes(catalog, ((f"{w}-group", options[f"{w}_group"]) for w in ("enable", "disable")))
    found += reader.port_changes("open", options["opened"], zones)
    return found + reader.port_changes("close", options["closed"], zones)


def _paths(site: Site, changed: Site) -> tuple[PathEngine, PathEngine]:
    """The filters before and after the changes of the site."""
    from cmfw.cli.inputs import warn
    from cmfw.engine.path import PathEngine
    from cmfw.ingest.path_state import read_paths

    found = [read_paths(one) for one in ((site,) if changed is site else (site, changed))]
    for problem in dict.fromkeys(problem for _, problems in found for problem in problems):
        warn(problem.text())
    return PathEngine(found[0][0]), PathEngine(found[-1][0])


def _parts(
    catalog: Catalog,
    sites: tuple[Site, Site],
    state: HostState | None,
    asked: str | None,
    supposed: list[Supposed],
    profile: str | None,
    paths: tuple[PathEngine, PathEngine],
) -> tuple[Any, ...]:
    """The answer for every place that is asked about: the machine's, or those of the plan."""
    from cmfw.diagnose.planned_state import all_windows, planned_state
    from cmfw.diagnose.whatif import Case, compare
    from cmfw.engine.exact import Engine
    from cmfw.engine.path import PathEngine
    from cmfw.ingest.machine_changes import check_names
    from cmfw.ingest.site_changes import in_profile
    from cmfw.report.whatif_view import Part
    from cmfw.resolve import resolve

    places = _places(sites[0], state, asked)
    before, after = sites if state is not None else (all_windows(sites[0]), all_windows(sites[1]))
    after = after if profile is None else in_profile(after, profile, {who.name for who in places})
    plan = resolve(catalog, before)
    other = plan if after == before else resolve(catalog, after)
    states = [state or planned_state(before, plan, who.name) for who in places]
    check_names(supposed, states)
    path = paths[1].state
    for one in supposed:
        path = path if one.to_path is None else one.to_path(path)
    beyond = PathEngine(path)
    parts = []
    for who, machine in zip(places, states, strict=True):
        then = machine
        for one in supposed:
            then = then if one.to_state is None else one.to_state(then)
        engine = Engine(machine)
        old = Case(site=before, plan=plan, engine=engine, path=paths[0])
        new = Case(site=after, plan=other, engine=engine if then == machine else Engine(then, engine), path=beyond)
        parts.append(Part(who, compare(catalog, old, new, who.name, host=who.host), old, new))
    return tuple(parts)


def _places(site: Site, state: HostState | None, asked: str | None) -> list[Who]:
    """Who is asked about: the one that the machine is, the one named, else every client group."""
    from cmfw.model.state import HostState
    from cmfw.report.who import Who, find_who

    if state is not None or asked is not None:
        return [find_who(site, state or HostState(), asked)]
    return [Who(group.name, host=False, by="plan") for group in site.clients]


def _show(answer: Answer, form: str) -> int:
    from cmfw.cli import output
    from cmfw.report import whatif_view

    if form == "json":
        output.show_json(whatif_view.document(answer))
    else:
        output.show(whatif_view.blocks(answer))
    outcomes = {row.outcome.value for part in answer.parts for row in part.rows}
    return worst(CLEAN, *(c for o, c in (("worse", FINDINGS), ("undecided", INCOMPLETE)) if o in outcomes))
