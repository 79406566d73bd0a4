# cmfw: Group Policy rules for desktops of site P05
# cmfw: edition 2016, scope documented
# cmfw: each rule's description names the places of the documentation that ask for it
#Requires -Version 5.1
#Requires -RunAsAdministrator
[CmdletBinding()]
param([Parameter(Mandatory = $true)] [string] $PolicyStore)

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
    @{
        Name = 'FPS-ICMP4-ERQ-In-NoScope'
        DisplayName = '@FirewallAPI.dll,-28543'
        Description = '@FirewallAPI.dll,-28547'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'ICMPv4'
        IcmpType = @('8')
    }
    @{
        Name = 'FPS-ICMP4-ERQ-Out-NoScope'
        DisplayName = '@FirewallAPI.dll,-28544'
        Description = '@FirewallAPI.dll,-28547'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'ICMPv4'
        IcmpType = @('8')
    }
    @{
        Name = 'FPS-ICMP6-ERQ-In-NoScope'
        DisplayName = '@FirewallAPI.dll,-28545'
        Description = '@FirewallAPI.dll,-28547'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'ICMPv6'
        IcmpType = @('128')
    }
    @{
        Name = 'FPS-ICMP6-ERQ-Out-NoScope'
        DisplayName = '@FirewallAPI.dll,-28546'
        Description = '@FirewallAPI.dll,-28547'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'ICMPv6'
        IcmpType = @('128')
    }
    @{
        Name = 'FPS-LLMNR-In-UDP'
        DisplayName = '@FirewallAPI.dll,-28548'
        Description = '@FirewallAPI.dll,-28549'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Any')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'UDP'
        LocalPort = @('5355')
        RemoteAddress = @('LocalSubnet')
        Program = '%SystemRoot%\system32\svchost.exe'
        Service = 'dnscache'
    }
    @{
        Name = 'FPS-LLMNR-Out-UDP'
        DisplayName = '@FirewallAPI.dll,-28550'
        Description = '@FirewallAPI.dll,-28551'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Any')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'UDP'
        RemotePort = @('5355')
        RemoteAddress = @('LocalSubnet')
        Program = '%SystemRoot%\system32\svchost.exe'
        Service = 'dnscache'
    }
    @{
        Name = 'FPS-NB_Datagram-In-UDP-NoScope'
        DisplayName = '@FirewallAPI.dll,-28527'
        Description = '@FirewallAPI.dll,-28530'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'UDP'
        LocalPort = @('138')
        Program = 'System'
    }
    @{
        Name = 'FPS-NB_Datagram-Out-UDP-NoScope'
        DisplayName = '@FirewallAPI.dll,-28531'
        Description = '@FirewallAPI.dll,-28534'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'UDP'
        RemotePort = @('138')
        Program = 'System'
    }
    @{
        Name = 'FPS-NB_Name-In-UDP-NoScope'
        DisplayName = '@FirewallAPI.dll,-28519'
        Description = '@FirewallAPI.dll,-28522'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'UDP'
        LocalPort = @('137')
        Program = 'System'
    }
    @{
        Name = 'FPS-NB_Name-Out-UDP-NoScope'
        DisplayName = '@FirewallAPI.dll,-28523'
        Description = '@FirewallAPI.dll,-28526'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'UDP'
        RemotePort = @('137')
        Program = 'System'
    }
    @{
        Name = 'FPS-NB_Session-In-TCP-NoScope'
        DisplayName = '@FirewallAPI.dll,-28503'
        Description = '@FirewallAPI.dll,-28506'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('139')
        Program = 'System'
    }
    @{
        Name = 'FPS-NB_Session-Out-TCP-NoScope'
        DisplayName = '@FirewallAPI.dll,-28507'
        Description = '@FirewallAPI.dll,-28510'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('139')
        Program = 'System'
    }
    @{
        Name = 'FPS-RPCSS-In-TCP-NoScope'
        DisplayName = '@FirewallAPI.dll,-28539'
        Description = '@FirewallAPI.dll,-28542'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('RPCEPMap')
        Service = 'Rpcss'
    }
    @{
        Name = 'FPS-SMB-In-TCP-NoScope'
        DisplayName = '@FirewallAPI.dll,-28511'
        Description = '@FirewallAPI.dll,-28514'
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
        Name = 'FPS-SMB-Out-TCP-NoScope'
        DisplayName = '@FirewallAPI.dll,-28515'
        Description = '@FirewallAPI.dll,-28518'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Outbound'
        Action = 'Allow'
        Protocol = 'TCP'
        RemotePort = @('445')
        Program = 'System'
    }
    @{
        Name = 'FPS-SpoolSvc-In-TCP-NoScope'
        DisplayName = '@FirewallAPI.dll,-28535'
        Description = '@FirewallAPI.dll,-28538'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('RPC')
        Program = '%SystemRoot%\system32\spoolsv.exe'
        Service = 'Spooler'
    }
    @{
        Name = 'RemoteAssistance-DCOM-In-TCP-NoScope-Active'
        DisplayName = '@FirewallAPI.dll,-33035'
        Description = '@FirewallAPI.dll,-33036'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('135')
        Program = '%SystemRoot%\system32\svchost.exe'
        Service = 'rpcss'
    }
    @{
        Name = 'RemoteAssistance-In-TCP-EdgeScope-Active'
        DisplayName = '@FirewallAPI.dll,-33003'
        Description = '@FirewallAPI.dll,-33006'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain', 'Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        Program = '%SystemRoot%\system32\msra.exe'
        EdgeTraversalPolicy = 'DeferToApp'
    }
    @{
        Name = 'RemoteAssistance-PnrpSvc-UDP-In-EdgeScope-Active'
        DisplayName = '@FirewallAPI.dll,-33039'
        Description = '@FirewallAPI.dll,-33040'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain', 'Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'UDP'
        LocalPort = @('3540')
        Program = '%systemroot%\system32\svchost.exe'
        Service = 'pnrpsvc'
        EdgeTraversalPolicy = 'DeferToApp'
    }
    @{
        Name = 'RemoteAssistance-RAServer-In-TCP-NoScope-Active'
        DisplayName = '@FirewallAPI.dll,-33011'
        Description = '@FirewallAPI.dll,-33014'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        Program = '%SystemRoot%\system32\raserver.exe'
    }
    @{
        Name = 'RemoteAssistance-SSDPSrv-In-TCP-Active'
        DisplayName = '@FirewallAPI.dll,-33027'
        Description = '@FirewallAPI.dll,-33030'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain', 'Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('2869')
        RemoteAddress = @('LocalSubnet')
        Program = 'System'
    }
    @{
        Name = 'RemoteAssistance-SSDPSrv-In-UDP-Active'
        DisplayName = '@FirewallAPI.dll,-33019'
        Description = '@FirewallAPI.dll,-33022'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain', 'Private')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'UDP'
        LocalPort = @('1900')
        RemoteAddress = @('LocalSubnet')
        Program = '%SystemRoot%\system32\svchost.exe'
        Service = 'Ssdpsrv'
    }
    @{
        Name = 'RemoteDesktop-Shadow-In-TCP'
        DisplayName = '@FirewallAPI.dll,-28778'
        Description = '@FirewallAPI.dll,-28779'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Any')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        Program = '%SystemRoot%\system32\RdpSa.exe'
        EdgeTraversalPolicy = 'DeferToApp'
    }
    @{
        Name = 'RemoteDesktop-UserMode-In-TCP'
        DisplayName = '@FirewallAPI.dll,-28775'
        Description = '@FirewallAPI.dll,-28756'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Any')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('3389')
        Program = '%SystemRoot%\system32\svchost.exe'
        Service = 'termservice'
    }
    @{
        Name = 'RemoteDesktop-UserMode-In-UDP'
        DisplayName = '@FirewallAPI.dll,-28776'
        Description = '@FirewallAPI.dll,-28777'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Any')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'UDP'
        LocalPort = @('3389')
        Program = '%SystemRoot%\system32\svchost.exe'
        Service = 'termservice'
    }
    @{
        Name = 'WMI-ASYNC-In-TCP-NoScope'
        DisplayName = '@FirewallAPI.dll,-34256'
        Description = '@FirewallAPI.dll,-34257'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        Program = '%systemroot%\system32\wbem\unsecapp.exe'
    }
    @{
        Name = 'WMI-RPCSS-In-TCP-NoScope'
        DisplayName = '@FirewallAPI.dll,-34252'
        Description = '@FirewallAPI.dll,-34253'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('135')
        Program = '%SystemRoot%\system32\svchost.exe'
        Service = 'rpcss'
    }
    @{
        Name = 'WMI-WINMGMT-In-TCP-NoScope'
        DisplayName = '@FirewallAPI.dll,-34254'
        Description = '@FirewallAPI.dll,-34255'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        Program = '%SystemRoot%\system32\svchost.exe'
        Service = 'winmgmt'
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
