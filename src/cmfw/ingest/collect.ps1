<#
.SYNOPSIS
Writes what Windows Firewall on this computer is set to, as one line of JSON (cmfw/collector/1), and changes nothing.

.DESCRIPTION
Printed by `cmfw collect-script`; `cmfw audit` and `cmfw trace` read what it writes.

Reads: the firewall's registry keys (rules, profiles, service hardening, app containers, device management, Group Policy),
which Windows this is, start type and state of the services that rules and Configuration Manager name, profile, addresses
and subnets of the network interfaces, the dynamic port range, who listens on the ports of Configuration Manager, whether
another firewall product is registered, and ports, version, folder, site code and lookup server of the Configuration
Manager client.

Does not read: pre-shared keys and other authentication sets of IPsec, network names, accounts, anything of a user's.
Rules are kept word for word, so paths of programs and SIDs in them stay as they are. In paths of listeners the name of a
user's folder is left out, and of services only Windows' own accounts are named.

.PARAMETER OutDir
Folder (also a share) for one file per computer, cmfw-NAME.json. Without it the line goes to standard output.

.PARAMETER Compress
Write the line as gzip in base64: about a tenth of the size, for Run Scripts and other places that cut long output.

.PARAMETER Seconds
After so many seconds the parts that are left are skipped, and the result says which. The rules are always read.

.PARAMETER Ports
Ports whose listeners are of interest.

