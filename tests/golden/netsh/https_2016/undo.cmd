@echo off
setlocal DisableDelayedExpansion
chcp 65001 >nul
rem cmfw: undo of cmfw.cmd for desktops of site P10
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
