# cmfw: detection for desktops of site P03
# cmfw: edition current, scope documented
# cmfw: each rule's description names the places of the documentation that ask for it
#Requires -Version 5.1
#Requires -RunAsAdministrator
[CmdletBinding()]
param([string] $PolicyStore = 'PersistentStore')

# --- data: what this script enforces ---
$rules = @(
    @{
        Name = 'cmfw-doc-client-notification-http-out'
        DisplayName = 'Configuration Manager: Client Notification'
        Description = 'Client Notification. Source: page-2016, line 67'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('80')
    }
    @{
        Name = 'cmfw-doc-client-notification-https-out'
        DisplayName = 'Configuration Manager: Client Notification'
        Description = 'Client Notification. Source: page-2016, line 69'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('443')
    }
    @{
        Name = 'cmfw-doc-client-notification-tcp-out'
        DisplayName = 'Configuration Manager: Client Notification'
        Description = 'Client Notification. Source: page-2016, line 63'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('10123')
    }
    @{
        Name = 'cmfw-doc-client-requests-http-out'
        DisplayName = 'Configuration Manager: Client Requests'
        Description = 'Client Requests. Source: page-2016, line 53'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('80')
    }
    @{
        Name = 'cmfw-doc-client-requests-https-out'
        DisplayName = 'Configuration Manager: Client Requests'
        Description = 'Client Requests. Source: page-2016, line 55'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('443')
    }
    @{
        Name = 'cmfw-doc-remote-assistance-epm-in'
        DisplayName = 'Configuration Manager: Remote Assistance'
        Description = 'Remote Assistance. Source: page-2016, line 80'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('135')
    }
    @{
        Name = 'cmfw-doc-remote-control-tcp-in'
        DisplayName = 'Configuration Manager: Remote Control'
        Description = 'Remote Control. Source: page-2016, line 77'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('2701')
    }
    @{
        Name = 'cmfw-doc-wakeup-proxy-icmp-in'
        DisplayName = 'Configuration Manager: Wake-Up Proxy'
        Description = 'Wake-Up Proxy. Source: page-2016, line 91'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'ICMPv4'
        IcmpType = @('8')
    }
    @{
        Name = 'cmfw-doc-wakeup-proxy-icmp-out'
        DisplayName = 'Configuration Manager: Wake-Up Proxy'
        Description = 'Wake-Up Proxy. Source: page-2016, line 91'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'ICMPv4'
        IcmpType = @('8')
    }
    @{
        Name = 'cmfw-doc-wakeup-proxy-udp-in'
        DisplayName = 'Configuration Manager: Wake-Up Proxy'
        Description = 'Wake-Up Proxy. Source: ports, Client to client'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'UDP'
        LocalPort = @('25536')
    }
    @{
        Name = 'cmfw-doc-wakeup-proxy-udp-out'
        DisplayName = 'Configuration Manager: Wake-Up Proxy'
        Description = 'Wake-Up Proxy. Source: page-2016, line 85'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'UDP'
        RemotePort = @('25536')
    }
    @{
        Name = 'cmfw-doc-wakeup-proxy-wol-out'
        DisplayName = 'Configuration Manager: Wake-Up Proxy'
        Description = 'Wake-Up Proxy. Source: page-2016, line 87'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'UDP'
        RemotePort = @('9')
    }
)
$members = @(
    'FPS-ICMP4-ERQ-In-NoScope',
    'FPS-ICMP4-ERQ-Out-NoScope',
    'FPS-ICMP6-ERQ-In-NoScope',
    'FPS-ICMP6-ERQ-Out-NoScope',
    'FPS-LLMNR-In-UDP',
    'FPS-LLMNR-Out-UDP',
    'FPS-NB_Datagram-In-UDP-NoScope',
    'FPS-NB_Datagram-Out-UDP-NoScope',
    'FPS-NB_Name-In-UDP-NoScope',
    'FPS-NB_Name-Out-UDP-NoScope',
    'FPS-NB_Session-In-TCP-NoScope',
    'FPS-NB_Session-Out-TCP-NoScope',
    'FPS-RPCSS-In-TCP-NoScope',
    'FPS-SMB-In-TCP-NoScope',
    'FPS-SMB-Out-TCP-NoScope',
    'FPS-SpoolSvc-In-TCP-NoScope',
    'RemoteAssistance-DCOM-In-TCP-NoScope-Active',
    'RemoteAssistance-In-TCP-EdgeScope-Active',
    'RemoteAssistance-PnrpSvc-UDP-In-EdgeScope-Active',
    'RemoteAssistance-RAServer-In-TCP-NoScope-Active',
    'RemoteAssistance-SSDPSrv-In-TCP-Active',
    'RemoteAssistance-SSDPSrv-In-UDP-Active',
    'RemoteDesktop-Shadow-In-TCP',
    'RemoteDesktop-UserMode-In-TCP',
    'RemoteDesktop-UserMode-In-UDP',
    'RemoteEventLogSvc-In-TCP-NoScope',
    'RemoteEventLogSvc-NP-In-TCP-NoScope',
    'RemoteEventLogSvc-RPCSS-In-TCP-NoScope',
    'WMI-ASYNC-In-TCP-NoScope',
    'WMI-RPCSS-In-TCP-NoScope',
    'WMI-WINMGMT-In-TCP-NoScope'
)
$off = @()
$groups = @()
$settings = @()
# --- program: the same lines in every script ---
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# The cmdlets live in a module and do not see the preference above, so each call carries it.
$store = @{ PolicyStore = $PolicyStore; ErrorAction = 'Stop' }
$quiet = @{ PolicyStore = $PolicyStore; ErrorAction = 'SilentlyContinue' }
$bits = @{ 'Domain' = 1; 'Private' = 2; 'Public' = 4; 'Inbound' = 1; 'Outbound' = 2 }

