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
    """Tell whether a display server answers here.

    A name alone is not enough: where nobody answers, SDL opens a window that exists
    nowhere, and a person waits for it in vain.
    """
    wayland = os.environ.get("WAYLAND_DISPLAY", "")
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return _x_server_answers(os.environ.get("DISPLAY", "")) or (
        bool(wayland) and _is_listening(os.path.join(runtime, wayland))  # noqa: PTH118
    )


def _x_server_answers(name: str) -> bool:
    """Try the sockets that ``host:display.screen`` stands for."""
    host, colon, rest = name.rpartition(":")
    number = rest.partition(".")[0]
    if not colon or not number.isdigit():
        return False
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"  # noqa: S108
        return _is_listening(path) or _is_listening(f"\0{path}")
    try:
        socket.create_connection((host, 6000 + int(number)), timeout=3).close()
    except OSError:
        return False
    return True


def _is_listening(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(path)
        except OSError:
            return False
    return True


@contextmanager
def virtual_display(width: int = 1280, height: int = 1024) -> Iterator[str]:
    """Make sure of a display; yield its name.

    Where a display answers nothing is started.  Otherwise Xvfb runs with one screen of
    this size in pixels, and ``DISPLAY`` names it until the end.  DisplayError if Xvfb is
    missing or does not start.
    """
    if has_display():
        yield os.environ.get("DISPLAY") or os.environ["WAYLAND_DISPLAY"]
        return
    server, name = _start(width, height)
    before = os.environ.get("DISPLAY")
    os.environ["DISPLAY"] = name
    try:
        yield name
    finally:
        if before is None:
            del os.environ["DISPLAY"]
        else:
            os.environ["DISPLAY"] = before
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
        if _owns(server, number) and _x_server_answers(f":{number}"):
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


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(_STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
