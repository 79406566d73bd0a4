"""``python -m cmfw``."""

from __future__ import annotations

import sys

from cmfw.cli import main

if __name__ == "__main__":
    sys.exit(main())
