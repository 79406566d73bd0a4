"""Sites for the stand-ins: over HTTP with alternative ports in both families, and over HTTPS with client certificates."""

from __future__ import annotations

from tests.conftest import need

from cmfw import catalog
from cmfw.diagnose.planned_state import all_windows
from cmfw.ingest.site import read_site_text
from cmfw.lab.layout import make_layout
from cmfw.lab.stand.behave import Behaviour, Script, behave, make_script
from cmfw.lab.stand.programs import FILES, WEB, missing
from cmfw.lab.stand.run import StandRunner
from cmfw.resolve import resolve

SYSTEMS = """
code = "P01"

[ports]
http = [80, 8081]
notification = 10124

[[system]]
host = "cm1.example.test"
addresses = ["10.9.0.5", "2001:db8:9::5"]
roles = ["site_server"]

[[system]]
host = "mp1.example.test"
addresses = ["10.9.0.6", "2001:db8:9::6"]
roles = ["management_point", "distribution_point", "fallback_status_point"]
MODE

[[system]]
host = "sup1.example.test"
addresses = ["10.9.0.7", "2001:db8:9::7"]
roles = ["software_update_point"]
sup = { http = 8532, https = 8533, ssl = SSL }

[[system]]
host = "desk1.example.test"
addresses = ["10.9.0.8", "2001:db8:9::8"]
roles = ["console"]

[[clients]]
name = "office"
subnets = ["10.9.64.0/24", "2001:db8:64::/64"]
profile = "domain"
default_outbound = "block"
"""
SEVERAL = """
code = "P02"

[[system]]
host = "mp1.example.test"
addresses = ["10.8.0.6"]
roles = ["management_point"]

[[system]]
host = "dp2.example.test"
addresses = ["10.8.0.7"]
roles = ["distribution_point"]

[[system]]
host = "dp3.example.test"
addresses = ["10.8.0.8"]
roles = ["distribution_point"]

[[clients]]
name = "branch"
subnets = ["10.8.65.0/24"]
features = ["client_notification", "client_requests"]
install = [{ method = "manual", share = '\\\\dp2.example.test\\client' }]

[[clients]]
name = "办公"
subnets = ["10.8.66.0/24"]
features = ["client_notification"]
"""
"""Two groups at one management point, two distribution points."""
HTTP = SYSTEMS.replace("MODE", "").replace("SSL", "false")
HTTPS = SYSTEMS.replace("MODE", 'mp = { mode = "https" }\ndp = { mode = "https" }').replace("SSL", "true")


def need_programs() -> None:
    """Skip, or fail in CI, where the programs of the stand-ins are not installed."""
    lacking = missing((*WEB, *FILES))
    need(not lacking, f"needs {', '.join(lacking)}")


def scripted(text: str) -> Script:
    """What is played of a site."""
    site = all_windows(read_site_text(text, "site.toml"))
    plan = resolve(catalog.load(site.packs), site, advisory=True)
    return make_script(plan, make_layout(site, plan))


def played(script: Script) -> Behaviour:
    """Every round of a script."""
    with StandRunner(script) as lab:
        return behave(script, lab)
