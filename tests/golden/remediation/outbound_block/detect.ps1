# cmfw: detection for 财务部客户端 of site P02
# cmfw: edition current, scope least
# cmfw: each rule's description names the places of the documentation that ask for it
#Requires -Version 5.1
#Requires -RunAsAdministrator
[CmdletBinding()]
param([string] $PolicyStore = 'PersistentStore')

# --- data: what this script enforces ---
$rules = @(
    @{
        Name = 'cmfw-dp-http-out-ccmexec'
        DisplayName = 'Configuration Manager: Content from the distribution point, HTTP'
        Description = 'Content from the distribution point, HTTP. Source: page-2016, line 153; page-2016, line 53'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('80', '8081')
        RemoteAddress = @('10.2.0.6')
        Program = '%windir%\CCM\CcmExec.exe'
    }
    @{
        Name = 'cmfw-dp-smb-out'
        DisplayName = 'Configuration Manager: Content from the distribution point, SMB'
        Description = 'Content from the distribution point, SMB. Source: page-2016, line 152'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('445')
        RemoteAddress = @('10.2.0.6')
        Program = 'System'
    }
    @{
        Name = 'cmfw-notify-tcp-out'
        DisplayName = 'Configuration Manager: Notification channel to the management point'
        Description = 'Notification channel to the management point. Source: page-2016, line 63'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('10124')
        RemoteAddress = @('10.2.0.5')
        Program = '%windir%\CCM\CcmExec.exe'
    }
    @{
        Name = 'cmfw-package-smb-out'
        DisplayName = 'Configuration Manager: SMB to the share of the Group Policy package'
        Description = 'SMB to the share of the Group Policy package. Source: review, Group Policy package'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('445')
        Program = 'System'
    }
    @{
        Name = 'cmfw-portal-http-out'
        DisplayName = 'Configuration Manager: Software Center to the management point, HTTP'
        Description = 'Software Center to the management point, HTTP. Source: review, programs that open outbound traffic'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('80', '8081')
        RemoteAddress = @('10.2.0.5')
        Program = '%windir%\CCM\SCClient.exe'
    }
    @{
        Name = 'cmfw-push-epm-in'
        DisplayName = 'Configuration Manager: RPC endpoint mapper of the client'
        Description = 'RPC endpoint mapper of the client. Source: page-2016, line 118'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('RPCEPMap')
        RemoteAddress = @('10.2.0.5')
        Program = '%SystemRoot%\System32\svchost.exe'
        Service = 'RpcSs'
    }
    @{
        Name = 'cmfw-push-smb-in'
        DisplayName = 'Configuration Manager: SMB to the client''s admin share'
        Description = 'SMB to the client''s admin share. Source: page-2016, line 117'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('445')
        RemoteAddress = @('10.2.0.5')
        Program = 'System'
    }
    @{
        Name = 'cmfw-push-wmi-in'
        DisplayName = 'Configuration Manager: WMI of the client on a dynamic RPC port'
        Description = 'WMI of the client on a dynamic RPC port. Source: page-2016, line 119'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemoteAddress = @('10.2.0.5')
        Program = '%SystemRoot%\System32\svchost.exe'
        Service = 'Winmgmt'
    }
    @{
        Name = 'cmfw-ra-epm-in'
        DisplayName = 'Configuration Manager: RPC endpoint mapper for offered Remote Assistance'
        Description = 'RPC endpoint mapper for offered Remote Assistance. Source: page-2016, line 80; windows-rules, RemoteEventLogSvc-RPCSS-In-TCP'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('RPCEPMap')
        RemoteAddress = @('10.2.9.0/28')
        Program = '%SystemRoot%\System32\svchost.exe'
        Service = 'RpcSs'
    }
    @{
        Name = 'cmfw-ra-msra-in'
        DisplayName = 'Configuration Manager: Remote Assistance session with the client'
        Description = 'Remote Assistance session with the client. Source: policy-csp, UnsolicitedRemoteAssistance'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('49152-65535')
        RemoteAddress = @('10.2.9.0/28')
        Program = '%SystemRoot%\System32\msra.exe'
    }
    @{
        Name = 'cmfw-ra-raserver-in'
        DisplayName = 'Configuration Manager: Remote Assistance server of the client'
        Description = 'Remote Assistance server of the client. Source: policy-csp, UnsolicitedRemoteAssistance'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('50000-51000')
        RemoteAddress = @('10.2.9.0/28')
        Program = '%SystemRoot%\System32\raserver.exe'
    }
    @{
        Name = 'cmfw-rc-tcp-in'
        DisplayName = 'Configuration Manager: Remote control of the client'
        Description = 'Remote control of the client. Source: page-2016, line 77'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('2701')
        RemoteAddress = @('10.2.9.0/28')
        Program = '%windir%\CCM\RemCtrl\CmRcService.exe'
    }
    @{
        Name = 'cmfw-rdp-tcp-in'
        DisplayName = 'Configuration Manager: Remote Desktop of the client'
        Description = 'Remote Desktop of the client. Source: windows-rules, RemoteDesktop-UserMode-In-TCP'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('3389')
        RemoteAddress = @('10.2.9.0/28')
        Program = '%SystemRoot%\System32\svchost.exe'
        Service = 'TermService'
    }
    @{
        Name = 'cmfw-setup-dp-http-out-ccmsetup'
        DisplayName = 'Configuration Manager: Setup files from the distribution point, HTTP'
        Description = 'Setup files from the distribution point, HTTP. Source: prerequisites, Installation method dependencies'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('80', '8081')
        RemoteAddress = @('10.2.0.6')
        Program = '%windir%\ccmsetup\ccmsetup.exe'
    }
    @{
        Name = 'cmfw-setup-dp-http-out-svchost'
        DisplayName = 'Configuration Manager: Setup files from the distribution point, HTTP'
        Description = 'Setup files from the distribution point, HTTP. Source: prerequisites, Installation method dependencies; page-2016, line 53; page-2016, line 153'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('80', '8081')
        RemoteAddress = @('10.2.0.6')
        Program = '%SystemRoot%\System32\svchost.exe'
    }
    @{
        Name = 'cmfw-setup-mp-http-out-ccmexec'
        DisplayName = 'Configuration Manager: Setup and registration with the management point, HTTP'
        Description = 'Setup and registration with the management point, HTTP. Source: page-2016, line 120; page-2016, line 135; prerequisites, Installation method dependencies; page-2016, line 53; page-2016, line 67; page-2016, line 110'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('80', '8081')
        RemoteAddress = @('10.2.0.5')
        Program = '%windir%\CCM\CcmExec.exe'
    }
    @{
        Name = 'cmfw-setup-mp-http-out-ccmsetup'
        DisplayName = 'Configuration Manager: Setup and registration with the management point, HTTP'
        Description = 'Setup and registration with the management point, HTTP. Source: page-2016, line 120; page-2016, line 135; prerequisites, Installation method dependencies; page-2016, line 110'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('80', '8081')
        RemoteAddress = @('10.2.0.5')
        Program = '%windir%\ccmsetup\ccmsetup.exe'
    }
    @{
        Name = 'cmfw-share-smb-out'
        DisplayName = 'Configuration Manager: SMB to the share that CCMSetup.exe runs from'
        Description = 'SMB to the share that CCMSetup.exe runs from. Source: page-2016, line 143'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('445')
        RemoteAddress = @('10.2.0.5')
        Program = 'System'
    }
    @{
        Name = 'cmfw-sup-http-out'
        DisplayName = 'Configuration Manager: HTTP to the software update point'
        Description = 'HTTP to the software update point. Source: page-2016, line 127'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('8530')
        RemoteAddress = @('10.2.0.6')
        Program = '%SystemRoot%\System32\svchost.exe'
    }
    @{
        Name = 'cmfw-tools-eventlog-in'
        DisplayName = 'Configuration Manager: Event log service of the client on a dynamic RPC port'
        Description = 'Event log service of the client on a dynamic RPC port. Source: windows-rules, RemoteEventLogSvc-In-TCP'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('RPC')
        RemoteAddress = @('10.2.9.0/28')
        Program = '%SystemRoot%\System32\svchost.exe'
        Service = 'Eventlog'
    }
    @{
        Name = 'cmfw-tools-smb-in'
        DisplayName = 'Configuration Manager: Remote administration of the client over SMB pipes'
        Description = 'Remote administration of the client over SMB pipes. Source: review, Performance Monitor'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('445')
        RemoteAddress = @('10.2.9.0/28')
        Program = 'System'
    }
    @{
        Name = 'cmfw-wup-icmp-in'
        DisplayName = 'Configuration Manager: Echo requests between clients'
        Description = 'Echo requests between clients. Source: page-2016, line 91'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'ICMPv4'
        IcmpType = @('8')
        RemoteAddress = @('LocalSubnet4')
    }
    @{
        Name = 'cmfw-wup-icmp-out'
        DisplayName = 'Configuration Manager: Echo requests between clients'
        Description = 'Echo requests between clients. Source: page-2016, line 91'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'ICMPv4'
        IcmpType = @('8')
        RemoteAddress = @('LocalSubnet4')
    }
    @{
        Name = 'cmfw-wup-udp-in'
        DisplayName = 'Configuration Manager: Wake-up proxy between clients'
        Description = 'Wake-up proxy between clients. Source: page-2016, line 85'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'UDP'
        LocalPort = @('25537')
        RemoteAddress = @('LocalSubnet4')
    }
    @{
        Name = 'cmfw-wup-udp-out'
        DisplayName = 'Configuration Manager: Wake-up proxy between clients'
        Description = 'Wake-up proxy between clients. Source: page-2016, line 85'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'UDP'
        RemotePort = @('25537')
        RemoteAddress = @('LocalSubnet4')
    }
    @{
        Name = 'cmfw-wup-wol-out'
        DisplayName = 'Configuration Manager: Magic packet to a sleeping client'
        Description = 'Magic packet to a sleeping client. Source: page-2016, line 87'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Private')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'UDP'
        RemotePort = @('7')
        RemoteAddress = @('LocalSubnet4')
    }
)
$members = @()
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
