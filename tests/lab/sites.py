"""Sites of the lab tests. Every number is different; both address families throughout."""

from __future__ import annotations

from cmfw import catalog
from cmfw.diagnose.planned_state import all_windows
from cmfw.engine.path import PathEngine
from cmfw.ingest.path_state import read_paths
from cmfw.ingest.site import read_site_text
from cmfw.lab.layout import Layout, make_layout
from cmfw.model.plan import Plan
from cmfw.model.site import Site
from cmfw.resolve import resolve

TWO_FAMILIES = """
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

[[system]]
host = "sup1.example.test"
addresses = ["10.9.0.7", "2001:db8:9::7"]
roles = ["software_update_point", "state_migration_point"]
sup = { http = 8532, https = 8533 }

[[system]]
host = "desk1.example.test"
addresses = ["10.9.0.8", "2001:db8:9::8"]
roles = ["console"]

[[clients]]
name = "office"
subnets = ["10.9.64.0/24", "2001:db8:64::/64"]
profile = "domain"
default_outbound = "block"

[[clients]]
name = "branch"
subnets = ["10.9.65.0/24", "2001:db8:65::/64"]
profile = "private"

[[clients]]
name = "kiosk"
subnets = ["10.9.66.0/24", "2001:db8:66::/64"]
profile = "public"
default_outbound = "block"
"""

ONE_GROUP = (
    TWO_FAMILIES.partition('[[clients]]\nname = "office"')[0]
    + """
[[clients]]
name = "branch"
subnets = ["10.9.65.0/24", "2001:db8:65::/64"]
profile = "private"
features = ["remote_control", "wakeup_proxy", "client_requests"]
"""
)

FILTERED = """
code = "P01"

[[system]]
host = "cm1.example.test"
addresses = ["10.9.0.5"]
roles = ["site_server", "management_point", "distribution_point"]
zone = "centre"

[[clients]]
name = "branch"
subnets = ["10.9.65.0/24"]
zone = "branch"
features = ["client_requests", "client_notification"]
install = [{ method = "push" }]

[[filter]]
from = "branch"
to = "centre"
file = "up.flows"

[[filter]]
from = "centre"
to = "branch"
file = "down.flows"
"""
UP = "allow tcp 10.9.65.0/24 > 10.9.0.5:80\n"
DOWN = "block tcp 10.9.0.5 > 10.9.65.0/24:445\nallow any 10.9.0.5 > 10.9.65.0/24\n"


def planned(text: str, path: str = "site.toml") -> tuple[Site, Plan, Layout]:
    """The site with Windows Firewall everywhere, its plan, and its lab."""
    site = all_windows(read_site_text(text, path))
    plan = resolve(catalog.load(site.packs), site)
    filters = PathEngine(read_paths(site)[0]) if site.filters else None
    return site, plan, make_layout(site, plan, path=filters)
