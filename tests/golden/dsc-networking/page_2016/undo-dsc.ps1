# cmfw: undo of cmfw-dsc.ps1 for desktops of site P05
#Requires -Version 5.1
#Requires -RunAsAdministrator
[CmdletBinding()]
param([string] $OutputPath = (Join-Path -Path $PSScriptRoot -ChildPath 'CmfwFirewall'))

# --- data: what this script enforces ---
$ensure = 'Absent'
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
        Name = 'cmfw-doc-remote-assistance-helpsvc-in'
        DisplayName = 'Configuration Manager: Remote Assistance'
        Description = 'Remote Assistance. Source: page-2016, line 80'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Program = '%SystemRoot%\PCHealth\HelpCtr\Binaries\HelpSvc.exe'
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
$members = @()
$off = @(
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
    'WMI-ASYNC-In-TCP-NoScope',
    'WMI-RPCSS-In-TCP-NoScope',
    'WMI-WINMGMT-In-TCP-NoScope'
)
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