# Users may create folders in ProgramData: a state that one of them planted must not steer an administrator's script.
function Assert-Owner {
    param([string] $Path)
    $item = Get-Item -LiteralPath $Path -Force
    if (($item.Attributes -band [System.IO.FileAttributes]::ReparsePoint) -ne 0) {
        throw ('cmfw: ' + $Path + ' is a link, nothing was changed')
    }
    $owner = (Get-Acl -LiteralPath $Path).GetOwner([System.Security.Principal.SecurityIdentifier]).Value
    if (@('S-1-5-32-544', 'S-1-5-18') -notcontains $owner) {
        throw ('cmfw: ' + $Path + ' belongs to ' + $owner + ' and not to the Administrators, nothing was changed')
    }
}

function Set-Owner {
    param([string] $Path, [string] $Inherit)
    $acl = Get-Acl -LiteralPath $Path
    $sddl = 'O:BAG:BAD:PAI(A;' + $Inherit + ';FA;;;SY)(A;' + $Inherit + ';FA;;;BA)'
    $acl.SetSecurityDescriptorSddlForm($sddl, [System.Security.AccessControl.AccessControlSections] 'Access, Owner, Group')
    Set-Acl -LiteralPath $Path -AclObject $acl
}

# Windows shows 10.0.0.0/255.0.0.0 where it was given 10.0.0.0/8, and flags as 'Domain, Private'.
function ConvertTo-PlainList {
    param([object] $Value)
    $plain = foreach ($part in ((@($Value) -join ',').Split(','))) {
        $text = $part.Trim()
        if ($text -match '^([0-9.]+)/([0-9]+[.][0-9.]+)$') {
            $address = $Matches[1]
            $length = 0
            foreach ($octet in $Matches[2].Split('.')) {
                $length = $length + ([System.Convert]::ToString([int] $octet, 2).Replace('0', '')).Length
            }
            $text = $address + '/' + $length
        }
        if ($text.EndsWith('/32') -and -not $text.Contains(':')) {
            $text = $text.Substring(0, $text.Length - 3)
        }
        $text
    }
    return ((@($plain) | Sort-Object) -join ',')
}

