@echo off
setlocal DisableDelayedExpansion
chcp 65001 >nul
rem cmfw: Windows Firewall rules for old of site P09
rem cmfw: edition 2016, scope documented
rem cmfw: each rule's description names the places of the documentation that ask for it
netsh advfirewall firewall delete rule name="cmfw-doc-client-notification-http-out" >nul
netsh advfirewall firewall delete rule name="cmfw-doc-client-notification-https-out" >nul
netsh advfirewall firewall delete rule name="cmfw-doc-client-notification-tcp-out" >nul
netsh advfirewall firewall delete rule name="cmfw-doc-client-requests-http-out" >nul
netsh advfirewall firewall delete rule name="cmfw-doc-client-requests-https-out" >nul
netsh advfirewall firewall delete rule name="cmfw-doc-remote-assistance-epm-in" >nul
netsh advfirewall firewall delete rule name="cmfw-doc-remote-assistance-helpsvc-in" >nul
netsh advfirewall firewall delete rule name="cmfw-doc-remote-control-tcp-in" >nul
netsh advfirewall firewall delete rule name="cmfw-doc-wakeup-proxy-icmp-in" >nul
netsh advfirewall firewall delete rule name="cmfw-doc-wakeup-proxy-icmp-out" >nul
netsh advfirewall firewall delete rule name="cmfw-doc-wakeup-proxy-udp-out" >nul
netsh advfirewall firewall delete rule name="cmfw-doc-wakeup-proxy-wol-out" >nul
netsh advfirewall firewall add rule name="cmfw-doc-client-notification-http-out" dir=out action=allow description="Configuration Manager: Client Notification: Client Notification. Source: page-2016, line 67" enable=yes profile=domain protocol=tcp remoteport=80
netsh advfirewall firewall add rule name="cmfw-doc-client-notification-https-out" dir=out action=allow description="Configuration Manager: Client Notification: Client Notification. Source: page-2016, line 69" enable=yes profile=domain protocol=tcp remoteport=443
netsh advfirewall firewall add rule name="cmfw-doc-client-notification-tcp-out" dir=out action=allow description="Configuration Manager: Client Notification: Client Notification. Source: page-2016, line 63" enable=yes profile=domain protocol=tcp remoteport=10123
netsh advfirewall firewall add rule name="cmfw-doc-client-requests-http-out" dir=out action=allow description="Configuration Manager: Client Requests: Client Requests. Source: page-2016, line 53" enable=yes profile=domain protocol=tcp remoteport=80
netsh advfirewall firewall add rule name="cmfw-doc-client-requests-https-out" dir=out action=allow description="Configuration Manager: Client Requests: Client Requests. Source: page-2016, line 55" enable=yes profile=domain protocol=tcp remoteport=443
netsh advfirewall firewall add rule name="cmfw-doc-remote-assistance-epm-in" dir=in action=allow description="Configuration Manager: Remote Assistance: Remote Assistance. Source: page-2016, line 80" enable=yes profile=domain protocol=tcp localport=135
netsh advfirewall firewall add rule name="cmfw-doc-remote-assistance-helpsvc-in" dir=in action=allow description="Configuration Manager: Remote Assistance: Remote Assistance. Source: page-2016, line 80" enable=yes profile=domain program="%%SystemRoot%%\PCHealth\HelpCtr\Binaries\HelpSvc.exe" protocol=any
netsh advfirewall firewall add rule name="cmfw-doc-remote-control-tcp-in" dir=in action=allow description="Configuration Manager: Remote Control: Remote Control. Source: page-2016, line 77" enable=yes profile=domain protocol=tcp localport=2701
netsh advfirewall firewall add rule name="cmfw-doc-wakeup-proxy-icmp-in" dir=in action=allow description="Configuration Manager: Wake-Up Proxy: Wake-Up Proxy. Source: page-2016, line 91" enable=yes profile=domain protocol=icmpv4:8,any
netsh advfirewall firewall add rule name="cmfw-doc-wakeup-proxy-icmp-out" dir=out action=allow description="Configuration Manager: Wake-Up Proxy: Wake-Up Proxy. Source: page-2016, line 91" enable=yes profile=domain protocol=icmpv4:8,any
netsh advfirewall firewall add rule name="cmfw-doc-wakeup-proxy-udp-out" dir=out action=allow description="Configuration Manager: Wake-Up Proxy: Wake-Up Proxy. Source: page-2016, line 85" enable=yes profile=domain protocol=udp remoteport=25536
netsh advfirewall firewall add rule name="cmfw-doc-wakeup-proxy-wol-out" dir=out action=allow description="Configuration Manager: Wake-Up Proxy: Wake-Up Proxy. Source: page-2016, line 87" enable=yes profile=domain protocol=udp remoteport=9
netsh advfirewall firewall set rule group="@FirewallAPI.dll,-28502" dir=in profile=domain new enable=yes
netsh advfirewall firewall set rule group="@FirewallAPI.dll,-28502" dir=out profile=domain new enable=yes
netsh advfirewall firewall set rule group="@FirewallAPI.dll,-28752" dir=in profile=domain new enable=yes
netsh advfirewall firewall set rule group="@FirewallAPI.dll,-33002" dir=in profile=domain new enable=yes
netsh advfirewall firewall set rule group="@FirewallAPI.dll,-34251" dir=in profile=domain new enable=yes
