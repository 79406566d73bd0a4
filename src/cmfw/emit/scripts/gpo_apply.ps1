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
