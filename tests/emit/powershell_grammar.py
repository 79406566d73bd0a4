"""What an emitted script may call: cmdlets with their parameters, looked up in a syntax tree made by somebody else.

The parameter names are written from Microsoft's pages of the NetSecurity module and of the cmdlets that ship with Windows
PowerShell 5.1; the tree comes from tree-sitter's PowerShell grammar.
"""

from __future__ import annotations

_STORE = {"PolicyStore", "GPOSession", "ErrorAction"}
NEW_RULE = {
    "Name", "DisplayName", "Description", "Group", "Enabled", "Profile", "Platform", "Direction", "Action",
    "EdgeTraversalPolicy", "LooseSourceMapping", "LocalOnlyMapping", "Owner", "LocalAddress", "RemoteAddress", "Protocol",
    "LocalPort", "RemotePort", "IcmpType", "DynamicTarget", "DynamicTransport", "Program", "Package", "Service",
    "InterfaceAlias", "InterfaceType", "LocalUser", "RemoteUser", "RemoteMachine", "Authentication", "Encryption",
    "OverrideBlockRules", "GPOSession", "RemoteDynamicKeywordAddresses", "PolicyAppId", *_STORE,
}  # fmt: skip
CMDLETS = {
    "New-NetFirewallRule": NEW_RULE,
    "Get-NetFirewallRule": {"Name", "DisplayName", "Group", "DisplayGroup", "All", *_STORE},
    "Set-NetFirewallRule": {"NewDisplayName", *NEW_RULE},
    "Remove-NetFirewallRule": {"Name", "DisplayName", "Group", "DisplayGroup", "All", *_STORE},
    "Enable-NetFirewallRule": {"Name", "DisplayName", "Group", "DisplayGroup", "All", *_STORE},
    "Get-NetFirewallPortFilter": {"AssociatedNetFirewallRule", "All", *_STORE},
    "Get-NetFirewallAddressFilter": {"AssociatedNetFirewallRule", "All", *_STORE},
    "Get-NetFirewallApplicationFilter": {"AssociatedNetFirewallRule", "All", *_STORE},
    "Get-NetFirewallServiceFilter": {"AssociatedNetFirewallRule", "All", *_STORE},
    "Get-NetFirewallInterfaceTypeFilter": {"AssociatedNetFirewallRule", "All", *_STORE},
    "Get-NetFirewallSecurityFilter": {"AssociatedNetFirewallRule", "All", *_STORE},
    "Get-NetFirewallProfile": {"Name", "All", *_STORE},
    "Set-NetFirewallProfile": {
        "Name",
        "Enabled",
        "DefaultInboundAction",
        "DefaultOutboundAction",
        "AllowInboundRules",
        "AllowLocalFirewallRules",
        "AllowLocalIPsecRules",
        "AllowUserApps",
        "AllowUserPorts",
        "NotifyOnListen",
        "AllowUnicastResponseToMulticast",
        *_STORE,
    },
    "Open-NetGPO": {"PolicyStore", "DomainController", "ErrorAction"},
    "Save-NetGPO": {"GPOSession", "ErrorAction"},
    "Set-StrictMode": {"Version"},
    "Join-Path": {"Path", "ChildPath"},
    "Test-Path": {"LiteralPath"},
    "Get-Item": {"LiteralPath", "Force"},
    "New-Item": {"Path", "ItemType"},
    "Remove-Item": {"LiteralPath"},
    "Move-Item": {"LiteralPath", "Destination", "Force"},
    "Get-Content": {"LiteralPath", "Raw", "Encoding"},
    "Set-Content": {"LiteralPath", "Encoding"},
    "Get-Acl": {"LiteralPath"},
    "Set-Acl": {"LiteralPath", "AclObject"},
    "ConvertFrom-Json": set(),
    "ConvertTo-Json": {"InputObject", "Depth"},
    "ForEach-Object": set(),
    "Where-Object": set(),
    "Sort-Object": set(),
    "Write-Output": set(),
}


