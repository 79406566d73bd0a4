
if ($differences -eq 0) {
    Write-Output 'cmfw: as it should be'
    exit 0
}
Write-Output ('cmfw: ' + $differences + ' differences')
exit 1
