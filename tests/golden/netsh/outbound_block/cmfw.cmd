@echo off
setlocal DisableDelayedExpansion
chcp 65001 >nul
rem cmfw: Windows Firewall rules for 财务部客户端 of site P02
rem cmfw: edition current, scope least
rem cmfw: each rule's description names the places of the documentation that ask for it
netsh advfirewall firewall delete rule name="cmfw-dp-http-out-ccmexec" >nul
netsh advfirewall firewall delete rule name="cmfw-dp-smb-out" >nul
netsh advfirewall firewall delete rule name="cmfw-notify-tcp-out" >nul
netsh advfirewall firewall delete rule name="cmfw-package-smb-out" >nul
netsh advfirewall firewall delete rule name="cmfw-portal-http-out" >nul
netsh advfirewall firewall delete rule name="cmfw-push-epm-in" >nul
netsh advfirewall firewall delete rule name="cmfw-push-smb-in" >nul
netsh advfirewall firewall delete rule name="cmfw-push-wmi-in" >nul
netsh advfirewall firewall delete rule name="cmfw-ra-epm-in" >nul
netsh advfirewall firewall delete rule name="cmfw-ra-msra-in" >nul
netsh advfirewall firewall delete rule name="cmfw-ra-raserver-in" >nul
netsh advfirewall firewall delete rule name="cmfw-rc-tcp-in" >nul
netsh advfirewall firewall delete rule name="cmfw-rdp-tcp-in" >nul
netsh advfirewall firewall delete rule name="cmfw-setup-dp-http-out-ccmsetup" >nul
netsh advfirewall firewall delete rule name="cmfw-setup-dp-http-out-svchost" >nul
netsh advfirewall firewall delete rule name="cmfw-setup-mp-http-out-ccmexec" >nul
netsh advfirewall firewall delete rule name="cmfw-setup-mp-http-out-ccmsetup" >nul
netsh advfirewall firewall delete rule name="cmfw-share-smb-out" >nul
netsh advfirewall firewall delete rule name="cmfw-sup-http-out" >nul
netsh advfirewall firewall delete rule name="cmfw-tools-eventlog-in" >nul
netsh advfirewall firewall delete rule name="cmfw-tools-smb-in" >nul
netsh advfirewall firewall delete rule name="cmfw-wup-icmp-in" >nul
netsh advfirewall firewall delete rule name="cmfw-wup-icmp-out" >nul
netsh advfirewall firewall delete rule name="cmfw-wup-udp-in" >nul
netsh advfirewall firewall delete rule name="cmfw-wup-udp-out" >nul
netsh advfirewall firewall delete rule name="cmfw-wup-wol-out" >nul
netsh advfirewall firewall add rule name="cmfw-dp-http-out-ccmexec" dir=out action=allow description="Configuration Manager: Content from the distribution point, HTTP: Content from the distribution point, HTTP. Source: page-2016, line 153; page-2016, line 53" enable=yes profile=private program="%%windir%%\CCM\CcmExec.exe" protocol=tcp remoteport=80,8081 remoteip=10.2.0.6
netsh advfirewall firewall add rule name="cmfw-dp-smb-out" dir=out action=allow description="Configuration Manager: Content from the distribution point, SMB: Content from the distribution point, SMB. Source: page-2016, line 152" enable=yes profile=private program="System" protocol=tcp remoteport=445 remoteip=10.2.0.6
netsh advfirewall firewall add rule name="cmfw-notify-tcp-out" dir=out action=allow description="Configuration Manager: Notification channel to the management point: Notification channel to the management point. Source: page-2016, line 63" enable=yes profile=private program="%%windir%%\CCM\CcmExec.exe" protocol=tcp remoteport=10124 remoteip=10.2.0.5
netsh advfirewall firewall add rule name="cmfw-package-smb-out" dir=out action=allow description="Configuration Manager: SMB to the share of the Group Policy package: SMB to the share of the Group Policy package. Source: review, Group Policy package" enable=yes profile=private program="System" protocol=tcp remoteport=445
netsh advfirewall firewall add rule name="cmfw-portal-http-out" dir=out action=allow description="Configuration Manager: Software Center to the management point, HTTP: Software Center to the management point, HTTP. Source: review, programs that open outbound traffic" enable=yes profile=private program="%%windir%%\CCM\SCClient.exe" protocol=tcp remoteport=80,8081 remoteip=10.2.0.5
netsh advfirewall firewall add rule name="cmfw-push-epm-in" dir=in action=allow description="Configuration Manager: RPC endpoint mapper of the client: RPC endpoint mapper of the client. Source: page-2016, line 118" enable=yes profile=private program="%%SystemRoot%%\System32\svchost.exe" service="RpcSs" protocol=tcp localport=rpc-epmap remoteip=10.2.0.5
netsh advfirewall firewall add rule name="cmfw-push-smb-in" dir=in action=allow description="Configuration Manager: SMB to the client's admin share: SMB to the client's admin share. Source: page-2016, line 117" enable=yes profile=private program="System" protocol=tcp localport=445 remoteip=10.2.0.5
netsh advfirewall firewall add rule name="cmfw-push-wmi-in" dir=in action=allow description="Configuration Manager: WMI of the client on a dynamic RPC port: WMI of the client on a dynamic RPC port. Source: page-2016, line 119" enable=yes profile=private program="%%SystemRoot%%\System32\svchost.exe" service="Winmgmt" protocol=tcp remoteip=10.2.0.5
netsh advfirewall firewall add rule name="cmfw-ra-epm-in" dir=in action=allow description="Configuration Manager: RPC endpoint mapper for offered Remote Assistance: RPC endpoint mapper for offered Remote Assistance. Source: page-2016, line 80; windows-rules, RemoteEventLogSvc-RPCSS-In-TCP" enable=yes profile=private program="%%SystemRoot%%\System32\svchost.exe" service="RpcSs" protocol=tcp localport=rpc-epmap remoteip=10.2.9.0/28
netsh advfirewall firewall add rule name="cmfw-ra-msra-in" dir=in action=allow description="Configuration Manager: Remote Assistance session with the client: Remote Assistance session with the client. Source: policy-csp, UnsolicitedRemoteAssistance" enable=yes profile=private program="%%SystemRoot%%\System32\msra.exe" protocol=tcp localport=49152-65535 remoteip=10.2.9.0/28
netsh advfirewall firewall add rule name="cmfw-ra-raserver-in" dir=in action=allow description="Configuration Manager: Remote Assistance server of the client: Remote Assistance server of the client. Source: policy-csp, UnsolicitedRemoteAssistance" enable=yes profile=private program="%%SystemRoot%%\System32\raserver.exe" protocol=tcp localport=50000-51000 remoteip=10.2.9.0/28
netsh advfirewall firewall add rule name="cmfw-rc-tcp-in" dir=in action=allow description="Configuration Manager: Remote control of the client: Remote control of the client. Source: page-2016, line 77" enable=yes profile=private program="%%windir%%\CCM\RemCtrl\CmRcService.exe" protocol=tcp localport=2701 remoteip=10.2.9.0/28
netsh advfirewall firewall add rule name="cmfw-rdp-tcp-in" dir=in action=allow description="Configuration Manager: Remote Desktop of the client: Remote Desktop of the client. Source: windows-rules, RemoteDesktop-UserMode-In-TCP" enable=yes profile=private program="%%SystemRoot%%\System32\svchost.exe" service="TermService" protocol=tcp localport=3389 remoteip=10.2.9.0/28
netsh advfirewall firewall add rule name="cmfw-setup-dp-http-out-ccmsetup" dir=out action=allow description="Configuration Manager: Setup files from the distribution point, HTTP: Setup files from the distribution point, HTTP. Source: prerequisites, Installation method dependencies" enable=yes profile=private program="%%windir%%\ccmsetup\ccmsetup.exe" protocol=tcp remoteport=80,8081 remoteip=10.2.0.6
netsh advfirewall firewall add rule name="cmfw-setup-dp-http-out-svchost" dir=out action=allow description="Configuration Manager: Setup files from the distribution point, HTTP: Setup files from the distribution point, HTTP. Source: prerequisites, Installation method dependencies; page-2016, line 53; page-2016, line 153" enable=yes profile=private program="%%SystemRoot%%\System32\svchost.exe" protocol=tcp remoteport=80,8081 remoteip=10.2.0.6
netsh advfirewall firewall add rule name="cmfw-setup-mp-http-out-ccmexec" dir=out action=allow description="Configuration Manager: Setup and registration with the management point, HTTP: Setup and registration with the management point, HTTP. Source: page-2016, line 120; page-2016, line 135; prerequisites, Installation method dependencies; page-2016, line 53; page-2016, line 67; page-2016, line 110" enable=yes profile=private program="%%windir%%\CCM\CcmExec.exe" protocol=tcp remoteport=80,8081 remoteip=10.2.0.5
netsh advfirewall firewall add rule name="cmfw-setup-mp-http-out-ccmsetup" dir=out action=allow description="Configuration Manager: Setup and registration with the management point, HTTP: Setup and registration with the management point, HTTP. Source: page-2016, line 120; page-2016, line 135; prerequisites, Installation method dependencies; page-2016, line 110" enable=yes profile=private program="%%windir%%\ccmsetup\ccmsetup.exe" protocol=tcp remoteport=80,8081 remoteip=10.2.0.5
netsh advfirewall firewall add rule name="cmfw-share-smb-out" dir=out action=allow description="Configuration Manager: SMB to the share that CCMSetup.exe runs from: SMB to the share that CCMSetup.exe runs from. Source: page-2016, line 143" enable=yes profile=private program="System" protocol=tcp remoteport=445 remoteip=10.2.0.5
netsh advfirewall firewall add rule name="cmfw-sup-http-out" dir=out action=allow description="Configuration Manager: HTTP to the software update point: HTTP to the software update point. Source: page-2016, line 127" enable=yes profile=private program="%%SystemRoot%%\System32\svchost.exe" protocol=tcp remoteport=8530 remoteip=10.2.0.6
netsh advfirewall firewall add rule name="cmfw-tools-eventlog-in" dir=in action=allow description="Configuration Manager: Event log service of the client on a dynamic RPC port: Event log service of the client on a dynamic RPC port. Source: windows-rules, RemoteEventLogSvc-In-TCP" enable=yes profile=private program="%%SystemRoot%%\System32\svchost.exe" service="Eventlog" protocol=tcp localport=rpc remoteip=10.2.9.0/28
netsh advfirewall firewall add rule name="cmfw-tools-smb-in" dir=in action=allow description="Configuration Manager: Remote administration of the client over SMB pipes: Remote administration of the client over SMB pipes. Source: review, Performance Monitor" enable=yes profile=private program="System" protocol=tcp localport=445 remoteip=10.2.9.0/28
netsh advfirewall firewall add rule name="cmfw-wup-icmp-in" dir=in action=allow description="Configuration Manager: Echo requests between clients: Echo requests between clients. Source: page-2016, line 91" enable=yes profile=private protocol=icmpv4:8,any remoteip=localsubnet
netsh advfirewall firewall add rule name="cmfw-wup-icmp-out" dir=out action=allow description="Configuration Manager: Echo requests between clients: Echo requests between clients. Source: page-2016, line 91" enable=yes profile=private protocol=icmpv4:8,any remoteip=localsubnet
netsh advfirewall firewall add rule name="cmfw-wup-udp-in" dir=in action=allow description="Configuration Manager: Wake-up proxy between clients: Wake-up proxy between clients. Source: page-2016, line 85" enable=yes profile=private protocol=udp localport=25537 localip=0.0.0.0/1,128.0.0.0/1 remoteip=localsubnet
netsh advfirewall firewall add rule name="cmfw-wup-udp-out" dir=out action=allow description="Configuration Manager: Wake-up proxy between clients: Wake-up proxy between clients. Source: page-2016, line 85" enable=yes profile=private protocol=udp remoteport=25537 localip=0.0.0.0/1,128.0.0.0/1 remoteip=localsubnet
netsh advfirewall firewall add rule name="cmfw-wup-wol-out" dir=out action=allow description="Configuration Manager: Magic packet to a sleeping client: Magic packet to a sleeping client. Source: page-2016, line 87" enable=yes profile=private protocol=udp remoteport=7 localip=0.0.0.0/1,128.0.0.0/1 remoteip=localsubnet
