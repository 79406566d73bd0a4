@echo off
setlocal DisableDelayedExpansion
chcp 65001 >nul
rem cmfw: undo of cmfw.cmd for 财务部客户端 of site P02
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
