"""Kinto on PostgreSQL, the peer that synchronises records by ETag and in batches."""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.request import Request, urlopen

import psycopg

from benchmarks.load import SECONDS, Load
from benchmarks.peer_venv import peer_venv
from benchmarks.servers import Server, database, free_port, running

__all__ = ["Kinto", "kinto_server"]

#: Kinto's default for one batch.
BATCH_RECORDS = 25
RECORD = "/v1/buckets/tutorials/collections/configs/records/welcome-tour"
EVENTS = "/v1/buckets/tutorials/collections/events"
AUTHORIZATION = "Basic " + base64.b64encode(b"bench:bench").decode()

SETTINGS = """
[app:main]
use = egg:kinto
kinto.storage_backend = kinto.core.storage.postgresql
kinto.storage_url = {url}
kinto.permission_backend = kinto.core.permission.postgresql
kinto.permission_url = {url}
kinto.cache_backend = kinto.core.cache.memory
kinto.userid_hmac_secret = benchmark
kinto.bucket_create_principals = system.Authenticated
kinto.experimental_permissions_endpoint = false
multiauth.policies = basicauth
multiauth.policy.basicauth.use = kinto.core.authentication.BasicAuthAuthenticationPolicy
"""

GET = """
request = function()
  local headers = {Authorization = os.getenv("KAZI_BENCH_AUTHORIZATION")}
  if expected == 304 then headers["If-None-Match"] = lines[1] end
  return wrk.format("GET", nil, headers)
end
"""
BATCH = """
local headers = {
  Authorization = os.getenv("KAZI_BENCH_AUTHORIZATION"),
  ["Content-Type"] = "application/json"
}
request = function() return wrk.format("POST", nil, headers, lines[1]) end
"""


class Kinto:
    """A running Kinto with a record to read and a collection to write to."""

    def __init__(self, server: Server, database_url: str, folder: Path) -> None:
        self._server = server
        self._url = server.url
        self._database_url = database_url
        self._folder = folder
        for path in (
            "/v1/buckets/tutorials",
            "/v1/buckets/tutorials/collections/configs",
            EVENTS,
        ):
            self._put(path, {})
        body = "x" * 3800
        self._etag = self._put(RECORD, {"data": {"steps": body}})

    def conditional_get(self, status: int) -> Callable[[], float]:
        """Return a measurement of reading the record."""
        lines = self._folder / "etag.txt"
        lines.write_text(self._etag + "\n")
        load = self._load(GET, lines, status)
        return partial(load.requests_per_second, self._url + RECORD)

    def batch_write(self) -> float:
        """Return the records per second that are in PostgreSQL afterwards."""
        lines = self._folder / "batch.txt"
        event = {"tutorialId": "welcome-tour", "stepId": "week", "status": "started"}
        requests = [{"body": {"data": event}}] * BATCH_RECORDS
        defaults = {"method": "POST", "path": EVENTS.removeprefix("/v1") + "/records"}
        lines.write_text(
            json.dumps({"defaults": defaults, "requests": requests}) + "\n"
        )
        before = self._stored()
        # whatever it answers: what counts is what it keeps
        self._load(BATCH, lines, 200).send(self._url + "/v1/batch")
        rate = (self._stored() - before) / SECONDS
        self._server.wait_until_idle()
        return rate

    def _stored(self) -> int:
        with psycopg.connect(self._database_url) as connection:
            rows = connection.execute(
                "SELECT count(*) FROM objects"
                " WHERE parent_id = '/buckets/tutorials/collections/events'"
                " AND resource_name = 'record' AND NOT deleted"
            ).fetchone()
        return int(rows[0]) if rows else 0

    def _load(self, script: str, lines: Path, status: int) -> Load:
        environ = {"KAZI_BENCH_AUTHORIZATION": AUTHORIZATION}
        return Load(script=script, lines=lines, status=status, environ=environ)

    def _put(self, path: str, body: object) -> str:
        request = Request(
            self._url + path,
            data=json.dumps(body).encode(),
            method="PUT",
            headers={
                "Authorization": AUTHORIZATION,
                "Content-Type": "application/json",
            },
        )
        with urlopen(request) as answer:
            return str(answer.headers["ETag"])


@contextmanager
def kinto_server(postgres_url: str, *, threads: int) -> Iterator[Kinto]:
    """Run Kinto under granian, as our server is run; it is installed at the first use."""
    binaries = peer_venv("kinto") / "bin"
    port = free_port()
    with (
        database(postgres_url, "kinto") as url,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        settings = folder / "kinto.ini"
        settings.write_text(
            SETTINGS.format(url=url.replace("postgresql", "postgresql+psycopg2", 1))
        )
        subprocess.run(
            [binaries / "kinto", "migrate", "--ini", settings],
            check=True,
            capture_output=True,
        )
        (folder / "kinto_app.py").write_text(
            f"from pyramid.paster import get_app\napp = get_app({str(settings)!r})\n"
        )
        command: list[str | Path] = [
            *(binaries / "granian", "--interface", "wsgi", "--port", str(port)),
            *("--blocking-threads", str(threads), "kinto_app:app"),
        ]
        with running(command, port, "/v1/", {}, folder=folder) as server:
            yield Kinto(server, url, folder)