.NOTES
Windows PowerShell 2 or later, no modules. Exit code 0: written; 1: not written, or the rules could not be read.
#>
param(
    [string] $OutDir = '',
    [switch] $Compress,
    [int] $Seconds = 60,
    [int[]] $Ports = @(9, 67, 68, 69, 80, 135, 139, 443, 445, 2701, 2702, 3389, 4011, 5985, 5986, 8002, 8003, 8005, 8530, 8531, 10123, 24158, 25536)
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$clock = [System.Diagnostics.Stopwatch]::StartNew()
$firewall = 'SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy'
$policy = 'SOFTWARE\Policies\Microsoft\WindowsFirewall'
# authentication sets may hold pre-shared keys, the others belong to them
$secret = @('Phase1AuthenticationSets', 'Phase2AuthenticationSets', 'Phase1CryptoSets', 'Phase2CryptoSets', 'MainModeRules')
$listed = @('BITS', 'CcmExec', 'CmRcService', 'LanmanServer', 'LanmanWorkstation', 'RemoteRegistry', 'RpcSs', 'TermService', 'Winmgmt', 'wuauserv', 'MpsSvc', 'BFE')
$accounts = @('localsystem', 'nt authority\localservice', 'nt authority\networkservice', 'nt authority\system')
$parts = New-Object System.Collections.Specialized.OrderedDictionary
$keys = New-Object System.Collections.ArrayList
$result = New-Object System.Collections.Specialized.OrderedDictionary
$ruleCount = 0

# --- JSON: plain ASCII, so that no code page on the way can change it ---

function Write-JsonText($sink, [string] $text) {
    $text = $text.Replace('\', '\\').Replace('"', '\"')
    if ([regex]::IsMatch($text, '[^\x20-\x7E]')) {
        $text = [regex]::Replace($text, '[^\x20-\x7E]', { param($hit) '\u{0:x4}' -f [int][char] $hit.Value })
    }
    [void] $sink.Append('"').Append($text).Append('"')
}

function Write-Json($sink, $value) {
    if ($null -eq $value) { [void] $sink.Append('null') }
    elseif ($value -is [string]) { Write-JsonText $sink $value }
    elseif ($value -is [bool]) { [void] $sink.Append($value.ToString().ToLowerInvariant()) }
    elseif ($value -is [System.Collections.IDictionary]) {
        $mark = '{'
        foreach ($name in $value.Keys) {
            [void] $sink.Append($mark)
            Write-JsonText $sink $name
            [void] $sink.Append(':')
            Write-Json $sink $value[$name]
            $mark = ','
        }
        if ($mark -eq '{') { [void] $sink.Append('{') }
        [void] $sink.Append('}')
    }
    elseif ($value -is [System.Collections.IEnumerable]) {
        $mark = '['
        foreach ($item in $value) {
            [void] $sink.Append($mark)
            Write-Json $sink $item
            $mark = ','
        }
        if ($mark -eq '[') { [void] $sink.Append('[') }
        [void] $sink.Append(']')
    }
    else { [void] $sink.Append([System.Convert]::ToString($value, [System.Globalization.CultureInfo]::InvariantCulture)) }
}

function New-Row([string[]] $names) {
    $row = New-Object System.Collections.Specialized.OrderedDictionary
    foreach ($name in $names) { $row.Add($name, $null) }
    return $row
}

# --- parts: each one may fail or come too late, and says so ---

function Get-Reason($failure) {
    # the type and not the message, which is localised and may name an account
    return $failure.Exception.GetBaseException().GetType().Name
}

function Invoke-Part([string] $name, [bool] $optional, [scriptblock] $work) {
    if ($optional -and $clock.Elapsed.TotalSeconds -ge $Seconds) {
        $parts[$name] = 'skipped: deadline'
        return
    }
    try {
        # what a part prints by accident must not get into the line
        $null = & $work
        $parts[$name] = 'ok'
    }
    catch { $parts[$name] = 'failed: ' + (Get-Reason $_) }
}

function Get-Remaining {
    return [int] [System.Math]::Max(1000, [System.Math]::Min(20000, ($Seconds - $clock.Elapsed.TotalSeconds) * 1000))
}

function Invoke-Bounded([string] $code) {
    # WMI and COM can hang, so they run aside and are left behind when their time is up
    $aside = [System.Management.Automation.PowerShell]::Create()
    [void] $aside.AddScript($code)
    $running = $aside.BeginInvoke()
    if (-not $running.AsyncWaitHandle.WaitOne((Get-Remaining))) {
        [void] $aside.BeginStop($null, $null)
        throw (New-Object System.TimeoutException)
    }
    $found = $aside.EndInvoke($running)
    if ($aside.Streams.Error.Count -gt 0) { throw $aside.Streams.Error[0].Exception }
    return $found
}

function Invoke-Program([string] $file, [string] $arguments) {
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = [System.IO.Path]::Combine([System.Environment]::SystemDirectory, $file)
    $start.Arguments = $arguments
    $start.UseShellExecute = $false
    $start.RedirectStandardOutput = $true
    $start.CreateNoWindow = $true
    $process = [System.Diagnostics.Process]::Start($start)
    $reading = $process.StandardOutput.ReadToEndAsync()
    if (-not $reading.Wait((Get-Remaining))) {
        $process.Kill()
        throw (New-Object System.TimeoutException)
    }
    return $reading.Result
}

# --- registry: the 64-bit view, whatever the bits of this process ---

function Open-Machine {
    try { return [Microsoft.Win32.RegistryKey]::OpenBaseKey([Microsoft.Win32.RegistryHive]::LocalMachine, [Microsoft.Win32.RegistryView]::Registry64) }
    catch { return [Microsoft.Win32.Registry]::LocalMachine }
}

function Read-Value($key, [string] $name) {
    $kind = [int] $key.GetValueKind($name)
    $found = $key.GetValue($name, $null, [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
    if ($kind -eq 4) { $found = [long] $found -band 4294967295L }
    elseif ($found -is [byte[]]) { $found = [System.Convert]::ToBase64String($found) }
    $row = New-Object System.Collections.ArrayList
    [void] $row.Add($name)
    [void] $row.Add([System.Math]::Max($kind, 0))
    [void] $row.Add($found)
    return , $row
}

function Read-Key($machine, [string] $path, [string[]] $names, [bool] $deep) {
    $row = New-Row @('key')
    $row['key'] = $path
    [void] $keys.Add($row)
    $key = $null
    try {
        $key = $machine.OpenSubKey($path, $false)
        if ($null -eq $key) {
            $row['absent'] = $true
            return
        }
        $values = New-Object System.Collections.ArrayList
        foreach ($name in $key.GetValueNames()) {
            if ($names.Count -gt 0 -and $names -notcontains $name) { continue }
            [void] $values.Add((Read-Value $key $name))
        }
        $row['values'] = $values
        if ($deep) {
            foreach ($below in $key.GetSubKeyNames()) {
                if ($secret -notcontains $below) { Read-Key $machine "$path\$below" @() $true }
            }
        }
    }
    catch { $row['error'] = Get-Reason $_ }
    finally { if ($null -ne $key) { $key.Close() } }
}

function Get-NamedServices {
    $names = @{}
    foreach ($name in $listed) { $names[$name.ToLowerInvariant()] = $name }
    foreach ($row in $keys) {
        if (-not $row.Contains('values')) { continue }
        foreach ($value in $row['values']) {
            if ($value[1] -ne 1) { continue }
            foreach ($hit in [regex]::Matches([string] $value[2], '(?i)\|Svc=+([^|*=\\/]+)')) {
                $name = $hit.Groups[1].Value.Trim()
                $names[$name.ToLowerInvariant()] = $name
            }
        }
    }
    return $names.Values
}

function Get-PrefixLength($one) {
    $length = $null
    try { $length = [int] $one.PrefixLength }
    catch {
        # older .NET has masks, and only of IPv4
        if ($one.Address.AddressFamily -eq [System.Net.Sockets.AddressFamily]::InterNetwork -and $null -ne $one.IPv4Mask) {
            $length = 0
            foreach ($byte in $one.IPv4Mask.GetAddressBytes()) { $length += [System.Convert]::ToString($byte, 2).Replace('0', '').Length }
        }
    }
    return $length
}

# --- the work ---

$result['schema'] = 'cmfw/collector/1'
$result['collected'] = [System.DateTime]::UtcNow.ToString('s') + 'Z'
$result['host'] = [System.Environment]::MachineName
$result['elevated'] = $false
$result['seconds'] = 0
$result['parts'] = $parts
$result['keys'] = $keys
$machine = Open-Machine

Invoke-Part 'policy' $false {
    Read-Key $machine $firewall @() $true
    Read-Key $machine $policy @() $true
}

Invoke-Part 'system' $false {
    Read-Key $machine 'SOFTWARE\Microsoft\Windows NT\CurrentVersion' @('ProductName', 'EditionID', 'InstallationType', 'DisplayVersion', 'ReleaseId', 'CurrentVersion', 'CurrentMajorVersionNumber', 'CurrentMinorVersionNumber', 'CurrentBuildNumber', 'UBR') $false
    Read-Key $machine 'SYSTEM\CurrentControlSet\Control\ProductOptions' @('ProductType') $false
    Read-Key $machine 'SYSTEM\CurrentControlSet\Control\Nls\Language' @('Default', 'InstallLanguage') $false
    Read-Key $machine 'SOFTWARE\Microsoft\Rpc\Internet' @('Ports', 'PortsInternetAvailable', 'UseInternetPorts') $false
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object System.Security.Principal.WindowsPrincipal($identity)
    $result['elevated'] = $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
}

Invoke-Part 'client' $false {
    Read-Key $machine 'SOFTWARE\Microsoft\CCM' @('HttpPort', 'HttpsPort', 'HttpsState', 'SMSSLP', 'DNSSuffix', 'UseFallbackPort') $false
    Read-Key $machine 'SOFTWARE\Microsoft\SMS\Mobile Client' @('ProductVersion', 'AssignedSiteCode') $false
    Read-Key $machine 'SOFTWARE\Microsoft\SMS\Client\Configuration\Client Properties' @('Local SMS Path') $false
}

Invoke-Part 'services' $true {
    $running = New-Row @()
    foreach ($name in (Get-NamedServices | Sort-Object)) {
        $path = "SYSTEM\CurrentControlSet\Services\$name"
        Read-Key $machine $path @('Start', 'Type', 'ServiceSidType', 'ObjectName') $false
        $row = $keys[$keys.Count - 1]
        if (-not $row.Contains('values')) { continue }
        for ($at = $row['values'].Count - 1; $at -ge 0; $at--) {
            $value = $row['values'][$at]
            if ($value[0] -eq 'ObjectName' -and $accounts -notcontains ([string] $value[2])) { $row['values'].RemoveAt($at) }
        }
        try { $running[$name] = [string] (Get-Service -Name $name).Status -eq 'Running' }
        catch { $running[$name] = $null }
    }
    $result['running'] = $running
}

Invoke-Part 'interfaces' $true {
    $found = New-Object System.Collections.ArrayList
    foreach ($card in [System.Net.NetworkInformation.NetworkInterface]::GetAllNetworkInterfaces()) {
        $row = New-Row @('id', 'type', 'up', 'addresses', 'gateways', 'dns', 'dhcp', 'wins')
        $row['id'] = $card.Id
        $row['type'] = [int] $card.NetworkInterfaceType
        $row['up'] = $card.OperationalStatus -eq [System.Net.NetworkInformation.OperationalStatus]::Up
        $settings = $card.GetIPProperties()
        $addresses = New-Object System.Collections.ArrayList
        foreach ($one in $settings.UnicastAddresses) {
            $pair = New-Object System.Collections.ArrayList
            [void] $pair.Add($one.Address.ToString())
            [void] $pair.Add((Get-PrefixLength $one))
            [void] $addresses.Add($pair)
        }
        $row['addresses'] = $addresses
        $row['gateways'] = @($settings.GatewayAddresses | ForEach-Object { $_.Address.ToString() })
        $row['dns'] = @($settings.DnsAddresses | ForEach-Object { $_.ToString() })
        $row['dhcp'] = @($settings.DhcpServerAddresses | ForEach-Object { $_.ToString() })
        $row['wins'] = @($settings.WinsServersAddresses | ForEach-Object { $_.ToString() })
        [void] $found.Add($row)
    }
    $result['interfaces'] = $found
}

Invoke-Part 'networks' $true {
    $lines = $null
    try {
        $lines = Invoke-Bounded 'Get-NetConnectionProfile -ErrorAction Stop | ForEach-Object { $_.InstanceID + "|" + [int] $_.NetworkCategory }'
    }
    catch {
        # Network List Manager, for Windows 7 and for machines whose WMI is broken
        $lines = Invoke-Bounded '$list = [System.Activator]::CreateInstance([System.Type]::GetTypeFromCLSID([System.Guid] "DCB00C01-570F-4A9B-8D69-199FDBA5723B")); foreach ($one in $list.GetNetworkConnections()) { "{" + $one.GetAdapterId().ToString() + "}|" + [int] $one.GetNetwork().GetCategory() }'
    }
    $found = New-Object System.Collections.ArrayList
    foreach ($line in $lines) {
        if ($null -eq $line) { continue }
        $row = New-Row @('interface', 'category')
        $row['interface'] = ([string] $line).Split('|')[0]
        $row['category'] = [int] ([string] $line).Split('|')[1]
        [void] $found.Add($row)
    }
    $result['networks'] = $found
}

Invoke-Part 'dynamic_ports' $true {
    $found = New-Row @()
    foreach ($kind in @('tcp', 'udp')) {
        # numbers only: the labels are localised
        $numbers = @([regex]::Matches((Invoke-Program 'netsh.exe' "int ipv4 show dynamicport $kind"), '(?m)(\d+)\s*$') | ForEach-Object { [int] $_.Groups[1].Value })
        if ($numbers.Count -ne 2) { throw (New-Object System.FormatException) }
        $found[$kind] = $numbers
    }
    $result['dynamic_ports'] = $found
}

Invoke-Part 'listeners' $true {
    $found = New-Object System.Collections.ArrayList
    try {
        $text = Invoke-Program 'netstat.exe' '-ano'
        # the word for "listening" is localised, the foreign end of a listener is not
        $hits = [regex]::Matches($text, '(?m)^\s*(TCP)\s+(\S+):(\d+)\s+\S+:0\s.*?(\d+)\s*$|^\s*(UDP)\s+(\S+):(\d+)\s+\*:\*\s+(\d+)\s*$')
        foreach ($hit in $hits) {
            $at = 1
            if ($hit.Groups[5].Success) { $at = 5 }
            $row = New-Row @('protocol', 'address', 'port', 'process', 'path')
            $row['protocol'] = $hit.Groups[$at].Value.ToLowerInvariant()
            $row['address'] = $hit.Groups[$at + 1].Value.Trim('[', ']')
            $row['port'] = [int] $hit.Groups[$at + 2].Value
            $owner = [int] $hit.Groups[$at + 3].Value
            if ($Ports -notcontains $row['port']) { continue }
            try {
                $process = [System.Diagnostics.Process]::GetProcessById($owner)
                $row['process'] = $process.ProcessName
                if ($owner -gt 4) { $row['path'] = [regex]::Replace($process.MainModule.FileName, '(?i)^[a-z]:\\Users\\[^\\]+', '%USERPROFILE%') }
            }
            catch { $row['path'] = $null }
            [void] $found.Add($row)
        }
    }
    catch {
        $all = [System.Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties()
        foreach ($kind in @('tcp', 'udp')) {
            $ends = $all.GetActiveTcpListeners()
            if ($kind -eq 'udp') { $ends = $all.GetActiveUdpListeners() }
            foreach ($end in $ends) {
                if ($Ports -notcontains $end.Port) { continue }
                $row = New-Row @('protocol', 'address', 'port', 'process', 'path')
                $row['protocol'] = $kind
                $row['address'] = $end.Address.ToString()
                $row['port'] = $end.Port
                [void] $found.Add($row)
            }
        }
    }
    $result['listeners'] = $found
    $result['ports'] = $Ports
}

Invoke-Part 'products' $true {
    $found = New-Object System.Collections.ArrayList
    # servers have no security center, so the namespace may be missing
    $lines = Invoke-Bounded 'if (@(Get-WmiObject -Namespace "root" -Class "__Namespace" | Where-Object { $_.Name -eq "SecurityCenter2" }).Count -gt 0) { Get-WmiObject -Namespace "root\SecurityCenter2" -Class "FirewallProduct" | ForEach-Object { "" + $_.productState + "|" + $_.displayName } }'
    foreach ($line in $lines) {
        if ($null -eq $line) { continue }
        $row = New-Row @('name', 'state')
        $row['name'] = ([string] $line).Substring(([string] $line).IndexOf('|') + 1)
        $row['state'] = [long] ([string] $line).Split('|')[0]
        [void] $found.Add($row)
    }
    $result['products'] = $found
}

foreach ($row in $keys) {
    if ($row['key'].EndsWith('\FirewallRules') -and $row.Contains('values')) { $ruleCount += $row['values'].Count }
}
$result['seconds'] = [System.Math]::Round($clock.Elapsed.TotalSeconds, 1)

# --- the line ---

$sink = New-Object System.Text.StringBuilder
Write-Json $sink $result
$line = $sink.ToString()
if ($Compress) {
    $bytes = [System.Text.Encoding]::ASCII.GetBytes($line)
    $memory = New-Object System.IO.MemoryStream
    $packer = New-Object System.IO.Compression.GZipStream($memory, [System.IO.Compression.CompressionMode]::Compress)
    $packer.Write($bytes, 0, $bytes.Length)
    $packer.Close()
    $line = [System.Convert]::ToBase64String($memory.ToArray())
}
$code = 0
if ($parts['policy'] -ne 'ok' -or -not $keys[0].Contains('values')) { $code = 1 }
if ($OutDir -eq '') { Write-Output $line }
else {
    $target = [System.IO.Path]::Combine($OutDir, 'cmfw-' + $result['host'] + '.json')
    try {
        [void] [System.IO.Directory]::CreateDirectory($OutDir)
        # a reader never meets half a file
        [System.IO.File]::WriteAllText("$target.tmp", $line + "`n", [System.Text.Encoding]::ASCII)
        if ([System.IO.File]::Exists($target)) { [System.IO.File]::Delete($target) }
        [System.IO.File]::Move("$target.tmp", $target)
        Write-Output ("cmfw: {0} rules, {1} s, {2}" -f $ruleCount, $result['seconds'], $target)
    }
    catch {
        Write-Output ('cmfw: not written: ' + (Get-Reason $_))
        $code = 1
    }
}
exit $code
