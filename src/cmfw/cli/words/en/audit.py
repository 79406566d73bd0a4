"""English words: audit."""

from __future__ import annotations

WORDS: dict[str, str] = {
    # who
    "who.several": "a state whose addresses are those of several",
    "who.nothing": "a state whose addresses tell nothing",
    "who.asked": "as asked",
    "who.addresses": "by its addresses",
    "who.only": "the only client group",
    # audit, demo
    "audit.all_work": "{who}: all {count} features work.",
    "audit.some_work": "{who}: {works} of {count} features work; {rest}.",
    "audit.broken": "{count} broken ({names})",
    "audit.degraded": "{count} degraded ({names})",
    "audit.unknown": "{count} undecided ({names})",
    "audit.and": ", ",
    "audit.comma": "; ",
    "audit.source": "{path}: {format}, {total} rules, {active} active",
    "audit.judged_as": "judged as `{name}` ({by})",
    "audit.profile": "profile {profile}: {settings}",
    "audit.inbound.allow": "incoming connections are allowed by default",
    "audit.inbound.block": "incoming connections are blocked by default",
    "audit.inbound.unknown": "default for incoming connections undecided",
    "audit.outbound.allow": "outgoing allowed by default",
    "audit.outbound.block": "outgoing blocked by default",
    "audit.outbound.unknown": "default for outgoing undecided",
    "audit.shields_up": "all incoming connections are blocked whatever the rules say",
    "audit.local_rules_off": "local rules do not count",
    "audit.firewall.off": "the firewall is off",
    "audit.firewall.unknown": "whether the firewall is on is undecided",
    "audit.column.feature": "Feature",
    "audit.column.peer": "With",
    "audit.column.status": "Status",
    "audit.column.reason": "In the way",
    "audit.peers": "other clients",
    "audit.trouble": "{feature} ({id}): {status}",
    "audit.between": "between {clients} and {peers}",
    "audit.blocked": "This does not pass:",
    "audit.undecided": "This cannot be decided:",
    "audit.setting_off": "off: {setting}",
    "audit.more": "and {count} more",
    "audit.repair": "Smallest repair:",
    "audit.gpo_place": "(put the domain and the Group Policy object in the place of {place})",
    "audit.alternatives": "Works now instead: ",
    "audit.findings": "Findings",
    "audit.gaps": "What the evidence does not show",
    "status.broken": "broken",
    "status.degraded": "degraded",
    "status.works": "works",
    "status.disabled": "off",
    "status.unknown": "undecided",
    "demo.next": "Now with your own machine",
    "demo.steps": "1. Describe your site; three lines are enough, the starter explains the rest:\n"
    "$ cmfw site new site.toml\n"
    "2. On a client, as administrator, save what its firewall is configured to do:\n"
    "$ reg save HKLM\\SYSTEM client.hive\n"
    "3. Ask, anywhere, on any system:\n"
    "$ cmfw audit site.toml client.hive\n"
    '$ cmfw trace client.hive --flow "in tcp 10.20.1.10 > 10.30.0.17:445 profile=domain"\n'
    "$ cmfw explain client_push\n"
    "A Group Policy backup (folder or zip) may stand behind the hive; both then describe one machine. "
    "To play with this example: cmfw demo --files example",
    # presence of a documented exception
    "presence.present": "there",
    "presence.partly": "only partly there",
    "presence.missing": "missing",
    "presence.ignored": "there, but local rules do not count",
    "presence.local_subnet": "there, but for the local subnet only",
    "finding.feature": "{title}",
    "finding.features": "; ",
    "way.in": "inbound",
    "way.out": "outbound",
    "finding.head": "{severity}: {title} [{code}]",
    "finding.subject": "{subject}: ",
    "finding.echo": "ICMP echo request (type 8)",
    "audit.gap": "{detail} ({code})",
    "part.addresses": "remote addresses",
    "part.ports": "ports",
    "part.protocols": "protocols",
    "part.profiles": "profiles",
    "part.programs": "programs",
    "disabled.site.fsp": "no fallback status point in the site file",
    "gap.no_gpo_source": "no Group Policy or device management policy was given: judged as local policy alone",
    "gap.no_local_source": "no local policy was given: judged as if there were none",
    "gap.dirty_hive": "changes that were still in the hive's log files are not read",
    "gap.partial_export": "the local rules are in no file",
    "gap.default_settings": "no profile settings are in any file: judged with Windows' defaults",
}
