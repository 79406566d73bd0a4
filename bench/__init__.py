"""Measurements: one ``bench_<name>.py`` each, run by ``python -m bench``. The protocol is in ``bench/protocol.py``."""
