"""Real servers and clients in the lab, in place of those of Configuration Manager. Stand-ins: nothing of them is Microsoft's."""