function Test-SameRule {
    param([object] $Found, [hashtable] $Wanted)
    $port = $Found | Get-NetFirewallPortFilter -ErrorAction Stop
    $address = $Found | Get-NetFirewallAddressFilter -ErrorAction Stop
    $program = $Found | Get-NetFirewallApplicationFilter -ErrorAction Stop
    $service = $Found | Get-NetFirewallServiceFilter -ErrorAction Stop
    $interface = $Found | Get-NetFirewallInterfaceTypeFilter -ErrorAction Stop
    $security = $Found | Get-NetFirewallSecurityFilter -ErrorAction Stop
    $texts = @{ 'DisplayName' = $Found.DisplayName; 'Description' = $Found.Description; 'Group' = $Found.Group }
    foreach ($key in $texts.Keys) {
        $text = ''
        if ($Wanted.ContainsKey($key)) { $text = $Wanted[$key] }
        if ([string] $texts[$key] -cne $text) { return $false }
    }
    $paths = @{ 'Program' = $program.Program; 'Service' = $service.Service }
    foreach ($key in $paths.Keys) {
        $text = 'Any'
        if ($Wanted.ContainsKey($key)) { $text = $Wanted[$key] }
        $is = [System.Environment]::ExpandEnvironmentVariables([string] $paths[$key])
        if ($is -ine [System.Environment]::ExpandEnvironmentVariables($text)) { return $false }
    }
    $lists = @{
        'Enabled' = $Found.Enabled
        'Direction' = $Found.Direction
        'Action' = $Found.Action
        'Profile' = $Found.Profile
        'EdgeTraversalPolicy' = $Found.EdgeTraversalPolicy
        'Protocol' = $port.Protocol
        'LocalAddress' = $address.LocalAddress
        'RemoteAddress' = $address.RemoteAddress
        'InterfaceType' = $interface.InterfaceType
    }
    # For ICMP the port filter shows the word RPC as port, for other protocols it shows nothing of use.
    if (@('TCP', 'UDP') -contains [string] $port.Protocol) {
        $lists['LocalPort'] = $port.LocalPort
        $lists['RemotePort'] = $port.RemotePort
    }
    if (@('ICMPv4', 'ICMPv6') -contains [string] $port.Protocol) {
        $lists['IcmpType'] = $port.IcmpType
    }
    foreach ($key in $lists.Keys) {
        $want = 'Any'
        if ($key -eq 'EdgeTraversalPolicy') { $want = 'Block' }
        if ($Wanted.ContainsKey($key)) { $want = $Wanted[$key] }
        if ((ConvertTo-PlainList $lists[$key]) -ine (ConvertTo-PlainList $want)) { return $false }
    }
    # Conditions that this script never sets, so one that is there was added by somebody else.
    if ([string] $security.Authentication -ne 'NotRequired' -or [string] $security.Encryption -ne 'NotRequired') {
        return $false
    }
    foreach ($text in @($security.LocalUser, $security.RemoteUser, $security.RemoteMachine, $program.Package)) {
        if (@('', 'Any') -notcontains [string] $text) { return $false }
    }
    return $true
}

# What is not as it should be, without changing anything.
$differences = 0
foreach ($rule in $rules) {
    $found = Get-NetFirewallRule -Name $rule.Name @quiet
    if ($null -eq $found -or $found.Group -ne 'cmfw' -or -not (Test-SameRule -Found $found -Wanted $rule)) {
        $differences = $differences + 1
    }
}
$switch = @{}
foreach ($name in $members) { $switch[$name] = 'True' }
foreach ($name in $off) { $switch[$name] = 'False' }
foreach ($name in $switch.Keys) {
    $found = Get-NetFirewallRule -Name $name @quiet
    if ($null -eq $found -or [string] $found.Enabled -ne $switch[$name]) { $differences = $differences + 1 }
}
foreach ($group in $groups) {
    $profiles = 0
    foreach ($word in $group.Profile) { if ($word -eq 'Any') { $profiles = 7 } else { $profiles = $profiles -bor $bits[$word] } }
    $directions = 0
    foreach ($word in $group.Direction) { $directions = $directions -bor $bits[$word] }
    $found = @(Get-NetFirewallRule -Group $group.Group @quiet | Where-Object {
        (([int] $_.Direction -band $directions) -ne 0) -and
        (([int] $_.Profile -eq 0) -or (([int] $_.Profile -band $profiles) -ne 0))
    })
    if ($found.Count -eq 0) { $differences = $differences + 1 }
    foreach ($rule in $found) { if ([string] $rule.Enabled -ne 'True') { $differences = $differences + 1 } }
}
foreach ($entry in $settings) {
    $found = Get-NetFirewallProfile -Name $entry.Profile @store
    foreach ($name in $entry.Keys) {
        if ($name -ne 'Profile' -and [string] $found.$name -ne $entry[$name]) { $differences = $differences + 1 }
    }
}

if ($differences -eq 0) {
    Write-Output 'cmfw: as it should be'
    exit 0
}
Write-Output ('cmfw: ' + $differences + ' differences')
exit 1
