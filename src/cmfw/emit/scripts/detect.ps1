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
