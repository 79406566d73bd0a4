"""Firewall and port requirements of Configuration Manager clients, as code."""

__version__ = "0.1.0"
