"""Is this machine fit: folders, disk, address and port, and what answers there?"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sync_server.diagnosis.result import Result, fault, ok, warning
from sync_server.listening import ListenError, local_address, require_free_port
from sync_server.settings import Settings

__all__ = [
    "disk_result",
    "folder_results",
    "listen_results",
    "metrics_folder_result",
]

#: Below the first a warning, below the second a fault.
_DISK_WARNING_BYTES = 2 * 1024**3
_DISK_FAULT_BYTES = 200 * 1024**2
#: What the metrics of one worker take, its predecessors included.
_METRICS_BYTES = 20 * 1024**2
_ANSWER_TIMEOUT_SECONDS = 3.0
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104


def folder_results(settings: Settings) -> Iterator[Result]:
    """Yield whether data folder and metrics folder can be written and have room."""
    if settings.database_url is None:
        yield _writable("data folder", settings.data_dir, "KAZI_DATA_DIR")
        yield disk_result(settings.data_dir)
    if settings.workers > 1:
        yield metrics_folder_result(Path(tempfile.gettempdir()), settings.workers)


def listen_results(settings: Settings) -> Iterator[Result]:
    """Yield whether the server can listen or does, what it answers, and to whom."""
    where = f"{settings.host}:{settings.port}"
    if settings.host in _EVERYWHERE and not settings.proxy_hops:
        yield warning(
            "exposure",
            f"{where} is open to everybody, and no proxy is said to stand before it: "
            "slow clients hold threads, and nothing is encrypted",
            remedy="put deploy/nginx/kazi.conf before it and set KAZI_PROXY_HOPS=1",
        )
    try:
        require_free_port(settings.host, settings.port)
    except ListenError as exc:
        yield from _taken_port_results(settings, str(exc))
    else:
        yield ok("listen", f"{where} is free; no server runs there")


def _taken_port_results(settings: Settings, reason: str) -> Iterator[Result]:
    base = f"http://{local_address(settings.host)}:{settings.port}"
    status, body = _answer(f"{base}/healthz")
    if status != 200 or body.get("status") != "ok":
        yield fault(
            "listen", reason.partition(";")[0], remedy=reason.partition("; ")[2]
        )
        return
    yield ok("server", f"it runs and answers {base}/healthz")
    status, body = _answer(f"{base}/readyz")
    if status == 200:
        yield ok("server", "it is ready")
        return
    for error in body.get("errors", [{"detail": "/readyz does not answer"}]):
        yield fault("server", "it runs and is not ready", remedy=str(error["detail"]))


def _answer(url: str) -> tuple[int, dict[str, Any]]:
    """Return status and JSON object of an answer; 0 and nothing where there is none."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_ANSWER_TIMEOUT_SECONDS) as response:
            status, body = response.status, response.read()
    except urllib.error.HTTPError as exc:
        status, body = exc.code, exc.read()
    except (OSError, ValueError):
        return 0, {}
    try:
        parsed = json.loads(body)
    except ValueError:
        return status, {}
    return status, parsed if isinstance(parsed, dict) else {}


def _writable(name: str, folder: Path, variable: str) -> Result:
    there = _nearest(folder)
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return ok(name, f"{folder} can be written")
    return fault(
        name,
        f"{folder} cannot be written by this user",
        remedy=f"give {there} to the user that serves, or set {variable} to a folder of its",
    )


def disk_result(folder: Path) -> Result:
    """Return whether the disk below a folder has room."""
    free = shutil.disk_usage(_nearest(folder)).free
    detail = f"{free / 1024**3:.1f} GiB are free below {folder}"
    remedy = "delete what is old (kazi-server retention run) or enlarge the disk"
    if free < _DISK_FAULT_BYTES:
        return fault("disk", detail, remedy=remedy)
    if free < _DISK_WARNING_BYTES:
        return warning("disk", detail, remedy=remedy)
    return ok("disk", detail)


def metrics_folder_result(folder: Path, workers: int) -> Result:
    """Return whether several workers can keep their metrics in the folder."""
    result = _writable("metrics folder", folder, "TMPDIR")
    needed = workers * _METRICS_BYTES
    if result.level == "ok" and shutil.disk_usage(folder).free < needed:
        return fault(
            "metrics folder",
            f"{folder} has less than {needed // 1024**2} MiB free for {workers} workers",
            remedy="free some, or set TMPDIR to a folder with room",
        )
    return result


def _nearest(folder: Path) -> Path:
    """Return the folder, or the first of its parents that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())
