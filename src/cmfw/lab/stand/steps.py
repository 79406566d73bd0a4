"""What clients do for each feature, step by step, and what they do instead where a step fails. Pure.

Written from what the product does, not from the formulas of the catalog: the lab compares both. Source: facts, "Client push sequence"
(share, endpoint mapper, WMI, then setup from a distribution or management point), "Client notification", "Request ports".
"""

from __future__ import annotations

from collections.abc import Iterable

from cmfw.model.verdict import Status
from cmfw.values import value

Flows = tuple[str, ...]


@value
class Step:
    """Ways to do one thing, in the order in which they are tried, each by flows of the catalog that all have to work.

    ``worse``: whoever has to take a later way works, but not as meant. ``one_peer``: one of several peers is as good as all.
    ``counts``: the feature fails where no way works.
    """

    ways: tuple[Flows, ...]
    worse: bool = False
    one_peer: bool = False
    counts: bool = True


_SETUP = (
    Step((("setup_mp_http", "setup_mp_https"),)),
    Step((("setup_dp_http", "setup_dp_https"), ("setup_mp_http", "setup_mp_https")), one_peer=True),
)
_PACKAGE = (Step((("package_smb",),)), Step((("share_smb",),)), Step((("source_smb",),)))
"""Where the setup program comes from, and with `/source` its files; each method has its own of these."""
STEPS: dict[str, tuple[Step, ...]] = {
    "client_requests": (Step((("mp_http", "mp_https"),)), Step((("dp_http", "dp_https"),))),
    "client_push": (
        Step((("push_icmp",),), counts=False),
        Step((("push_smb",),)),
        Step((("push_epm",),)),
        Step((("push_wmi",),)),
        *_SETUP,
    ),
    "sup_install": (Step((("sup_http", "sup_https"),)), *_PACKAGE, *_SETUP),
    "gpo_install": (*_PACKAGE, *_SETUP),
    "manual_install": (*_PACKAGE, *_SETUP),
    "logon_install": (*_PACKAGE, *_SETUP),
    "swdist_install": (
        Step((("mp_http", "mp_https"),)),
        Step((("dp_http", "dp_https"), ("dp_smb",)), worse=True),
    ),
    "fsp": (Step((("fsp_http",),)),),
    "remote_control": (Step((("rc_tcp",),)),),
}
NOTIFICATION, WAKE_UP_PROXY = "client_notification", "wakeup_proxy"
"""Features whose stand-ins decide themselves what to do next."""


def of_step(step: Step, known: Iterable[str]) -> tuple[Flows, ...]:
    """The ways of a step as far as the plan has flows for them."""
    have = frozenset(known)
    ways = (tuple(flow for flow in way if flow in have) for way in step.ways)
    return tuple(dict.fromkeys(way for way in ways if way))


def after_ways(step: Step, done: Iterable[tuple[int, int]]) -> Status:
    """What a step came to: ``done`` is (peers that worked, peers) of each way that was tried."""
    for rank, (worked, peers) in enumerate(done):
        if worked:
            is_worse = (worked < peers and not step.one_peer) or (step.worse and rank > 0)
            return Status.DEGRADED if is_worse else Status.WORKS
    return Status.BROKEN if step.counts else Status.WORKS
