"""Every page with its address. A path names things as people call them, so that an address can be kept and sent on."""

from __future__ import annotations

from cmfw.web import (
    cell_page,
    diff_page,
    explain_page,
    files_page,
    flow_page,
    home_page,
    machine_page,
    plan_page,
    run_page,
    site_form,
    site_page,
    space_page,
    static_files,
    whatif_page,
)
from cmfw.web.exchange import Handler

_SPACE = "/w/{space}"
_MACHINE = _SPACE + "/m/{machine}"

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/", home_page.show),
    ("POST", "/", home_page.start),
    ("POST", "/demo", home_page.demo),
    ("GET", "/explain", explain_page.index),
    ("GET", "/explain/site-file", explain_page.site_keys),
    ("GET", "/explain/{kind}/{id:path}", explain_page.topic),
    ("GET", "/handbook", files_page.handbook),
    ("GET", "/static/{version}/{name}", static_files.show),
    ("GET", _SPACE, space_page.show),
    ("POST", _SPACE + "/machines", space_page.add_machine),
    ("POST", _SPACE + "/drop", space_page.drop),
    ("GET", _SPACE + "/site", site_page.show),
    ("POST", _SPACE + "/site", site_page.keep),
    ("POST", _SPACE + "/site/filters", site_page.keep_filters),
    ("GET", _SPACE + "/site/file", site_page.file),
    ("GET", _SPACE + "/site/form", site_form.show),
    ("POST", _SPACE + "/site/form", site_form.keep),
    ("GET", _SPACE + "/plan", plan_page.show),
    ("GET", _SPACE + "/diff", diff_page.show),
    ("GET", _SPACE + "/probe", run_page.show),
    ("POST", _SPACE + "/probe", run_page.probe),
    ("POST", _SPACE + "/lab", run_page.lab),
    ("GET", _SPACE + "/run/{run}", run_page.follow),
    ("GET", _SPACE + "/whatif", whatif_page.show_planned),
    ("GET", _SPACE + "/files", files_page.show),
    ("GET", _SPACE + "/files/{target}", files_page.target),
    ("GET", _MACHINE, machine_page.show),
    ("GET", _MACHINE + "/findings", machine_page.findings),
    ("GET", _MACHINE + "/evidence", machine_page.evidence),
    ("GET", _MACHINE + "/cell/{feature}/{clients:path}", cell_page.show),
    ("GET", _MACHINE + "/flow", flow_page.show),
    ("GET", _MACHINE + "/whatif", whatif_page.show),
    ("GET", _MACHINE + "/report/{form}", files_page.report),
    ("POST", _MACHINE + "/as", machine_page.set_as),
    ("POST", _MACHINE + "/drop", machine_page.drop),
)
"""(method, path, page)."""

SAFE_POSTS: frozenset[Handler] = frozenset((run_page.probe, run_page.lab))
"""Pages that change nothing though they are asked by POST: a server that is only read has them, too."""
