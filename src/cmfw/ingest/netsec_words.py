"""The words of PowerShell's NetSecurity module and what they mean here, both ways: for readers and for emitters.

Windows PowerShell 5.1 writes enums as integers where it makes JSON, 7 and the console as names, so both stand in one table.

Source: facts/windows_firewall.md 4.6 (integers, properties) and 4.9 (one concept, five spellings); Microsoft, the pages of
New-NetFirewallRule, Get-NetFirewallProfile and MSFT_NetFirewallRule.
"""

from __future__ import annotations

from typing import Any

from cmfw.model.rule import Action, Store
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, ICMP4, ICMP6, TCP, UDP, Direction, Interface, Profile

ANY = "any"

DIRECTIONS = {"Inbound": (1, Direction.IN), "Outbound": (2, Direction.OUT)}
ACTIONS = {"Allow": (2, Action.ALLOW), "AllowBypass": (3, Action.BYPASS), "Block": (4, Action.BLOCK)}
"""0, NotConfigured, is no action of a rule."""
ENABLED = {"True": (1, True), "False": (2, False)}
EDGE = {
    "Block": (0, (False, "")),
    "Allow": (1, (True, "")),
    "DeferToUser": (2, (False, "User")),
    "DeferToApp": (3, (True, "App")),
}
"""(``edge``, ``defer``) of the rule. Source: facts/windows_firewall.md 3.3."""
AUTHENTICATION = {"NotRequired": 0, "Required": 1, "NoEncap": 2}
ENCRYPTION = {"NotRequired": 0, "Required": 1, "Dynamic": 2}
SECURITY = {
    (0, 0): (),
    (1, 0): ("Authenticate",),
    (1, 1): ("AuthenticateEncrypt",),
    (1, 2): ("AuthenticateEncrypt", "AnE-Nego"),
    (2, 0): ("Authenticate", "An-NoEncap"),
}
"""(authentication, encryption) to the words of the rule string. Source: MS-FASP 2.2.36 (which of them go together)."""

PROFILES = {
    "Any": (0, ALL_PROFILES),
    "Domain": (1, Profile.DOMAIN),
    "Private": (2, Profile.PRIVATE),
    "Public": (4, Profile.PUBLIC),
}
INTERFACES = {
    "Any": (0, ALL_INTERFACES),
    "Wired": (1, Interface.LAN),
    "Wireless": (2, Interface.WIRELESS),
    "RemoteAccess": (4, Interface.RAS),
}
EVERY_PROFILE = 0x7FFFFFFF
"""All profiles in COM and MS-FASP, met in exports of other tools."""

PROTOCOLS = {"TCP": TCP, "UDP": UDP, "ICMPv4": ICMP4, "ICMPv6": ICMP6}
"""Any other protocol is a number in text. Source: facts/windows_firewall.md 4.6."""

PORTS = {
    "RPC": ("RPC",),
    "RPCEPMap": ("RPC-EPMap",),
    "Teredo": ("Teredo",),
    "IPHTTPSIn": ("IPHTTPSIn", "IPTLSIn"),
    "IPHTTPSOut": ("IPHTTPSOut", "IPTLSOut"),
    "PlayToDiscovery": ("Ply2Disc",),
    "mDNS": ("mDNS",),
    "DHCP": ("DHCP",),
    "TcpCDPSvc": ("TcpCDPSvc",),
    "CortanaOut": ("CortanaOut",),
}
"""To the keywords of ``PortMatch``. Windows writes the two of IP-HTTPS together. The last four stand in no page of Microsoft
and are taken as the rule string spells them."""
ADDRESSES = {
    "LocalSubnet": "LocalSubnet",
    "DNS": "DNS",
    "DHCP": "DHCP",
    "WINS": "WINS",
    "DefaultGateway": "DefaultGateway",
    "Internet": "IntErnet",
    "Intranet": "IntrAnet",
    "IntranetRemoteAccess": "RmtIntrAnet",
    "PlayToDevice": "Ply2Renders",
    "CaptivePortal": "CaptivePortal",
}
"""To the keywords of ``AddressMatch`` without their family; a 4 or 6 at the end of PowerShell's word names one family."""
PROXIMITY = {
    "ProximityApps": (1, "Proximity"),
    "ProximitySharing": (2, "ProxSharing"),
    "WifiDirectPrinting": (4, "WFDPrint"),
    "WifiDirectDisplay": (8, "WFDDisplay"),
    "WifiDirectDevices": (16, "WFDDevices"),
}
"""Words of DynamicTarget (DynamicTransport in older Windows), which is Any for every ordinary rule."""
UNSPOKEN_PROXIMITY = (
    ("wifidirect-km-driver-", "WFDKmDriver"),
    ("cdpsvc-wfd-", "WFDCDPSvc"),
    ("netdis-ssdpsrv-in-udp-teredo", "UPnP"),
)
"""Beginnings of rule ids whose trust tuple the enum has no word for: PowerShell shows them as ordinary rules, the first one
as "all of TCP to the kernel". Source: facts/real_data_traps.md (false friends), facts/windows_firewall.md 2.2 (TTK2_27, TTK2_28)."""

STORES = {
    "Local": (1, Store.LOCAL),
    "GroupPolicy": (2, Store.GPO),
    "MDM": (6, Store.MDM),
    "HostFirewallLocal": (8, Store.LOCAL),
    "HostFirewallGroupPolicy": (9, Store.GPO),
    "HostFirewallMDM": (11, Store.MDM),
}
"""PolicyStoreSourceType. The others (None, Dynamic, Generated, Hardcoded) live in memory only, and which merge law they
follow is in no source."""
HARDENING_SOURCES = {"StaticServiceStore": "hardening static", "ConfigurableServiceStore": "hardening configurable"}
"""PolicyStoreSource of the service hardening stores, to the name of the part."""
DEFAULTS_SOURCE = "SystemDefaults"
"""What "restore defaults" restores; never in force."""

