# cmfw: undo of cmfw-gpo.ps1 for desktops of site P01
#Requires -Version 5.1
#Requires -RunAsAdministrator
[CmdletBinding()]
param([Parameter(Mandatory = $true)] [string] $PolicyStore)

# --- data: what this script enforces ---
$settings = @()
# --- program: the same lines in every script ---
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$session = @{ GPOSession = (Open-NetGPO -PolicyStore $PolicyStore -ErrorAction Stop); ErrorAction = 'Stop' }
$changes = 0
foreach ($rule in @(Get-NetFirewallRule @session)) {
    # A rule that somebody took out of the group is theirs now.
    if ($rule.Group -eq 'cmfw') {
        $rule | Remove-NetFirewallRule @session
        $changes = $changes + 1
    }
}
foreach ($entry in $settings) {
    $change = @{}
    foreach ($name in $entry.Keys) { if ($name -ne 'Profile') { $change[$name] = 'NotConfigured' } }
    Set-NetFirewallProfile -Name $entry.Profile @change @session
}
Save-NetGPO -GPOSession $session.GPOSession -ErrorAction Stop
Write-Output ('cmfw: ' + $changes + ' rules removed from ' + $PolicyStore)
