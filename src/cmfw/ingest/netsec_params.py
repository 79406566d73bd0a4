"""The parameters of PowerShell's firewall cmdlets: how they may be written, and which values the cmdlets refuse.

Source: the pages of New-, Set-, Get-, Enable-, Disable-, Remove- and Rename-NetFirewallRule (Microsoft Learn, NetSecurity);
about_Parameters and about_CommonParameters (a name may be cut short as long as it is the only one); PowerShell's source,
EnumMinimumDisambiguation (so may a word of a parameter that takes few).
"""

from __future__ import annotations

from cmfw.ingest import netsec_words as words

COMMON = [
    "Verbose",
    "Debug",
    "ErrorAction",
    "WarningAction",
    "InformationAction",
    "ProgressAction",
    "ErrorVariable",
    "WarningVariable",
    "InformationVariable",
    "OutVariable",
    "OutBuffer",
    "PipelineVariable",
    "WhatIf",
    "Confirm",
    "CimSession",
    "ThrottleLimit",
    "AsJob",
]
_RULE = [
    "Name",
    "DisplayName",
    "Description",
    "Group",
    "Enabled",
    "Profile",
    "Platform",
    "Direction",
    "Action",
    "EdgeTraversalPolicy",
    "LooseSourceMapping",
    "LocalOnlyMapping",
    "Owner",
    "PolicyStore",
    "GPOSession",
    "LocalAddress",
    "RemoteAddress",
    "Protocol",
    "LocalPort",
    "RemotePort",
    "IcmpType",
    "DynamicTarget",
    "Program",
    "Package",
    "Service",
    "InterfaceAlias",
    "InterfaceType",
    "LocalUser",
    "RemoteUser",
    "RemoteMachine",
    "Authentication",
    "Encryption",
    "OverrideBlockRules",
    "RemoteDynamicKeywordAddresses",
    "PolicyAppId",
    "PackageFamilyName",
]
_SELECTION = [
    "Name",
    "DisplayName",
    "Description",
    "DisplayGroup",
    "Group",
    "Enabled",
    "Direction",
    "Action",
    "EdgeTraversalPolicy",
    "LooseSourceMapping",
    "LocalOnlyMapping",
    "Owner",
    "PrimaryStatus",
    "Status",
    "PolicyStoreSource",
    "PolicyStoreSourceType",
    "PolicyStore",
    "GPOSession",
    "TracePolicyStore",
    "All",
    "InputObject",
    "PassThru",
]
PARAMETERS: dict[str, tuple[str, ...]] = {
    "new-netfirewallrule": (*_RULE, *COMMON),
    "set-netfirewallrule": (*_RULE, "DisplayGroup", "NewDisplayName", "InputObject", "PassThru", *COMMON),
    "get-netfirewallrule": (*_SELECTION, *COMMON),
    "show-netfirewallrule": ("PolicyStore", "GPOSession", *COMMON),
    "enable-netfirewallrule": (*_SELECTION, *COMMON),
    "disable-netfirewallrule": (*_SELECTION, *COMMON),
    "remove-netfirewallrule": (*_SELECTION, *COMMON),
    "rename-netfirewallrule": (*_SELECTION, "NewName", *COMMON),
    "copy-netfirewallrule": (*_SELECTION, "NewName", "NewPolicyStore", "NewGPOSession", *COMMON),
}
ALIASES = {
    "id": "Name",
    "instanceid": "Name",
    "localip": "LocalAddress",
    "remoteip": "RemoteAddress",
    "lsm": "LooseSourceMapping",
    "lom": "LocalOnlyMapping",
    "dynamictransport": "DynamicTarget",
    "session": "CimSession",
    "ea": "ErrorAction",
    "wa": "WarningAction",
    "vb": "Verbose",
    "db": "Debug",
    "cf": "Confirm",
    "wi": "WhatIf",
    "ev": "ErrorVariable",
    "ov": "OutVariable",
    "ob": "OutBuffer",
    "pv": "PipelineVariable",
    "infa": "InformationAction",
    "wv": "WarningVariable",
    "iv": "InformationVariable",
}
WORDS: dict[str, frozenset[str]] = {
    name: frozenset(table) | {str(number) for number in numbers}
    for name, table, numbers in (
        ("Enabled", ("true", "false"), (1, 2)),
        ("Direction", ("inbound", "outbound"), (1, 2)),
        ("Action", ("notconfigured", "allow", "block"), (0, 2, 4)),
        ("EdgeTraversalPolicy", tuple(word.lower() for word in words.EDGE), (0, 1, 2, 3)),
        ("Profile", ("any", "domain", "private", "public", "notapplicable"), range(8)),
        ("InterfaceType", ("any", "wired", "wireless", "remoteaccess"), range(8)),
        ("Authentication", tuple(word.lower() for word in words.AUTHENTICATION), (0, 1, 2)),
        ("Encryption", tuple(word.lower() for word in words.ENCRYPTION), (0, 1, 2)),
    )
}
"""Parameters of a few words, in lower case."""


def whole_words(parameter: str, text: str) -> str:
    """The text with each word of the parameter written out: `-Direction In` is taken for `Inbound`."""
    return ",".join(_whole(part, WORDS[parameter]) for part in text.split(","))


def _whole(part: str, words: frozenset[str]) -> str:
    begun = part.strip().lower()
    meant = [word for word in words if begun and not begun.isdigit() and word.startswith(begun)]
    return meant[0] if len(meant) == 1 and begun not in words else part


def parameter_of(cmdlet: str, written: str) -> str:
    """The parameter's full name, empty where the cmdlet has none that it can be."""
    low = written.lower()
    if low in ALIASES:
        return ALIASES[low]
    known = PARAMETERS[cmdlet]
    exact = [name for name in known if name.lower() == low]
    begun = exact or [name for name in known if name.lower().startswith(low)]
    return begun[0] if low and len(set(begun)) == 1 else ""
