"""A screen for machines that have none: Xvfb, for as long as it is needed."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["DisplayError", "has_display", "virtual_display"]

_START_TIMEOUT_SECONDS = 20.0
_STOP_TIMEOUT_SECONDS = 5.0
#: High enough to stay clear of people's own displays.
_NUMBERS = range(100, 600)
_TRIES = 20


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
    for number in random.sample(_NUMBERS, k=_TRIES):
        server = _start_as(executable, number, width, height)
        if server is not None:
            return server, f":{number}"
    raise DisplayError(
        f"Xvfb ended at once, {_TRIES} times; run it by hand to see why: Xvfb"
        f" :{_NUMBERS[0]}"
    )


def _start_as(
    executable: str, number: int, width: int, height: int
) -> subprocess.Popen[bytes] | None:
    """Start Xvfb under a number; None where another server has it."""
    # With -displayfd Xvfb picks a number itself, but locks none: two that start at the
    # same time may both take it.  Under a given number it makes the lock file.
    options = f":{number} -screen 0 {width}x{height}x24 -nolisten tcp -noreset"
    try:
        server = subprocess.Popen(  # noqa: S603
            [executable, *options.split()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # A Ctrl-C ends the windows first, and then their screen.
            start_new_session=True,
        )
    except OSError as exc:
        raise DisplayError(f"{executable} could not be started: {exc}") from exc
    deadline = time.monotonic() + _START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            return None
        if _owns(server, number) and _answers(number):
            return server
        time.sleep(0.02)
    _stop(server)
    raise DisplayError(
        f"Xvfb did not answer within {_START_TIMEOUT_SECONDS:.0f} s; run it by hand to"
        f" see why: Xvfb :{number}"
    )


def _owns(server: subprocess.Popen[bytes], number: int) -> bool:
    try:
        return int(Path(f"/tmp/.X{number}-lock").read_text()) == server.pid  # noqa: S108
    except (OSError, ValueError):
        return False


def _answers(number: int) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(f"/tmp/.X11-unix/X{number}")  # noqa: S108
        except OSError:
            return False
    return True


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(_STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
