"""Changes on the wire: ``cmfw lab whatif`` supposes one, ``cmfw lab run`` plays the steps of a scenario file."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE, worst
from cmfw.cli.lab_change_view import ChangeReport, StepSeen
from cmfw.cli.options import make_command, option
from cmfw.cli.whatif import Qualified
from cmfw.errors import COMMAND_LINE, InputError, LabError, Problem
from cmfw.ingest import machine_changes as reader
from cmfw.ingest.lab_scenario import Scenario, ScenarioStep, read_scenario
from cmfw.ingest.machine_changes import MARK, Supposed
from cmfw.words import say
from cmfw.words.phrases import listed, phrase

if TYPE_CHECKING:
    from cmfw.catalog.types import Catalog
    from cmfw.lab.layout import Layout


class _Supposing(Qualified):
    """``cmfw whatif`` has this name too, and its own words."""

    def get_help(self, ctx: click.Context) -> str:
        """The help text."""
        self.help = say("help.lab-whatif")
        return click.Command.get_help(self, ctx)


@make_command("whatif", "text", "json", "md", cls=_Supposing)
@click.argument("site_path", metavar="SITE")
@option("--on", "places", key="on", multiple=True, metavar="GROUP|HOST")
@option("--open", "opened", key="open", multiple=True, metavar="TRAFFIC")
@option("--close", "closed", key="close", multiple=True, metavar="TRAFFIC")
@option("--from", key="from", metavar="ADDRESSES", expose_value=False)
@option("--to", key="to", metavar="ADDRESSES", expose_value=False)
@option("--between", key="between", nargs=2, metavar="ZONE ZONE", expose_value=False)
@option("--remove", key="remove", multiple=True, metavar="RULE")
@option("--enable", key="enable", multiple=True, metavar="RULE")
@option("--disable", key="disable", multiple=True, metavar="RULE")
def whatif(
    site_path: str,
    places: tuple[str, ...],
    opened: tuple[str, ...],
    closed: tuple[str, ...],
    remove: tuple[str, ...],
    enable: tuple[str, ...],
    disable: tuple[str, ...],
    form: str,
) -> int:
    """Send the plan's packets before and after a supposed change."""
    named = (("remove", remove), ("enable", enable), ("disable", disable))
    rules = tuple((word, name) for word, names in named for name in names)
    step = ScenarioStep(name="", opened=opened, closed=closed, rules=rules, on=places)
    return play(Scenario(site=site_path, steps=(step,)), COMMAND_LINE, form)


@make_command("run", "text", "json", "md")
@click.argument("path", metavar="SCENARIO")
def run(path: str, form: str) -> int:
    """Play the steps of a scenario file."""
    return play(read_scenario(path), path, form)


def play(scenario: Scenario, told_in: str, form: str) -> int:
    """Play every step on the site as it is, and show what the packets did."""
    from cmfw import catalog as facts
    from cmfw.cli import lab_change_view as view
    from cmfw.cli import output
    from cmfw.cli.inputs import warn
    from cmfw.diagnose.planned_state import all_windows
    from cmfw.engine.path import PathEngine
    from cmfw.ingest.path_state import read_paths
    from cmfw.ingest.site import read_site
    from cmfw.lab.changed import changed_layout, see_change
    from cmfw.lab.layout import make_layout
    from cmfw.lab.run import Runner
    from cmfw.resolve import resolve

    if sys.platform != "linux":
        raise LabError("the lab needs Linux: it is made of network namespaces and nftables")
    site = all_windows(read_site(scenario.site))
    catalog = facts.load(site.packs)
    paths, problems = read_paths(site)
    for problem in problems:
        warn(problem.text())
    plan = resolve(catalog, site)
    layout = make_layout(site, plan, path=PathEngine(paths))
    _check(scenario, told_in, catalog, layout)
    steps = []
    with Runner(layout) as lab:
        for step in scenario.steps:
            places = step.on or tuple(group.name for group in site.clients)
            supposed = _supposed(step, paths.zones)
            reader.check_names(supposed, [host.state for host in layout.hosts if host.place in places])
            to_states = [one.to_state for one in supposed if one.to_state is not None]
            to_paths = [one.to_path for one in supposed if one.to_path is not None]
            change = see_change(plan, layout, changed_layout(layout, places, to_states, to_paths), lab)
            steps.append(StepSeen(step, tuple(one.text for one in supposed), change))
    report = ChangeReport(site, catalog, plan, tuple(steps))
    if form == "json":
        output.show_json(view.document(report))
    else:
        output.show(view.blocks(report))
    return _exit_code(report)


def _supposed(step: ScenarioStep, zones: tuple[str, ...]) -> list[Supposed]:
    """The changes of a step as the options of ``whatif`` would say them."""
    behind = MARK.join(("", "between", *step.between)) if step.between else ""
    found = reader.rule_changes((word, [name]) for word, name in step.rules)
    found += reader.port_changes("open", [text + behind for text in step.opened], zones)
    return found + reader.port_changes("close", [text + behind for text in step.closed], zones)


def _check(scenario: Scenario, told_in: str, catalog: Catalog, layout: Layout) -> None:
    """Raise InputError for every place and feature that the site or the catalog does not have."""
    hosts = [host.place for host in layout.hosts[: layout.stranger] if not host.is_outside]
    problems: list[Problem] = []
    for number, step in enumerate(scenario.steps):
        problems += _unknown(step.on, hosts, told_in, f"step[{number}].on" if step.name else "--on")
        problems += _unknown((name for name, _ in step.expected), catalog.features, told_in, f"step[{number}].expect")
    if problems:
        raise InputError(*problems)


def _unknown(names: Iterable[str], known: Iterable[str], told_in: str, key: str) -> list[Problem]:
    there = list(dict.fromkeys(known))
    expected = phrase("one of {names}", names=listed(there))
    return [Problem(told_in, expected, f"`{name}`", key=key) for name in names if name not in there]


def _exit_code(report: ChangeReport) -> int:
    """1 where a feature gets worse unexpectedly, an expectation fails or a packet is wrong; 3 where something is unknown."""
    from cmfw.cli import lab_change_view as view

    codes = [CLEAN]
    for step in report.steps:
        expects = step.expects()
        failed = [one for one in expects if one.want != one.got]
        worse = not expects and any(row.after.high < row.before.high for row in step.change.rows)
        if failed or worse or step.change.wrong:
            codes.append(FINDINGS)
        elif view.doubts(report) or any(row.after.low is not row.after.high for row in step.change.rows):
            codes.append(INCOMPLETE)
    return worst(*codes)
