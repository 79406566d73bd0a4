"""The lab for a page: in a process of its own, because it forks, and a server with threads must not."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection

from cmfw import words
from cmfw.errors import CmfwError, LabError
from cmfw.report.blocks import Block
from cmfw.web.runs import Told


def prove(text: str, name: str, filters: Mapping[str, bytes], lang: str, told: Told) -> list[Block]:
    """What the lab shows of the site; raises LabError where this machine cannot hold it."""
    if sys.platform != "linux":
        raise LabError("the lab needs Linux: it is made of network namespaces and nftables")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=work, args=(theirs, text, name, dict(filters), lang), name="cmfw lab")
    child.start()
    theirs.close()
    try:
        return _heard(ours, told)
    finally:
        child.terminate()
        child.join()
        ours.close()


def _heard(ours: Connection, told: Told) -> list[Block]:
    """What the other process has to say, until it has said it all."""
    while True:
        try:
            kind, *rest = ours.recv()
        except EOFError:
            raise LabError("the lab ended before it had an answer") from None
        if kind == "told":
            told(*rest)
        elif kind == "failed":
            raise LabError(*rest)
        else:
            found: list[Block] = rest[0]
            return found


def work(theirs: Connection, text: str, name: str, filters: dict[str, bytes], lang: str) -> None:
    """Prove the plan of the site, telling how far it is."""
    words.choose(lang)
    try:
        theirs.send(("done", _blocks(theirs, text, name, filters)))
    except CmfwError as error:
        theirs.send(("failed", str(error)))


def _blocks(theirs: Connection, text: str, name: str, filters: dict[str, bytes]) -> list[Block]:
    from cmfw.catalog import load
    from cmfw.diagnose.planned_state import all_windows
    from cmfw.engine.path import PathEngine
    from cmfw.ingest.path_state import read_paths
    from cmfw.ingest.site import read_site_text
    from cmfw.lab.layout import make_layout
    from cmfw.lab.prove import prove as prove_plan
    from cmfw.lab.run import Runner
    from cmfw.report import lab_view
    from cmfw.resolve import resolve

    asked = read_site_text(text, name)
    site = all_windows(asked)
    catalog = load(site.packs)
    plan = resolve(catalog, site)
    path = PathEngine(read_paths(site, filters)[0]) if site.filters else None
    layout = make_layout(site, plan, {}, path)
    with Runner(layout) as lab:
        proof = prove_plan(plan, layout, lab, lambda done, total, _: theirs.send(("told", done, total)))
    return lab_view.blocks(lab_view.Report(site, catalog, proof, lab_view.replaced_groups(asked)))