SWITCHES = {"False": (0, False), "True": (1, True), "NotConfigured": (2, None)}
"""Of a profile. Source: facts/windows_firewall.md 4.6."""
DEFAULT_ACTIONS = {"NotConfigured": (0, None), "Allow": (2, True), "Block": (4, False)}

FIELDS: dict[str, tuple[str, ...]] = {
    "id": ("instanceid", "name", "id"),
    "name": ("displayname",),
    "description": ("description",),
    "group": ("rulegroup", "group"),
    "group_text": ("displaygroup",),
    "enabled": ("enabled",),
    "direction": ("direction",),
    "action": ("action",),
    "profile": ("profile", "profiles"),
    "edge": ("edgetraversalpolicy",),
    "loose_source": ("loosesourcemapping", "lsm"),
    "local_only": ("localonlymapping",),
    "owner": ("owner",),
    "platform": ("platform", "platforms"),
    "source": ("policystoresource",),
    "source_type": ("policystoresourcetype",),
    "enforcement": ("enforcementstatus",),
    "health": ("primarystatus",),
    "dynamic_addresses": ("remotedynamickeywordaddresses",),
    "app_id": ("policyappid",),
    "family_name": ("packagefamilyname",),
    "protocol": ("protocol",),
    "local_port": ("localport",),
    "remote_port": ("remoteport",),
    "icmp": ("icmptype",),
    "target": ("dynamictarget", "dynamictransport"),
    "local_address": ("localaddress", "localip"),
    "remote_address": ("remoteaddress", "remoteip"),
    "program": ("program", "apppath"),
    "package": ("package",),
    "service": ("service", "servicename"),
    "alias": ("interfacealias",),
    "interface": ("interfacetype",),
    "authentication": ("authentication",),
    "encryption": ("encryption",),
    "override": ("overrideblockrules",),
    "local_user": ("localuser", "localusers"),
    "remote_user": ("remoteuser", "remoteusers"),
    "remote_machine": ("remotemachine", "remotemachines"),
}
"""What a rule and its filters say, to the properties that say it in lower case; where there are two, Windows fills both."""
FIELD_OF = {name: field for field, names in FIELDS.items() for name in names}
NO_CONDITIONS = frozenset({
    "caption", "cimclass", "ciminstanceproperties", "cimsystemproperties", "commonname", "communicationstatus",
    "conditionlisttype", "creationclassname", "detailedstatus", "elementname", "executionstrategy", "healthstate",
    "installdate", "mandatory", "operatingstatus", "operationalstatus", "policydecisionstrategy", "policykeywords",
    "policyroles", "policyrulename", "priority", "pscomputername", "psshowcomputername", "runspaceid", "ruleusage",
    "sequencedactions", "status", "statuscode", "statusdescriptions", "systemcreationclassname", "systemname", "computer",
    "computername", "host", "hostname",
})  # fmt: skip
"""Properties of the objects that narrow no rule, in lower case: what CIM_PolicyRule and CIM_FilterEntryBase hand down, what
remoting adds, and the name of the computer that collections add. Source: Microsoft, MSFT_NetFirewallRule (each is ignored,
reserved, or describes how the rule was parsed); CIM_FilterEntryBase's ``IsNegated`` is none of them."""
MAKERS_MARKS = frozenset({"cimclass", "ciminstanceproperties", "cimsystemproperties", "creationclassname"})
CONSOLE_MARKS = frozenset({"primarystatus", "enforcementstatus", "localonlymapping"})
"""Properties of an object as the cmdlet gave it, with everything that it has: one of the first, or all of the second, which
``Format-List`` shows of its own accord. Anything else is a selection, whose columns have names of its maker's choice."""

FILTERS: dict[str, dict[str, str]] = {
    "PortFilter": {
        "protocol": "Protocol",
        "local_port": "LocalPort",
        "remote_port": "RemotePort",
        "icmp": "IcmpType",
        "target": "DynamicTarget",
    },
    "AddressFilter": {"local_address": "LocalAddress", "remote_address": "RemoteAddress"},
    "ApplicationFilter": {"program": "Program", "package": "Package"},
    "ServiceFilter": {"service": "Service"},
    "InterfaceFilter": {"alias": "InterfaceAlias"},
    "InterfaceTypeFilter": {"interface": "InterfaceType"},
    "SecurityFilter": {
        "authentication": "Authentication",
        "encryption": "Encryption",
        "override": "OverrideBlockRules",
        "local_user": "LocalUser",
        "remote_user": "RemoteUser",
        "remote_machine": "RemoteMachine",
    },
}
"""The seven filter objects of a rule, their fields and how PowerShell spells them. Together they hold every condition."""
FILTER_OF = {field: name for name, fields in FILTERS.items() for field in fields}
OWN_CONDITIONS = {"profile": "Profile", "owner": "Owner", "platform": "Platform"}
"""Conditions of the rule object itself."""
NEWER_CONDITIONS = {
    "dynamic_addresses": "RemoteDynamicKeywordAddresses",
    "app_id": "PolicyAppId",
    "family_name": "PackageFamilyName",
}
"""Conditions that the rule objects of newer Windows have; without the property there is no such condition."""


def reading(table: dict[str, Any]) -> dict[str, Any]:
    """The table as a reader wants it: names in lower case and integers in text, each to the meaning."""
    out: dict[str, Any] = {}
    for word, entry in table.items():
        number, meaning = entry if isinstance(entry, tuple) else (entry, entry)
        out[word.lower()] = out[str(number)] = meaning
    return out
