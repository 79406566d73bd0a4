
# Configuration Manager takes an exit code other than 0 for a script that failed.
if ($differences -eq 0) { Write-Output 'Compliant' } else { Write-Output 'NonCompliant' }
