"""A screen for machines that have none: Xvfb, for as long as it is needed."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["DisplayError", "has_display", "virtual_display"]

_START_TIMEOUT_SECONDS = 20.0
_STOP_TIMEOUT_SECONDS = 5.0


class DisplayError(RuntimeError):
    """There is no display and none could be made; the message says what to do."""


def has_display() -> bool:
    """Tell whether windows can be opened here without our help."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextmanager
def virtual_display(width: int = 1280, height: int = 1024) -> Iterator[str]:
    """Make sure of a display; yield its name.

    Where ``DISPLAY`` or ``WAYLAND_DISPLAY`` is set nothing is started.  Otherwise Xvfb
    runs with one screen of this size in pixels, ``DISPLAY`` names it, and both are gone
    afterwards.  DisplayError if Xvfb is missing or does not start.
    """
    if has_display():
        yield os.environ.get("DISPLAY") or os.environ["WAYLAND_DISPLAY"]
        return
    server, name = _start(width, height)
    os.environ["DISPLAY"] = name
    try:
        yield name
    finally:
        os.environ.pop("DISPLAY", None)
        _stop(server)


def _start(width: int, height: int) -> tuple[subprocess.Popen[bytes], str]:
    executable = shutil.which("Xvfb")
    if executable is None:
        raise DisplayError(
            "there is no display and no Xvfb to make one: install the package xvfb"
            " (Debian, Ubuntu: apt-get install xvfb), or set DISPLAY"
        )
    # Xvfb picks a free number itself and says which: no race between two test runs.
    reader, writer = os.pipe()
    options = (
        f"-displayfd {writer} -screen 0 {width}x{height}x24 -nolisten tcp -noreset"
    )
    try:
        server = subprocess.Popen(  # noqa: S603
            [executable, *options.split()],
            pass_fds=(writer,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # A Ctrl-C ends the windows first, and then their screen.
            start_new_session=True,
        )
    except OSError as exc:
        os.close(reader)
        raise DisplayError(f"{executable} could not be started: {exc}") from exc
    finally:
        os.close(writer)
    try:
        return server, f":{_read_number(reader)}"
    except DisplayError:
        _stop(server)
        raise
    finally:
        os.close(reader)


def _read_number(reader: int) -> int:
    ready, _, _ = select.select([reader], [], [], _START_TIMEOUT_SECONDS)
    answer = os.read(reader, 32) if ready else b""
    if not answer.strip().isdigit():
        raise DisplayError(
            "Xvfb ended before its screen was ready; run it by hand to see why:"
            " Xvfb -displayfd 1"
        )
    return int(answer)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(_STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
