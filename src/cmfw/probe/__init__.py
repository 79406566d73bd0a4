"""Live probes: which packets to send is pure (``plan``), how to speak is bytes in and bytes out (``proto``), ``run`` has the sockets."""
