# Completion of cmfw for PowerShell 5.1 and later, made by `cmfw completion powershell`.
# In $PROFILE: cmfw completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName 'cmfw', 'cmfw.exe' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $told = @()
    foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
        # the word at the cursor is told apart
        if ($element.Extent.EndOffset -ge $cursorPosition) { break }
        if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
            $told += $element.Value
        } else {
            $told += $element.Extent.Text
        }
    }
    $program = $commandAst.GetCommandName()
    $before = $env:_CMFW_COMPLETE
    $encoding = [Console]::OutputEncoding
    try {
        $env:_CMFW_COMPLETE = '1'
        [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false
        $lines = & $program @told "=$wordToComplete" 2>$null
    } finally {
        $env:_CMFW_COMPLETE = $before
        [Console]::OutputEncoding = $encoding
    }
    foreach ($line in $lines) {
        $kind, $text, $about = $line -split "`t", 3
        if ($kind -eq 'value') {
            if (-not $about) { $about = $text }
            New-Object System.Management.Automation.CompletionResult $text, $text, 'ParameterValue', $about
        } elseif ($kind -in 'file', 'dir') {
            $front = ''
            $name = $wordToComplete
            if ($name -match '^(--[a-z-]+=)(.*)$') { $front = $Matches[1]; $name = $Matches[2] }
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($name) |
                Where-Object { $kind -eq 'file' -or $_.ResultType -eq 'ProviderContainer' } |
                ForEach-Object {
                    New-Object System.Management.Automation.CompletionResult ($front + $_.CompletionText), $_.ListItemText, $_.ResultType, $_.ToolTip
                }
        }
    }
}
