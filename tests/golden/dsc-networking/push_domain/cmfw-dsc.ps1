# cmfw: Windows Firewall rules for desktops of site P01
# cmfw: edition current, scope least
# cmfw: each rule's description names the places of the documentation that ask for it
#Requires -Version 5.1
#Requires -RunAsAdministrator
[CmdletBinding()]
param([string] $OutputPath = (Join-Path -Path $PSScriptRoot -ChildPath 'CmfwFirewall'))

# --- data: what this script enforces ---
$ensure = 'Present'
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
        RemoteAddress = @('10.1.0.5', '2001:db8:1::5')
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
        RemoteAddress = @('10.1.0.5', '2001:db8:1::5')
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
        RemoteAddress = @('10.1.0.5', '2001:db8:1::5')
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
        RemoteAddress = @('10.1.0.5', '2001:db8:1::5')
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
        RemoteAddress = @('10.1.0.5', '2001:db8:1::5')
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
        RemoteAddress = @('10.1.0.5', '2001:db8:1::5')
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
        RemoteAddress = @('10.1.0.5', '2001:db8:1::5')
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
        RemoteAddress = @('10.1.0.5', '2001:db8:1::5')
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
Configuration CmfwFirewall
{
    param([object[]] $Rules, [string[]] $Members, [string[]] $Off, [object[]] $Settings)

    Import-DscResource -ModuleName NetworkingDsc

    Node 'localhost'
    {
        # A property that is null is left out of the compiled configuration.
        foreach ($rule in $Rules)
        {
            Firewall $rule['Name']
            {
                Ensure = $ensure
                Name = $rule['Name']
                DisplayName = $rule['DisplayName']
                Description = $rule['Description']
                Group = $rule['Group']
                Enabled = $rule['Enabled']
                Profile = $rule['Profile']
                Direction = $rule['Direction']
                Action = $rule['Action']
                Protocol = $rule['Protocol']
                LocalPort = $rule['LocalPort']
                RemotePort = $rule['RemotePort']
                IcmpType = $rule['IcmpType']
                LocalAddress = $rule['LocalAddress']
                RemoteAddress = $rule['RemoteAddress']
                Program = $rule['Program']
                Service = $rule['Service']
                InterfaceType = $rule['InterfaceType']
                EdgeTraversalPolicy = $rule['EdgeTraversalPolicy']
            }
        }
        foreach ($name in $Members)
        {
            Firewall $name
            {
                Ensure = 'Present'
                Name = $name
                Enabled = 'True'
            }
        }
        foreach ($name in $Off)
        {
            Firewall $name
            {
                Ensure = 'Present'
                Name = $name
                Enabled = 'False'
            }
        }
        foreach ($entry in $Settings)
        {
            FirewallProfile $entry['Profile']
            {
                Name = $entry['Profile']
                Enabled = $entry['Enabled']
                DefaultInboundAction = $entry['DefaultInboundAction']
                DefaultOutboundAction = $entry['DefaultOutboundAction']
                AllowInboundRules = $entry['AllowInboundRules']
                AllowLocalFirewallRules = $entry['AllowLocalFirewallRules']
                AllowLocalIPsecRules = $entry['AllowLocalIPsecRules']
                AllowUserApps = $entry['AllowUserApps']
                AllowUserPorts = $entry['AllowUserPorts']
                NotifyOnListen = $entry['NotifyOnListen']
                AllowUnicastResponseToMulticast = $entry['AllowUnicastResponseToMulticast']
            }
        }
    }
}

CmfwFirewall -Rules $rules -Members $members -Off $off -Settings $settings -OutputPath $OutputPath