FIREWALL = {
    "Name", "DisplayName", "Group", "Ensure", "Enabled", "Action", "Profile", "Direction", "RemotePort", "LocalPort",
    "Protocol", "Description", "Program", "Service", "Authentication", "Encryption", "InterfaceAlias", "InterfaceType",
    "LocalAddress", "LocalUser", "Package", "Platform", "RemoteAddress", "RemoteMachine", "RemoteUser", "DynamicTransport",
    "EdgeTraversalPolicy", "IcmpType", "LocalOnlyMapping", "LooseSourceMapping", "OverrideBlockRules", "Owner",
}  # fmt: skip
FIREWALL_PROFILE = {
    "Name", "Enabled", "DefaultInboundAction", "DefaultOutboundAction", "AllowInboundRules", "AllowLocalFirewallRules",
    "AllowLocalIPsecRules", "AllowUserApps", "AllowUserPorts", "AllowUnicastResponseToMulticast", "NotifyOnListen",
    "EnableStealthModeForIPsec", "LogFileName", "LogMaxSizeKilobytes", "LogAllowed", "LogBlocked", "LogIgnored",
    "DisabledInterfaceAliases",
}  # fmt: skip
"""Properties of the NetworkingDsc resources. Source: DSC_Firewall and DSC_FirewallProfile, schema.mof of NetworkingDsc 8.2.0."""
CMDLETS |= {
    "Configuration": set(),
    "Import-DscResource": {"ModuleName"},
    "Node": set(),
    "CmfwFirewall": {"Rules", "Members", "Off", "Settings", "OutputPath"},
    "Firewall": set(),
    "FirewallProfile": set(),
    # the grammar takes a property of a resource for a command
    **{key: set() for key in FIREWALL | FIREWALL_PROFILE},
}


def parse(content: bytes):
    """The root of the syntax tree of a script; the byte order mark is not part of the grammar."""
    from tree_sitter import Language, Parser
    from tree_sitter_pwsh import language

    return Parser(Language(language())).parse(content.removeprefix(b"\xef\xbb\xbf")).root_node


def walk(node):
    yield node
    for child in node.children:
        yield from walk(child)


def broken(root) -> list[str]:
    """Places that the grammar does not take."""
    return [f"line {n.start_point[0] + 1}: {n.text[:60]!r}" for n in walk(root) if n.type == "ERROR" or n.is_missing]


def _own_functions(root) -> dict[str, set[str]]:
    out = {}
    for node in walk(root):
        if node.type == "function_statement":
            name = next(c for c in node.children if c.type == "function_name").text.decode()
            out[name] = {n.text.decode().lstrip("$") for n in walk(node) if n.type == "variable"}
    return out


def strangers(root, commands=CMDLETS) -> list[str]:
    """Commands and parameters of the script that are neither in the table nor its own; a called variable is a script block."""
    known = {**commands, **_own_functions(root)}
    out = []
    for node in walk(root):
        if node.type != "command":
            continue
        if any(c.type == "command_name_expr" and c.text.startswith(b"$") for c in node.children):
            continue
        name = next(c for c in node.children if c.type == "command_name").text.decode()
        if name not in known:
            out.append(name)
            continue
        parameters = [n.text.decode().lstrip("-") for n in walk(node) if n.type == "command_parameter" and _of(n) == node]
        out += [f"{name} -{p}" for p in parameters if p not in known[name]]
    return out


def _of(node):
    """The command that a parameter belongs to (not one in a script block around it)."""
    while node.type != "command":
        node = node.parent
    return node


def tables(root, variable: str) -> list[set[str]]:
    """The keys of every hash table in the array assigned to the variable at the top of the script."""
    out = []
    for node in walk(root):
        if node.type == "assignment_expression" and node.text.decode().startswith(f"${variable} = @("):
            for table in walk(node):
                if table.type == "hash_literal_body":
                    out.append({n.text.decode() for n in walk(table) if n.type == "key_expression"})
            break
    return out
