# cmfw: undo of cmfw-dsc.ps1 for help7.corp.example of site P07
#Requires -Version 5.1
#Requires -RunAsAdministrator
[CmdletBinding()]
param([string] $OutputPath = (Join-Path -Path $PSScriptRoot -ChildPath 'CmfwFirewall'))

# --- data: what this script enforces ---
$ensure = 'Absent'
$rules = @(
    @{
        Name = 'cmfw-queries-tcp-in'
        DisplayName = 'Configuration Manager: Answers to statview.exe on the console host'
        Description = 'Answers to statview.exe on the console host. Source: review, statview.exe'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('49152-65535')
        RemoteAddress = @('10.7.0.5')
        Program = '%ProgramFiles(x86)%\Microsoft Configuration Manager\AdminConsole\bin\i386\statview.exe'
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
