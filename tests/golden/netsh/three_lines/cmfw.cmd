@echo off
setlocal DisableDelayedExpansion
chcp 65001 >nul
rem cmfw: Windows Firewall rules for clients of site P08
rem cmfw: edition current, scope least
rem cmfw: each rule's description names the places of the documentation that ask for it
netsh advfirewall firewall delete rule name="cmfw-push-epm-in" >nul
netsh advfirewall firewall delete rule name="cmfw-push-smb-in" >nul
netsh advfirewall firewall delete rule name="cmfw-push-wmi-in" >nul
netsh advfirewall firewall delete rule name="cmfw-ra-msra-in" >nul
netsh advfirewall firewall delete rule name="cmfw-ra-raserver-in" >nul
netsh advfirewall firewall delete rule name="cmfw-rc-tcp-in" >nul
netsh advfirewall firewall delete rule name="cmfw-rdp-tcp-in" >nul
netsh advfirewall firewall delete rule name="cmfw-tools-eventlog-in" >nul
netsh advfirewall firewall delete rule name="cmfw-wup-icmp-in" >nul
netsh advfirewall firewall delete rule name="cmfw-wup-udp-in" >nul
netsh advfirewall firewall add rule name="cmfw-push-epm-in" dir=in action=allow description="Configuration Manager: RPC endpoint mapper of the client: RPC endpoint mapper of the client. Source: page-2016, line 118; page-2016, line 80; windows-rules, RemoteEventLogSvc-RPCSS-In-TCP" enable=yes profile=domain program="%%SystemRoot%%\System32\svchost.exe" service="RpcSs" protocol=tcp localport=rpc-epmap
netsh advfirewall firewall add rule name="cmfw-push-smb-in" dir=in action=allow description="Configuration Manager: SMB to the client's admin share: SMB to the client's admin share. Source: page-2016, line 117; review, Performance Monitor" enable=yes profile=domain program="System" protocol=tcp localport=445
netsh advfirewall firewall add rule name="cmfw-push-wmi-in" dir=in action=allow description="Configuration Manager: WMI of the client on a dynamic RPC port: WMI of the client on a dynamic RPC port. Source: page-2016, line 119" enable=yes profile=domain program="%%SystemRoot%%\System32\svchost.exe" service="Winmgmt" protocol=tcp
netsh advfirewall firewall add rule name="cmfw-ra-msra-in" dir=in action=allow description="Configuration Manager: Remote Assistance session with the client: Remote Assistance session with the client. Source: policy-csp, UnsolicitedRemoteAssistance" enable=yes profile=domain program="%%SystemRoot%%\System32\msra.exe" protocol=tcp localport=49152-65535
netsh advfirewall firewall add rule name="cmfw-ra-raserver-in" dir=in action=allow description="Configuration Manager: Remote Assistance server of the client: Remote Assistance server of the client. Source: policy-csp, UnsolicitedRemoteAssistance" enable=yes profile=domain program="%%SystemRoot%%\System32\raserver.exe" protocol=tcp localport=49152-65535
netsh advfirewall firewall add rule name="cmfw-rc-tcp-in" dir=in action=allow description="Configuration Manager: Remote control of the client: Remote control of the client. Source: page-2016, line 77" enable=yes profile=domain program="%%windir%%\CCM\RemCtrl\CmRcService.exe" protocol=tcp localport=2701
netsh advfirewall firewall add rule name="cmfw-rdp-tcp-in" dir=in action=allow description="Configuration Manager: Remote Desktop of the client: Remote Desktop of the client. Source: windows-rules, RemoteDesktop-UserMode-In-TCP" enable=yes profile=domain program="%%SystemRoot%%\System32\svchost.exe" service="TermService" protocol=tcp localport=3389
netsh advfirewall firewall add rule name="cmfw-tools-eventlog-in" dir=in action=allow description="Configuration Manager: Event log service of the client on a dynamic RPC port: Event log service of the client on a dynamic RPC port. Source: windows-rules, RemoteEventLogSvc-In-TCP" enable=yes profile=domain program="%%SystemRoot%%\System32\svchost.exe" service="Eventlog" protocol=tcp localport=rpc
netsh advfirewall firewall add rule name="cmfw-wup-icmp-in" dir=in action=allow description="Configuration Manager: Echo requests between clients: Echo requests between clients. Source: page-2016, line 91" enable=yes profile=domain protocol=icmpv4:8,any remoteip=localsubnet
netsh advfirewall firewall add rule name="cmfw-wup-udp-in" dir=in action=allow description="Configuration Manager: Wake-up proxy between clients: Wake-up proxy between clients. Source: page-2016, line 85" enable=yes profile=domain protocol=udp localport=25536 localip=0.0.0.0/1,128.0.0.0/1 remoteip=localsubnet
