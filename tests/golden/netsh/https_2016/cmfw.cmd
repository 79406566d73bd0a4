@echo off
setlocal DisableDelayedExpansion
chcp 65001 >nul
rem cmfw: Windows Firewall rules for desktops of site P10
rem cmfw: edition 2016, scope least
rem cmfw: each rule's description names the places of the documentation that ask for it
netsh advfirewall firewall delete rule name="cmfw-dp-https-out-svchost" >nul
netsh advfirewall firewall delete rule name="cmfw-notify-tcp-out" >nul
netsh advfirewall firewall delete rule name="cmfw-package-smb-out" >nul
netsh advfirewall firewall delete rule name="cmfw-push-epm-in" >nul
netsh advfirewall firewall delete rule name="cmfw-push-icmp-in" >nul
netsh advfirewall firewall delete rule name="cmfw-push-smb-in" >nul
netsh advfirewall firewall delete rule name="cmfw-push-wmi-in" >nul
netsh advfirewall firewall delete rule name="cmfw-ra-msra-in" >nul
netsh advfirewall firewall delete rule name="cmfw-ra-raserver-in" >nul
netsh advfirewall firewall delete rule name="cmfw-rc-tcp-in" >nul
netsh advfirewall firewall delete rule name="cmfw-rdp-tcp-in" >nul
netsh advfirewall firewall delete rule name="cmfw-setup-mp-https-out-ccmexec" >nul
netsh advfirewall firewall delete rule name="cmfw-setup-mp-https-out-ccmsetup" >nul
netsh advfirewall firewall delete rule name="cmfw-share-smb-out" >nul
netsh advfirewall firewall delete rule name="cmfw-sup-http-out" >nul
netsh advfirewall firewall delete rule name="cmfw-sup-https-out" >nul
netsh advfirewall firewall delete rule name="cmfw-wup-icmp-in" >nul
netsh advfirewall firewall delete rule name="cmfw-wup-icmp-out" >nul
netsh advfirewall firewall delete rule name="cmfw-wup-udp-in" >nul
netsh advfirewall firewall delete rule name="cmfw-wup-udp-out" >nul
netsh advfirewall firewall delete rule name="cmfw-wup-wol-out" >nul
netsh advfirewall firewall add rule name="cmfw-dp-https-out-svchost" dir=out action=allow description="Configuration Manager: Content from the distribution point, HTTPS: Content from the distribution point, HTTPS. Source: page-2016, line 154; page-2016, line 55" enable=yes profile=domain program="%%SystemRoot%%\System32\svchost.exe" protocol=tcp remoteport=443 remoteip=10.10.0.5
netsh advfirewall firewall add rule name="cmfw-notify-tcp-out" dir=out action=allow description="Configuration Manager: Notification channel to the management point: Notification channel to the management point. Source: page-2016, line 63" enable=yes profile=domain program="%%windir%%\CCM\CcmExec.exe" protocol=tcp remoteport=10123 remoteip=10.10.0.5
netsh advfirewall firewall add rule name="cmfw-package-smb-out" dir=out action=allow description="Configuration Manager: SMB to the share of the Group Policy package: SMB to the share of the Group Policy package. Source: review, Group Policy package" enable=yes profile=domain program="System" protocol=tcp remoteport=445
netsh advfirewall firewall add rule name="cmfw-push-epm-in" dir=in action=allow description="Configuration Manager: RPC endpoint mapper of the client: RPC endpoint mapper of the client. Source: page-2016, line 118; page-2016, line 80" enable=yes profile=domain program="%%SystemRoot%%\System32\svchost.exe" service="RpcSs" protocol=tcp localport=rpc-epmap remoteip=10.10.0.5
netsh advfirewall firewall add rule name="cmfw-push-icmp-in" dir=in action=allow description="Configuration Manager: Echo request before client push: Echo request before client push. Source: page-2016, line 113" enable=yes profile=domain protocol=icmpv4:8,any remoteip=10.10.0.5
netsh advfirewall firewall add rule name="cmfw-push-smb-in" dir=in action=allow description="Configuration Manager: SMB to the client's admin share: SMB to the client's admin share. Source: page-2016, line 117; review, Performance Monitor" enable=yes profile=domain program="System" protocol=tcp localport=445 remoteip=10.10.0.5
netsh advfirewall firewall add rule name="cmfw-push-wmi-in" dir=in action=allow description="Configuration Manager: WMI of the client on a dynamic RPC port: WMI of the client on a dynamic RPC port. Source: page-2016, line 119" enable=yes profile=domain program="%%SystemRoot%%\System32\svchost.exe" service="Winmgmt" protocol=tcp remoteip=10.10.0.5
netsh advfirewall firewall add rule name="cmfw-ra-msra-in" dir=in action=allow description="Configuration Manager: Remote Assistance session with the client: Remote Assistance session with the client. Source: policy-csp, UnsolicitedRemoteAssistance" enable=yes profile=domain program="%%SystemRoot%%\System32\msra.exe" protocol=tcp localport=49152-65535 remoteip=10.10.0.5
netsh advfirewall firewall add rule name="cmfw-ra-raserver-in" dir=in action=allow description="Configuration Manager: Remote Assistance server of the client: Remote Assistance server of the client. Source: policy-csp, UnsolicitedRemoteAssistance" enable=yes profile=domain program="%%SystemRoot%%\System32\raserver.exe" protocol=tcp localport=49152-65535 remoteip=10.10.0.5
netsh advfirewall firewall add rule name="cmfw-rc-tcp-in" dir=in action=allow description="Configuration Manager: Remote control of the client: Remote control of the client. Source: page-2016, line 77" enable=yes profile=domain program="%%windir%%\CCM\RemCtrl\CmRcService.exe" protocol=tcp localport=2701 remoteip=10.10.0.5
netsh advfirewall firewall add rule name="cmfw-rdp-tcp-in" dir=in action=allow description="Configuration Manager: Remote Desktop of the client: Remote Desktop of the client. Source: windows-rules, RemoteDesktop-UserMode-In-TCP" enable=yes profile=domain program="%%SystemRoot%%\System32\svchost.exe" service="TermService" protocol=tcp localport=3389 remoteip=10.10.0.5
netsh advfirewall firewall add rule name="cmfw-setup-mp-https-out-ccmexec" dir=out action=allow description="Configuration Manager: Setup and registration with the management point, HTTPS: Setup and registration with the management point, HTTPS. Source: page-2016, line 121; page-2016, line 136; page-2016, line 145; page-2016, line 55; page-2016, line 69; page-2016, line 154" enable=yes profile=domain program="%%windir%%\CCM\CcmExec.exe" protocol=tcp remoteport=443 remoteip=10.10.0.5
netsh advfirewall firewall add rule name="cmfw-setup-mp-https-out-ccmsetup" dir=out action=allow description="Configuration Manager: Setup and registration with the management point, HTTPS: Setup and registration with the management point, HTTPS. Source: page-2016, line 121; page-2016, line 136; page-2016, line 145" enable=yes profile=domain program="%%windir%%\ccmsetup\ccmsetup.exe" protocol=tcp remoteport=443 remoteip=10.10.0.5
netsh advfirewall firewall add rule name="cmfw-share-smb-out" dir=out action=allow description="Configuration Manager: SMB to the share that CCMSetup.exe runs from: SMB to the share that CCMSetup.exe runs from. Source: page-2016, line 143; page-2016, line 152" enable=yes profile=domain program="System" protocol=tcp remoteport=445 remoteip=10.10.0.5
netsh advfirewall firewall add rule name="cmfw-sup-http-out" dir=out action=allow description="Configuration Manager: HTTP to the software update point: HTTP to the software update point. Source: page-2016, line 127" enable=yes profile=domain program="%%SystemRoot%%\System32\svchost.exe" protocol=tcp remoteport=8530 remoteip=10.10.0.5
netsh advfirewall firewall add rule name="cmfw-sup-https-out" dir=out action=allow description="Configuration Manager: HTTPS to the software update point: HTTPS to the software update point. Source: page-2016, line 128" enable=yes profile=domain program="%%SystemRoot%%\System32\svchost.exe" protocol=tcp remoteport=8531 remoteip=10.10.0.5
netsh advfirewall firewall add rule name="cmfw-wup-icmp-in" dir=in action=allow description="Configuration Manager: Echo requests between clients: Echo requests between clients. Source: page-2016, line 91" enable=yes profile=domain protocol=icmpv4:8,any remoteip=localsubnet
netsh advfirewall firewall add rule name="cmfw-wup-icmp-out" dir=out action=allow description="Configuration Manager: Echo requests between clients: Echo requests between clients. Source: page-2016, line 91" enable=yes profile=domain protocol=icmpv4:8,any remoteip=localsubnet
netsh advfirewall firewall add rule name="cmfw-wup-udp-in" dir=in action=allow description="Configuration Manager: Wake-up proxy between clients: Wake-up proxy between clients. Source: page-2016, line 85" enable=yes profile=domain protocol=udp localport=25536 localip=0.0.0.0/1,128.0.0.0/1 remoteip=localsubnet
netsh advfirewall firewall add rule name="cmfw-wup-udp-out" dir=out action=allow description="Configuration Manager: Wake-up proxy between clients: Wake-up proxy between clients. Source: page-2016, line 85" enable=yes profile=domain protocol=udp remoteport=25536 localip=0.0.0.0/1,128.0.0.0/1 remoteip=localsubnet
netsh advfirewall firewall add rule name="cmfw-wup-wol-out" dir=out action=allow description="Configuration Manager: Magic packet to a sleeping client: Magic packet to a sleeping client. Source: page-2016, line 87" enable=yes profile=domain protocol=udp remoteport=9 localip=0.0.0.0/1,128.0.0.0/1 remoteip=localsubnet
