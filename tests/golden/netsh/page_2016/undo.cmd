@echo off
setlocal DisableDelayedExpansion
chcp 65001 >nul
rem cmfw: undo of cmfw.cmd for desktops of site P05
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
netsh advfirewall firewall set rule group="@FirewallAPI.dll,-28502" dir=in profile=domain new enable=no
netsh advfirewall firewall set rule group="@FirewallAPI.dll,-28502" dir=out profile=domain new enable=no
netsh advfirewall firewall set rule group="@FirewallAPI.dll,-28752" dir=in profile=domain new enable=no
netsh advfirewall firewall set rule group="@FirewallAPI.dll,-33002" dir=in profile=domain new enable=no
netsh advfirewall firewall set rule group="@FirewallAPI.dll,-34251" dir=in profile=domain new enable=no
