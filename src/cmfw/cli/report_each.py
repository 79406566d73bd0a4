"""``cmfw report --each``: every file is a machine of its own. One that cannot be read is named in the report and stops nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cmfw.errors import CmfwError
from cmfw.report.machines_view import Machine, Unread

if TYPE_CHECKING:
    from cmfw.report.audit_view import Audit


def render_each(paths: Sequence[str], asked: str | None, local_subnets: Sequence[str], *, advisory: bool = False) -> bytes:
    """The page of the machines, the first path being the site; reports how far it is on stderr.

    Raises:
        InputError: where the site, a filter of it or ``local_subnets`` cannot be read.
    """
    from cmfw.catalog import load
    from cmfw.cli.inputs import check_subnets, read_filters
    from cmfw.cli.progress import Bar
    from cmfw.ingest import read_state
    from cmfw.ingest.site import read_site
    from cmfw.report.audit_view import make_audit
    from cmfw.report.machines_page import render_machines
    from cmfw.report.machines_view import machine_of
    from cmfw.words.phrases import told

    check_subnets(local_subnets)
    site = read_site(paths[0])
    catalog = load(site.packs)
    path, _ = read_filters(site)

    def audit_of(file: str) -> Audit:
        read = read_state([file], local_subnets=local_subnets)
        return make_audit(catalog, site, read.state, asked, advisory=advisory, path=path, problems=tuple(read.problems))

    machines: list[Machine] = []
    unread: list[Unread] = []
    files = named(files_of(paths[1:]))
    bar = Bar()
    for done, (name, file) in enumerate(files):
        bar(done, len(files))
        try:
            machines.append(machine_of(name, audit_of(file)))
        except CmfwError as error:
            unread.append(Unread(name, " ".join(told(str(error)).split())))
    bar.close()
    return render_machines(site.code, tuple(machines), tuple(unread))


def files_of(paths: Sequence[str]) -> list[str]:
    """The files of the paths, those of a folder in order of their names; what begins with a dot is nobody's export."""
    found: list[str] = []
    for path in paths:
        if Path(path).is_dir():
            found += [str(one) for one in sorted(Path(path).iterdir()) if not one.name.startswith(".")]
        else:
            found.append(path)
    return found


def named(files: Sequence[str]) -> list[tuple[str, str]]:
    """(name of the machine, file): the file's name, or its path where several files have that name."""
    names = Counter(Path(file).name for file in files)
    return [(Path(file).name if names[Path(file).name] == 1 else file, file) for file in files]
