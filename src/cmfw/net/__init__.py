"""Packet arithmetic: addresses, ports, one flow, sets of flows. Knows neither Windows nor Configuration Manager."""
