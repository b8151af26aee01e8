"""What the sync thread imports, it imports whole: a fork waits for that."""

from __future__ import annotations

import os
import threading

__all__ = ["importing"]

#: Held by the sync thread while it imports.  A child process has only the thread that
#: forked: a module that another one was about to import stays half of one there for ever.
importing = threading.RLock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=importing.acquire,
        after_in_parent=importing.release,
        after_in_child=importing.release,
    )
