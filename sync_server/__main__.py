"""``python -m sync_server`` is ``kazi-server``."""

from __future__ import annotations

from sync_server.cli import main

if __name__ == "__main__":
    main()
