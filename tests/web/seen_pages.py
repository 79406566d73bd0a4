"""Every page that there is to look at, one address for each route, on a server that has something to show on all of them."""

from __future__ import annotations

from typing import Any

from tests.web.conftest import DEMO

FILE_ROUTES = {
    "/handbook",
    "/static/{version}/{name}",
    "/w/{space}/site/file",
    "/w/{space}/files/{target}",
    "/w/{space}/m/{machine}/report/{form}",
}
"""Routes that give a file to be saved, and no page."""
ADDRESSES = {
    "/": "/",
    "/explain": "/explain",
    "/explain/site-file": "/explain/site-file",
    "/explain/{kind}/{id:path}": "/explain/feature/client_push",
    "/w/{space}": "/w/seen",
    "/w/{space}/site": "/w/seen/site",
    "/w/{space}/site/form": "/w/seen/site/form",
    "/w/{space}/plan": "/w/seen/plan",
    "/w/{space}/whatif": "/w/seen/whatif?as=office&close=tcp/445",
    "/w/{space}/diff": "/w/seen/diff?before=client&after=old",
    "/w/{space}/probe": "/w/seen/probe",
    "/w/{space}/files": "/w/seen/files",
    "/w/{space}/m/{machine}": "/w/seen/m/client",
    "/w/{space}/m/{machine}/findings": "/w/seen/m/client/findings",
    "/w/{space}/m/{machine}/evidence": "/w/seen/m/client/evidence",
    "/w/{space}/m/{machine}/cell/{feature}/{clients:path}": "/w/seen/m/client/cell/client_push/office",
    "/w/{space}/m/{machine}/flow": "/w/seen/m/client/flow?q=in+tcp+10.20.1.10+>+10.30.0.1:445",
    "/w/{space}/m/{machine}/whatif": "/w/seen/m/client/whatif?close=out:tcp/80",
}
"""Route -> its page. The page of a run has an address of its own each time; ``prepare`` gives it."""
RUN_ROUTE = "/w/{space}/run/{run}"
MORE = (
    "/login",
    "/nothing",
    "/w/wrong",
    "/w/wrong/site",
    "/w/seen/m/client/whatif?close=nonsense",
    "/explain?q=client_pusch",
    "/explain/port/445",
    "/explain/finding/feature-broken",
    "/explain/erratum/E1",
)
"""The same pages when something is wrong, or with more on them."""
_LOOPBACK = """\
code = "P03"
system = [{ host = "cm3", addresses = ["127.0.0.1"] }]
clients = [{ name = "lan", subnets = ["10.33.0.0/24"] }]
"""


def prepare(client: Any) -> str:
    """Fill the server by its own forms, and give the address of a run; ``client`` is a browser without a screen that is signed in."""
    files = [("site", ("site.toml", (DEMO / "site.toml").read_bytes())), ("machine", _export("client.reg"))]
    assert client.send("/", {"name": "seen"}, files=files).status_code == 303
    assert client.send("/w/seen/machines", {"name": "old"}, files=[("machine", _export("old.reg"))]).status_code == 303
    wrong = {"files": [("site", ("wrong.toml", b'code = "P01"\ncolour = "red"\n')), ("machine", _export("client.reg"))]}
    assert client.send("/", {"name": "wrong"}, **wrong).status_code == 303
    assert client.send("/", {"name": "loop"}, files=[("site", ("s.toml", _LOOPBACK.encode()))]).status_code == 303
    return str(client.send("/w/loop/probe", {"as": "lan"}).headers["location"])


def _export(name: str) -> tuple[str, bytes]:
    text = (DEMO / "client.reg").read_bytes()
    # the older one lets nobody in by the rule of its own
    return name, text if name == "client.reg" else text.replace(b"Action=Allow", b"Action=Block", 3)
