# cmfw: Group Policy rules for help7.corp.example of site P07
# cmfw: edition current, scope least
# cmfw: each rule's description names the places of the documentation that ask for it
#Requires -Version 5.1
#Requires -RunAsAdministrator
[CmdletBinding()]
param([Parameter(Mandatory = $true)] [string] $PolicyStore)

# --- data: what this script enforces ---
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
