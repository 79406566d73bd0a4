# cmfw: Group Policy rules for clients of site P08
# cmfw: edition current, scope least
# cmfw: each rule's description names the places of the documentation that ask for it
#Requires -Version 5.1
#Requires -RunAsAdministrator
[CmdletBinding()]
param([Parameter(Mandatory = $true)] [string] $PolicyStore)

# --- data: what this script enforces ---
$rules = @(
    @{
        Name = 'cmfw-push-epm-in'
        DisplayName = 'Configuration Manager: RPC endpoint mapper of the client'
        Description = 'RPC endpoint mapper of the client. Source: page-2016, line 118; page-2016, line 80; windows-rules, RemoteEventLogSvc-RPCSS-In-TCP'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('RPCEPMap')
        Program = '%SystemRoot%\System32\svchost.exe'
        Service = 'RpcSs'
    }
    @{
        Name = 'cmfw-push-smb-in'
        DisplayName = 'Configuration Manager: SMB to the client''s admin share'
        Description = 'SMB to the client''s admin share. Source: page-2016, line 117; review, Performance Monitor'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('445')
        Program = 'System'
    }
    @{
        Name = 'cmfw-push-wmi-in'
        DisplayName = 'Configuration Manager: WMI of the client on a dynamic RPC port'
        Description = 'WMI of the client on a dynamic RPC port. Source: page-2016, line 119'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        Program = '%SystemRoot%\System32\svchost.exe'
        Service = 'Winmgmt'
    }
    @{
        Name = 'cmfw-ra-msra-in'
        DisplayName = 'Configuration Manager: Remote Assistance session with the client'
        Description = 'Remote Assistance session with the client. Source: policy-csp, UnsolicitedRemoteAssistance'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('49152-65535')
        Program = '%SystemRoot%\System32\msra.exe'
    }
    @{
        Name = 'cmfw-ra-raserver-in'
        DisplayName = 'Configuration Manager: Remote Assistance server of the client'
        Description = 'Remote Assistance server of the client. Source: policy-csp, UnsolicitedRemoteAssistance'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('49152-65535')
        Program = '%SystemRoot%\System32\raserver.exe'
    }
    @{
        Name = 'cmfw-rc-tcp-in'
        DisplayName = 'Configuration Manager: Remote control of the client'
        Description = 'Remote control of the client. Source: page-2016, line 77'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('2701')
        Program = '%windir%\CCM\RemCtrl\CmRcService.exe'
    }
    @{
        Name = 'cmfw-rdp-tcp-in'
        DisplayName = 'Configuration Manager: Remote Desktop of the client'
        Description = 'Remote Desktop of the client. Source: windows-rules, RemoteDesktop-UserMode-In-TCP'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('3389')
        Program = '%SystemRoot%\System32\svchost.exe'
        Service = 'TermService'
    }
    @{
        Name = 'cmfw-tools-eventlog-in'
        DisplayName = 'Configuration Manager: Event log service of the client on a dynamic RPC port'
        Description = 'Event log service of the client on a dynamic RPC port. Source: windows-rules, RemoteEventLogSvc-In-TCP'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('RPC')
        Program = '%SystemRoot%\System32\svchost.exe'
        Service = 'Eventlog'
    }
    @{
        Name = 'cmfw-wup-icmp-in'
        DisplayName = 'Configuration Manager: Echo requests between clients'
        Description = 'Echo requests between clients. Source: page-2016, line 91'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
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
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'UDP'
        LocalPort = @('25536')
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

# One session for all changes: the policy is read once and written once, by Save-NetGPO, or not at all.
$session = @{ GPOSession = (Open-NetGPO -PolicyStore $PolicyStore -ErrorAction Stop); ErrorAction = 'Stop' }
$wanted = @{}
foreach ($rule in $rules) { $wanted[$rule.Name] = $true }
$present = @(Get-NetFirewallRule @session)
foreach ($rule in $present) {
    if ($wanted.ContainsKey($rule.Name) -and $rule.Group -ne 'cmfw') {
        throw ('cmfw: a rule named ' + $rule.Name + ' exists and is not of cmfw, nothing was changed')
    }
}
foreach ($rule in $present) {
    if ($rule.Group -eq 'cmfw') { $rule | Remove-NetFirewallRule @session }
}
foreach ($rule in $rules) { $null = New-NetFirewallRule @rule @session }
foreach ($entry in $settings) {
    $change = @{}
    foreach ($name in $entry.Keys) { if ($name -ne 'Profile') { $change[$name] = $entry[$name] } }
    Set-NetFirewallProfile -Name $entry.Profile @change @session
}
Save-NetGPO -GPOSession $session.GPOSession -ErrorAction Stop
Write-Output ('cmfw: ' + @($rules).Count + ' rules in ' + $PolicyStore)
