"""The closed vocabulary of ``when``: what a flow, a requirement, an exception or a feature may ask of a site.

A ``when`` is empty (always) or exactly one word of ``CONDITIONS``. ``resolve`` decides each word for one client group,
one install method and one site system, and removes it, so that a plan only holds what is true:

- A feature whose ``when`` fails is disabled; nothing of it is planned.
- A leaf of its formula is dropped where the flow's own ``when`` fails, or where the feature has requirement rows for that
  flow in the edition and the ``when`` of none of them holds. A part that loses all its leaves is dropped with them:
  it neither helps nor hurts (``mp_http and mp_https`` is ``mp_http`` alone on a management point that talks HTTP only).
- An exception whose ``when`` fails is not needed.

Two rows instead of one conjunction, two words instead of one negation: that keeps the vocabulary small.
"""

from __future__ import annotations

CONDITIONS: tuple[tuple[str, str], ...] = (
    ("mp.http", "this client talks HTTP to this management point (mode http; or ehttp)"),
    ("mp.https", "this client talks HTTPS to this management point (mode https; or ehttp and no domain member)"),
    ("dp.http", "this client talks HTTP to this distribution point (mode http; or ehttp)"),
    ("dp.https", "this client talks HTTPS to this distribution point (mode https; or ehttp and no domain member)"),
    ("smp.http", "this client talks HTTP to this state migration point (mode http; or ehttp)"),
    ("smp.https", "this client talks HTTPS to this state migration point (mode https)"),
    ("sup.ssl", "this software update point has clients scan over HTTPS (they then need HTTP too)"),
    ("dp.pxe", "this distribution point answers PXE requests"),
    ("dp.multicast", "this distribution point sends multicast"),
    ("install.source", "CCMSetup runs with /source and the path is a network path"),
    ("install.no_source", "CCMSetup runs without /source"),
    ("install.share", "CCMSetup.exe starts from a network share, not from local media"),
    ("site.fsp", "the client's site has a fallback status point"),
    ("client.domain_member", "the clients are members of an Active Directory domain"),
    ("client.pki", "the clients check certificates of an HTTPS system that they use against a revocation list"),
    ("system.calls_back", "this site system opens connections to its site server (the site server does not insist on it)"),
    ("settings.notification", "client setting: client notification is on"),
    ("settings.remote_control", "client setting: remote control is on"),
    ("settings.remote_assistance", "client setting: unsolicited remote assistance is allowed"),
    ("settings.remote_desktop", "client setting: remote desktop is managed and allowed"),
    ("settings.wakeup_proxy", "client setting: wake-up proxy is on"),
    ("settings.peer_cache", "client setting: the clients are peer cache sources"),
    ("settings.express_updates", "client setting: express or delta updates are on"),
    ("settings.delivery_optimization", "client setting: Delivery Optimization peers are used"),
    ("settings.branchcache", "client setting: BranchCache is on"),
)
"""(word, what it claims), in reading order."""

WORDS = frozenset(word for word, _ in CONDITIONS)
