# cmfw: undo of cmfw.ps1 for help7.corp.example of site P07
#Requires -Version 5.1
#Requires -RunAsAdministrator
[CmdletBinding()]
param()

# --- data: what this script enforces ---
$stateName = 'P07-help7corpexample-038987193aef'
# --- program: the same lines in every script ---
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

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

$folder = Join-Path -Path $env:ProgramData -ChildPath 'cmfw'
$stateFile = Join-Path -Path $folder -ChildPath ($stateName + '.json')
if (-not (Test-Path -LiteralPath $stateFile)) {
    Write-Output 'cmfw: nothing to undo'
    return
}
Assert-Owner -Path $folder
Assert-Owner -Path $stateFile
$state = Get-Content -LiteralPath $stateFile -Raw -Encoding UTF8 | ConvertFrom-Json
$store = @{ PolicyStore = $state.PolicyStore; ErrorAction = 'Stop' }
$quiet = @{ PolicyStore = $state.PolicyStore; ErrorAction = 'SilentlyContinue' }

$changes = 0
foreach ($name in @($state.Made)) {
    foreach ($rule in @(Get-NetFirewallRule -Name $name @quiet)) {
        # A rule that somebody took out of the group is theirs now.
        if ($rule.Group -eq 'cmfw') {
            $rule | Remove-NetFirewallRule -ErrorAction Stop
            $changes = $changes + 1
        }
    }
}
foreach ($entry in @($state.Before)) {
    foreach ($rule in @(Get-NetFirewallRule -Name $entry.Name @quiet)) {
        if ([string] $rule.Enabled -ne [string] $entry.Enabled) {
            Set-NetFirewallRule -Name $entry.Name -Enabled $entry.Enabled @store
            $changes = $changes + 1
        }
    }
}
$kept = @()
if ($state.PSObject.Properties.Name -contains 'Settings') { $kept = @($state.Settings) }
foreach ($entry in $kept) {
    if ($null -ne $entry) {
        $change = @{ 'Name' = $entry.Profile; $entry.Name = $entry.Value }
        Set-NetFirewallProfile @change @store
        $changes = $changes + 1
    }
}
Remove-Item -LiteralPath $stateFile
Write-Output ('cmfw: ' + $changes + ' changes')
