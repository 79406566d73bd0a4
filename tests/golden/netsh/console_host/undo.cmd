@echo off
setlocal DisableDelayedExpansion
chcp 65001 >nul
rem cmfw: undo of cmfw.cmd for help7.corp.example of site P07
netsh advfirewall firewall delete rule name="cmfw-queries-tcp-in" >nul
