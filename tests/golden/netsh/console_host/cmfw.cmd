@echo off
setlocal DisableDelayedExpansion
chcp 65001 >nul
rem cmfw: Windows Firewall rules for help7.corp.example of site P07
rem cmfw: edition current, scope least
rem cmfw: each rule's description names the places of the documentation that ask for it
netsh advfirewall firewall delete rule name="cmfw-queries-tcp-in" >nul
netsh advfirewall firewall add rule name="cmfw-queries-tcp-in" dir=in action=allow description="Configuration Manager: Answers to statview.exe on the console host: Answers to statview.exe on the console host. Source: review, statview.exe" enable=yes profile=domain program="%%ProgramFiles(x86)%%\Microsoft Configuration Manager\AdminConsole\bin\i386\statview.exe" protocol=tcp localport=49152-65535 remoteip=10.7.0.5
