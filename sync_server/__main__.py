"""``kazi-server``, and ``python -m sync_server``.

Nothing is imported before it is known what to do with Ctrl-C: the libraries take most of
a second, in which somebody may think better of it.
"""

from __future__ import annotations

import sys

__all__ = ["main"]

#: What a shell says of a program that Ctrl-C ended: 128 and the signal's number.
_INTERRUPTED = 130


def main() -> None:
    """Run the command line; an interruption ends it without a traceback."""
    try:
        from sync_server.cli import main as command

        command()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
