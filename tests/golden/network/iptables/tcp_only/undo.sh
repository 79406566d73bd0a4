#!/bin/sh
# cmfw: takes the chains of cmfw.iptables and cmfw.ip6tables away, and every jump to them
for program in iptables ip6tables; do
  while "$program" -w -D FORWARD -j CMFW 2>/dev/null; do :; done
  for chain in CMFW CMFW-1 CMFW-2; do "$program" -w -F "$chain" 2>/dev/null; done
  for chain in CMFW CMFW-1 CMFW-2; do "$program" -w -X "$chain" 2>/dev/null; done
done
exit 0
