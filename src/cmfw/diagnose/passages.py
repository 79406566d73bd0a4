"""Ways between zones on which the site names no filter: taken as open, and said."""

from __future__ import annotations

from collections.abc import Iterable

from cmfw.diagnose.findings import finding
from cmfw.diagnose.leaves import Judge
from cmfw.model.finding import Finding, Severity
from cmfw.model.need import leaves
from cmfw.model.plan import FeatureRow


def open_ways(rows: Iterable[FeatureRow], judge: Judge) -> tuple[Finding, ...]:
    """One note ``path-open`` for each pair of zones that planned flows cross without a filter.

    An end without a zone is told too where the site has filters: they may stand before it. Nothing where it has none.
    """
    path = judge.path
    if path is None or not path.state.filters:
        return ()
    crossed: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        for name in () if row.disabled else leaves(row.need):
            item = judge.items[name]
            source, target = (path.state.zone_of(end.name) for end in (item.source, item.target))
            if source != target and path.passage(source, target).is_open:
                crossed.setdefault((source, target), {})[row.feature] = None
    return tuple(
        finding(
            "path-open",
            Severity.NOTE,
            judge.place.name,
            source=source or "-",
            target=target or "-",
            features=", ".join(features),
        )
        for (source, target), features in sorted(crossed.items())
    )
